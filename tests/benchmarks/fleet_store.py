"""
How fast the fleet's memory is: `python -m tests.benchmarks.fleet_store [SEATS] [ROUNDS]`, 1,000,000 and once without
arguments; in SQLite, and a tenth of it in PostgreSQL where there is one.

Each step is a process of its own that says how long it took, how long it had a processor (the rest is the disk,
the server, and whoever else is busy), and the most memory it held; the second process of a large plan is counted in.
It fails on a wrong count.
`import` brings a roster CSV in as `fleet import` does, and `fresh` is the command `fleet plan` after that; `again`
brings in the same roster; `look` takes in an enrollment and an inventory of every device; `applied` writes down what
an apply leaves of every seat: what is wanted, an episode with its install and the look that proved it, and a line of
history for one in ten; `stream` reads every seat with what was seen of it; `plan` and `report` are the commands
`fleet plan` and `fleet report`. Commands count from the start of the interpreter to its end. One seat in seven is on a
Mac. The disk is that of the temporary folder, and written through at every step.
"""

import asyncio
import contextlib
import io
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from profilegen.cli.app import run as profilegen
from profilegen.fleet.roster import SeatDefaults
from profilegen.fleet.seat import EnrollmentChannel, Seat, Wanted
from profilegen.fleet.seen import CommandKind, Enrollment, InstalledProfile, Inventory
from profilegen.flow.fleet.importing import Importer
from profilegen.flow.fleet.settlement import Acceptance
from profilegen.flow.fleet.tailor import Patterns, Tailor
from profilegen.ports.fleet import HistoryKind, HistoryLine, ImportTally, SeatQuery, SeatView
from profilegen.profile.wish import LookupWish
from profilegen.settings.roster import Repeated, UnknownColumns, read_roster
from profilegen.storage.fleet import tables
from profilegen.storage.fleet.engine import postgres_database, sqlite_database
from profilegen.storage.fleet.store import SqlFleetStore, open_fleet_store
from profilegen.storage.fleet.values import to_time
from profilegen.wiring.fleet import open_fleet
from profilegen.wiring.house import open_house
from profilegen.wiring.mdm import connectors
from tests.lab.postgres import PASSWORD, running_postgres
from tests.storage.clock import ManualClock

SEATS = 1_000_000
NOW = datetime.now(UTC) - timedelta(hours=1)
DEFAULTS = SeatDefaults(mdm="nano", identifier_prefix="com.example.mail")
DOMAINS = 40
REVISION = "8d9a9b3c"
PLAN = "20260101-0000"
UUID = "8D9A9B3C-1B0C-5A0F-9C59-0B5A0E8A4D11"
SETTINGS: dict[str, Any] = {
    "incoming": {"protocol": "imap", "host": "imap.example.com", "port": 993, "security": "tls"},
    "outgoing": {"protocol": "smtp", "host": "smtp.example.com", "port": 587, "security": "starttls"},
}
CONFIGURATION = {
    "IDENTIFIER_PREFIX": "com.example.mail",
    "MDM__NANO__KIND": "nanomdm",
    "MDM__NANO__URL": "http://127.0.0.1:9",  # never asked
    "MDM__NANO__KEY_ENV": "NANO_KEY",
}
Step = Callable[[SqlFleetStore, Path, int], Awaitable[None]]


def make_home(home: Path) -> None:
    """Make a home with the settings of every mail domain."""
    (home / "overrides").mkdir(mode=0o700)
    for number in range(DOMAINS):
        (home / "overrides" / f"d{number}.example.json").write_text(json.dumps(template(f"d{number}.example")))


def template(domain: str) -> dict[str, Any]:
    """Return the settings file of a mail domain."""
    return {"address": f"%EMAILLOCALPART%@{domain}", **SETTINGS}


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


async def bring_in(store: SqlFleetStore, folder: Path) -> ImportTally:
    """Import the roster as the command line does."""
    importer = Importer(store=store, clock=ManualClock(moment=NOW), defaults=DEFAULTS, actor="benchmark")
    roster = folder / "roster.csv"
    with roster.open("rb") as file:
        rows = read_roster(file, name=roster.name, repeated=Repeated.ALLOWED)
        imported = await importer.from_roster((row for row in rows if not isinstance(row, UnknownColumns)), roster.name)
    return imported.tally


