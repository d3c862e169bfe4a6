"""The console script: the `exhibit` command, with one line for a Ctrl-C that comes early."""

import sys


def main() -> int:
    """Run the command and return its exit code, also when interrupted while it is being loaded."""
    try:
        from ui.cli import main as command
    except KeyboardInterrupt:
        print("exhibit: interrupted", file=sys.stderr)
        return 130
    return command()
