"""Rosters as they come out of other people's programs."""

import csv
import io
import json
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator

import openpyxl
import pytest
from defusedxml.common import EntitiesForbidden
from hypothesis import given
from hypothesis import strategies as st

from profilegen.errors import AddressProblem, ProfilegenError, RosterProblem, TextProblem
from profilegen.settings.jsontext import LINE_LIMIT
from profilegen.settings.roster import BadRow, Passwords, RosterItem, RosterRow, UnknownColumns, read_roster


def read(data: bytes | str, passwords: Passwords = Passwords.REFUSED) -> list[RosterItem]:
    raw = data.encode() if isinstance(data, str) else data
    return list(read_roster(io.BytesIO(raw), name="people.csv", passwords=passwords))


def rows(data: bytes | str) -> list[RosterRow]:
    items = read(data)
    assert all(isinstance(item, RosterRow) for item in items), items
    return [item for item in items if isinstance(item, RosterRow)]


def refused(data: bytes | str) -> RosterProblem:
    with pytest.raises(RosterProblem) as caught:
        read(data)
    return caught.value


def only_bad(data: bytes | str) -> BadRow:
    (bad,) = [item for item in read(data) if isinstance(item, BadRow)]
    return bad


def workbook(*lines: tuple[str | float | None, ...]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for line in lines:
        sheet.append(line)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


# --- formats ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_csv_is_read_with_every_delimiter_bom_and_line_end(delimiter: str, start: str, newline: str) -> None:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter, lineterminator=newline)
    writer.writerows(
        [["Address", "Name", "Aliases"], ["you@example.com", 'Müller; "Jo", x', "a@example.com,b@example.com"]]
    )
    (row,) = rows(start + file.getvalue())
    assert (row.row, str(row.address), row.name) == (2, "you@example.com", 'Müller; "Jo", x')
    assert [str(alias) for alias in row.aliases] == ["a@example.com", "b@example.com"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_the_unicode_exports_of_excel_are_read(encoding: str) -> None:
    (row,) = rows("address\tname\r\nyou@bücher.example\tJörg 😀\r\n".encode(encoding))
    assert (str(row.address), row.name) == ("you@xn--bcher-kva.example", "Jörg 😀")


def test_json_lines_are_read() -> None:
    text = '{"address": "you@example.com", "serial": 12345, "aliases": ["a@example.com"], "name": null}\n\n'
    (row,) = rows(text)
    assert (row.row, row.serial, row.name, str(row.aliases[0])) == (1, "12345", None, "a@example.com")


def test_a_workbook_is_read_with_its_own_row_numbers() -> None:
    data = workbook(("Address", "serial", "Name"), ("you@example.com", 12345.0, "You"), (), ("me@example.com", None))
    assert [(row.row, str(row.address), row.serial, row.name) for row in rows(data)] == [
        (2, "you@example.com", "12345", "You"),
        (4, "me@example.com", None, None),
    ]


def test_every_column_of_the_contract_arrives() -> None:
    values = {
        "name": "You",
        "username": "you-login",
        "outgoing_username": "relay-login",
        "person": "7",
        "language": "de",
        "platform": "macOS",
        "udid": "00008030-1",
        "serial": "C39",
        "mdm": "main",
        "channel": "user",
        "outgoing": "smtp2go",
    }
    mails = {"recovery_email": "private@example.net", "previous_address": "old@example.com"}
    everything = {"address": "you@example.com", **values, **mails}
    text = f"{','.join(everything)}\n{','.join(everything.values())}\n"
    (row,) = rows(text)
    assert {column: getattr(row, column) for column in values} == values | {"platform": "macos"}
    assert {column: str(getattr(row, column)) for column in mails} == mails


def test_unknown_columns_are_kept_and_named_once() -> None:
    items = read('address,Cost Center,notes\nyou@example.com,42,"two\nlines"\nme@example.com,43,\n')
    assert items[0] == UnknownColumns(names=("cost_center", "notes"))
    assert [(item.row, item.others) for item in items if isinstance(item, RosterRow)] == [
        (2, (("cost_center", "42"), ("notes", "two\nlines"))),
        (4, (("cost_center", "43"), ("notes", ""))),
    ]
    assert sum(isinstance(item, UnknownColumns) for item in items) == 1


def test_an_empty_cell_is_nothing_and_spaces_do_not_count() -> None:
    (row,) = rows("address,name,username,,\n  you@example.com ,  ,\u00a0me\u00a0,,\n")
    assert (row.name, row.username) == (None, "me")


# --- bad rows ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "kind", "reason"),
    [
        ("nobody,x,", AddressProblem, "it has no @"),
        (",x,", AddressProblem, "has no address"),
        ("you@example.com,a\x00b,", TextProblem, "The column name holds the character U+0000 at character 2"),
        ('you@example.com,"a\rb",', TextProblem, "The column name holds a line break"),
        ('you@example.com,"a\nb",', TextProblem, "The column name holds a line break"),
        ("you@example.com,a\ufffeb,", TextProblem, "U+FFFE"),
        ("you@example.com,x,windows", RosterProblem, 'The column platform says "windows", not ios or macos'),
        ("you@example.com,x,,more", RosterProblem, "The row has 4 cells and the header only 3"),
        ('you@example.com,"x"y,', RosterProblem, "The row is not CSV"),
        ("you@example.com," + "x" * 200_000 + ",", RosterProblem, "The row is not CSV: field larger than"),
    ],
    ids=range(10),
)
def test_a_bad_row_is_listed_with_its_line_and_the_rest_is_read(
    line: str, kind: type[ProfilegenError], reason: str
) -> None:
    items = read(f"address,name,platform\nfirst@example.com,,\n{line}\nlast@example.com,,\n")
    first, bad, last = items
    assert isinstance(bad, BadRow)
    assert bad.row == 3
    assert type(bad.problem) is kind
    assert reason in bad.problem.message
    assert isinstance(first, RosterRow)
    assert isinstance(last, RosterRow)
    assert str(last.address) == "last@example.com"


def test_a_line_in_another_encoding_is_a_bad_row() -> None:
    bad = only_bad("address,name\nyou@example.com,Müller\nme@example.com,Jo\n".encode("cp1252"))
    assert (bad.row, bad.address) == (2, "you@example.com")
    assert bad.problem.message == "The column name is not UTF-8: it holds the byte 0xFC."


def test_addresses_that_differ_only_in_case_are_the_same_mailbox() -> None:
    bad = only_bad("address\nYou@Example.com\nme@example.com\nyou@example.COM\n")
    assert (bad.row, bad.address, bad.problem.code) == (4, "you@example.COM", "duplicate_address")
    assert bad.problem.message == "The mailbox you@example.com already stands in row 2."


def test_a_quotation_mark_that_never_closes_costs_one_row() -> None:
    lines = ["address,name", 'bad@example.com,"Jo', *(f"p{number}@example.com,x" for number in range(300))]
    items = read("\n".join(lines))
    assert [(item.row, item.problem.message) for item in items if isinstance(item, BadRow)] == [
        (2, "A quotation mark is not closed.")
    ]
    assert [item.row for item in items if isinstance(item, RosterRow)] == list(range(3, 303))


def test_a_quotation_mark_open_at_the_end_of_the_file_costs_one_row() -> None:
    items = read('address,name\nbad@example.com,"Jo\nlast@example.com,x')
    assert [type(item) for item in items] == [BadRow, RosterRow]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "The line is not one JSON object: column"),
        ("[]", "The line is not one JSON object."),
        ("{} {}", "something follows after its end"),
        ('{"address": NaN}', "NaN is not JSON"),
        ("[" * 100_000, "nested too deeply"),
        ('{"address": "b@example.com", "name": "\\ud800"}', "it holds half a character"),
        ('{"address": "b@example.com", "note": "\\ud800"}', "The column note is not UTF-8"),
        ('{"address": "b@example.com", "name": true}', "The column name holds neither"),
        ('{"address": "b@example.com", "name": 1.5}', "The column name holds neither"),
        ('{"address": ["b@example.com"]}', "The column address holds neither"),
        ('{"address": "b@example.com", "aliases": [1]}', '"1" is not a mail address'),
        ('{"address": "b@example.com", "name": "a", "name": "b"}', 'gives "name" twice'),
    ],
    ids=range(12),
)
def test_a_bad_json_line_is_listed_and_the_rest_is_read(line: str, reason: str) -> None:
    items = read(f'{{"address": "a@example.com"}}\n{line}\n{{"address": "c@example.com"}}\n')
    bad = next(item for item in items if isinstance(item, BadRow))
    assert bad.row == 2
    assert reason in bad.problem.message
    assert [item.row for item in items if isinstance(item, RosterRow)] == [1, 3]