async def first(store: SqlFleetStore, folder: Path, seats: int) -> None:
    """Import everything."""
    tally = await bring_in(store, folder)
    assert tally == ImportTally(added=seats), tally


async def again(store: SqlFleetStore, folder: Path, seats: int) -> None:
    """Import everything once more."""
    tally = await bring_in(store, folder)
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


async def applied(store: SqlFleetStore, folder: Path, seats: int) -> None:
    """Write down what an apply leaves: the settings followed, and of every seat an episode that ended with a look."""
    house, lookup = open_house(environ=os.environ, home=folder), LookupWish(offline=True)
    shared: dict[str, Any] = {"finder": house.finders.offline, "lookup": lookup, "signer": None}
    url = house.loaded.config.fleet_database
    database = sqlite_database(folder / "fleet.sqlite3") if url is None else postgres_database(url)
    done = 0
    async with open_fleet(house, connectors=partial(connectors, house), **shared) as parts:
        for domain in (await parts.planner.survey(Acceptance())).domains:
            await parts.settlement.settle(domain.domain, PLAN)
        patterns = (await parts.planner.survey(Acceptance())).patterns
        async for batch in store.seats(SeatQuery()):
            await store.want([(view.seat.key, wanted(view.seat, parts.tailor, patterns)) for view in batch])
            await store.append([pushed(view.seat) for view in batch if number_of(view.seat) % 10 == 0])
            await store.note_ok([view.seat.key for view in batch if not lacks(number_of(view.seat))], NOW)
            async with database.writing() as connection:
                await leave_traces(connection, batch)
            done += len(batch)
    await database.close()
    assert done == seats, done


async def stream(store: SqlFleetStore, _: Path, seats: int) -> None:
    """Read every seat with what was seen of it, and do nothing with it."""
    views: tuple[SeatView, ...] = ()
    read = 0
    async for views in store.seats(SeatQuery()):
        read += len(views)
    assert read == seats, read


STEPS: dict[str, Step] = {"import": first, "again": again, "look": look, "applied": applied, "stream": stream}


def plan(seats: int) -> None:
    """Plan as the command line does."""
    made = command("plan", "--offline")
    missing = sum(lacks(number) for number in range(seats))
    assert made["states"] == {"missing": missing, "ok": seats - missing}, made


def report(seats: int) -> None:
    """Report as the command line does."""
    made = command("report", "--offline", "--since", "7d")
    assert sum(made["states"].values()) == seats, made


def first_plan(seats: int) -> None:
    """Plan as the command line does when nothing is known but the roster."""
    made = command("plan", "--offline")
    assert made["states"] == {"not_enrolled": seats}, made


COMMANDS: dict[str, Callable[[int], None]] = {"fresh": first_plan, "plan": plan, "report": report}
ORDER = ("import", "fresh", "again", "look", "applied", "stream", "plan", "report")


def command(*arguments: str) -> dict[str, Any]:
    """Run one command about the fleet in this process and return what it says."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        status = profilegen(["fleet", *arguments, "--json"])
    assert status in (0, 1), said.getvalue()
    document: dict[str, Any] = json.loads(said.getvalue())
    return document


# --- people -----------------------------------------------------------------------------------------------------


def number_of(seat: Seat) -> int:
    """Return the number of a seat's person."""
    return int(seat.mailboxes[0].address.local.rpartition(".")[2])


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
        uuid=UUID,
        revision=REVISION,
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
        profiles=() if lacks(number_of(seat)) else (own,),
    )


def wanted(seat: Seat, tailor: Tailor, patterns: Patterns) -> Wanted:
    """Return what devices have as what is wanted; to build a million profiles would measure something else."""
    return Wanted(uuid=UUID, revision=REVISION, basis=tailor.basis(seat, patterns), settings_version=1)


