"""Plots: everything stays inside the picture, bands touch and never overlap, and bars are as long as their counts."""

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from profilegen.delivery import plots
from profilegen.delivery.seat_sheet import harmless

START = datetime(2026, 6, 1, tzinfo=UTC)
NAMES = ("wrong", "open", "away")
COUNTS = st.fixed_dictionaries({name: st.integers(0, 1_000_000) for name in NAMES})


@given(st.lists(st.tuples(st.integers(0, 10_000), COUNTS), max_size=30), st.integers(0, 1000))
def test_a_course_stays_inside_the_picture(points: list[tuple[int, dict[str, int]]], after: int) -> None:
    made = [(START + timedelta(minutes=minute), counts) for minute, counts in sorted(points, key=lambda one: one[0])]
    until = (made[-1][0] if made else START) + timedelta(minutes=after)
    drawn = plots.course(made, NAMES, until)
    if drawn is None:
        assert not made
        return
    for area in drawn.areas:
        numbers = [float(number) for number in re.findall(r"[0-9.]+", area.path)]
        assert len(numbers) == 8 * len(made)
        assert all(plots.LEFT <= x <= plots.WIDTH - plots.RIGHT for x in numbers[0::2])
        assert all(plots.TOP <= y <= plots.HEIGHT - plots.BOTTOM for y in numbers[1::2])
    assert len(drawn.across) <= 2 * 8


def test_each_band_of_a_course_stands_on_the_one_below() -> None:
    drawn = plots.course([(START, {"wrong": 1, "open": 3})], NAMES, START + timedelta(hours=1))
    assert drawn is not None
    bottom, middle, _ = (re.findall(r"[0-9.]+", area.path)[1::2] for area in drawn.areas)
    assert bottom == ["147.5", "147.5", "194.0", "194.0"]
    assert middle == ["8.0", "8.0", "147.5", "147.5"]


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=12))
def test_the_tallest_bar_of_a_histogram_fills_the_height(counts: list[int]) -> None:
    bars = plots.histogram([(str(number), count) for number, count in enumerate(counts)]).bars
    tallest = max(bars, key=lambda bar: bar.count)
    assert tallest.height == (plots.HEIGHT - plots.TOP - plots.BOTTOM if any(counts) else 0)
    assert all(left.x + left.width < right.x for left, right in pairwise(bars))


@given(COUNTS)
def test_the_parts_of_a_share_add_up_to_the_whole(counts: dict[str, int]) -> None:
    total = sum(counts.values())
    parts = plots.shares(counts, NAMES, total)
    assert sum(part.count for part in parts) == total
    assert abs(sum(part.width for part in parts) - (100 if total else 0)) < 0.01


@given(st.text())
def test_no_cell_begins_with_what_a_spreadsheet_runs(text: str) -> None:
    cell = harmless(text)
    assert not cell.lstrip().startswith(("=", "+", "-", "@", "|", "%", "\t", "\r"))
    assert cell.isprintable() or not cell
    if text.isalnum():
        assert cell == text