# --- passwords --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("column", ["password", "Outgoing-Password"])
@pytest.mark.parametrize("shape", ["csv", "json"])
def test_a_password_column_is_refused_and_its_content_never_shown(column: str, shape: str) -> None:
    text = f"address,{column}\nyou@example.com,s3cret\n"
    if shape == "json":
        text = json.dumps({"address": "you@example.com", column: "s3cret"})
    problem = refused(text)
    assert problem.code == "password_in_roster"
    assert "s3cret" not in problem.message + problem.hint


def test_an_allowed_password_is_a_secret_kept_to_the_letter() -> None:
    (row,) = read("address,password\nyou@example.com, s3cret \n", Passwords.ALLOWED)
    assert isinstance(row, RosterRow)
    assert row.password is not None
    assert row.password.reveal() == " s3cret "
    assert "s3cret" not in repr(row)


def test_an_unusable_password_is_refused_without_a_word_about_it() -> None:
    (bad,) = read("address,password\nyou@example.com,s3\x07cret\n", Passwords.ALLOWED)
    assert isinstance(bad, BadRow)
    assert bad.problem.message == "The column password holds a character a property list would corrupt."


# --- files that are no roster -----------------------------------------------------------------------------


def zip_of(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "people.csv is empty."),
        (b"\xef\xbb\xbf\r\n \r\n", "people.csv is empty."),
        (b"address,name\r\n\r\n", "people.csv names its columns and has no row."),
        (b"mail,name\nyou@example.com,x\n", 'has no column "address"'),
        (b"address,name,Name\nyou@example.com,x,y\n", 'has the column "name" twice'),
        (b"address,n\xfcme\nyou@example.com,x\n", "the header of people.csv holds the character U+DCFC"),
        (b'address,"name\n', "has no usable header: the row is not CSV"),
        (b"\0".join(b"%c" % byte for byte in b"address,name\nyou@example.com,x\n"), "zero bytes"),
        ("address\nyou@example.com\n".encode("utf-16") + b"\x00", "starts like UTF-16 but is not"),
        (b'[{"address": "you@example.com"}]', "is a JSON array"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "an old or a password-protected Excel workbook"),
        (b"PK\x03\x04 and nothing more", "is a damaged XLSX workbook"),
        (zip_of(hello=b"world"), "is not an XLSX workbook that can be read"),
        (zip_of(bomb=bytes(300 * 1024 * 1024)), "256 MiB when unpacked"),
        (workbook(), "is empty"),
        (workbook(("name",), ("You",)), 'has no column "address"'),
    ],
    ids=range(16),
)
def test_a_file_that_is_no_roster_is_refused_in_one_line(data: bytes, reason: str) -> None:
    problem = refused(data)
    assert reason in problem.message
    assert "\n" not in problem.message


