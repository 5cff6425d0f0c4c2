"""
How fast the fleet's memory is: `python -m tests.benchmarks.fleet_store [SEATS] [ROUNDS]`, 1,000,000 and once without
arguments; in SQLite, and a tenth of it in PostgreSQL where there is one.

Each step is a process of its own that says how long it took, how long it had a processor (the rest is the disk,
the server, and whoever else is busy), and the most memory it held; it fails on a wrong count.
`import` brings a roster CSV in as `fleet import` does; `again` brings in the same one; `look` takes in an enrollment
and an inventory of every device; `stream` reads every seat with what was seen of it, and `plan` also judges it. One
seat in seven is on a Mac. The disk is that of the temporary folder, and written through at every step.
"""

import asyncio
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from profilegen.fleet.drift import State, judge
from profilegen.fleet.evidence import Moment
from profilegen.fleet.roster import SeatDefaults
from profilegen.fleet.seat import EnrollmentChannel, Seat
from profilegen.fleet.seen import Enrollment, InstalledProfile, Inventory
from profilegen.flow.fleet.importing import Importer
from profilegen.ports.fleet import ImportTally, SeatQuery, SeatView
from profilegen.settings.roster import Repeated, UnknownColumns, read_roster
from profilegen.storage.fleet.store import SqlFleetStore, open_fleet_store
from tests.lab.postgres import PASSWORD, running_postgres
from tests.storage.clock import ManualClock

SEATS = 1_000_000
NOW = datetime(2026, 11, 23, tzinfo=UTC)
MOMENT = Moment(now=NOW + timedelta(hours=1), proof_since=NOW - timedelta(days=1))
DEFAULTS = SeatDefaults(mdm="nano", identifier_prefix="com.example.mail")
DOMAINS = 40
Step = Callable[[SqlFleetStore, Path, int], Awaitable[None]]


def write_roster(path: Path, seats: int) -> None:
    """Write a roster whose people come in no order, as from a directory."""
    with path.open("w") as file:
        file.write("address,name,udid,serial,platform,group\n")
        for place in range(seats):
            number = place * 7_368_787 % seats  # a prime, so that every number comes once
            mac = "macos" if number % 7 == 0 else "ios"
            address = f"person.{number:07}@d{number % DOMAINS}.example"
            device = f"{number:08X}-{number * 2_654_435_761 % 2**64:016X},S{number:09}"
            file.write(f"{address},Person Number {number},{device},{mac},team {number % 100}\n")


# --- steps ------------------------------------------------------------------------------------------------------


async def bring_in(store: SqlFleetStore, roster: Path) -> ImportTally:
    """Import the roster as the command line does."""
    importer = Importer(store=store, clock=ManualClock(moment=NOW), defaults=DEFAULTS, actor="benchmark")
    with roster.open("rb") as file:
        rows = read_roster(file, name=roster.name, repeated=Repeated.ALLOWED)
        imported = await importer.from_roster((row for row in rows if not isinstance(row, UnknownColumns)), roster.name)
    return imported.tally


async def first(store: SqlFleetStore, roster: Path, seats: int) -> None:
    """Import everything."""
    tally = await bring_in(store, roster)
    assert tally == ImportTally(added=seats), tally


async def again(store: SqlFleetStore, roster: Path, seats: int) -> None:
    """Import everything once more."""
    tally = await bring_in(store, roster)
    assert tally == ImportTally(same=seats), tally


async def look(store: SqlFleetStore, _: Path, seats: int) -> None:
    """Take in what devices have: all are enrolled, and nine in ten have their profile, by identifier and name only."""
    known = 0
    async for batch in store.seats(SeatQuery()):
        found = [entry for view in batch for entry in enrolled(view.seat)]
        await store.put_enrollments(found)
        await store.put_inventories([listed(view.seat) for view in batch])
        known += len(batch)
    assert known == seats, known


async def plan(store: SqlFleetStore, _: Path, seats: int) -> None:
    """Judge every seat."""
    states: Counter[State] = Counter()
    async for batch in store.seats(SeatQuery()):
        states.update(judge(view.seat, view.sight, MOMENT).state for view in batch)
    missing = sum(lacks(number) for number in range(seats))
    assert states == {State.MISSING: missing, State.STALE: seats - missing}, states


async def stream(store: SqlFleetStore, _: Path, seats: int) -> None:
    """Read every seat with what was seen of it, and do nothing with it."""
    views: tuple[SeatView, ...] = ()
    read = 0
    async for views in store.seats(SeatQuery()):
        read += len(views)
    assert read == seats, read


STEPS: dict[str, Step] = {"import": first, "again": again, "look": look, "stream": stream, "plan": plan}


