"""Any sequence of calls leaves the same in memory, in SQLite and in PostgreSQL."""

import asyncio
import itertools
import os
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from profilegen.address import Address
from profilegen.fleet.seat import Effective, EnrollmentChannel, Mailbox, Wanted
from profilegen.fleet.seen import CommandKind, CommandState, ErrorLink
from profilegen.ports.fleet import FleetStore, HistoryLine, SeatQuery
from profilegen.storage.fleet.memory import MemoryFleetStore
from profilegen.storage.fleet.store import open_fleet_store
from tests.lab.postgres import PASSWORD, PostgresServer
from tests.storage.fleet_values import (
    MDM,
    NOW,
    at,
    command,
    enrollment,
    episode,
    history,
    imported,
    inventory,
    line,
    seat,
    views,
)

MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # thousands of commits, and no need to wait for a disk
PEOPLE = ("ada", "bob", "eve")
people = st.sampled_from(PEOPLE)
keys = people.map(lambda name: seat(name).key)
moments = st.integers(0, 6).map(lambda hours: at(hours=hours))
mailboxes = st.lists(people, min_size=1, max_size=3, unique=True).map(
    lambda names: tuple(Mailbox(address=Address.parse(f"{name}@example.com")) for name in names)
)
seats = st.builds(
    seat,
    people,
    person=st.sampled_from(("P-1", "ada@example.com")),
    mailboxes=mailboxes,
    channel=st.sampled_from(EnrollmentChannel),
    serial=st.none() | st.sampled_from(("s1", "S2")),
    user=st.none() | st.just("ADA"),
    group=st.none() | st.just("team"),
    name=st.none() | st.just("Ada Lovelace"),
)
enrollments = st.builds(
    enrollment,
    people,
    channel=st.sampled_from(EnrollmentChannel),
    udid=st.none() | st.sampled_from(("ada-1", "BOB-1")),
    serial=st.none() | st.sampled_from(("s1", "S2")),
    parent=st.none() | people,
    os_version=st.none() | st.sampled_from(("26.1", "26.2")),
    emails=st.lists(people.map(lambda name: f"{name}@example.com"), max_size=2).map(tuple),
    sign_ins=st.lists(people, max_size=1).map(tuple),
    enrolled_at=st.none() | moments,
    last_seen=st.none() | moments,
    tally=st.none() | st.integers(1, 3),
    active=st.booleans(),
)
inventories = st.builds(inventory, people, collected_at=moments, complete=st.booleans())
commands = st.builds(
    command,
    people,
    id=st.sampled_from(("C1", "C2")),
    seat=keys,
    kind=st.sampled_from(CommandKind),
    state=st.sampled_from(CommandState),
    stored_at=moments,
)
sentences = st.sampled_from(
    ("because", "ada@example.com lost it", "Ada Lovelace and bob@example.com", "EVE@example.com")
)
lines = st.builds(
    line,
    at=moments,
    why=sentences,
    outcome=sentences,
    seat=st.none() | keys,
    person=st.none() | st.sampled_from(("P-1", "ada@example.com")),
    enrollment=st.none() | people,
)
names = st.sampled_from(("ada@example.com", "p-1", "BOB@example.com", "bob-1", "s1", "eve", "nobody", "gone-1"))


async def _all_enrollments(store: FleetStore) -> list[Any]:
    return [await store.enrollment(MDM, name) for name in PEOPLE]