def test_a_workbook_with_an_entity_bomb_is_refused() -> None:
    good = io.BytesIO(workbook(("address",), ("you@example.com",)))
    evil = io.BytesIO()
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(evil, "w") as target:
        for member in source.infolist():
            data = source.read(member)
            if member.filename.endswith("sheet1.xml"):
                data = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + data
            target.writestr(member, data)
    cause = refused(evil.getvalue()).__cause__
    assert cause is not None
    assert isinstance(cause.__cause__, EntitiesForbidden)


def test_a_workbook_that_claims_endless_rows_is_refused() -> None:
    good = io.BytesIO(workbook(("address",), ("you@example.com",)))
    evil = io.BytesIO()
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(evil, "w") as target:
        for member in source.infolist():
            data = source.read(member).replace(b'<row r="2"', b'<row r="999999999999"')
            target.writestr(member, data)
    assert "has more than 1048576 rows" in refused(evil.getvalue()).message


# --- size -------------------------------------------------------------------------------------------------


class Endless:
    """A stream of pieces nobody ever holds at once."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def read(self, size: int, /) -> bytes:
        piece = next(self._pieces, b"")
        assert len(piece) <= size
        return piece


def pieces(start: bytes, filler: bytes, count: int, end: bytes) -> Iterator[bytes]:
    yield start
    for _ in range(count):
        yield filler
    yield end


@pytest.mark.parametrize(
    ("start", "kind"),
    [(b"address\na@example.com\n", "csv"), (b'{"address": "a@example.com"}\n', "json")],
    ids=["csv", "json"],
)
def test_a_line_of_ten_megabytes_is_one_bad_row_in_little_memory(start: bytes, kind: str) -> None:
    last = b"\nb@example.com\n" if kind == "csv" else b'\n{"address": "b@example.com"}\n'
    stream = Endless(pieces(start, b"x" * 65536, 160, last))
    tracemalloc.start()
    try:
        items = list(read_roster(stream, name="people"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    bad = items[1]
    assert isinstance(bad, BadRow)
    assert (len(items), bad.row) == (3, 2 + (kind == "csv"))
    assert bad.problem.message == f"The line is longer than {LINE_LIMIT} characters."
    assert peak < 8 * LINE_LIMIT


def test_a_header_of_ten_megabytes_is_refused_in_one_line() -> None:
    problem = refused(b"x" * 10_000_000)
    assert problem.message == f"people.csv has no usable header: the line is longer than {LINE_LIMIT} characters."


def test_rows_come_while_the_file_is_still_being_read() -> None:
    def forever() -> Iterator[bytes]:
        yield b"address\n" + b"\n" * 60_000
        number = 0
        while True:
            number += 1
            yield b"p%d@example.com\n" % number

    items = read_roster(Endless(forever()), name="people")
    first = next(items)
    assert isinstance(first, RosterRow)
    assert first.row == 60_002


# --- anything ---------------------------------------------------------------------------------------------

tabular = st.lists(
    st.sampled_from(
        ["address", "name", "you@example.com", '"', ",", ";", "\t", "\n", "\r", "\0", "{", "}", "ü", "\ufeff"]
    ),
).map("".join)
starts: dict[str, Callable[[bytes], bytes]] = {
    "as it is": lambda data: data,
    "below a header": lambda data: b"address,name\n" + data,
    "as UTF-16": lambda data: b"\xff\xfe" + data,
    "as a workbook": lambda data: b"PK\x03\x04" + data,
    "after a JSON line": lambda data: b'{"address": "a@b.example"}\n' + data,
}


@pytest.mark.parametrize("start", starts)
@given(data=st.binary(max_size=300) | tabular.map(str.encode))
def test_no_bytes_bring_out_another_error(start: str, data: bytes) -> None:
    try:
        items = read(starts[start](data), Passwords.ALLOWED)
    except RosterProblem:
        return
    numbers = [item.row for item in items if not isinstance(item, UnknownColumns)]
    assert numbers == sorted(set(numbers))


@given(st.lists(st.tuples(st.text(), st.text()), min_size=1), st.sampled_from([",", ";", "\t"]))
def test_whatever_a_csv_writer_wrote_gives_one_item_per_record(cells: list[tuple[str, str]], delimiter: str) -> None:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerow(["address", "name"])
    writer.writerows([[f"p{place}@example.com", name] for place, (_, name) in enumerate(cells)])
    items = read(file.getvalue().encode("utf-8", "surrogatepass"))
    assert len(items) == len(cells)
    for place, item in enumerate(items):
        assert isinstance(item, RosterRow | BadRow)
        if isinstance(item, RosterRow):
            assert (str(item.address), item.name) == (f"p{place}@example.com", cells[place][1].strip() or None)