def lacks(number: int) -> bool:
    """Return whether the device of a person lost its profile."""
    return number % 10 == 3


def enrolled(seat: Seat) -> Iterator[Enrollment]:
    """Yield the enrollments of a seat's device: on a Mac two."""
    address = seat.mailboxes[0].address
    shared = {"mdm": seat.mdm, "os_version": "26.1", "build": "23B85", "model": "a model", "last_seen": NOW}
    emails = (address.account,)
    device = Enrollment(
        id=str(seat.udid),
        channel=EnrollmentChannel.DEVICE,
        udid=seat.udid,
        serial=seat.serial,
        platform=seat.platform,
        emails=emails,
        enrolled_at=NOW - timedelta(days=90),
        tally=2,
        **shared,  # type: ignore[arg-type] # a mixed bag of right ones
    )
    yield device
    if seat.channel is EnrollmentChannel.USER:
        name = f"{seat.udid}:{address.local}"
        yield Enrollment(id=name, channel=seat.channel, parent=device.id, emails=emails, **shared)  # type: ignore[arg-type] # as above


def listed(seat: Seat) -> Inventory:
    """Return what the device of a seat lists."""
    local = seat.mailboxes[0].address.local
    own = InstalledProfile(
        identifier=seat.identifier,
        uuid="8D9A9B3C-1B0C-5A0F-9C59-0B5A0E8A4D11",
        revision="8d9a9b3c",
        has_mail=True,
        signer_sha256="5f" * 32,
        signer_not_after=NOW + timedelta(days=300),
        managed=True,
    )
    user = seat.channel is EnrollmentChannel.USER
    return Inventory(
        mdm=seat.mdm,
        enrollment=f"{seat.udid}:{local}" if user else str(seat.udid),
        collected_at=NOW,
        complete=True,
        profiles=() if lacks(int(local.rpartition(".")[2])) else (own,),
    )


# --- measuring --------------------------------------------------------------------------------------------------


async def run(step: str, folder: Path, seats: int, url: str | None) -> None:
    """Do one step and print its seconds, the seconds of its processor time, and its megabytes."""
    store = await open_fleet_store(file=folder / "fleet.sqlite3", url=url)
    try:
        start = time.perf_counter()
        await STEPS[step](store, folder / "roster.csv", seats)
        seconds = time.perf_counter() - start
    finally:
        await store.close()
    used = resource.getrusage(resource.RUSAGE_SELF)
    sys.stdout.write(f"{seconds} {used.ru_utime + used.ru_stime} {used.ru_maxrss / 1024}\n")


def in_a_new_process(step: str, folder: Path, seats: int, url: str | None) -> tuple[float, float, float]:
    """Return seconds, processor seconds and megabytes of one step."""
    command = [sys.executable, "-m", "tests.benchmarks.fleet_store", step, str(folder), str(seats), url or ""]
    environment = {**os.environ, "PGPASSWORD": PASSWORD}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    seconds, processor, megabytes = done.stdout.split()
    return float(seconds), float(processor), float(megabytes)


def measure(name: str, seats: int, rounds: int, make: Callable[[], str | None]) -> None:
    """Measure all steps in order, each round in a new database, and print one line per step."""
    with ExitStack() as stack:
        places = []
        for _ in range(rounds):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            write_roster(folder / "roster.csv", seats)
            places.append((folder, make()))
        for step in STEPS:
            report(name, step, seats, [in_a_new_process(step, folder, seats, url) for folder, url in places])


def report(name: str, step: str, seats: int, figures: list[tuple[float, float, float]]) -> None:
    """Print one line."""
    times = [seconds for seconds, _, _ in figures]
    processor = statistics.median(used for _, used, _ in figures)
    low, middle, high = min(times), statistics.median(times), max(times)
    sys.stdout.write(
        f"{name:<8} {step:<7} {seats:>9} seats  min {low:7.2f}  median {middle:7.2f}  max {high:7.2f} s"
        f"  {1e6 * middle / seats:6.1f} µs a seat, {1e6 * processor / seats:6.1f} of a processor"
        f"  at most {max(memory for _, _, memory in figures):5.0f} MB\n"
    )
    sys.stdout.flush()


def main(arguments: list[str]) -> None:
    """Measure and print, or do one step."""
    if arguments and arguments[0] in STEPS:
        step, folder, number, url = arguments
        asyncio.run(run(step, Path(folder), int(number), url or None))
        return
    seats = int(arguments[0]) if arguments else SEATS
    rounds = int(arguments[1]) if len(arguments) > 1 else 1
    measure("SQLite", seats, rounds, lambda: None)
    with running_postgres() as server:
        measure("postgres", max(seats // 10, 1), rounds, server.make_database)


if __name__ == "__main__":
    main(sys.argv[1:])
