"""Writes OLE compound files and Outlook messages in them, for tests. [MS-CFB], [MS-OXMSG]"""

import struct
from datetime import UTC, datetime

Tree = dict[str, "bytes | Tree"]
_END, _FREE, _NONE = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFF
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


def compound(tree: Tree) -> bytes:
    """A file that holds the streams (bytes) and storages (dicts) of `tree`."""
    small, small_next, sectors, following = bytearray(), [], bytearray(), []
    entries: list[list[object]] = [["Root Entry", 5, _NONE, _NONE, _END, 0]]

    def put(data: bytes) -> int:
        first, count = len(following), -(-len(data) // 512)
        sectors.extend(data.ljust(512 * count, b"\0"))
        following.extend([*range(first + 1, first + count), _END])
        return first

    def put_small(data: bytes) -> int:
        first, count = len(small_next), -(-len(data) // 64)
        small.extend(data.ljust(64 * count, b"\0"))
        small_next.extend([*range(first + 1, first + count), _END])
        return first

    def add(branch: Tree) -> int:
        """Number of the first entry; each has the next one at its right."""
        first = previous = _NONE
        for name, content in branch.items():
            number = len(entries)
            entries.append([name, 1, _NONE, _NONE, 0, 0])
            if isinstance(content, bytes):
                place = put(content) if len(content) >= 4_096 else put_small(content or b"\0")
                entries[number][1], entries[number][4:] = 2, [place, len(content)]
            else:
                entries[number][3] = add(content)
            if previous == _NONE:
                first = number
            else:
                entries[previous][2] = number
            previous = number
        return first

    entries[0][3] = add(tree)
    entries[0][4:] = [put(bytes(small)) if small else _END, len(small)]
    directory = put(b"".join(map(_entry, entries)))
    small_table = put(_numbers(small_next)) if small_next else _END
    tables = -(-(len(following) + 1) // 127)
    first_table = len(following)
    following += [0xFFFFFFFD] * tables
    header = bytearray(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\0"))
    struct.pack_into("<HHHHH", header, 0x18, 0x3E, 3, 0xFFFE, 9, 6)
    struct.pack_into("<II", header, 0x2C, tables, directory)
    struct.pack_into("<IIIII", header, 0x38, 4_096, small_table, 1, _END, 0)
    struct.pack_into("<109I", header, 0x4C, *range(first_table, first_table + tables), *[_FREE] * (109 - tables))  # fmt: skip  # noqa: E501
    return bytes(header + sectors) + _numbers(following).ljust(512 * tables, b"\xff")


def _entry(entry: list[object]) -> bytes:
    name, kind, right, child, start, size = entry
    spelled = f"{name}\0".encode("utf-16-le")
    head = spelled.ljust(64, b"\0") + struct.pack(
        "<HBBIII", len(spelled), kind, 1, _NONE, right, child
    )
    return head.ljust(0x74, b"\0") + struct.pack("<IQ", start, size)


def _numbers(values: list[int]) -> bytes:
    return struct.pack(f"<{len(values)}I", *values)


def properties(start: int, values: dict[int, str | bytes | int | datetime]) -> Tree:
    """The streams of properties by number; fixed ones stand in a list after `start` bytes."""
    tree: Tree = {}
    listed = b"\0" * start
    for key, value in values.items():
        if isinstance(value, str):
            tree[f"__substg1.0_{key:04X}001F"] = value.encode("utf-16-le")
        elif isinstance(value, bytes):
            tree[f"__substg1.0_{key:04X}0102"] = value
        elif isinstance(value, datetime):
            ticks = int((value - _EPOCH).total_seconds()) * 10_000_000
            listed += struct.pack("<HHIQ", 0x40, key, 6, ticks)
        else:
            listed += struct.pack("<HHIQ", 3, key, 6, value)
    return tree | {"__properties_version1.0": listed}
