"""Durations as people write them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.errors import UsageProblem
from profilegen.settings.durations import LONGEST, duration_text, parse_duration


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("7d", timedelta(days=7)),
        ("12h", timedelta(hours=12)),
        ("90m", timedelta(minutes=90)),
        ("2w", timedelta(days=14)),
        ("1s", timedelta(seconds=1)),
        ("3650d", LONGEST),
    ],
)
def test_one_number_with_one_unit_is_a_duration(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7",
        "d",
        "0d",
        "000s",
        "-1d",
        "+1d",
        "1.5h",
        "1d12h",
        " 7d",
        "7d\n",
        "7 d",
        "7D",
        "٧d",
        "3651d",
        "9" * 99 + "s",
    ],
)
def test_nothing_else_is(text: str) -> None:
    with pytest.raises(UsageProblem) as caught:
        parse_duration(text)
    assert caught.value.code == "bad_duration"


@given(seconds=st.integers(1, LONGEST // timedelta(seconds=1)))
def test_what_is_printed_reads_back_as_the_same(seconds: int) -> None:
    duration = timedelta(seconds=seconds)
    assert parse_duration(duration_text(duration)) == duration


@given(st.text(max_size=12))
def test_no_text_brings_out_anything_but_its_one_error(text: str) -> None:
    try:
        assert timedelta(0) < parse_duration(text) <= LONGEST
    except UsageProblem as problem:
        assert problem.code == "bad_duration"
