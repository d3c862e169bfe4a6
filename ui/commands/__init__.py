"""The commands of `exhibit`, one module per subject; each is thin and calls the engine."""
