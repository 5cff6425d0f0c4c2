"""Two who write the same rows in opposite order: the database undoes one of them, and it begins anew."""

import asyncio
from pathlib import Path

import pytest

from profilegen.errors import NetworkProblem
from profilegen.fleet.seen import CommandState
from profilegen.flow.fleet.anew import ATTEMPTS, in_one
from profilegen.ports.fleet import FleetStore
from profilegen.storage.fleet.memory import MemoryFleetStore
from profilegen.storage.fleet.store import open_fleet_store
from tests.storage.fleet_values import at, command


@pytest.mark.servers
def test_of_two_who_block_each_other_both_come_through(postgres_url: str, tmp_path: Path) -> None:
    async def scenario() -> list[int]:
        store = await open_fleet_store(file=tmp_path / "unused", url=postgres_url)
        try:
            for name in ("ada", "bob"):
                await store.store_command(command(name, id=name))
            both_began, tries = asyncio.Barrier(2), [0, 0]

            async def change(number: int, first: str, second: str) -> None:
                async def work(joined: FleetStore) -> None:
                    tries[number] += 1
                    await joined.change_command(first, first, CommandState.QUEUED, at(hours=1))
                    if tries[number] == 1:
                        await both_began.wait()
                    await joined.change_command(second, second, CommandState.QUEUED, at(hours=1))

                await in_one(store, work)

            await asyncio.gather(change(0, "ada", "bob"), change(1, "bob", "ada"))
            return sorted(tries)
        finally:
            await store.close()

    assert asyncio.run(scenario()) == [1, 2]


@pytest.mark.parametrize(("code", "tries"), [("database_busy", ATTEMPTS), ("database_unreachable", 1)])
def test_only_who_was_overtaken_begins_anew_and_not_for_ever(code: str, tries: int) -> None:
    began = 0

    async def work(_: FleetStore) -> None:
        nonlocal began
        began += 1
        raise NetworkProblem("It went wrong.", hint="Do something.", code=code)

    with pytest.raises(NetworkProblem) as caught:
        asyncio.run(in_one(MemoryFleetStore(), work))
    assert (caught.value.code, began) == (code, tries)
