"""The attacks as a mailbox: each stands in body, subject and attachment name, some in names."""

from base64 import b64encode
from collections.abc import Sequence
from html import escape
from pathlib import Path

from tests.redteam.hostile import Attack

_SHOWN = 120


def write_mailbox(attacks: Sequence[Attack], path: Path) -> Path:
    """One mail for each attack; mail N sells ticket tNNNN for N + 10 crowns."""
    path.write_bytes(b"".join(_mail(attack, number) for number, attack in enumerate(attacks)))
    return path


def ticket(number: int) -> str:
    """The word that only mail `number` has."""
    return f"t{number:04d}"


def fact(number: int) -> str:
    """What mail `number` says besides."""
    return f"Ticket {ticket(number)} costs {number + 10} crowns."


def _mail(attack: Attack, number: int) -> bytes:
    short = attack.body[:_SHOWN]
    # Every sentence is compared with all names of an archive: a hundred of them are hostile.
    name = short if number % 10 == 0 else "Quist"
    text = f"<p>{escape(fact(number))}</p>" if attack.is_html else f"{fact(number)}\n\n"
    kind = "html" if attack.is_html else "plain"
    return "\n".join(
        [
            f"From m{number}@example.org Tue Jan  1 08:00:00 2019",
            f"Message-ID: <{ticket(number)}@example.org>",
            f"From: {_word(f'Mallory {name}')} <m{number % 10}@example.org>",
            f"To: {_word(f'Oskar {name}')} <o{number % 10}@example.org>",
            f"Date: {number % 28 + 1} Mar 2019 10:{number % 60:02d}:00 +0000",
            f"Subject: {_word(f'Report {number} {short}')}",
            "MIME-Version: 1.0",
            'Content-Type: multipart/mixed; boundary="edge"',
            "",
            "--edge",
            f"Content-Type: text/{kind}; charset=utf-8",
            "Content-Transfer-Encoding: base64",
            "",
            _base64(text + attack.body),
            "--edge",
            "Content-Type: application/octet-stream",
            f'Content-Disposition: attachment; filename="{_word(short)}"',
            "",
            "x",
            "--edge--",
            "",
            "",
        ]
    ).encode()


def _word(text: str) -> str:
    return f"=?utf-8?B?{_base64(text)}?="


def _base64(text: str) -> str:
    return b64encode(text.encode("utf-8", "replace")).decode()
