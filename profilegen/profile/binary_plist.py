"""
Binary property lists, measured before they are read: their objects may overlap and refer to each other, so a small file
can ask for more memory than any machine has.
"""

import plistlib
from typing import Any

MOST_OBJECTS = 200_000
MOST_BYTES = 40 * 1024 * 1024

_TRAILER = 32
_WIDE = {0x40: 1, 0x50: 1, 0x60: 2}  # data, ASCII and UTF-16 text: bytes for each item
_LISTS = {0xA0: 1, 0xB0: 1, 0xC0: 1, 0xD0: 2}  # arrays, sets and dictionaries: references for each item


def read_binary(data: bytes) -> Any:
    """Return the value of a binary property list; raises ValueError for everything that is none or asks too much."""
    try:
        _measure(data)
        return plistlib.loads(data, fmt=plistlib.FMT_BINARY)
    except (LookupError, OverflowError, TypeError, AttributeError, RecursionError, MemoryError) as exc:
        # plistlib lets many kinds of errors through for damaged input; each means the same here.
        raise ValueError("damaged") from exc


def _measure(data: bytes) -> None:
    """Raise ValueError if the objects together are larger than the bounds; the layout is that of CFBinaryPList.c."""
    trailer = data[-_TRAILER:]
    size = trailer[6]
    count, table = int.from_bytes(trailer[8:16], "big"), int.from_bytes(trailer[24:32], "big")
    if not 1 <= size <= 8 or count > MOST_OBJECTS or table + count * size > len(data):
        raise ValueError("impossible")
    items, total = MOST_OBJECTS, MOST_BYTES
    for at in range(table, table + count * size, size):
        references, width = _extent(data, int.from_bytes(data[at : at + size], "big"))
        items -= references
        total -= width
        if items < 0 or total < 0:
            raise ValueError("too large")


def _extent(data: bytes, at: int) -> tuple[int, int]:
    """Return how many references and how many bytes of content the object at an offset says it has."""
    marker = data[at]
    kind, count = marker & 0xF0, marker & 0x0F
    if count == 0x0F and (kind in _WIDE or kind in _LISTS):
        width = 1 << (data[at + 1] & 0x0F)
        count = int.from_bytes(data[at + 2 : at + 2 + width], "big")
    return count * _LISTS.get(kind, 0), count * _WIDE.get(kind, 0)
