"""Lines of an untrusted byte stream, numbered, decoded and bounded."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from profilegen.errors import RosterProblem
from profilegen.settings.jsontext import LINE_LIMIT

_CHUNK = 64 * 1024
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class ByteStream(Protocol):
    """Anything that gives bytes on demand, an open file or `io.BytesIO`; b"" is the end."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """
    One line with its line break; `number` counts from 1. `text` is None for a line longer than LINE_LIMIT.

    A byte that is not UTF-8 stands in the text as a lone surrogate, U+DC00 plus the byte (PEP 383).
    """

    number: int
    text: str | None


def read_lines(head: bytes, rest: ByteStream, *, name: str) -> Iterator[Line]:
    """
    Yield the lines of `head` followed by `rest`, UTF-8 with or without BOM, or UTF-16 with one.

    No more than one line is held in memory, and none that is too long. Raises RosterProblem for broken UTF-16.
    """
    number, pending, overlong = 1, "", False
    for text in _decoded(head, rest, name):
        *complete, last = text.split("\n")
        for part in complete:
            overlong = overlong or len(pending) + len(part) > LINE_LIMIT
            yield Line(number=number, text=None if overlong else f"{pending}{part}\n")
            number, pending, overlong = number + 1, "", False
        overlong = overlong or len(pending) + len(last) > LINE_LIMIT
        pending = "" if overlong else pending + last
    if pending or overlong:
        yield Line(number=number, text=None if overlong else pending)


def _decoded(head: bytes, rest: ByteStream, name: str) -> Iterator[str]:
    utf16 = head.startswith(_UTF16)
    decoder = codecs.getincrementaldecoder("utf-16" if utf16 else "utf-8-sig")(
        errors="surrogatepass" if utf16 else "surrogateescape"
    )
    chunk = head
    try:
        while chunk:
            yield decoder.decode(chunk)
            chunk = rest.read(_CHUNK)
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError as exc:
        raise RosterProblem(
            f"{name} starts like UTF-16 but is not: {exc.reason}.", hint="Save it again as CSV in UTF-8."
        ) from exc
