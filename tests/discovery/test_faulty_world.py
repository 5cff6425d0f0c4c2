"""
The real sources, over real sockets, in a world where what one of them asks goes wrong.

What a source asks is found out by letting it ask; a new source is part of this as soon as it stands in
`profilegen.wiring.search`. `test_fault_matrix` has the combinations, and the time to the millisecond.
"""

import asyncio
import gc
import itertools
import os
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from profilegen.discovery.engine import Budgets, Discovery
from profilegen.net.tls import tls_contexts
from profilegen.ports import Question, SettingsSource
from profilegen.settings.candidates import Resolution, Status, Tier
from profilegen.settings.servers import Security
from profilegen.wiring import SystemClock, search
from profilegen.wiring.search import ON_REQUEST, SOURCES, Equipment, make_finder
from tests.discovery.faulty import Fault, Name, World, running_world
from tests.discovery.world import YOU, FakeCatalogue
from tests.lab.certificates import Authority
from tests.lab.dns import resolver_at
from tests.lab.https import _require_port_443

KINDS = tuple(kind for kind in (*SOURCES, *ON_REQUEST) if kind != "guess")
OFFLINE = ("override", "catalogue")
BUDGETS = Budgets(sources=0.8, grace=0.15, probe=2.0, total=3.5)
PATIENT = Budgets(sources=10.0, grace=10.0, probe=10.0, total=30.0)
TRUTH = ("imap.example.test", "smtp.example.test")
CREDENTIALS = re.compile("AUTH|LOGIN|AUTHENTICATE|USER|PASS|MAIL|RCPT", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """What a source asks for: names and pages."""

    names: frozenset[Name]
    pages: frozenset[str]


@pytest.fixture(scope="module")
def world(authority: Authority) -> Iterator[World]:
    _require_port_443()
    with running_world(authority) as running:
        yield running


@pytest.fixture
def equipment(world: World, authority: Authority) -> Equipment:
    world.calm()
    resolver = resolver_at(world.name_server)
    return Equipment(
        catalogue=FakeCatalogue(),
        resolver=resolver,
        clock=SystemClock(),
        anchors=(authority.pem,),
        overrides=(Path("there-is-no-such-folder"),),
    )


def source(kind: str, equipment: Equipment) -> SettingsSource:
    every = (*search._offline(equipment), *search._network(equipment))
    return next(found for found in every if found.kind == kind)


def touched(kind: str, equipment: Equipment, world: World) -> Touched:
    """Let a source ask in a world without faults."""
    asyncio.run(source(kind, equipment).find(YOU))
    found = Touched(names=frozenset(world.names), pages=frozenset(world.pages))
    world.calm()
    return found


def look_up(equipment: Equipment, *kinds: str, budgets: Budgets = BUDGETS) -> tuple[Resolution, float, int]:
    """Return the answer of the whole search, the seconds it took, and the tasks it left."""
    finder = make_finder(equipment, tls_contexts(equipment.anchors))
    assert isinstance(finder, Discovery)
    finder._budgets = budgets
    question = Question(address=YOU, sources=kinds or (*KINDS, "guess"), allow_http=True)

    async def measured() -> tuple[Resolution, float, int]:
        clock = asyncio.get_running_loop().time
        start = clock()
        resolution = await finder.resolve(question)
        return resolution, clock() - start, len(asyncio.all_tasks()) - 1

    return asyncio.run(measured())


def leaked(world: World) -> list[tuple[str, int]]:
    """Return where connections of ours to the world lead that are still open."""
    gc.collect()
    return [peer for peer in map(_peer, list(Path("/proc/self/fd").iterdir())) if peer and peer[1] in world.ports]


def _peer(descriptor: Path) -> tuple[str, int] | None:
    try:
        if not str(descriptor.readlink()).startswith("socket:"):
            return None
        with socket.socket(fileno=os.dup(int(descriptor.name))) as same:
            return same.getpeername()[:2] if same.family in (socket.AF_INET, socket.AF_INET6) else None
    except OSError:
        return None


def assert_it_holds(world: World, resolution: Resolution, seconds: float, tasks: int, case: object) -> None:
    """Assert what holds whatever the world does."""
    assert seconds < BUDGETS.total, case
    assert (tasks, leaked(world)) == (0, []), case
    servers = [found for found in (resolution.incoming, resolution.outgoing, *resolution.alternatives) if found]
    assert {found.server.security for found in servers} <= set(Security), case
    assert not {found.server.port for found in servers} & {25, 80, 110}, case
    for chosen in (resolution.incoming, resolution.outgoing):
        rivals = [found for found in servers if chosen and found.incoming is chosen.incoming]
        passed = [found for found in rivals if found.probe is not None and found.probe.ok]
        assert all(chosen is not None and chosen.tier <= found.tier for found in passed), case
    assert not [
        line for line in (*world.mail, *world.attacker_mail) if CREDENTIALS.match(line.partition(" ")[2] or line)
    ]
    assert not [asked for asked in world.requests if {"authorization", "cookie"} & asked.headers.keys()], case
    assert world.attacker_mail == [], case  # nobody confirmed that one may even connect


def test_without_faults_everybody_says_the_same_and_both_servers_pass(equipment: Equipment, world: World) -> None:
    resolution, seconds, tasks = look_up(equipment, budgets=PATIENT)
    assert (resolution.status, resolution.timed_out) == (Status.OK, ())
    assert (resolution.incoming, resolution.outgoing) != (None, None)
    for found in (resolution.incoming, resolution.outgoing):
        assert found is not None
        assert found.server.host in TRUTH
        assert found.probe is not None
        assert found.probe.ok
        assert found.tier is Tier.T2
    assert resolution.conflicts == ()
    assert_it_holds(world, resolution, seconds, tasks, "no fault")


@pytest.mark.parametrize("kind", KINDS)
def test_every_source_is_heard_in_this_world_or_asks_nobody(kind: str, equipment: Equipment, world: World) -> None:
    asked = touched(kind, equipment, world)
    if kind in OFFLINE:
        assert asked == Touched(names=frozenset(), pages=frozenset())
    else:
        assert asked.names


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in OFFLINE])
def test_one_source_at_fault_changes_no_answer(kind: str, fault: Fault, equipment: Equipment, world: World) -> None:
    asked = touched(kind, equipment, world)
    for channel in ("names", "pages") if asked.pages else ("names",):
        world.calm()
        world.faulty_names |= dict.fromkeys(asked.names if channel == "names" else (), fault)
        world.faulty_pages |= dict.fromkeys(asked.pages if channel == "pages" else (), fault)
        resolution, seconds, tasks = look_up(equipment)
        assert_it_holds(world, resolution, seconds, tasks, channel)
        assert resolution.status is Status.OK, channel
        for found in (resolution.incoming, resolution.outgoing):
            assert found is not None
            assert found.server.host in TRUTH, channel


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.SLOW])
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in OFFLINE])
def test_alone_and_at_fault_a_source_is_never_a_good_answer(
    kind: str, fault: Fault, equipment: Equipment, world: World
) -> None:
    asked = touched(kind, equipment, world)
    world.faulty_names |= dict.fromkeys(asked.names, fault)
    world.faulty_pages |= dict.fromkeys(asked.pages, fault)
    resolution, seconds, tasks = look_up(equipment, kind)
    assert_it_holds(world, resolution, seconds, tasks, (kind, fault))
    expected = {
        Fault.SILENT: {Status.UNREACHABLE},
        Fault.REFUSING: {Status.UNREACHABLE},
        Fault.GARBAGE: {Status.UNREACHABLE},
        Fault.LYING: {Status.UNTRUSTED, Status.NOT_FOUND, Status.UNREACHABLE},
    }
    assert resolution.status in expected[fault]
    if fault is Fault.SILENT:
        assert resolution.timed_out == (kind,)


@pytest.mark.parametrize("fault", Fault)
def test_everything_at_fault_at_once_still_ends_in_time(fault: Fault, equipment: Equipment, world: World) -> None:
    every = [touched(kind, equipment, world) for kind in KINDS]
    world.faulty_names |= dict.fromkeys(itertools.chain.from_iterable(one.names for one in every), fault)
    world.faulty_pages |= dict.fromkeys(itertools.chain.from_iterable(one.pages for one in every), fault)
    resolution, seconds, tasks = look_up(equipment)
    assert_it_holds(world, resolution, seconds, tasks, fault)
    assert (resolution.status is Status.OK) == (fault is Fault.SLOW)
