"""A small, bounded reader of BER and DER (ITU-T X.690): definite and indefinite lengths, single-byte tags."""

from collections.abc import Iterator
from dataclasses import dataclass

INTEGER = 0x02
OCTET_STRING = 0x04
OBJECT_IDENTIFIER = 0x06
UTC_TIME = 0x17
GENERALIZED_TIME = 0x18
SEQUENCE = 0x30
SET = 0x31
CONSTRUCTED_OCTET_STRING = 0x24
CONTEXT_0 = 0xA0
CONTEXT_1 = 0xA1
CONTEXT_0_PRIMITIVE = 0x80

_CONSTRUCTED = 0x20
_INDEFINITE = 0x80
_LONG_TAG = 0x1F
_DEEPEST = 32
_MOST_ELEMENTS = 100_000


class CmsProblem(Exception):
    """The bytes are no CMS that could be read; the text is the reason as the end of a sentence. Stays inside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One element: its tag octet, where it starts, where its contents begin and stop, and where it ends."""

    tag: int
    start: int
    body: int
    stop: int
    end: int


class Reader:
    """Reads elements of one byte string; `indefinite` becomes true with the first indefinite length."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._left = _MOST_ELEMENTS
        self.indefinite = False

    def whole(self) -> Element:
        """Return the one element that is the whole input; raises CmsProblem for anything behind it."""
        element = self._element(0, len(self._data), 0)
        if element.end != len(self._data):
            raise CmsProblem(f"{len(self._data) - element.end} bytes follow the end")
        return element

    def children(self, element: Element) -> list[Element]:
        """Return the elements inside a constructed one."""
        if not element.tag & _CONSTRUCTED:
            raise CmsProblem("a value stands where a structure should be")
        return list(self._elements(element.body, element.stop, 0))

    def contents(self, element: Element) -> bytes:
        """Return the octets of the contents."""
        return self._data[element.body : element.stop]

    def encoding(self, element: Element) -> bytes:
        """Return the octets of the element with tag and length."""
        return self._data[element.start : element.end]

    def octets(self, element: Element) -> bytes:
        """Return the value of an OCTET STRING, joined if it comes in pieces (X.690 section 8.7.3)."""
        return b"".join(self._pieces(element, 0))

    def _pieces(self, element: Element, depth: int) -> Iterator[bytes]:
        if element.tag == OCTET_STRING:
            yield self.contents(element)
            return
        if element.tag != CONSTRUCTED_OCTET_STRING or depth > _DEEPEST:
            raise CmsProblem("the content is not an octet string")
        for child in self.children(element):
            yield from self._pieces(child, depth + 1)

    def _elements(self, at: int, stop: int, depth: int) -> Iterator[Element]:
        while at < stop:
            element = self._element(at, stop, depth)
            yield element
            at = element.end

    def _element(self, start: int, limit: int, depth: int) -> Element:
        self._left -= 1
        if self._left < 0 or depth > _DEEPEST:
            raise CmsProblem("it is nested too deeply or has too many parts")
        tag = self._octet(start, limit)
        if tag & _LONG_TAG == _LONG_TAG:
            raise CmsProblem("it holds a tag that CMS does not have")
        first = self._octet(start + 1, limit)
        if first == _INDEFINITE:
            return self._indefinite(tag, start, limit, depth)
        length, body = self._length(first, start + 2, limit)
        if length > limit - body:
            raise CmsProblem("it is cut off")
        return Element(tag=tag, start=start, body=body, stop=body + length, end=body + length)

    def _indefinite(self, tag: int, start: int, limit: int, depth: int) -> Element:
        self.indefinite = True
        if not tag & _CONSTRUCTED:
            raise CmsProblem("a value has no length")
        at = body = start + 2
        while self._data[at : min(at + 2, limit)] != b"\0\0":
            at = self._element(at, limit, depth + 1).end
        return Element(tag=tag, start=start, body=body, stop=at, end=at + 2)

    def _length(self, first: int, at: int, limit: int) -> tuple[int, int]:
        if first < _INDEFINITE:
            return first, at
        size = first & 0x7F
        if size > 4 or at + size > limit:
            raise CmsProblem("a length is impossible")
        return int.from_bytes(self._data[at : at + size], "big"), at + size

    def _octet(self, at: int, limit: int) -> int:
        if at >= limit:
            raise CmsProblem("it is cut off")
        return self._data[at]


def dotted(octets: bytes) -> str:
    """Return an OBJECT IDENTIFIER in dotted form (X.690 section 8.19)."""
    if not octets or octets[-1] & 0x80 or len(octets) > 64:
        raise CmsProblem("an object identifier is malformed")
    arcs: list[int] = []
    value = 0
    for octet in octets:
        value = value << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(value)
            value = 0
    top = min(arcs[0] // 40, 2)
    return ".".join(map(str, (top, arcs[0] - 40 * top, *arcs[1:])))
