"""Runs commands of Exhibit in one process that notes every socket; for the tests beside it.

`python -m tests.security.watched PLAN.json`, where the plan is {"commands": [[word, ...], ...],
"out": FOLDER, "hashing": bool}. Each command's output goes to FOLDER/N.out and FOLDER/N.err, the
exit codes to FOLDER/codes.json, sockets to FOLDER/sockets.txt: one line each, "off" or "loopback".
"""

import ipaddress
import json
import os
import sys
from pathlib import Path

_EVENTS = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto")
_LOOPBACK_NAMES = ("localhost", "", None)


def main(plan_file: str) -> None:
    """Run the plan, each command with a umask of 022 and its output in files."""
    plan = json.loads(Path(plan_file).read_text(encoding="utf-8"))
    out = Path(plan["out"])
    _watch(out / "sockets.txt")
    os.umask(0o022)
    from ui.cli import main as exhibit

    if plan["hashing"]:
        _hash_instead_of_embedding()
    codes = []
    for number, words in enumerate(plan["commands"]):
        _redirect(1, out / f"{number}.out")
        _redirect(2, out / f"{number}.err")
        os.umask(0o022)
        codes.append(exhibit(words))
        sys.stdout.flush()
        sys.stderr.flush()
    (out / "codes.json").write_text(json.dumps(codes), encoding="utf-8")


def is_loopback(host: object) -> bool:
    """True for names and addresses of this machine."""
    if isinstance(host, bytes):
        host = host.decode()
    if host in _LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


def _watch(log: Path) -> None:
    file = log.open("a", buffering=1, encoding="utf-8")

    def hook(event: str, args: tuple[object, ...]) -> None:
        if event not in _EVENTS:
            return
        target = args[0] if event in ("socket.getaddrinfo", "socket.gethostbyname") else args[1]
        host = target[0] if isinstance(target, tuple) else target
        is_unix = event == "socket.connect" and not isinstance(target, tuple)
        side = "loopback" if is_unix or is_loopback(host) else "off"
        file.write(f"{side} {event} {target!r}\n")

    sys.addaudithook(hook)


def _hash_instead_of_embedding() -> None:
    import rag.build
    from rag.adapters.hashing_embedder import HashingEmbedder

    rag.build.open_embedder = lambda settings: HashingEmbedder()  # type: ignore[assignment,return-value]


def _redirect(descriptor: int, path: Path) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(handle, descriptor)
    os.close(handle)


if __name__ == "__main__":
    main(sys.argv[1])
