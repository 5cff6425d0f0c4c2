"""Several processes with one memory of the fleet, and processes that are killed."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from profilegen.fleet.seen import CommandState
from profilegen.ports.fleet import FleetStore, SeatQuery
from tests.storage.fleet_stores import Place, database
from tests.storage.fleet_values import MDM, at, history, imported, keys, seat, view_of
from tests.storage.fleet_workers import MANY, ROUNDS, Where, claim, import_all, open_and_close, report
from tests.storage.parallel import run_at_once

__all__ = ["database"]  # a fixture

posix = pytest.mark.skipif(os.name != "posix", reason="SIGKILL is a POSIX notion")


def tasks(place: Place, count: int) -> list[Where]:
    return [(place.file, place.url, number) for number in range(count)]


def test_processes_that_open_it_at_once_make_its_tables_once(database: Place) -> None:
    run_at_once(open_and_close, tasks(database, 4))

    async def scenario(store: FleetStore) -> None:
        assert (await imported(store, seat("ada"))).added == 1

    database.run(scenario)


def test_of_all_who_claim_the_same_thing_exactly_one_gets_it(database: Place) -> None:
    async def begin(store: FleetStore) -> None:
        await imported(store, seat("ada"))

    async def look(store: FleetStore) -> None:
        found = await store.commands(MDM, ["ada", "bob"], list(CommandState))
        assert [one.state for one in found] == [CommandState.ACKNOWLEDGED] * ROUNDS
        sight = (await view_of(store, seat("ada"))).sight
        assert (sight.episode and sight.episode.number, sight.command and sight.command.id) == (ROUNDS, f"C{ROUNDS}")

    database.run(begin)
    everybody = run_at_once(claim, tasks(database, 3))
    for claims in zip(*everybody, strict=True):
        assert [sum(winners) for winners in zip(*claims, strict=True)] == [1, 1, 1]
    database.run(look)


def test_the_newest_report_wins_whatever_order_they_are_written_in(database: Place) -> None:
    run_at_once(report, tasks(database, 3))

    async def scenario(store: FleetStore) -> None:
        for place in range(ROUNDS):
            found = await store.enrollment(MDM, f"p{place}")
            assert found is not None
            assert (found.last_seen, found.model) == (at(hours=2), "model 2")
        assert len(await history(store)) == 3 * 5 * ROUNDS

    database.run(scenario)


def test_imports_at_once_neither_lose_nor_double_a_seat(database: Place) -> None:
    run_at_once(import_all, tasks(database, 3))

    async def scenario(store: FleetStore) -> None:
        assert await keys(store) == sorted(seat(f"p{place}").key for place in range(ROUNDS))
        assert await store.count(SeatQuery(gone=True)) == 0

    database.run(scenario)


@posix
@pytest.mark.parametrize("after", [0.0, 0.1, 0.3, 0.6])
def test_an_import_killed_while_it_is_finished_is_there_as_a_whole_or_not_at_all(database: Place, after: float) -> None:
    async def before(store: FleetStore) -> None:
        await imported(store, seat("ada"))

    async def scenario(store: FleetStore) -> None:
        count = await store.count(SeatQuery())
        assert count in (1, MANY + 1)
        tally = await imported(store, seat("ada"), *(seat(f"p{place}") for place in range(MANY)))
        assert (tally.added, tally.same, tally.gone) == (MANY + 1 - count, count, 0)
        assert await store.count(SeatQuery()) == MANY + 1
        for place in (0, MANY // 2, MANY - 1):
            assert await keys(store, who=(f"p{place}-1", f"p{place}@example.com")) == [seat(f"p{place}").key]

    database.run(before)
    kill("import_many", database, lines=1, after=after)
    database.run(scenario)


@posix
def test_what_was_appended_before_a_kill_is_there(database: Place) -> None:
    said = kill("append_without_end", database, lines=5)

    async def scenario(store: FleetStore) -> None:
        outcomes = [each.outcome for each in await history(store)]
        assert outcomes == [str(number) for number in range(len(outcomes))]
        assert len(outcomes) > int(said)

    database.run(scenario)


@posix
@pytest.mark.parametrize("after", [0.0, 0.02, 0.05, 0.1])
def test_making_the_tables_may_be_killed_at_any_moment(database: Place, after: float) -> None:
    context = multiprocessing.get_context("spawn")
    started = context.Event()
    process = context.Process(target=_open_when_told, args=(started, (database.file, database.url, 0)))
    process.start()
    assert started.wait(timeout=60)
    process.join(timeout=after)
    process.kill()
    process.join()

    async def scenario(store: FleetStore) -> None:
        assert (await imported(store, seat("ada"))).added == 1

    database.run(scenario)


def _open_when_told(started: "multiprocessing.synchronize.Event", where: Where) -> None:
    started.set()
    open_and_close(where)


def kill(work: str, place: Place, lines: int, after: float = 0.0) -> str:
    """Run some work in a process that is killed a while after so many lines of output; return the last."""
    program = (
        "import sys, pathlib, tests.storage.fleet_workers as workers\n"
        f"workers.{work}((pathlib.Path(sys.argv[1]), sys.argv[2] or None, 0))\n"
    )
    command = [sys.executable, "-c", program, str(place.file), place.url or ""]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(lines)]
        time.sleep(after)
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=60)
    return said[-1]
