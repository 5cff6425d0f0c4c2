"""A large fleet is counted by two processes: both halves are right, and neither outlives the command."""

import asyncio
import contextlib
import pickle
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from profilegen.errors import AddressProblem, NetworkProblem
from profilegen.fleet.drift import State
from profilegen.fleet.evidence import Moment
from profilegen.fleet.tally import Tally
from profilegen.flow.fleet.planning import Planner, Survey
from profilegen.flow.fleet.settlement import Acceptance
from profilegen.ports.fleet import SeatQuery
from profilegen.profile.wish import LookupWish
from profilegen.wiring import open_house
from profilegen.wiring.fleet import FleetParts, open_fleet
from profilegen.wiring.house import House
from profilegen.wiring.second_process import SecondProcess
from tests.fleet.making import make_enrollment, make_inventory
from tests.flow.fleet_world import employ, seat_of

PEOPLE = 60
EVERYBODY = SeatQuery()


@dataclass(slots=True)
class FakeSecond:
    """A fake second process: it remembers what it was asked, and comes to nothing."""

    asked: SeatQuery | None = None

    async def tally(self, query: SeatQuery, _survey: Survey, _moment: Moment) -> Tally | None:
        self.asked = query
        return None


@contextlib.asynccontextmanager
async def fleet(house: House) -> AsyncIterator[FleetParts]:
    """A fleet in SQLite: one in three has the profile, one in three lost it, of the rest nothing is known."""

    async def none() -> dict[str, object]:
        return {}

    lookup = LookupWish(offline=True)
    finder = house.finders.offline
    async with open_fleet(house, finder=finder, lookup=lookup, signer=None, connectors=none) as parts:  # type: ignore[arg-type] # no servers
        now = house.clock.now()
        seats = [replace(seat_of(number), wanted=None) for number in range(PEOPLE)]
        await employ(parts.store, *seats)
        for number, seat in enumerate(seats):
            emails = (str(seat.mailboxes[0].address),)
            found = make_enrollment(id=seat.udid, udid=seat.udid, emails=emails, enrolled_at=None, last_seen=now)
            if number % 3:
                await parts.store.put_enrollments([found])
            if number % 3 == 1:
                await parts.store.put_inventories([make_inventory(enrollment=seat.udid, collected_at=now)])
        yield parts


def house_at(home: Path) -> House:
    (home / "overrides").mkdir()
    (home / "overrides" / "example.com.json").write_text(
        '{"address": "%EMAILLOCALPART%@example.com",'
        '"incoming": {"protocol": "imap", "host": "imap.example.com", "port": 993, "security": "tls"},'
        '"outgoing": {"protocol": "smtp", "host": "smtp.example.com", "port": 587, "security": "starttls"}}'
    )
    return open_house(environ={}, home=home)


async def surveyed(parts: FleetParts) -> tuple[Planner, Survey, Moment]:
    planner = replace(parts.planner, second=SecondProcess(house=parts.house), worth_two=PEOPLE)
    moment = parts.moment(parts.house.clock.now() - timedelta(days=1))
    return planner, await planner.survey(Acceptance()), moment


def second_processes() -> list[str]:
    """Return the second processes this one started, by number."""
    started = [
        number for task in Path("/proc/self/task").iterdir() for number in (task / "children").read_text().split()
    ]
    return [number for number in started if b"second_process" in Path("/proc", number, "cmdline").read_bytes()]


def test_two_processes_come_to_what_one_does(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with fleet(house_at(tmp_path)) as parts:
            planner, survey, moment = await surveyed(parts)
            alone = await planner.tally(EVERYBODY, survey, moment)
            assert alone.states == {State.NOT_ENROLLED: 20, State.MISSING: 20, State.UNKNOWN: 20}
            assert planner.second is not None
            assert await planner.second.tally(EVERYBODY, survey, moment) == alone
            assert await planner.counted(EVERYBODY, survey, moment) == alone

    asyncio.run(scenario())


def test_the_second_gets_the_upper_half_and_what_it_leaves_is_counted_here(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with fleet(house_at(tmp_path)) as parts:
            planner, survey, moment = await surveyed(parts)
            fake = FakeSecond()
            planner = replace(planner, second=fake)
            counted = await planner.counted(EVERYBODY, survey, moment)
            assert fake.asked is not None
            assert await parts.store.count(fake.asked) == PEOPLE // 2 - 1
            assert counted == await planner.tally(EVERYBODY, survey, moment)

    asyncio.run(scenario())


@pytest.mark.parametrize("query", [SeatQuery(who=("p1@example.com",)), SeatQuery(mdm="another")])
def test_few_seats_are_counted_in_one_go(tmp_path: Path, query: SeatQuery) -> None:
    async def scenario() -> None:
        async with fleet(house_at(tmp_path)) as parts:
            planner, survey, moment = await surveyed(parts)
            fake = FakeSecond()
            await replace(planner, second=fake).counted(query, survey, moment)
            assert fake.asked is None

    asyncio.run(scenario())


def test_what_stops_the_second_is_said_as_if_it_had_stopped_here(tmp_path: Path) -> None:
    async def scenario() -> None:
        house = house_at(tmp_path)
        async with fleet(house) as parts:
            planner, survey, moment = await surveyed(parts)
            config = replace(house.loaded.config, fleet_database="postgresql://nobody@127.0.0.1:1/none")
            elsewhere = replace(house, loaded=replace(house.loaded, config=config))
            with pytest.raises(NetworkProblem) as caught:
                await replace(planner, second=SecondProcess(house=elsewhere)).counted(EVERYBODY, survey, moment)
            assert caught.value.code == "database_unreachable"
            assert caught.value.hint

    asyncio.run(scenario())


def test_who_gives_up_waiting_leaves_no_process_behind(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with fleet(house_at(tmp_path)) as parts:
            planner, survey, moment = await surveyed(parts)
            assert planner.second is not None
            counting = asyncio.create_task(planner.second.tally(EVERYBODY, survey, moment))
            async with asyncio.timeout(20):
                while not second_processes():  # noqa: ASYNC110 - nobody tells
                    await asyncio.sleep(0.01)
            counting.cancel()
            await asyncio.gather(counting, return_exceptions=True)
            assert second_processes() == []

    asyncio.run(scenario())


def test_a_problem_comes_whole_out_of_another_process() -> None:
    problem = AddressProblem("This is no address.", hint="Look at it again.", code="no_at")
    copy = pickle.loads(pickle.dumps(problem))
    assert (type(copy), str(copy), copy.hint, copy.code) == (AddressProblem, str(problem), problem.hint, "no_at")
