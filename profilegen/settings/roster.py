"""The roster: many people in one file, read row by row; a bad row is listed and never stops the rest."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from profilegen.address import Address, shorten
from profilegen.errors import AddressProblem, ProfilegenError, RosterProblem, TextProblem
from profilegen.secret import Secret
from profilegen.settings.lines import ByteStream
from profilegen.settings.tables import BadRecord, Record, column_name, read_records, unusable
from profilegen.settings.text import require_usable, require_usable_secret

PASSWORD_COLUMNS = ("password", "outgoing_password")
COLUMNS = (
    *("address", "name", "username", "outgoing_username", "person", "aliases", "language", "platform"),
    *("recovery_email", "udid", "serial", "mdm", "channel", "outgoing", "previous_address", "group"),
    *PASSWORD_COLUMNS,
)
"""The columns that mean something; all others are kept as they are."""

_BETWEEN_ADDRESSES = re.compile(r"[,;\s]+")
_SURROGATE = re.compile("[\ud800-\udfff]")


class Passwords(StrEnum):
    """Whether a roster may hold passwords at all."""

    REFUSED = "refused"
    ALLOWED = "allowed"


class Repeated(StrEnum):
    """Whether a mailbox may stand in several rows: one profile each is made of it, but it may be on several devices."""

    REFUSED = "refused"
    ALLOWED = "allowed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterRow:
    """
    One usable row; `row` is its line in the file, the header being line 1. An empty cell is None.

    Rows with the same `person` belong into one profile. `outgoing` is the catalogue id of a relay service, `others`
    holds the cells of unknown columns.
    """

    row: int
    address: Address
    name: str | None = None
    username: str | None = None
    outgoing_username: str | None = None
    person: str | None = None
    aliases: tuple[Address, ...] = ()
    language: str | None = None
    platform: Literal["ios", "macos"] | None = None
    recovery_email: Address | None = None
    udid: str | None = None
    serial: str | None = None
    mdm: str | None = None
    channel: str | None = None
    outgoing: str | None = None
    previous_address: Address | None = None
    group: str | None = None
    password: Secret | None = None
    outgoing_password: Secret | None = None
    others: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """A row that cannot be used and why; `address` is what stands in that column, fit for an error line."""

    row: int
    address: str | None
    problem: ProfilegenError


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownColumns:
    """Columns that mean nothing to us, each named once, in the order of their appearance."""

    names: tuple[str, ...]


RosterItem = RosterRow | BadRow | UnknownColumns


def read_roster(
    source: ByteStream,
    *,
    name: str,
    passwords: Passwords = Passwords.REFUSED,
    headers: Mapping[str, str] = MappingProxyType({}),
    repeated: Repeated = Repeated.REFUSED,
) -> Iterator[RosterItem]:
    """
    Yield every row of a roster: CSV (comma, semicolon or tab), JSON Lines or XLSX.

    `name` stands for the file in errors; `headers` maps headers of the file to columns of ours. Where repeated
    mailboxes are refused, rows of one mailbox after its first are bad rows, and memory grows with the set of
    mailboxes; else it does not grow with the file. A workbook is held whole. Raises RosterProblem, possibly after some
    rows, for a file that cannot be used: no header, no row, no text, or a password that is not allowed.
    """
    known = set(COLUMNS)
    names = {column_name(header): column_name(column) for header, column in headers.items()}
    seen: dict[str, int] | None = {} if repeated is Repeated.REFUSED else None
    nothing = True
    for found in read_records(source, name=name):
        nothing = False
        if isinstance(found, BadRecord):
            yield BadRow(row=found.row, address=None, problem=_row_problem(found.reason))
            continue
        record = _renamed(found, names)
        _refuse_passwords(record, passwords, name)
        if unknown := tuple(column for column in record.values if column not in known):
            known.update(unknown)
            yield UnknownColumns(names=tuple(shorten(column) for column in unknown))
        yield _read_row(record, seen)
    if nothing:
        raise unusable(name, "names its columns and has no row")


def _renamed(record: Record, names: Mapping[str, str]) -> Record:
    if not names:
        return record
    # a column the file itself calls by our name gives way to the mapped one
    values = {key: value for key, value in record.values.items() if key in names or key not in names.values()}
    return Record(row=record.row, values={names.get(key, key): value for key, value in values.items()})


def _refuse_passwords(record: Record, passwords: Passwords, name: str) -> None:
    if passwords is Passwords.ALLOWED:
        return
    for column in PASSWORD_COLUMNS:
        if column in record.values:
            raise RosterProblem(
                f'{name} has a column "{column}", and passwords in a roster are not allowed.',
                hint="Remove the column. Only profilegen build takes it, with --allow-passwords; copies are readable.",
                code="password_in_roster",
            )


def _read_row(record: Record, seen: dict[str, int] | None) -> RosterRow | BadRow:
    try:
        row = _build_row(record)
        first = row.row if seen is None else seen.setdefault(row.address.account, row.row)
        if first != row.row:
            raise _row_problem(f"the mailbox {row.address} already stands in row {first}", code="duplicate_address")
    except ProfilegenError as problem:
        written = record.values.get("address")
        address = shorten(written.strip()) if isinstance(written, str) and written.strip() else None
        return BadRow(row=record.row, address=address, problem=problem)
    return row


def _build_row(record: Record) -> RosterRow:
    cells = _Cells(record.values)
    address = cells.address("address")
    if address is None:
        raise AddressProblem("The row has no address.", hint="Fill in the column address.")
    return RosterRow(
        row=record.row,
        address=address,
        name=cells.text("name"),
        username=cells.text("username"),
        outgoing_username=cells.text("outgoing_username"),
        person=cells.text("person"),
        aliases=cells.addresses("aliases"),
        language=cells.text("language"),
        platform=cells.platform("platform"),
        recovery_email=cells.address("recovery_email"),
        udid=cells.text("udid"),
        serial=cells.text("serial"),
        mdm=cells.text("mdm"),
        channel=cells.text("channel"),
        outgoing=cells.text("outgoing"),
        previous_address=cells.address("previous_address"),
        group=cells.text("group"),
        password=cells.secret("password"),
        outgoing_password=cells.secret("outgoing_password"),
        others=cells.others(),
    )


class _Cells:
    """The cells of one row; every reader returns None for an empty one and raises naming the column."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values

    def text(self, column: str) -> str | None:
        text = self._raw(column).strip()
        return require_usable(f"The column {column}", text) if text else None

    def secret(self, column: str) -> Secret | None:
        text = self._raw(column)
        return Secret(text=require_usable_secret(f"The column {column}", text)) if text else None

    def address(self, column: str) -> Address | None:
        text = self.text(column)
        return None if text is None else Address.parse(text)

    def addresses(self, column: str) -> tuple[Address, ...]:
        value = self._values.get(column)
        listed = value if isinstance(value, list) else _BETWEEN_ADDRESSES.split(self.text(column) or "")
        parts = [_plain(column, part).strip() for part in listed]
        return tuple(dict.fromkeys(Address.parse(part) for part in parts if part))

    def platform(self, column: str) -> Literal["ios", "macos"] | None:
        text = self.text(column)
        match (text or "").casefold():
            case "":
                return None
            case "ios":
                return "ios"
            case "macos":
                return "macos"
        raise _row_problem(f'the column {column} says "{shorten(text or "")}", not ios or macos')

    def others(self) -> tuple[tuple[str, str], ...]:
        return tuple((column, _kept(column, value)) for column, value in self._values.items() if column not in COLUMNS)

    def _raw(self, column: str) -> str:
        return _plain(column, self._values.get(column))


def _plain(column: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise _row_problem(f"the column {column} holds neither a text nor a whole number")
    text = str(value)
    if found := _SURROGATE.search(text):
        byte = ord(found[0]) - 0xDC00
        what = f"it holds the byte 0x{byte:02X}" if 0x80 <= byte <= 0xFF else "it holds half a character"
        raise TextProblem(f"The column {column} is not UTF-8: {what}.", hint="Save the file as CSV in UTF-8.")
    return text


def _kept(column: str, value: object) -> str:
    return _plain(column, value) if isinstance(value, str) else json.dumps(value)


def _row_problem(reason: str, code: str | None = None) -> RosterProblem:
    return RosterProblem(f"{reason[0].upper()}{reason[1:]}.", hint="Correct the row; the others are used.", code=code)
