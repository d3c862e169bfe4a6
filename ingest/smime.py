"""Opaque S/MIME: the mail inside a signature (CMS SignedData), which no key is needed to read.

Nothing is verified: who signed is not looked at. RFC 5652, RFC 8551 section 3.5.2.
"""

from collections.abc import Iterator

_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
_DATA = bytes.fromhex("2a864886f70d010701")
_SEQUENCE, _OID, _OCTETS, _CONTENT = 0x30, 0x06, 0x04, 0xA0
#: Levels of pieces inside pieces of one octet string; programs write two.
_DEPTH = 4


def signed_content(data: bytes) -> bytes | None:
    """The MIME entity that was signed; None when this is encrypted, damaged or no CMS."""
    try:
        return _content(data)
    except (IndexError, StopIteration):
        return None


def _content(data: bytes) -> bytes | None:
    kind, inside = _inside(data, _SEQUENCE, _OID)
    if kind != _SIGNED_DATA:
        return None
    signed = next(v for tag, v in _elements(next(v for tag, v in inside if tag == _CONTENT))
                  if tag == _SEQUENCE)  # fmt: skip
    for tag, value in _elements(signed):
        if tag == _SEQUENCE:
            kind, rest = _inside_value(value, _OID)
            if kind != _DATA:
                return None
            wrapped = next((v for t, v in rest if t == _CONTENT), None)
            return None if wrapped is None else b"".join(_octets(wrapped, _DEPTH))
    return None


def _inside(data: bytes, tag: int, first: int) -> tuple[bytes, list[tuple[int, bytes]]]:
    outer, value = next(_elements(data))
    return _inside_value(value, first) if outer == tag else (b"", [])


def _inside_value(value: bytes, first: int) -> tuple[bytes, list[tuple[int, bytes]]]:
    """The value of the first element when it has the tag `first`, and the elements after it."""
    elements = list(_elements(value))
    if not elements or elements[0][0] != first:
        return b"", []
    return elements[0][1], elements[1:]


def _octets(data: bytes, depth: int) -> Iterator[bytes]:
    """The pieces of an octet string, which BER may cut into many."""
    for tag, value in _elements(data):
        if tag == _OCTETS:
            yield value
        elif tag == _OCTETS | 0x20 and depth:
            yield from _octets(value, depth - 1)


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(tag, value) of each BER element; of an indefinite one all up to its end-of-contents."""
    position = 0
    while position + 2 <= len(data):
        tag, length = data[position], data[position + 1]
        position += 2
        if tag == 0 and length == 0:
            return
        if length == 0x80:
            end = _end_of_contents(data, position)
            yield tag, data[position:end]
            position = end + 2
            continue
        if length > 0x80:
            size = length & 0x7F
            length = int.from_bytes(data[position : position + size], "big")
            position += size
        yield tag, data[position : position + length]
        position += length


def _end_of_contents(data: bytes, position: int) -> int:
    """The offset of the two zero bytes that end an indefinite element begun at `position`."""
    depth = 1
    while position + 2 <= len(data):
        tag, length = data[position], data[position + 1]
        position += 2
        if tag == 0 and length == 0:
            depth -= 1
            if not depth:
                return position - 2
        elif length == 0x80:
            depth += 1
        elif length > 0x80:
            size = length & 0x7F
            position += size + int.from_bytes(data[position : position + size], "big")
        else:
            position += length
    return len(data)
