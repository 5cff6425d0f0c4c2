"""The three stores of the contract, each opened for one piece of work and closed again."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from profilegen.ports.fleet import FleetStore
from profilegen.storage.fleet.memory import MemoryFleetStore
from profilegen.storage.fleet.store import open_fleet_store

ResultT = TypeVar("ResultT")
Scenario = Callable[[FleetStore], Awaitable[ResultT]]


@dataclass(slots=True, kw_only=True)
class Place:
    """Where a store keeps what it knows: a file, a database, or nowhere but in this process."""

    kind: str
    file: Path
    url: str | None = None
    memory: MemoryFleetStore | None = None

    async def open(self) -> FleetStore:
        """Open a store; what earlier ones kept is there."""
        return self.memory or await open_fleet_store(file=self.file, url=self.url)

    def run(self, scenario: Scenario[ResultT]) -> ResultT:
        """Open a store, run a scenario with it, close it."""

        async def whole() -> ResultT:
            store = await self.open()
            try:
                return await scenario(store)
            finally:
                await store.close()

        return asyncio.run(whole())


KINDS = ["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.servers)]


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """One of the three."""
    yield make_place(request, request.param, tmp_path)


@pytest.fixture(params=KINDS[1:])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """One of the two that outlive a process."""
    yield make_place(request, request.param, tmp_path)


def make_place(request: pytest.FixtureRequest, kind: str, folder: Path) -> Place:
    """Return a new, empty place."""
    return Place(
        kind=kind,
        file=folder / "fleet.sqlite3",
        url=request.getfixturevalue("postgres_url") if kind == "postgres" else None,
        memory=MemoryFleetStore() if kind == "memory" else None,
    )
