"""The `exhibit` command: its subcommands, and the one place where errors become a line and a code.

Importing this module must stay cheap: everything heavy is imported inside the commands.
"""

import os
import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType
from typing import Annotated

import typer

from ingest.errors import ExhibitError
from ui.commands import ask, backup, chat, corpus, doctor, evaluate, forget, ingest, read, verify
from ui.trouble import is_debugging, report, unexpected

# Examples under the help of a command; \b keeps their lines as they are.
_INGESTING = """\b
Examples:
  exhibit ingest ~/Mail/archive.mbox letters/*.eml
  exhibit ingest ~/Maildir --add --watch"""
_ASKING = """\b
Examples:
  exhibit ask "What did Microsoft offer, and how did Musk take it?"
  exhibit ask "What did she propose?" --from zilis --since 2018
  exhibit ask "Who wanted control of OpenAI?" --save control.html
  exhibit ask "Who wanted control of OpenAI?" --json | jq -r .answer
  exhibit ask                      a conversation; /help there"""
_SEARCHING = """\b
Examples:
  exhibit search "computing power" -k 3 --until 2016
  exhibit search "from:zilis board" --json | jq -r '.hits[].message_id'"""
_SHOWING = """\b
Examples:
  exhibit show 2017-09-20T1408-sutskever --thread
  exhibit threads | cut -f5 | tail -n 1 | xargs exhibit show --thread"""
_VERIFYING = """\b
Examples:
  exhibit verify board.html
  exhibit verify board.html --mail --fingerprint HEX"""
_CHATTING = """\b
Examples:
  exhibit chat --no-browser --port 8000
  exhibit chat --mcp
  exhibit chat --host 0.0.0.0 --auth users.txt"""

app = typer.Typer(
    name="exhibit",
    epilog="Exit codes: 0 answered, 1 not in the archive, 2 bad usage or input, 3 environment.",
    context_settings={"help_option_names": ["-h", "--help"]},
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command(epilog=_INGESTING)(ingest.ingest)
app.command()(forget.forget)
app.command()(backup.export_index)
app.command()(backup.import_index)
app.command(epilog=_ASKING)(ask.ask)
app.command(epilog=_SEARCHING)(read.search)
app.command(epilog=_SHOWING)(read.show)
app.command()(read.people)
app.command()(read.threads)
app.command(epilog=_VERIFYING)(verify.verify)
app.command(epilog=_CHATTING)(chat.chat)
app.command(name="eval")(evaluate.evaluate)
app.add_typer(corpus.app, name="corpus")
app.command()(doctor.doctor)

_INTERRUPTED, _TERMINATED = 130, 143


def _print_version(*, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"exhibit {version('exhibit-mail')}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Ask an email archive questions; every sentence of an answer cites mail."""


class _Terminated(BaseException):
    """SIGTERM, as `kill`, systemd and a shutdown send it; no handler of Ctrl-C keeps it back."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; nothing but a code and a line leaves here."""
    _print_any_character()
    _end_on_sigterm()
    # Whatever a command writes is for its owner only: mail, reports, feedback, temporary files.
    os.umask(0o077)
    words = list(sys.argv[1:] if argv is None else argv) or ["--help"]
    try:
        code = app(words, prog_name="exhibit", standalone_mode=False)
    except _Terminated:
        code = _tell("terminated", _TERMINATED, None)
    except (KeyboardInterrupt, typer.Abort):
        code = _INTERRUPTED
    except typer.TyperException as error:
        code = _tell(f"{error.format_message().rstrip('.')}; see exhibit --help", 2, error)
    except ExhibitError as error:
        code = _tell(str(error), error.exit_code, error)
    except BrokenPipeError:
        code = _silence_stdout()
    except OSError as error:
        code = _tell(f"{error.filename or 'system'}: {error.strerror or error}", 3, error)
    except Exception as error:  # noqa: BLE001  (the last resort: a line instead of a traceback)
        code = _tell(unexpected(error), 3, error)
    if code == _INTERRUPTED:
        _tell("interrupted", _INTERRUPTED, None)
    return _flushed(code or 0)


def _tell(message: str, code: int, error: BaseException | None) -> int:
    from ui.neutral import one_line

    print(f"exhibit: {one_line(message)}", file=sys.stderr)
    if error is not None and is_debugging():
        report(error)
    return code


def _print_any_character() -> None:
    """A terminal that cannot show a character gets an escape for it instead of a crash."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(errors="backslashreplace")


def _end_on_sigterm() -> None:
    """Let SIGTERM unwind: temporary files go, locks are let go."""

    def end(_signal: int, _frame: FrameType | None) -> None:
        raise _Terminated

    # Only the main thread may, and only where nobody else has.
    is_main = threading.current_thread() is threading.main_thread()
    if is_main and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, end)


def _flushed(code: int) -> int:
    """`code`, after writing out what is still buffered, while a closed pipe can be caught."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return _silence_stdout()
    return code


def _silence_stdout() -> int:
    # The reader has gone (`exhibit people | head`): the interpreter must not complain at exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    sys.exit(main())