class Memories(RuleBasedStateMachine):
    """Three stores that are told the same."""

    server: ClassVar[PostgresServer | None] = None

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory(dir=MEMORY)
        self.pseudonyms = (f"gone-{number}" for number in itertools.count(1))
        file = Path(self.folder.name) / "fleet.sqlite3"
        self.stores: list[FleetStore] = [MemoryFleetStore(), self.runner.run(open_fleet_store(file=file))]
        if self.server is not None:
            url = self.server.make_database()
            self.stores.append(self.runner.run(open_fleet_store(file=file, url=url)))

    def tell(self, question: Callable[[FleetStore], Awaitable[Any]]) -> Any:
        """Ask all stores; return the answer, which is the same."""

        async def ask(store: FleetStore) -> Any:
            return await question(store)

        answers = [self.runner.run(ask(store)) for store in self.stores]
        assert all(answer == answers[0] for answer in answers), answers
        return answers[0]

    @rule(some=st.lists(seats, max_size=4))
    def import_seats(self, some: list[Any]) -> None:
        self.tell(lambda store: imported(store, *some))

    @rule(some=st.lists(seats, max_size=2))
    def begin_to_import(self, some: list[Any]) -> None:
        async def begin(store: FleetStore) -> None:
            await store.put_seats(await store.begin_import("roster", NOW), some)

        self.tell(begin)

    @rule(some=st.lists(keys, max_size=2))
    def drop(self, some: list[str]) -> None:
        self.tell(lambda store: store.drop_seats(some))

    @rule(key=keys, text=st.sampled_from("xy"))
    def want(self, key: str, text: str) -> None:
        wanted = Wanted(uuid=text, revision=text, basis=text, settings_version=1)
        self.tell(lambda store: store.want([(key, wanted)]))
        self.tell(lambda store: store.keep_effective(key, Effective(identifier=text)))

    @rule(key=keys)
    def retire(self, key: str) -> None:
        self.tell(lambda store: store.retire([key], NOW))

    @rule(some=st.lists(enrollments, max_size=3))
    def report_enrollments(self, some: list[Any]) -> None:
        self.tell(lambda store: store.put_enrollments(some))

    @rule(some=st.lists(inventories, max_size=3))
    def report_inventories(self, some: list[Any]) -> None:
        self.tell(lambda store: store.put_inventories(some))

    @rule(some=st.lists(keys, max_size=3), moment=moments)
    def note(self, some: list[str], moment: Any) -> None:
        self.tell(lambda store: store.note_ok(some, moment))
        self.tell(lambda store: store.note_sends(some, moment))
        self.tell(lambda store: store.note_password_unknown(some, moment))

    @rule(key=keys, number=st.integers(1, 3), moment=moments)
    def open_and_close_episodes(self, key: str, number: int, moment: Any) -> None:
        self.tell(lambda store: store.open_episode(key, episode(number)))
        self.tell(lambda store: store.close_episode(key, number - 1, moment))

    @rule(one=commands)
    def store_command(self, one: Any) -> None:
        self.tell(lambda store: store.store_command(one))

    @rule(name=people, id_=st.sampled_from(("C1", "C2")), state=st.sampled_from(CommandState), moment=moments)
    def change_command(self, name: str, id_: str, state: CommandState, moment: Any) -> None:
        errors = (ErrorLink(domain="d", code=1, text=state),)
        self.tell(lambda store: store.change_command(id_, name, state, moment, errors))

    @rule(event=st.sampled_from("ab"), days=st.integers(0, 20))
    def hear(self, event: str, days: int) -> None:
        self.tell(lambda store: store.event_is_new(MDM, event, at(days=days)))

    @rule(some=st.lists(lines, max_size=3))
    def append(self, some: list[HistoryLine]) -> None:
        self.tell(lambda store: store.append(some))

    @rule(who=st.sampled_from(("P-1", "ada@example.com", "BOB@example.com", "nobody")))
    def forget(self, who: str) -> None:
        pseudonym = next(self.pseudonyms)
        self.tell(lambda store: store.forget_person(who, pseudonym))

    @rule(who=names, flag=st.none() | st.booleans())
    def find(self, who: str, flag: bool | None) -> None:
        self.tell(lambda store: views(store, who=(who,), gone=flag))
        self.tell(lambda store: store.count(SeatQuery(who=(who,), retired=flag, group=None)))
        self.tell(lambda store: history(store, who=who))

    @invariant()
    def all_remember_the_same(self) -> None:
        self.tell(views)
        self.tell(history)
        self.tell(lambda store: store.commands(MDM, PEOPLE, list(CommandState)))
        self.tell(lambda store: store.domains())
        self.tell(_all_enrollments)

    def teardown(self) -> None:
        for store in self.stores:
            self.runner.run(store.close())
        self.runner.close()
        self.folder.cleanup()


EXAMPLES = int(os.environ.get("FLEET_EXAMPLES", "15"))
steps = settings(
    max_examples=EXAMPLES,
    stateful_step_count=30,
    deadline=None,
    phases=[Phase.reuse, Phase.generate],  # shrinking takes minutes; FLEET_EXAMPLES finds more
    suppress_health_check=list(HealthCheck),
    report_multiple_bugs=False,
)


def test_memory_and_sqlite_remember_the_same() -> None:
    run_state_machine_as_test(Memories, settings=steps)


@pytest.mark.servers
def test_postgresql_remembers_the_same(postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    class WithPostgres(Memories):
        server = postgres

    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    run_state_machine_as_test(WithPostgres, settings=settings(steps, max_examples=max(EXAMPLES // 3, 1)))
