"""A table from outside, whatever its format, as numbered records of named values."""

import csv
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from profilegen.address import shorten
from profilegen.errors import RosterProblem, TextProblem
from profilegen.settings.jsontext import LINE_LIMIT, BadJson, json_value
from profilegen.settings.lines import ByteStream, Line, read_lines
from profilegen.settings.text import require_usable

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"
_HEAD = 64 * 1024
_RECORD_LINES = 64
_DELIMITERS = (",", ";", "\t")
_TOO_LONG = f"the line is longer than {LINE_LIMIT} characters"
_UNCLOSED = "a quotation mark is not closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One row of a table: `values` by column name (lower case, "_" for spaces), texts or what JSON has."""

    row: int
    values: Mapping[str, object] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRecord:
    """A row that cannot be read at all; `reason` is a sentence without full stop and without any of its values."""

    row: int
    reason: str


def read_records(source: ByteStream, *, name: str) -> Iterator[Record | BadRecord]:
    """
    Yield the rows of a CSV, JSON Lines or XLSX file, told apart by their first bytes.

    `row` is the line in the file where the row starts. `name` stands for the file in errors. Raises RosterProblem if
    the file as a whole cannot be used.
    """
    head = _read_head(source)
    if head.startswith(_OLE):
        raise unusable(name, "is an old or a password-protected Excel workbook")
    if head.startswith(_ZIP):
        from profilegen.settings.workbook import workbook_rows

        yield from _table_records(workbook_rows(head, source, name=name), name)
        return
    lines = read_lines(head, source, name=name)
    first = next((line for line in lines if line.text is None or line.text.strip()), None)
    if first is None:
        raise unusable(name, "is empty")
    if first.text is None:
        raise unusable(name, f"has no usable header: {_TOO_LONG}")
    if first.text.lstrip().startswith("["):
        raise unusable(name, "is a JSON array; JSON Lines has one object per line")
    if first.text.lstrip().startswith("{"):
        yield from _json_records(chain([first], lines))
        return
    yield from _table_records(_csv_rows(chain([first], lines), _delimiter(first.text)), name)


def unusable(name: str, reason: str) -> RosterProblem:
    """Return the error for a file that cannot be used as a whole."""
    return RosterProblem(
        f"{name} {reason}.",
        hint="A roster is CSV in UTF-8, JSON Lines or XLSX; its first line names the columns, one of them is address.",
    )


def _read_head(source: ByteStream) -> bytes:
    head = b""
    while len(head) < _HEAD and (chunk := source.read(_HEAD)):
        head += chunk
    return head


# --- rows of cells under a header --------------------------------------------------------------------------

Cells = tuple[int, Sequence[str]]


def _table_records(rows: Iterator[Cells | BadRecord], name: str) -> Iterator[Record | BadRecord]:
    columns: tuple[str, ...] | None = None
    for item in rows:
        if isinstance(item, BadRecord):
            if columns is None:
                raise unusable(name, f"has no usable header: {item.reason}")
            yield item
            continue
        row, cells = item
        if not any(cell.strip() for cell in cells):
            continue
        if columns is None:
            columns = _columns(cells, name)
        else:
            yield _record(row, columns, cells)
    if columns is None:
        raise unusable(name, "is empty")


def _columns(cells: Sequence[str], name: str) -> tuple[str, ...]:
    if any("\0" in cell for cell in cells):
        raise unusable(name, "holds zero bytes, as a file in UTF-16 without byte order mark does")
    try:
        columns = tuple(column_name(require_usable(f"the header of {name}", cell.strip())) for cell in cells)
    except TextProblem as problem:
        raise RosterProblem(problem.message, hint="Save it again as CSV in UTF-8.") from None
    if "address" not in columns:
        raise unusable(name, 'has no column "address"')
    for place, column in enumerate(columns):
        if column and column in columns[:place]:
            raise unusable(name, f'has the column "{shorten(column)}" twice')
    return columns


def column_name(text: str) -> str:
    """Return a column's name as it is compared: lower case, "_" for spaces and dashes."""
    return text.strip().casefold().replace(" ", "_").replace("-", "_")


def _record(row: int, columns: tuple[str, ...], cells: Sequence[str]) -> Record | BadRecord:
    if any(cell.strip() for cell in cells[len(columns) :]):
        return BadRecord(row=row, reason=f"the row has {len(cells)} cells and the header only {len(columns)}")
    return Record(row=row, values={column: cell for column, cell in zip(columns, cells, strict=False) if column})


# --- CSV ---------------------------------------------------------------------------------------------------


class _BrokenRecord(Exception):
    """A record that cannot be read to its end."""


class _RecordLines:
    """The lines of one record after the other, for `csv.reader`; a record without end can be given back."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self._taken: list[Line] = []
        self._again: deque[Line] = deque()

    def __iter__(self) -> "_RecordLines":
        return self

    def __next__(self) -> str:
        if len(self._taken) == _RECORD_LINES:
            raise _BrokenRecord(_UNCLOSED)
        line = self._again.popleft() if self._again else next(self._lines)
        self._taken.append(line)
        if line.text is None:
            raise _BrokenRecord(_TOO_LONG if len(self._taken) == 1 else _UNCLOSED)
        return line.text

    @property
    def row(self) -> int:
        return self._taken[0].number

    def begin(self) -> None:
        self._taken.clear()

    def go_back(self) -> None:
        self._again.extendleft(reversed(self._taken[1:]))


def _csv_rows(lines: Iterator[Line], delimiter: str) -> Iterator[Cells | BadRecord]:
    source = _RecordLines(lines)
    while True:
        source.begin()
        try:
            cells = next(csv.reader(source, delimiter=delimiter, strict=True))
        except StopIteration:
            return
        except _BrokenRecord as problem:
            yield BadRecord(row=source.row, reason=str(problem))
            source.go_back()
        except csv.Error as problem:
            yield BadRecord(row=source.row, reason=f"the row is not CSV: {problem}")
            source.go_back()
        else:
            yield source.row, cells


def _delimiter(header: str) -> str:
    return max(_DELIMITERS, key=header.count)


# --- JSON Lines --------------------------------------------------------------------------------------------


def _json_records(lines: Iterator[Line]) -> Iterator[Record | BadRecord]:
    for line in lines:
        if line.text is None:
            yield BadRecord(row=line.number, reason=_TOO_LONG)
        elif line.text.strip():
            yield _json_record(line.number, line.text)


def _json_record(row: int, text: str) -> Record | BadRecord:
    try:
        value = json_value(text)
    except BadJson as problem:
        return BadRecord(row=row, reason=f"the line is not one JSON object: {problem}")
    if not isinstance(value, dict):
        return BadRecord(row=row, reason="the line is not one JSON object")
    return Record(row=row, values={column_name(key): item for key, item in value.items()})
