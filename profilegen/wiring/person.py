"""The parts that tell everything about one person."""

import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta

from profilegen.address import Address
from profilegen.flow.fleet.values import Connectors
from profilegen.flow.person import Archive, FleetView, PersonFile
from profilegen.ports import Finder
from profilegen.profile.wish import LookupWish
from profilegen.wiring.fleet import fleet_exists, open_fleet
from profilegen.wiring.house import House

FRESH = timedelta(hours=24)
"""How old a list of profiles may be to prove anything."""


async def about(house: House, address: Address, *, finder: Finder, lookup: LookupWish) -> PersonFile:
    """Return everything known about whoever has an address; a fleet is opened only where there is one."""
    from profilegen.storage.person_records import SqlitePersonRecords

    async with _fleet(house, finder, lookup) as fleet:
        archive = Archive(
            records=SqlitePersonRecords(state=house.state),
            evidence=house.proving.evidence,
            gate=house.proving.gate,
            finder=finder,
            lookup=lookup,
            fleet=fleet,
        )
        return await archive.about(address)


@contextlib.asynccontextmanager
async def _fleet(house: House, finder: Finder, lookup: LookupWish) -> AsyncIterator[FleetView | None]:
    if not fleet_exists(house):
        yield None
        return

    async with open_fleet(house, finder=finder, lookup=lookup, signer=None, connectors=_no_connectors) as parts:
        moment = parts.moment(house.clock.now() - FRESH)
        yield FleetView(store=parts.store, planner=parts.planner, moment=moment)


async def _no_connectors() -> Connectors:
    return {}
