"""An XLSX workbook from outside: its first sheet as rows of texts, within limits."""

import io
import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from itertools import islice

from profilegen.errors import RosterProblem
from profilegen.settings.lines import ByteStream

FILE_LIMIT = 32 * 1024 * 1024
UNPACKED_LIMIT = 256 * 1024 * 1024
ROW_LIMIT = 1_048_576
"""The last row Excel itself knows."""
COLUMN_LIMIT = 256

_BATCH = 1000

Row = tuple[int, tuple[object, ...]]


def workbook_rows(head: bytes, rest: ByteStream, *, name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield number and texts of every filled row of the first sheet; raises RosterProblem for no or too large a one."""
    rows = enumerate(_values(_bounded(head, rest, name)), start=1)
    while batch := _next_rows(rows, name):
        if batch[-1][0] > ROW_LIMIT:
            raise _unusable(name, f"has more than {ROW_LIMIT} rows")
        for row, values in batch:
            if values.count(None) < len(values):
                yield row, [_text(value) for value in values]


def _bounded(head: bytes, rest: ByteStream, name: str) -> io.BytesIO:
    data = io.BytesIO(head)
    data.seek(0, io.SEEK_END)
    while data.tell() <= FILE_LIMIT and (chunk := rest.read(FILE_LIMIT)):
        data.write(chunk)
    try:
        with zipfile.ZipFile(data) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, UnicodeDecodeError) as exc:
        raise _unusable(name, "is a damaged XLSX workbook") from exc
    if data.tell() > FILE_LIMIT or unpacked > UNPACKED_LIMIT:
        raise _unusable(name, f"is larger than {FILE_LIMIT >> 20} MiB, or {UNPACKED_LIMIT >> 20} MiB when unpacked")
    return data


def _values(data: io.BytesIO) -> Iterator[tuple[object, ...]]:
    import openpyxl

    workbook = openpyxl.load_workbook(data, read_only=True, data_only=True, keep_links=False)
    try:
        sheet = workbook.worksheets[0]
        sheet.reset_dimensions()  # what a file says about its own size is often wrong
        yield from sheet.iter_rows(max_col=COLUMN_LIMIT, values_only=True)
    finally:
        workbook.close()


def _next_rows(rows: Iterator[Row], name: str) -> list[Row]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of every decoration it does not know
            return list(islice(rows, _BATCH))
    except Exception as exc:  # openpyxl passes on whatever its parsers meet in a damaged file
        raise _unusable(name, f"is not an XLSX workbook that can be read ({type(exc).__name__})") from exc


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if isinstance(value, date | datetime | time) else str(value)


def _unusable(name: str, reason: str) -> RosterProblem:
    return RosterProblem(f"{name} {reason}.", hint="Save the sheet as CSV in UTF-8.")
