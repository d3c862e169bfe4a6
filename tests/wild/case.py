"""One wild mail: the bytes of a file, and what must be read from them."""

from dataclasses import dataclass

HEAD = (
    b"From: Ann Lee <ann@example.org>\nTo: Bob Hart <bob@example.net>\n"
    b"Date: Mon, 4 Mar 2024 10:12:13 +0100\nSubject: Boiler\n"
)
TEXT = b"The boiler hums again.\n"
SAID = "The boiler hums again."


@dataclass(frozen=True, slots=True)
class Wild:
    """`holds` must stand in the bodies of the messages that the file gives, `lacks` must not.

    `name` says the rule; `subject` and `sender` are those of the first message, None: any.
    """

    name: str
    raw: bytes
    holds: tuple[str, ...] = (SAID,)
    lacks: tuple[str, ...] = ()
    subject: str | None = "Boiler"
    sender: str | None = "Ann Lee"
    #: Names of the attachments of all messages, in order; None: any.
    attached: tuple[str, ...] | None = None
    messages: int = 1
    suffix: str = ".eml"


def letter(body: bytes = TEXT, *fields: bytes) -> bytes:
    """The usual header, `fields` and a body."""
    return HEAD + b"".join(field + b"\n" for field in fields) + b"\n" + body


def parts(kind: bytes, *children: bytes, boundary: bytes = b"edge") -> bytes:
    """A message whose parts (header, blank line, content) are of multipart/`kind`."""
    body = b"".join(b"--" + boundary + b"\n" + child + b"\n" for child in children)
    field = b"Content-Type: multipart/" + kind + b'; boundary="' + boundary + b'"'
    return letter(body + b"--" + boundary + b"--\n", b"MIME-Version: 1.0", field)


PLAIN = b"Content-Type: text/plain\n\n" + TEXT
