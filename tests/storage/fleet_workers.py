"""What the processes of the fleet's tests do; a module of its own, so that they start fast."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from profilegen.fleet.seen import CommandState
from profilegen.ports.fleet import FleetStore
from profilegen.storage.fleet.store import open_fleet_store
from tests.storage.fleet_values import MDM, NOW, at, command, enrollment, episode, line, seat

ROUNDS = 40
MANY = 12_000
ResultT = TypeVar("ResultT")
Where = tuple[Path, str | None, int]


def open_and_close(where: Where) -> None:
    """Open a store, which makes its tables if they are missing."""
    _with_store(where, _nothing)


def claim(where: Where) -> list[tuple[bool, ...]]:
    """Claim the same episodes, commands and events as everybody else; return which of them this process got."""
    return _with_store(where, _claim)


def report(where: Where) -> None:
    """Report the same devices as everybody else, each process in another order and of another time."""
    number = where[2]

    async def work(store: FleetStore) -> None:
        names = [f"p{place}" for place in range(ROUNDS)]
        names = names[number % ROUNDS :] + names[: number % ROUNDS]
        for _ in range(5):
            await store.put_enrollments(
                [replace(enrollment(name), last_seen=at(hours=number), model=f"model {number}") for name in names]
            )
            await store.append([line(outcome=name, seat=seat(name).key) for name in names])

    _with_store(where, work)


def import_all(where: Where) -> None:
    """Import the same seats as everybody else, again and again."""

    async def work(store: FleetStore) -> None:
        for _ in range(3):
            number = await store.begin_import(f"roster {where[2]}", NOW)
            for start in range(0, ROUNDS, 10):
                await store.put_seats(number, [seat(f"p{place}") for place in range(start, start + 10)])
            await store.finish_import(number)

    _with_store(where, work)


def import_many(where: Where) -> None:
    """Import seats, and say so before finishing."""

    async def work(store: FleetStore) -> None:
        number = await store.begin_import("roster", NOW)
        await store.put_seats(number, [seat(f"p{place}") for place in range(MANY)])
        say("finishing")
        await store.finish_import(number)

    _with_store(where, work)


def append_without_end(where: Where) -> None:
    """Append to the history until somebody ends this process; say so after every line."""

    async def work(store: FleetStore) -> None:
        for number in range(1_000_000):
            await store.append([line(outcome=str(number))])
            say(str(number))

    _with_store(where, work)


def say(text: str) -> None:
    """Tell whoever started this process."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def _nothing(_: FleetStore) -> None:
    return None


async def _claim(store: FleetStore) -> list[tuple[bool, ...]]:
    won: list[tuple[bool, ...]] = []
    for number in range(1, ROUNDS + 1):
        mine = command(id=f"C{number}")
        won.append(
            (
                await store.open_episode(seat("ada").key, episode(number)),
                await store.store_command(mine),
                await store.event_is_new(MDM, f"E{number}", NOW),
            )
        )
        await store.change_command(mine.id, "ada", CommandState.ACKNOWLEDGED, NOW)
        await store.change_command(mine.id, "ada", CommandState.QUEUED, NOW)
    return won


def _with_store(where: Where, work: Callable[[FleetStore], Awaitable[ResultT]]) -> ResultT:
    async def whole() -> ResultT:
        store = await open_fleet_store(file=where[0], url=where[1])
        try:
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(whole())
