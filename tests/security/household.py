"""A hostile mailbox on a machine of its own, all commands run over it, and the page served from it.

Everything that a stranger can put into mail carries a canary; so do the question and the secrets.
"""

import json
import os
import signal
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

#: What subjects and names are laced with: C0, DEL, C1, CSI, OSC, CR, bidi, zero width, tags.
LACE = (
    "\x1b[2J", "\x1b]0;owned\x07", "\x1b]52;c;cm0gLXJm\x07", "\x1b]8;;http://evil.example\x1b\\x",
    "\x1bP$q\x1b\\", "\x1b[?1049h", "\x1b[6n", "\x1b[31;5m", "\x1b(0", "\x1b#8", "\x1bc", "\x9b2J",
    "\x90dcs\x9c", "\x9d0;t\x9c", "\x85", "\x84", "\x8d", "\x80", "\x00", "\x07", "\x08\x08\x08",
    "\x0b", "\x0c", "\r", "\rTo: root", "\r\n", "\n\n", "\x0e\x0f", "\x11\x13", "\x1a", "\x1c\x1d",
    "\x7f", "\u202e", "\u202d", "\u202b", "\u2066", "\u2067\u2069", "\u200b", "\u200e", "\u061c",
    "\ufeff", "\u2060", "\u2028", "\u2029", "\U000e0041\U000e0042", "\u180e", "\ufff9\ufffb",
    "\x1b[1;1H\x1b[0J", "\x1b[8m", "\x1b_apc\x1b\\",
)  # fmt: skip

MAIL_CANARIES = [f"maiden{n:02d}canary" for n in range(40)]
QUESTION_CANARIES = [f"quest{n:02d}canary" for n in range(5)]
SECRET_CANARIES = [f"secret{n:02d}canary" for n in range(5)]


@dataclass(frozen=True, slots=True)
class Household:
    """Folders of the machine; `home` holds what commands wrote, `out` what they printed."""

    home: Path
    out: Path
    mailbox: Path
    #: Whether vectors are hashed words instead of the model's, which takes seconds to load.
    hashing: bool = True
    more_environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a user of this machine, with secrets in it."""
        own = {
            k: v for k, v in os.environ.items() if not k.startswith(("EXHIBIT", "XDG", "OLLAMA"))
        }
        folders = {"HOME": "user", "TMPDIR": "tmp", "EXHIBIT_INDEX": "index"}
        folders |= {"EXHIBIT_CACHE": "cache", "EXHIBIT_MODELS": "models"}
        places = {name: str(self.home / folder) for name, folder in folders.items()}
        secrets = {"EXHIBIT_OPENAI_API_KEY": SECRET_CANARIES[0], "API_TOKEN": SECRET_CANARIES[1]}
        chosen = {"EXHIBIT_ANSWERER": "extractive", **self.more_environment}
        return own | places | secrets | chosen

    def run(self, *commands: Sequence[str]) -> list[tuple[int, bytes, bytes]]:
        """Exit code, stdout and stderr of each command, all run in one process."""
        plan = self._plan(commands)
        words = [sys.executable, "-m", "tests.security.watched", str(plan)]
        env = self.environment
        subprocess.run(words, cwd=ROOT, env=env, check=True, timeout=300)
        codes = json.loads((self.out / "codes.json").read_text())
        return [
            (code, (self.out / f"{n}.out").read_bytes(), (self.out / f"{n}.err").read_bytes())
            for n, code in enumerate(codes)
        ]

    @contextmanager
    def served(self, *flags: str) -> Iterator[str]:
        """`exhibit chat` on a free port; gives its URL. SIGTERM ends it."""
        plan = self._plan([["chat", "--no-browser", "--port", str(_free_port()), *flags]])
        words = [sys.executable, "-m", "tests.security.watched", str(plan)]
        errors = self.out / "0.err"
        errors.unlink(missing_ok=True)
        with subprocess.Popen(words, cwd=ROOT, env=self.environment) as server:
            try:
                yield _url(errors, server)
            finally:
                server.send_signal(signal.SIGTERM)
                server.wait(20)

    def sockets(self) -> list[str]:
        """Every socket noted so far, as `tests.security.watched` writes it."""
        return (self.out / "sockets.txt").read_text(encoding="utf-8").splitlines()

    def _plan(self, commands: Sequence[Sequence[str]]) -> Path:
        plan = {"commands": commands, "out": str(self.out), "hashing": self.hashing}
        path = self.out / "plan.json"
        path.write_text(json.dumps(plan), encoding="utf-8")
        return path


def made(folder: Path, *, hashing: bool = True, **environment: str) -> Household:
    """A household in `folder`, with its mailbox and nothing indexed yet."""
    places = folder / "home", folder / "out", folder / "strangers.mbox"
    house = Household(*places, hashing, environment)
    for path in (house.home, house.home / "user", house.home / "tmp", house.out):
        path.mkdir(mode=0o700)
    house.mailbox.write_bytes(b"".join(_mails()))
    return house


def _mails() -> Iterator[bytes]:
    for n in range(100):
        lace = LACE[n % len(LACE)]
        canary = MAIL_CANARIES[n % len(MAIL_CANARIES)]
        subject = f"Harbour {canary} {lace} report {n}"
        name = f"Mallory{lace} Quist {n % 7}"
        body = f"The harbour costs {n + 10} crowns {lace} says {canary}.\r\n{lace}\n"
        disposition = _word(f"bill{lace}{canary}.txt")
        yield (
            b"From m@example.org Tue Jan  1 08:00:00 2019\n"
            + f"Message-ID: <{n}.{canary}@example.org>\n".encode()
            + b"From: " + _word(name) + b" <m@example.org>\n"
            + b"To: " + _word(f"Oskar{lace} Lind") + b" <o@example.org>\n"
            + f"Date: {n % 28 + 1} Mar 2019 10:00:00 +0000\n".encode()
            + b"Subject: " + _word(subject) + b"\nMIME-Version: 1.0\n"
            + b'Content-Type: multipart/mixed; boundary="edge"\n\n--edge\n'
            + b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
            + b64encode(body.encode()) + b"\n--edge\nContent-Type: text/plain; charset=utf-8\n"
            + b"Content-Disposition: attachment; filename=\"" + disposition + b"\"\n\n"
            + f"attached {canary}\n--edge--\n\n".encode()
        )  # fmt: skip


def _word(text: str) -> bytes:
    """`text` as an encoded word of RFC 2047."""
    return b"=?utf-8?B?" + b64encode(text.encode()) + b"?="


def _free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _url(errors: Path, server: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        lines = errors.read_text(encoding="utf-8").splitlines() if errors.exists() else []
        for line in lines:
            if line.startswith("ready: "):
                return line.split()[1]
        time.sleep(0.05)
    raise AssertionError(f"the page did not start: {errors.read_text() if errors.exists() else ''}")
