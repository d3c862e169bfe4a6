"""Finding the right message and answering with checked citations."""
