"""Waves: how something spreads over many, and when it stops; rates: how fast."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.errors import UsageProblem
from profilegen.settings.rates import parse_rate
from profilegen.settings.waves import Waves

_ANY = st.builds(Waves, canary=st.integers(0, 50), percent=st.floats(0.01, 100), max_failures=st.floats(0, 100))


@given(_ANY, st.integers(0, 3000))
def test_waves_reach_everybody_once_and_begin_with_the_canary(waves: Waves, total: int) -> None:
    sizes = list(waves.sizes(total))
    assert sum(sizes) == total
    assert all(size > 0 for size in sizes)
    assert not sizes or waves.canary in {0, sizes[0]} or sizes == [total]


@given(_ANY, st.integers(1, 500), st.data())
def test_the_end_of_a_stage_is_where_the_sizes_say(waves: Waves, total: int, data: st.DataObject) -> None:
    ends, reached = [], 0
    for size in waves.sizes(total):
        reached += size
        ends.append(reached)
    attempted = data.draw(st.integers(1, total))
    assert waves.end_of_stage(attempted=attempted, total=total) == next(end for end in ends if end >= attempted)


def test_the_stages_are_the_canary_and_then_equal_waves() -> None:
    assert list(Waves(canary=5, percent=10).sizes(100)) == [5, *[10] * 9, 5]


def test_one_failure_stops_a_canary_and_a_share_of_them_a_wave() -> None:
    waves = Waves(max_failures=3.0, enough=20)
    assert waves.must_stop(failed=1, ended=5, in_canary=True)
    assert not waves.must_stop(failed=1, ended=5, in_canary=False)
    assert waves.must_stop(failed=1, ended=20, in_canary=False)
    assert not waves.must_stop(failed=2, ended=100, in_canary=False)
    assert waves.must_stop(failed=3, ended=100, in_canary=False)
    assert not waves.must_stop(failed=0, ended=100, in_canary=True)


@given(_ANY, st.integers(0, 500), st.data(), st.booleans())
def test_more_failures_never_help_and_none_never_stops(
    waves: Waves, ended: int, data: st.DataObject, in_canary: bool
) -> None:
    failed = data.draw(st.integers(0, ended))
    stops = waves.must_stop(failed=failed, ended=ended, in_canary=in_canary)
    assert not waves.must_stop(failed=0, ended=ended, in_canary=in_canary)
    assert waves.must_stop(failed=ended, ended=ended, in_canary=in_canary) >= stops


@pytest.mark.parametrize("wrong", [{"canary": -1}, {"percent": 0}, {"percent": 101}, {"max_failures": -1}])
def test_numbers_that_reach_nobody_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(UsageProblem) as caught:
        Waves(**wrong)
    assert caught.value.code == "bad_waves"


@pytest.mark.parametrize(("text", "per_second"), [("10/s", 10), ("30/m", 0.5), ("360/h", 0.1), ("0.5/s", 0.5)])
def test_a_rate_is_a_number_and_a_unit(text: str, per_second: float) -> None:
    assert parse_rate(text) == pytest.approx(per_second)


@pytest.mark.parametrize("text", ["", "10", "0/s", "-1/s", "5/d", "1001/s", "1e3/s", "١/s"])
def test_anything_else_is_no_rate(text: str) -> None:
    with pytest.raises(UsageProblem) as caught:
        parse_rate(text)
    assert caught.value.code == "bad_rate"
