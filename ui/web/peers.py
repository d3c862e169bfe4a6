"""Which user of this machine is at the other end of a loopback connection. Linux only.

A page on 127.0.0.1 is open to every account of the machine; the kernel knows who connects.
"""

import ipaddress
import os
import socket
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

from starlette.types import Scope

#: Host and port.
_Address: TypeAlias = tuple[str, int]

_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
# linux/netlink.h, linux/sock_diag.h, linux/inet_diag.h; see sock_diag(7).
_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_REQUEST = 1
_HEADER = struct.Struct("=IHHII")
#: Family, protocol, extensions, padding, states.
_QUERY = struct.Struct("=BBBBI")
#: Interface and cookie of a socket: any.
_ANY_SOCKET = struct.pack("=III", 0, 0xFFFFFFFF, 0xFFFFFFFF)
#: What stands before the uid in an answer: its head, the state, both addresses, three counts.
_BEFORE_UID = _HEADER.size + 4 + 48 + 12


def is_stranger(scope: Scope) -> bool:
    """True when another account than ours (or root) sent this request from this machine.

    False where the system does not tell, and for connections from other machines.
    """
    client, server = scope.get("client"), scope.get("server")
    if not client or not server or not hasattr(os, "getuid"):
        return False
    try:
        owners = {owner(client, server)}
    except ValueError:
        # Not connected by TCP.
        return False
    except (AttributeError, OSError):
        # No such question on this system, or no such socket: the whole list takes 3 ms.
        owners = set(listed_owners(client, server))
    return bool(owners - {0, os.getuid()})


def owner(client: _Address, server: _Address) -> int:
    """The user of the socket of this machine that is connected from `client` to `server`: 20 us.

    OSError when there is none or the kernel does not answer; AttributeError on other systems.
    """
    ports = struct.pack(">HH", client[1], server[1])
    places = [ipaddress.ip_address(host).packed for host, _ in (client, server)]
    family = socket.AF_INET6 if len(places[0]) == 16 else socket.AF_INET
    wanted = _QUERY.pack(family, socket.IPPROTO_TCP, 0, 0, 0xFFFFFFFF)
    wanted += ports + b"".join(place.ljust(16, b"\0") for place in places) + _ANY_SOCKET
    size = _HEADER.size + len(wanted)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG) as kernel:
        kernel.send(_HEADER.pack(size, _SOCK_DIAG_BY_FAMILY, _REQUEST, 0, 0) + wanted)
        told = kernel.recv(4096)
    if _HEADER.unpack_from(told)[1] != _SOCK_DIAG_BY_FAMILY:
        raise OSError("no such socket")
    return int.from_bytes(told[_BEFORE_UID : _BEFORE_UID + 4], sys.byteorder)


def listed_owners(client: _Address, server: _Address) -> Iterator[int]:
    """The same out of the kernel's list of all sockets."""
    places = {_place(*client), *_places_of_mapped(*client)}
    for table in _TABLES:
        try:
            rows = table.read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            fields = row.split()
            if fields[2].endswith(f":{server[1]:04X}") and fields[1] in places:
                yield int(fields[7])


def _place(host: str, port: int) -> str:
    """`host:port` as the kernel prints it: hex, each 32 bits of the address in machine order."""
    packed = ipaddress.ip_address(host).packed
    words = (packed[at : at + 4] for at in range(0, len(packed), 4))
    return "".join(f"{int.from_bytes(w, sys.byteorder):08X}" for w in words) + f":{port:04X}"


def _places_of_mapped(host: str, port: int) -> Iterator[str]:
    """An IPv6 socket that speaks IPv4 stands in the other table as ::ffff:a.b.c.d."""
    if "." in host:
        yield _place(f"::ffff:{host}", port)
