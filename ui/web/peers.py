"""Which user of this machine is at the other end of a loopback connection. Linux only.

A page on 127.0.0.1 is open to every account of the machine; the kernel knows who connects.
"""

import ipaddress
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from starlette.types import Scope

_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))


def is_stranger(scope: Scope) -> bool:
    """True when another account than ours (or root) sent this request from this machine.

    False where the system does not tell, and for connections from other machines.
    """
    client, server = scope.get("client"), scope.get("server")
    if not client or not server or not hasattr(os, "getuid"):
        return False
    places = {_place(*client), *_places_of_mapped(*client)}
    owners = {uid for place, uid in _owners(f"{server[1]:04X}") if place in places}
    return bool(owners - {0, os.getuid()})


def _owners(server_port: str) -> Iterator[tuple[str, int]]:
    """Address and user of every socket of this machine that is connected to `server_port`."""
    for table in _TABLES:
        try:
            rows = table.read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            fields = row.split()
            if fields[2].endswith(f":{server_port}"):
                yield fields[1], int(fields[7])


def _place(host: str, port: int) -> str:
    """`host:port` as the kernel prints it: hex, each 32 bits of the address in machine order."""
    try:
        packed = ipaddress.ip_address(host).packed
    except ValueError:
        return ""
    words = (packed[at : at + 4] for at in range(0, len(packed), 4))
    return "".join(f"{int.from_bytes(w, sys.byteorder):08X}" for w in words) + f":{port:04X}"


def _places_of_mapped(host: str, port: int) -> Iterator[str]:
    """An IPv6 socket that speaks IPv4 stands in the other table as ::ffff:a.b.c.d."""
    if "." in host:
        yield _place(f"::ffff:{host}", port)
