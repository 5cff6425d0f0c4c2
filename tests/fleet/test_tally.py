"""A plan's counts: two halves of a fleet come to what the whole does."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as some

from profilegen.fleet.drift import Action, Judgement, State
from profilegen.fleet.seat import Seat, SecretRoute
from profilegen.fleet.tally import EXAMPLES, Tally
from tests.fleet.making import make_seat

Counted = tuple[Seat, Judgement]

SEATS = some.builds(
    lambda person, route: make_seat(key=person, person=person, route=route),
    some.sampled_from("abc"),
    some.sampled_from([SecretRoute.ASK, SecretRoute.OAUTH]),
)
JUDGEMENTS = some.builds(
    lambda state, action: Judgement(state=state, action=action, why="so"),
    some.sampled_from([State.OK, State.MISSING, State.STALE]),
    some.sampled_from([Action.NONE, Action.INSTALL]),
)
FLEETS = some.lists(some.tuples(SEATS, JUDGEMENTS)).map(lambda fleet: sorted(fleet, key=lambda one: one[0].key))


def tally_of(fleet: list[Counted]) -> Tally:
    tally = Tally()
    for seat, judgement in fleet:
        tally.add(seat, judgement)
    return tally


@given(FLEETS, some.integers(min_value=0))
def test_wherever_a_fleet_is_cut_its_parts_come_to_the_whole(fleet: list[Counted], place: int) -> None:
    cut = place % (len(fleet) + 1)
    tally = tally_of(fleet[:cut])
    tally.merge(tally_of(fleet[cut:]))
    assert tally == tally_of(fleet)


@given(FLEETS, some.integers(min_value=0), some.integers(min_value=0))
def test_three_parts_come_to_the_whole_as_well(fleet: list[Counted], one: int, other: int) -> None:
    first, second = sorted((one % (len(fleet) + 1), other % (len(fleet) + 1)))
    tally = tally_of(fleet[:first])
    for part in (fleet[first:second], fleet[second:]):
        tally.merge(tally_of(part))
    assert tally == tally_of(fleet)


def test_a_person_on_both_sides_of_the_cut_is_asked_once() -> None:
    install = Judgement(state=State.MISSING, action=Action.INSTALL, why="gone")
    phone, tablet = make_seat(key="a"), make_seat(key="b")
    tally = tally_of([(phone, install)])
    tally.merge(tally_of([(tablet, install), (replace(tablet, person="else"), install)]))
    assert tally.to_ask == 2


def test_no_more_examples_are_kept_than_of_one_part() -> None:
    missing = Judgement(state=State.MISSING, action=Action.INSTALL, why="gone")
    part = [(make_seat(), missing)] * EXAMPLES
    tally = tally_of(part[:-3])
    tally.merge(tally_of(part))
    assert len(tally.examples[State.MISSING]) == EXAMPLES
