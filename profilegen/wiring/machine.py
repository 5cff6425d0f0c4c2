"""This machine's clock and the files a command reads."""

from datetime import UTC, datetime
from pathlib import Path

from profilegen.errors import InputProblem

LARGEST_FILE = 20 * 1024 * 1024
"""Bytes of the largest file a command reads whole."""


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """Return the current time in UTC."""
        return datetime.now(UTC)


def read_file(path: Path) -> bytes:
    """Return the bytes of an input file; raises InputProblem if it is missing, unreadable or larger than 20 MiB."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError as exc:
        raise InputProblem(
            f"{path} cannot be read: {exc.strerror}.", hint="Check the name and its permissions."
        ) from exc
    if len(data) > LARGEST_FILE:
        raise InputProblem(f"{path} is larger than {LARGEST_FILE >> 20} MiB.", hint="Is it the right file?")
    return data
