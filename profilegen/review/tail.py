"""Following a file that grows: what is new in it, also when it is rotated, cut back or followed by another one."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import IO, Self

from profilegen.diagnosis.maillog.line import LONGEST_LINE
from profilegen.errors import InputProblem

EVERY = 0.5
"""Seconds between two looks."""
_CHUNK = 64 * 1024


Newest = Callable[[], Path | None]
"""Returns the file that is being written at this moment, None if there is none."""


class Tail:
    """
    One file, from its end on. A context manager: it holds the file open.

    `newest` is for a log that begins a file with a new name every day; the old one is read to its end first.
    """

    def __init__(self, path: Path, newest: Newest | None = None) -> None:
        self._path = path
        self._newest = newest
        self._stream: IO[bytes] | None = None
        self._rest = b""

    def __enter__(self) -> Self:
        try:
            self._stream = self._path.open("rb")
            self._stream.seek(0, os.SEEK_END)
        except OSError as exc:
            hint = "Run as root or as a member of the group adm, or name another file with --log."
            raise InputProblem(
                f"The log {self._path} cannot be read: {exc.strerror}.", hint=hint, code="unreadable_log"
            ) from exc
        return self

    def __exit__(self, *_: object) -> None:
        if self._stream is not None:
            self._stream.close()

    def new_lines(self) -> list[str]:
        """Return what was written since the last call, whole lines only."""
        lines = self._read()
        if not lines and self._replaced():  # the old file was read to its end first
            lines = self._read()
        return lines

    def _read(self) -> list[str]:
        if self._stream is None:
            return []
        data = self._rest + self._stream.read(_CHUNK)
        *whole, self._rest = data.split(b"\n")
        self._rest = self._rest[: 4 * LONGEST_LINE]
        return [line.decode("utf-8", "replace").rstrip("\r")[:LONGEST_LINE] for line in whole]

    def _replaced(self) -> bool:
        """Open the file anew if its name now belongs to another one, or if it is shorter than what was read."""
        if self._stream is None:
            return False
        if self._newest is not None:
            self._path = self._newest() or self._path
        try:
            named = self._path.stat()
        except OSError:
            return False  # between two rotations there is none
        held = os.fstat(self._stream.fileno())
        if (named.st_ino, named.st_dev) == (held.st_ino, held.st_dev):
            if held.st_size >= self._stream.tell():
                return False
            self._stream.seek(0)
        else:
            self._stream.close()
            self._stream = self._path.open("rb")
        self._rest = b""
        return True


async def follow(tails: list[Tail]) -> AsyncIterator[tuple[Tail, str]]:
    """Yield every new line of several files, for ever."""
    while True:
        quiet = True
        for tail in tails:
            for line in tail.new_lines():
                quiet = False
                yield tail, line
        if quiet:
            await asyncio.sleep(EVERY)
