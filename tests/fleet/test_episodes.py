"""Episodes: nothing is pushed twice for one fault, and a new fault is always pushed."""

from dataclasses import replace

import pytest

from profilegen.fleet.drift import Action, Judgement, State
from profilegen.fleet.episodes import command_id, episode_for, look_id
from profilegen.fleet.seen import CommandState
from tests.fleet.making import (
    NOW,
    ago,
    make_command,
    make_enrollment,
    make_episode,
    make_inventory,
    make_sight,
)

GONE = Judgement(state=State.MISSING, action=Action.INSTALL, why="gone")


def test_the_first_fault_opens_the_first_episode() -> None:
    opening = episode_for(make_sight(), GONE, NOW, again=False)
    assert (opening.episode.number, opening.is_new) == (1, True)
    assert opening.episode.reason == "missing: gone"


def test_a_fault_that_goes_on_belongs_to_its_episode() -> None:
    sight = make_sight(episode=make_episode(), command=make_command(), inventory=make_inventory())
    opening = episode_for(sight, GONE, NOW, again=False)
    assert (opening.episode.number, opening.is_new) == (1, False)


def test_a_fault_after_the_last_one_was_cured_is_a_new_one() -> None:
    sight = make_sight(episode=make_episode(closed_at=ago(1)))
    assert episode_for(sight, GONE, NOW, again=False).episode.number == 2


def test_the_operator_may_say_again() -> None:
    sight = make_sight(episode=make_episode(), command=make_command())
    assert episode_for(sight, GONE, NOW, again=True).episode.number == 2


@pytest.mark.parametrize("state", [CommandState.ACKNOWLEDGED, CommandState.SILENT])
def test_a_push_that_a_later_look_finds_in_vain_is_followed_by_a_new_one(state: CommandState) -> None:
    command = make_command(state=state, changed_at=ago(2))
    later = make_sight(episode=make_episode(), command=command, inventory=make_inventory())
    earlier = replace(later, inventory=make_inventory(collected_at=ago(3)))
    incomplete = replace(later, inventory=make_inventory(complete=False))
    assert episode_for(later, GONE, NOW, again=False).episode.number == 2
    assert episode_for(earlier, GONE, NOW, again=False).episode.number == 1
    assert episode_for(incomplete, GONE, NOW, again=False).episode.number == 1


def test_a_refused_push_is_not_followed_by_another_of_its_own_accord() -> None:
    command = make_command(state=CommandState.FAILED, changed_at=ago(2))
    sight = make_sight(episode=make_episode(), command=command, inventory=make_inventory())
    assert episode_for(sight, GONE, NOW, again=False).episode.number == 1


def test_a_cleared_queue_begins_a_new_episode() -> None:
    cleared = make_sight(episode=make_episode(), command=make_command(state=CommandState.GONE))
    enrolled = make_sight(
        episode=make_episode(), command=make_command(changed_at=ago(3)), enrollment=make_enrollment(enrolled_at=ago(2))
    )
    assert episode_for(cleared, GONE, NOW, again=False).is_new
    assert episode_for(enrolled, GONE, NOW, again=False).is_new


def test_a_command_id_says_who_what_and_which_time_and_nothing_else() -> None:
    first = command_id("D1", "aaaaaaaa", 1)
    assert first == "6A1DBD41-CF05-598B-9D5A-2F4229ADC693"  # for ever: a release that changed it would push twice
    others = {command_id("D2", "aaaaaaaa", 1), command_id("D1", "bbbbbbbb", 1), command_id("D1", "aaaaaaaa", 2)}
    assert first not in others
    assert len(others) == 3
    assert look_id("D1", NOW) != look_id("D1", ago(1))
