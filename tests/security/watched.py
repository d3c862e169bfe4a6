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

_LOOKUPS = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")
_EVENTS = ("socket.connect", "socket.sendto", "socket.sendmsg", *_LOOKUPS)
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


def leaves_this_machine(event: str, args: tuple[object, ...]) -> bool:
    """True for the audit event of a connection, datagram or name look-up off loopback."""
    if event not in _EVENTS:
        return False
    if event == "socket.gethostbyaddr":
        # A name server is asked for the name of an address; those of this machine it knows itself.
        return not is_loopback(args[0])
    if event in _LOOKUPS:
        # A numeric address is looked up nowhere.
        return not is_loopback(args[0]) and not _is_numeric(args[0])
    target = args[-1]
    # Sockets of files have a name, not a pair; connected ones are told no target.
    return isinstance(target, tuple) and not is_loopback(target[0])


def is_loopback(host: object) -> bool:
    """True for names and addresses of this machine."""
    if isinstance(host, bytes):
        host = host.decode()
    if host in _LOOPBACK_NAMES:
        return True
    return _is_numeric(host) and ipaddress.ip_address(str(host)).is_loopback


def _is_numeric(host: object) -> bool:
    try:
        ipaddress.ip_address(host.decode() if isinstance(host, bytes) else str(host))
    except ValueError:
        return False
    return True


def _watch(log: Path) -> None:
    file = log.open("a", buffering=1, encoding="utf-8")

    def hook(event: str, args: tuple[object, ...]) -> None:
        if event in _EVENTS:
            side = "off" if leaves_this_machine(event, args) else "loopback"
            file.write(f"{side} {event} {args!r}\n")

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
