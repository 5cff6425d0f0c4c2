"""
The compiled catalogue: one file, of which a question reads a few kilobytes.

    header     one line of fixed length: format, SHA-256 of all that follows, file size, where the directory is, CRC-32
    records    one JSON object per provider
    pages      sorted lines `key TAB extent`, about 4 KiB each; the extent leads to a record
    directory  sorted lines `first key of a page TAB extent`; the extent leads to that page

An extent is offset, length and CRC-32 in hexadecimal. Every block that is read is checked against the CRC-32 its
extent carries, so a damaged file is noticed before anything in it is believed, without reading all of it. Keys have a
kind in front: `d:` mail domain or wildcard, `m:` MX pattern, `h:` mail server, `r:` server of a relay service, `i:`
provider id.

Plain reads are used and no memory map: a map of a file that somebody truncates ends the process with SIGBUS.
"""

import json
import os
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from enum import StrEnum
from io import BufferedReader
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from profilegen.errors import MachineProblem

FORMAT = b"profilegen-catalogue 3"
HEADER = "{format} {content} {size:012x} {directory} {crc:08x}\n"
HEADER_LENGTH = len(FORMAT) + 1 + 64 + 1 + 12 + 1 + 30 + 1 + 8 + 1
_MOST = 16 * 1024 * 1024

Record = dict[str, Any]
"""A provider file as data: the keys of docs/providers.md, dates as text, and `sha256` of the file."""


class KeyKind(StrEnum):
    """What a key of the index names."""

    DOMAIN = "d"
    MX = "m"
    HOST = "h"
    RELAY_HOST = "r"
    ID = "i"


def encode_key(kind: KeyKind, name: str) -> bytes:
    """Return a key as it stands in the index."""
    return f"{kind}:{name}".encode("utf-8", "replace")


def starred(host: str) -> Iterator[str]:
    """Yield the host with "*" for one label after the other; the last two name its owner and stay."""
    labels = host.split(".")
    for place in range(len(labels) - 2):
        yield ".".join([*labels[:place], "*", *labels[place + 1 :]])


class Index:
    """
    An open index; use it as a context manager.

    Raises MachineProblem, here and in every method, when the file is missing, damaged or not an index of this format.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._file: BufferedReader = path.open("rb")
        except OSError as exc:
            raise MachineProblem(
                f"The provider catalogue {path} cannot be opened: {exc.strerror or exc}.",
                hint="Install profilegen again, or pass the folder that holds the providers.",
                code="catalogue_missing",
            ) from exc
        try:
            self.content, self._directory = self._open()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def find(self, kind: KeyKind, name: str) -> Record | None:
        """Return the record a key leads to."""
        key = encode_key(kind, name)
        place = bisect_right(self._directory, key, key=_key_of) - 1
        if place < 0:
            return None
        page = self._lines(self._directory[place])
        place = bisect_left(page, key, key=_key_of)
        if place == len(page) or _key_of(page[place]) != key:
            return None
        return self._record(page[place])

    def records(self) -> Iterator[Record]:
        """Yield every record, by id."""
        prefix = encode_key(KeyKind.ID, "")
        for entry in self._directory:
            yield from (self._record(line) for line in self._lines(entry) if line.startswith(prefix))

    def verify(self) -> None:
        """Read the whole file and compare it with the hash in its header."""
        import hashlib

        self._file.seek(HEADER_LENGTH)
        if hashlib.file_digest(self._file, "sha256").hexdigest() != self.content:
            raise self._damaged()

    def _open(self) -> tuple[str, list[bytes]]:
        header = self._file.read(HEADER_LENGTH)
        fields = header[len(FORMAT) :].split()
        if not header.startswith(FORMAT + b" ") or len(header) != HEADER_LENGTH or len(fields) != 4:
            raise self._damaged()
        content, size, directory, crc = fields
        if f"{zlib.crc32(header[:-10]):08x}".encode() != crc or not header.endswith(b"\n"):
            raise self._damaged()
        if int(size, 16) != os.fstat(self._file.fileno()).st_size:
            raise self._damaged()
        return content.decode("ascii"), self._read(directory).splitlines()

    def _lines(self, line: bytes) -> list[bytes]:
        return self._read(line.rpartition(b"\t")[2]).splitlines()

    def _record(self, line: bytes) -> Record:
        try:
            record: Record = json.loads(self._read(line.rpartition(b"\t")[2]))
        except ValueError as exc:
            raise self._damaged() from exc
        return record

    def _read(self, extent: bytes) -> bytes:
        try:
            offset, length, crc = (int(part, 16) for part in extent.split(b"."))
            self._file.seek(offset)
            block = self._file.read(min(length, _MOST))
        except (OSError, ValueError) as exc:
            raise self._damaged() from exc
        if len(block) != length or zlib.crc32(block) != crc:
            raise self._damaged()
        return block

    def _damaged(self) -> MachineProblem:
        return MachineProblem(
            f"The provider catalogue {self._path} is damaged or belongs to another version.",
            hint="Install profilegen again; in a checkout delete this file, it is made anew.",
            code="catalogue_damaged",
        )


def _key_of(line: bytes) -> bytes:
    return line.partition(b"\t")[0]
