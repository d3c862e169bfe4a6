"""Every error Exhibit raises on purpose, and the exit code each one carries.

ExhibitError
├── UsageError          2  the command or its input is wrong
│   ├── SourceError     2  a mail source cannot be read
│   ├── SuiteError      2  an eval suite or history file is malformed
│   ├── PackError       2  a file is no evidence pack, or an altered one
│   └── UnknownMessage  2  no message has that id
└── EnvironmentTrouble  3  the machine is not as the command needs it
    ├── IndexMissing    3  nothing has been ingested there
    ├── IndexMismatch   3  the index was written by another model or version
    ├── IndexDamaged    3  a file of the index is not what was written
    ├── IndexLocked     3  another process is writing the index
    ├── ModelMissing    3  the embedding weights are absent or altered
    ├── LLMError        3  the language model did not answer properly
    │   └── LLMCutOff   3  it stopped part of the way; `partial` holds what it wrote
    └── FetchError      3  the released emails could not be downloaded

A message is one line: what is wrong, where, and what to do next.
"""


class ExhibitError(Exception):
    """Expected trouble: `str(error)` is one line for the user, `exit_code` the process status."""

    exit_code = 3


class UsageError(ExhibitError):
    """The command or its input is wrong."""

    exit_code = 2


class SourceError(UsageError):
    """A mail source cannot be read at all."""


class SuiteError(UsageError):
    """An eval suite or history file is malformed."""


class PackError(UsageError):
    """A file is no evidence pack, or one that was altered beyond reading."""


class UnknownMessage(UsageError):
    """No message in the index has the id asked for."""


class EnvironmentTrouble(ExhibitError):
    """The machine is not as the command needs it."""

    exit_code = 3


class IndexMissing(EnvironmentTrouble):
    """Nothing has been ingested in the index folder."""


class IndexMismatch(EnvironmentTrouble):
    """The index was written by another embedding model, chunker or schema version."""


class IndexDamaged(EnvironmentTrouble):
    """A file of the index is missing or not what was written."""


class IndexLocked(EnvironmentTrouble):
    """Another process is writing the index."""


class ModelMissing(EnvironmentTrouble):
    """The embedding weights are absent or are not the pinned ones."""


class LLMError(EnvironmentTrouble):
    """The language model is unreachable or did not answer properly."""

    #: The text written before the fault; not a whole answer, and "" when there is none.
    partial: str = ""


class LLMCutOff(LLMError):
    """The language model stopped part of the way. Show `partial` only when labelled cut off."""

    def __init__(self, message: str, partial: str = "") -> None:
        super().__init__(message)
        self.partial = partial


class FetchError(EnvironmentTrouble):
    """The released emails could not be downloaded or are not the pinned bytes."""