async def leave_traces(connection: AsyncConnection, views: Sequence[SeatView]) -> None:
    """Write the episodes of seats, and the commands that ended them before their devices were last listed."""
    at = to_time(NOW - timedelta(minutes=10))
    keys = [view.seat.key for view in views]
    ended = [{"seat": key, "number": 1, "reason": "missing", "opened_at": at, "closed_at": at} for key in keys]
    await connection.execute(insert(tables.episode), ended)
    shared = {"mdm": "nano", "episode": 1, "state": "acknowledged", "progress": 4, "stored_at": at, "changed_at": at}
    given = [
        {"id": f"{kind} {key}", "enrollment": view.sight.enrollment.id, "seat": key, "kind": kind, **shared}
        | {"revision": REVISION if kind is CommandKind.INSTALL else None}
        for key, view in zip(keys, views, strict=True)
        if view.sight.enrollment is not None
        for kind in (CommandKind.INSTALL, CommandKind.LOOK)
    ]
    await connection.execute(insert(tables.command), given)


def pushed(seat: Seat) -> HistoryLine:
    """Return the line of a push."""
    about = {"seat": seat.key, "person": seat.person, "mdm": seat.mdm, "plan": PLAN}
    return HistoryLine(at=NOW, actor="benchmark", kind=HistoryKind.PUSH, why="missing", outcome="accepted", **about)


# --- measuring --------------------------------------------------------------------------------------------------


def run(step: str, folder: Path, seats: int, url: str | None) -> None:
    """Do one step and print its seconds, the seconds of its processor time, and its megabytes."""
    start = time.perf_counter()
    if step in COMMANDS:
        COMMANDS[step](seats)
    else:
        asyncio.run(work(STEPS[step], folder, seats, url))
    seconds = time.perf_counter() - start
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    processor = sum(used.ru_utime + used.ru_stime for used in both)
    sys.stdout.write(f"{seconds} {processor} {sum(used.ru_maxrss for used in both) / 1024}\n")


async def work(step: Step, folder: Path, seats: int, url: str | None) -> None:
    """Do one step with the fleet's memory open."""
    store = await open_fleet_store(file=folder / "fleet.sqlite3", url=url)
    try:
        await step(store, folder, seats)
    finally:
        await store.close()


def in_a_new_process(step: str, folder: Path, seats: int, url: str | None) -> tuple[float, float, float]:
    """Return seconds, processor seconds and megabytes of one step."""
    command = [sys.executable, "-m", "tests.benchmarks.fleet_store", step, str(folder), str(seats), url or ""]
    configured = CONFIGURATION if url is None else {**CONFIGURATION, "FLEET__DATABASE": url}
    own = {"PROFILEGEN_HOME": str(folder), "NANO_KEY": "no key", "PGPASSWORD": PASSWORD}
    own |= {f"PROFILEGEN_{name}": value for name, value in configured.items()}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env={**os.environ, **own})
    seconds, processor, megabytes = done.stdout.split()
    return float(seconds), float(processor), float(megabytes)


def measure(name: str, seats: int, rounds: int, make: Callable[[], str | None]) -> None:
    """Measure all steps in order, each round in a new database, and print one line per step."""
    with ExitStack() as stack:
        places = []
        for _ in range(rounds):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            write_roster(folder / "roster.csv", seats)
            make_home(folder)
            places.append((folder, make()))
        for step in ORDER:
            print_line(name, step, seats, [in_a_new_process(step, folder, seats, url) for folder, url in places])


def print_line(name: str, step: str, seats: int, figures: list[tuple[float, float, float]]) -> None:
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
    if arguments and arguments[0] in (*STEPS, *COMMANDS):
        step, folder, number, url = arguments
        run(step, Path(folder), int(number), url or None)
        return
    seats = int(arguments[0]) if arguments else SEATS
    rounds = int(arguments[1]) if len(arguments) > 1 else 1
    measure("SQLite", seats, rounds, lambda: None)
    with running_postgres() as server:
        measure("postgres", max(seats // 10, 1), rounds, server.make_database)


if __name__ == "__main__":
    main(sys.argv[1:])
