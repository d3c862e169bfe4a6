"""A conversation as a file that leaves this machine: Markdown, and a page that can be checked."""
