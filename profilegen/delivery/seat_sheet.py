"""Seats as CSV, written row by row: for spreadsheets, which run what looks like a formula."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import PurePath

from profilegen.delivery.files import streamed

_RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
"""What a cell begins with that a spreadsheet would run (OWASP: CSV Injection)."""


@contextmanager
def seat_sheet(path: PurePath, columns: Sequence[str]) -> Iterator[Callable[[Mapping[str, object]], None]]:
    """
    Yield a function that adds a row; the file is there, complete, once the block ends without an exception.

    UTF-8 with the mark spreadsheets look for, comma, mode 0600. Raises OutputProblem.
    """
    with streamed(path, private=True) as file:
        text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="", write_through=False)
        try:
            writer = csv.writer(text)
            writer.writerow(columns)
            yield lambda row: writer.writerow([harmless(row.get(column)) for column in columns])
            text.flush()
        finally:
            text.detach()


def harmless(value: object) -> str:
    """Return a cell that is shown as it is: what would run is made text by an apostrophe."""
    if value is None:
        return ""
    text = " ".join(str(each) for each in value) if isinstance(value, list | tuple) else str(value)
    text = "".join(char if char.isprintable() else " " for char in text)
    return f"'{text}" if text.lstrip().startswith(_RUNS) else text
