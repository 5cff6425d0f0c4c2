"""What every memory of the fleet keeps of what was done: episodes, commands, events."""

from datetime import timedelta

import pytest

from profilegen.fleet.seen import (
    CommandKind,
    CommandState,
    ErrorLink,
)
from profilegen.ports.fleet import FleetStore
from tests.storage.fleet_stores import Place, place
from tests.storage.fleet_values import (
    MDM,
    NOW,
    at,
    command,
    episode,
    imported,
    seat,
    view_of,
)

__all__ = ["place"]  # a fixture


# --- episodes and commands ----------------------------------------------------------------------------------------


def test_an_episode_is_opened_once_and_closed_once(place: Place) -> None:
    async def scenario(store: FleetStore) -> None:
        mine = seat("ada")
        await imported(store, mine)
        assert [await store.open_episode(mine.key, episode(1)) for _ in range(2)] == [True, False]
        assert await store.open_episode("none", episode(1)) is False
        await store.close_episode(mine.key, 1, at(hours=1))
        await store.close_episode(mine.key, 1, at(hours=2))
        await store.close_episode(mine.key, 7, NOW)
        assert (await view_of(store, mine)).sight.episode == episode(1, closed_at=at(hours=1))
        assert await store.open_episode(mine.key, episode(10))
        assert await store.open_episode(mine.key, episode(9))
        assert (await view_of(store, mine)).sight.episode == episode(10)

    place.run(scenario)


def test_a_command_is_stored_once_per_enrollment(place: Place) -> None:
    async def scenario(store: FleetStore) -> None:
        other = command("ada", enrollment="another")
        assert [await store.store_command(one) for one in (command(), command(), other)] == [True, False, True]
        assert await store.commands(MDM, ["ada", "another"], [CommandState.STORED]) == (command(), other)

    place.run(scenario)


def test_a_seat_shows_its_newest_order_and_its_newest_question(place: Place) -> None:
    async def scenario(store: FleetStore) -> None:
        mine = seat("ada")
        await imported(store, mine, seat("bob"))
        first, order = command(), command(id="C2", kind=CommandKind.REMOVE, revision=None)
        question = command(id="L", kind=CommandKind.LOOK, revision=None)
        for one in (first, order, command(id="L0", kind=CommandKind.LOOK), question):
            await store.store_command(one)
        sight = (await view_of(store, mine)).sight
        assert (sight.command, sight.look) == (order, question)
        assert (await view_of(store, seat("bob"))).sight.command is None

    place.run(scenario)


def test_looks_of_years_leave_only_the_last_ones(place: Place) -> None:
    async def scenario(store: FleetStore) -> None:
        await imported(store, seat("ada"), seat("bob"))
        await store.store_command(command())
        await store.store_command(command("bob", id="B", kind=CommandKind.LOOK))
        for day in range(30):
            look = command(id=f"L{day}", kind=CommandKind.LOOK, revision=None, stored_at=at(days=day))
            assert await store.store_command(look)
            if day != 3:  # one never came to an end
                await store.change_command(look.id, look.enrollment, CommandState.ACKNOWLEDGED, at(days=day))
        left = await store.commands(MDM, ["ada", "bob"], list(CommandState))
        assert {one.id for one in left} == {"C-ada", "B", "L3", *(f"L{day}" for day in range(22, 30))}

    place.run(scenario)


FORWARD = [
    (CommandState.STORED, CommandState.QUEUED, True),
    (CommandState.STORED, CommandState.PREPARED, True),
    (CommandState.PREPARED, CommandState.QUEUED, True),
    (CommandState.QUEUED, CommandState.PREPARED, False),
    (CommandState.QUEUED, CommandState.UNPUSHED, True),
    (CommandState.UNPUSHED, CommandState.QUEUED, True),
    (CommandState.QUEUED, CommandState.WAITING, True),
    (CommandState.WAITING, CommandState.WAITING, True),
    (CommandState.WAITING, CommandState.QUEUED, False),
    (CommandState.QUEUED, CommandState.STORED, False),
    (CommandState.WAITING, CommandState.SILENT, True),
    (CommandState.SILENT, CommandState.WAITING, False),
    (CommandState.SILENT, CommandState.GONE, False),
    (CommandState.SILENT, CommandState.ACKNOWLEDGED, True),
    (CommandState.GONE, CommandState.FAILED, True),
    (CommandState.ACKNOWLEDGED, CommandState.FAILED, False),
    (CommandState.FAILED, CommandState.ACKNOWLEDGED, False),
    (CommandState.ACKNOWLEDGED, CommandState.GONE, False),
]


@pytest.mark.parametrize(("before", "after", "moves"), FORWARD)
def test_a_command_only_goes_forward_whatever_order_answers_come_in(
    place: Place, before: CommandState, after: CommandState, moves: bool
) -> None:
    async def scenario(store: FleetStore) -> None:
        await store.store_command(command(state=before))
        errors = (ErrorLink(domain="MDMErrorDomain", code=12021, text="Ä"),)
        assert await store.change_command("C-ada", "ada", after, at(hours=1), errors) is True
        (found,) = await store.commands(MDM, ["ada"], list(CommandState))
        changed = command(state=after, changed_at=at(hours=1), errors=errors)
        assert found == (changed if moves else command(state=before))

    place.run(scenario)


def test_an_answer_to_a_command_never_stored_is_said_to_be_one(place: Place) -> None:
    async def scenario(store: FleetStore) -> None:
        await store.store_command(command())
        assert await store.change_command("C-ada", "bob", CommandState.ACKNOWLEDGED, NOW) is False
        assert await store.change_command("C-bob", "ada", CommandState.ACKNOWLEDGED, NOW) is False

    place.run(scenario)


def test_commands_are_listed_by_device_and_state_oldest_first(place: Place) -> None:
    async def scenario(store: FleetStore) -> None:
        newest, oldest = command("ada", stored_at=at(hours=1)), command("bob", stored_at=at(hours=-1))
        sent, other = command("eve", state=CommandState.QUEUED), command("fay", mdm="jamf")
        for one in (newest, oldest, sent, other):
            await store.store_command(one)
        everybody, new = ["ada", "bob", "eve", "fay"], [CommandState.STORED]
        assert await store.commands(MDM, everybody, new) == (oldest, newest)
        assert await store.commands(MDM, everybody, [CommandState.QUEUED, *new]) == (oldest, sent, newest)
        assert await store.commands(MDM, ["ada", "eve"], new) == (newest,)
        assert await store.commands("jamf", ["fay"], new) == (other,)
        assert await store.commands(MDM, ["fay", "nobody"], new) == ()
        assert await store.commands(MDM, [], new) == ()
        assert await store.commands(MDM, everybody, []) == ()

    place.run(scenario)


def test_commands_to_more_devices_than_a_statement_has_parameters_are_all_found(place: Place) -> None:
    async def scenario(store: FleetStore) -> None:
        await store.store_command(command())
        many = [f"device {number}" for number in range(70_000)]
        assert await store.commands(MDM, [*many, "ada"], [CommandState.STORED]) == (command(),)

    place.run(scenario)


def test_an_event_is_new_once_a_week(place: Place) -> None:
    async def scenario(store: FleetStore) -> None:
        times = (NOW, NOW, at(days=7), at(days=8), at(days=8))
        assert [await store.event_is_new(MDM, "e", time) for time in times] == [True, False, False, True, False]
        assert await store.event_is_new("jamf", "e", NOW + timedelta(days=8))

    place.run(scenario)
