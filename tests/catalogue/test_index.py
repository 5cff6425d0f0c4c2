"""The index file: what goes in comes out, and a damaged file never gives a wrong answer."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profilegen.catalogue.compile import build_index
from profilegen.catalogue.index import HEADER_LENGTH, Index, KeyKind, Record
from profilegen.errors import MachineProblem

RECORDS: list[Record] = [
    {
        "id": f"p{number}",
        "domains": [f"d{number}-{place}.example" for place in range(40)],
        "mx": [f"mx{number}.example"],
    }
    for number in range(12)
]
DATA = build_index(RECORDS)
QUESTIONS = [
    (KeyKind.DOMAIN, "d0-0.example"),
    (KeyKind.DOMAIN, "d11-39.example"),
    (KeyKind.DOMAIN, "zzz.example"),
    (KeyKind.DOMAIN, "d5.example"),
    (KeyKind.MX, "mx7.example"),
    (KeyKind.ID, "p3"),
    (KeyKind.ID, "p"),
]


def ask(path: Path) -> list[Record | None]:
    with Index(path) as index:
        return [index.find(kind, name) for kind, name in QUESTIONS]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    target = tmp_path / "catalogue.idx"
    target.write_bytes(DATA)
    return target


def test_every_key_leads_to_its_record_and_no_other_key_leads_anywhere(path: Path) -> None:
    with Index(path) as index:
        for record in RECORDS:
            assert index.find(KeyKind.ID, record["id"]) == record
            assert all(index.find(KeyKind.DOMAIN, domain) == record for domain in record["domains"])
            assert index.find(KeyKind.MX, record["mx"][0]) == record
        for kind, name in [(KeyKind.DOMAIN, "mx0.example"), (KeyKind.MX, "d0-0.example"), (KeyKind.ID, ""),
                           (KeyKind.DOMAIN, "d0-0.example\tx"), (KeyKind.DOMAIN, "\ud800.example")]:  # fmt: skip
            assert index.find(kind, name) is None


def test_all_records_come_back_once_and_by_id(path: Path) -> None:
    with Index(path) as index:
        assert [record["id"] for record in index.records()] == sorted(record["id"] for record in RECORDS)


def test_more_than_one_page_was_needed_so_the_directory_is_tested(path: Path) -> None:
    assert DATA.splitlines()[-1] != DATA.splitlines()[-2]
    assert DATA.count(b"\nd:") > 100


@given(st.lists(st.from_regex(r"[a-z0-9é.-]{1,30}", fullmatch=True), unique=True, max_size=400))
@settings(max_examples=30)
def test_any_set_of_domains_is_found_again(domains: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "catalogue.idx"
        path.write_bytes(build_index([{"id": "one", "domains": domains[::2]}, {"id": "two", "domains": domains[1::2]}]))
        with Index(path) as index:
            for place, domain in enumerate(domains):
                record = index.find(KeyKind.DOMAIN, domain)
                assert record is not None and record["id"] == ("two" if place % 2 else "one")


def test_an_empty_catalogue_knows_nothing(tmp_path: Path) -> None:
    path = tmp_path / "empty.idx"
    path.write_bytes(build_index([]))
    assert ask(path) == [None] * len(QUESTIONS)


@given(place=st.integers(0, len(DATA) - 1), value=st.integers(1, 255))
@settings(max_examples=400)
def test_a_changed_byte_gives_the_right_answer_or_a_clear_error(place: int, value: int) -> None:
    damaged = bytearray(DATA)
    damaged[place] ^= value
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "catalogue.idx"
        path.write_bytes(damaged)
        for question in QUESTIONS:
            try:
                with Index(path) as index:
                    answer = index.find(*question)
            except MachineProblem as problem:
                assert problem.code == "catalogue_damaged" and problem.hint
            else:
                assert answer == dict(zip(QUESTIONS, EXPECTED, strict=True))[question]


@given(st.integers(0, len(DATA) - 1))
@settings(max_examples=100)
def test_a_truncated_file_is_refused(length: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "catalogue.idx"
        path.write_bytes(DATA[:length])
        with pytest.raises(MachineProblem) as caught:
            ask(path)
        assert caught.value.code == "catalogue_damaged"


@pytest.mark.parametrize("foreign", [b"", b"SQLite format 3\0", b"profilegen-catalogue 2" + DATA[22:], b"\0" * 5000])
def test_a_file_of_another_format_is_refused(tmp_path: Path, foreign: bytes) -> None:
    path = tmp_path / "foreign.idx"
    path.write_bytes(foreign)
    with pytest.raises(MachineProblem) as caught:
        ask(path)
    assert caught.value.code == "catalogue_damaged"


def test_bytes_appended_to_the_file_are_noticed(path: Path) -> None:
    path.write_bytes(DATA + b"x")
    with pytest.raises(MachineProblem):
        ask(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(MachineProblem, match=r"nowhere\.idx") as caught:
        Index(tmp_path / "nowhere.idx")
    assert caught.value.code == "catalogue_missing"


def test_verify_reads_everything(path: Path) -> None:
    with Index(path) as index:
        index.verify()
    damaged = bytearray(DATA)
    damaged[HEADER_LENGTH + 3] ^= 1
    path.write_bytes(damaged)
    with Index(path) as index, pytest.raises(MachineProblem):
        index.verify()


def test_two_providers_cannot_claim_one_domain() -> None:
    with pytest.raises(MachineProblem, match=r'"a\.example" belongs to two providers, one is two'):
        build_index([{"id": "one", "domains": ["a.example"]}, {"id": "two", "domains": ["a.example"]}])


def _expected() -> list[Record | None]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "catalogue.idx"
        path.write_bytes(DATA)
        return ask(path)


EXPECTED = _expected()
