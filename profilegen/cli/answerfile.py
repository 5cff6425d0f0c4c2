"""A file of answers that grows line by line, so that a run that was cut off can go on where it ended."""

import errno
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from profilegen.errors import OutputProblem, UsageProblem
from profilegen.settings.candidates import Status

LONGEST_LINE = 1024 * 1024
_START = b'{"address": "'


class AnswerFile:
    """
    JSON Lines, one answer each, in the order of the questions; `open_answers` makes one.

    A line is handed to the system whole and at once: a process that is killed leaves complete lines and at most one
    that is cut off, which the next run removes.
    """

    def __init__(self, *, path: Path, file: BinaryIO) -> None:
        self._path = path
        self._file = file

    def answered(self) -> Iterator[dict[str, Any]]:
        """Yield the answers an earlier run left, then stand behind the last complete one, ready to go on."""
        end = 0
        while (line := self._file.readline(LONGEST_LINE)).endswith(b"\n"):
            answer = _read(line)
            if answer is None:
                raise self._foreign("a line in it is no answer of a lookup")
            end += len(line)
            yield answer
        if line[: len(_START)] != _START[: len(line)]:
            raise self._foreign("its end is no answer of a lookup")
        with _translated(self._path):
            os.truncate(self._file.fileno(), end)

    def mismatch(self) -> UsageProblem:
        """Return the problem that the answers in the file are those of other questions."""
        return self._foreign("its answers belong to other addresses, or to the same ones in another order")

    def write(self, answer: Mapping[str, Any]) -> None:
        """Append one answer; after a crash of this process it is still there."""
        line = json.dumps(answer).encode("ascii") + b"\n"
        with _translated(self._path):
            while line:
                line = line[os.write(self._file.fileno(), line) :]

    def _foreign(self, reason: str) -> UsageProblem:
        return UsageProblem(
            f"{self._path} cannot be continued: {reason}.",
            hint="Name another file with -o, or remove this one to start anew.",
            code="foreign_answers",
        )


@contextmanager
def open_answers(path: Path) -> Iterator[AnswerFile]:
    """
    Open a file of answers, made if it is missing, never through a symbolic link.

    Raises OutputProblem if it cannot be written, also later while writing; UsageProblem `foreign_answers` for a file
    that holds anything else, which is left as it is.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    with _translated(path):
        file = os.fdopen(os.open(path, flags, 0o644), "rb")
    with file:
        yield AnswerFile(path=path, file=file)
        with _translated(path):
            os.fsync(file.fileno())


def _read(line: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(line)
    except ValueError:
        return None
    if not isinstance(answer, dict) or answer.get("status") not in tuple(Status):
        return None
    return answer if isinstance(answer.get("address"), str) else None


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        reason, code = exc.strerror, None
        if exc.errno == errno.ENOSPC:
            reason, code = "the disk is full", "disk_full"
        raise OutputProblem(
            f"{path} cannot be written: {reason}.",
            hint="What was written so far stays; run the same again, or name another file with -o.",
            code=code,
        ) from exc
