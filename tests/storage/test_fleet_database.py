"""The two databases of the fleet: opening, versions, what cannot be changed, and what is said when they fail."""

import asyncio
import os
import sqlite3
import stat
import traceback
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from profilegen.errors import ConfigProblem, MachineProblem, NetworkProblem, ProfilegenError
from profilegen.ports.fleet import FleetStore
from profilegen.secret import Secret
from profilegen.storage.fleet.engine import Database, postgres_database, sqlite_database
from profilegen.storage.fleet.store import open_fleet_store
from profilegen.storage.fleet.tables import metadata
from profilegen.storage.fleet.upgrade import HEAD
from tests.lab.postgres import PASSWORD, PostgresServer
from tests.storage.fleet_stores import Place, database
from tests.storage.fleet_values import MDM, NOW, enrollment, history, imported, keys, line, seat

__all__ = ["database"]  # a fixture

posix = pytest.mark.skipif(os.name != "posix", reason="modes and links are a POSIX notion")
servers = pytest.mark.servers


def problem_of(file: Path, url: str | None = None, password: Secret | None = None) -> ProfilegenError:
    """Open a store in vain; return what was said."""

    async def attempt() -> None:
        store = await open_fleet_store(file=file, url=url, password=password)
        await store.close()

    with pytest.raises(ProfilegenError) as caught:
        asyncio.run(attempt())
    assert caught.value.hint
    return caught.value


async def fill(store: FleetStore) -> None:
    await imported(store, seat("ada"))
    await store.append([line(seat=seat("ada").key, why="ada@example.com")])


def raw(place: Place) -> Database:
    return sqlite_database(place.file) if place.url is None else postgres_database(place.url)


def execute(place: Place, statement: str) -> None:
    """Run one statement by hand, past the store."""

    async def whole() -> None:
        database = raw(place)
        try:
            async with database.engine.begin() as connection:
                await connection.execute(text(statement))
        finally:
            await database.close()

    asyncio.run(whole())


# --- versions -----------------------------------------------------------------------------------------------------


def schema_differences(place: Place) -> list[object]:
    """Return how the tables of a database differ from those the program uses."""

    async def whole() -> list[object]:
        opened = raw(place)
        try:
            async with opened.reading() as connection:
                return await connection.run_sync(
                    lambda plain: list(compare_metadata(MigrationContext.configure(plain), metadata))
                )
        finally:
            await opened.close()

    return asyncio.run(whole())


def test_the_migrations_make_exactly_the_tables_the_program_uses(database: Place) -> None:
    database.run(fill)
    assert schema_differences(database) == []


def test_a_database_of_an_earlier_release_is_brought_up_to_date_with_all_that_is_in_it(database: Place) -> None:
    database.run(fill)
    for statement in (
        "DROP INDEX command_by_seat",
        "DROP INDEX command_by_enrollment",
        "CREATE INDEX command_by_seat ON command (seat, number)",
        "CREATE INDEX command_by_state ON command (mdm, state, stored_at)",
        "UPDATE alembic_version SET version_num = '0001'",
    ):
        execute(database, statement)

    async def scenario(store: FleetStore) -> None:
        assert await keys(store) == [seat("ada").key]

    database.run(scenario)
    assert schema_differences(database) == []


def test_the_newest_migration_is_the_one_the_program_expects() -> None:
    from alembic.script import ScriptDirectory

    from profilegen.storage.fleet.upgrade import migrations

    assert ScriptDirectory.from_config(migrations()).get_heads() == [HEAD]


def test_a_database_of_a_later_release_is_left_alone(database: Place) -> None:
    database.run(fill)
    execute(database, "UPDATE alembic_version SET version_num = '9999'")
    problem = problem_of(database.file, database.url)
    assert (type(problem), problem.code) == (ConfigProblem, "fleet_too_new")
    execute(database, f"UPDATE alembic_version SET version_num = '{HEAD}'")

    async def scenario(store: FleetStore) -> None:
        assert await keys(store) == [seat("ada").key]

    database.run(scenario)


# --- append only --------------------------------------------------------------------------------------------------

STATEMENTS = [
    "UPDATE history SET outcome = 'fine'",
    "DELETE FROM history",
    "UPDATE history_mention SET line = 9",
    "DELETE FROM history_mention",
    "DELETE FROM history_name",
    "UPDATE history_name SET text = 'somebody else'",
    "UPDATE history_name SET id = id + 1, forgotten = true",
]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_the_history_cannot_be_changed_even_by_hand(database: Place, statement: str) -> None:
    database.run(fill)
    with pytest.raises(Exception, match="the history is append-only"):
        execute(database, statement)


@pytest.mark.parametrize("table", ["history", "history_mention", "history_name"])
@servers
def test_the_history_cannot_be_emptied_either(postgres_url: str, tmp_path: Path, table: str) -> None:
    place = Place(kind="postgres", file=tmp_path / "none", url=postgres_url)
    place.run(fill)
    with pytest.raises(Exception, match="the history is append-only"):
        execute(place, f"TRUNCATE {table}")


def test_a_forgotten_name_is_never_changed_again(database: Place) -> None:
    async def forget(store: FleetStore) -> None:
        await fill(store)
        assert await store.forget_person("ada@example.com", "forgotten-1") == 2

    database.run(forget)
    with pytest.raises(Exception, match="the history is append-only"):
        execute(database, "UPDATE history_name SET text = 'ada@example.com' WHERE forgotten")


def test_a_forgotten_person_is_not_in_the_file_either(tmp_path: Path) -> None:
    place = Place(kind="sqlite", file=tmp_path / "fleet.sqlite3")

    async def forget(store: FleetStore) -> None:
        await fill(store)
        await store.put_enrollments([enrollment(emails=("ada@example.com",), full_name="ada@example.com")])
        await store.forget_person("ada@example.com", "forgotten-1")

    place.run(forget)
    with closing(sqlite3.connect(place.file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"ada@example.com" not in place.file.read_bytes()


# --- the file -----------------------------------------------------------------------------------------------------


@posix
def test_the_file_and_its_journals_are_0600_whatever_the_umask(tmp_path: Path) -> None:
    place = Place(kind="sqlite", file=tmp_path / "fleet.sqlite3")

    def modes_of_files() -> dict[str, int]:
        return {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}

    async def scenario(store: FleetStore) -> dict[str, int]:
        await fill(store)
        return modes_of_files()

    before = os.umask(0)
    try:
        modes = place.run(scenario)
    finally:
        os.umask(before)
    assert modes == dict.fromkeys(("fleet.sqlite3", "fleet.sqlite3-wal", "fleet.sqlite3-shm"), 0o600)


def test_a_commit_in_the_file_is_on_the_disk(tmp_path: Path) -> None:
    async def scenario() -> tuple[object, object]:
        database = sqlite_database(tmp_path / "fleet.sqlite3")
        try:
            async with database.writing() as connection:
                mode = (await connection.execute(text("PRAGMA journal_mode"))).scalar()
                return mode, (await connection.execute(text("PRAGMA synchronous"))).scalar()
        finally:
            await database.close()

    assert asyncio.run(scenario()) == ("wal", 2)


@posix
def test_a_symlink_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "fleet.sqlite3").symlink_to(tmp_path / "elsewhere")
    assert problem_of(tmp_path / "fleet.sqlite3").code == "fleet_unwritable"
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_that_is_no_database_is_said_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "fleet.sqlite3").write_bytes(b"this is no database\n" * 100)
    problem = problem_of(tmp_path / "fleet.sqlite3")
    assert (type(problem), problem.code) == (MachineProblem, "fleet_corrupt")
    assert str(tmp_path) in problem.message


def test_a_lock_held_for_too_long_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("profilegen.storage.fleet.engine.BUSY_SECONDS", 0.05)
    place = Place(kind="sqlite", file=tmp_path / "fleet.sqlite3")
    place.run(fill)
    with closing(sqlite3.connect(place.file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(MachineProblem) as caught:
            place.run(fill)
        other.execute("ROLLBACK")
    assert caught.value.code == "fleet_busy"
    place.run(fill)


def test_a_full_disk_is_said_and_nothing_is_half_written(small_disk: Path) -> None:
    problem = problem_of(small_disk / "fleet.sqlite3")
    assert (type(problem), problem.code) == (MachineProblem, "disk_full")


# --- PostgreSQL ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("postgresql://fleet:S3cret@127.0.0.1/fleet", "password_in_url"),
        ("postgresql://127.0.0.1/fleet?password=S3cret", "password_in_url"),
        ("mysql://fleet:S3cret@127.0.0.1/fleet", "bad_database_url"),
        ("S3cret", "bad_database_url"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_without_repeating_it(tmp_path: Path, url: str, code: str) -> None:
    problem = problem_of(tmp_path / "none", url)
    assert (type(problem), problem.code) == (ConfigProblem, code)
    assert "S3cret" not in "".join(traceback.format_exception(problem))


@servers
def test_the_password_may_come_along_apart_from_the_url(postgres: PostgresServer, tmp_path: Path) -> None:
    url = postgres.make_database()

    async def scenario() -> str:
        store = await open_fleet_store(file=tmp_path / "none", url=url, password=Secret(text=PASSWORD))
        try:
            await fill(store)
            assert isinstance(store._database, Database)
            return repr(store) + repr(vars(store)) + repr(store._database.engine)
        finally:
            await store.close()

    assert PASSWORD not in asyncio.run(scenario())


@servers
def test_a_database_that_refuses_us_is_a_matter_of_configuration(
    postgres: PostgresServer, postgres_url: str, tmp_path: Path
) -> None:
    wrong = Secret(text="wrong-Passw0rd")
    for url, password, words in (
        (postgres_url, wrong, "user name or password is wrong"),
        (postgres.url("missing"), None, "it does not exist"),
        (postgres.url("postgres", user="nobody"), None, "user name or password is wrong"),
    ):
        problem = problem_of(tmp_path / "none", url, password)
        assert (type(problem), problem.code) == (ConfigProblem, "database_refused")
        assert words in problem.message
        told = "".join(traceback.format_exception(problem))
        assert wrong.reveal() not in told
        assert PASSWORD not in told


def test_a_database_nobody_listens_for_is_a_matter_of_the_network(tmp_path: Path) -> None:
    problem = problem_of(tmp_path / "none", "postgresql://fleet@127.0.0.1:1/fleet", Secret(text="S3cret-7"))
    assert (type(problem), problem.code) == (NetworkProblem, "database_unreachable")
    assert "127.0.0.1:1" in problem.message
    assert "S3cret-7" not in "".join(traceback.format_exception(problem))


@servers
def test_of_two_who_block_each_other_one_is_told_to_try_again(postgres_url: str, tmp_path: Path) -> None:
    async def scenario() -> list[str]:
        store = await open_fleet_store(file=tmp_path / "none", url=postgres_url)
        both = asyncio.Barrier(2)

        async def claim(first: str, second: str) -> str:
            try:
                async with store.together() as joined:
                    await joined.event_is_new(MDM, first, NOW)
                    await both.wait()
                    await joined.event_is_new(MDM, second, NOW)
            except NetworkProblem as problem:
                return problem.code
            return "done"

        try:
            return sorted(await asyncio.gather(claim("a", "b"), claim("b", "a")))
        finally:
            await store.close()

    assert asyncio.run(scenario()) == ["database_busy", "done"]


@servers
def test_what_was_returned_from_survives_a_power_cut_and_the_store_goes_on(
    own_postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    place = Place(kind="postgres", file=tmp_path / "none", url=own_postgres.make_database())

    async def scenario(store: FleetStore) -> None:
        await fill(store)
        own_postgres.kill()
        with pytest.raises(NetworkProblem) as caught:
            await keys(store)
        assert caught.value.code == "database_unreachable"
        own_postgres.start()
        assert await keys(store) == [seat("ada").key]
        assert [each.why for each in await history(store)] == ["ada@example.com"]

    place.run(scenario)


@servers
def test_a_restart_between_two_batches_of_a_stream_is_not_noticed(
    own_postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    place = Place(kind="postgres", file=tmp_path / "none", url=own_postgres.make_database())

    async def scenario(store: FleetStore) -> None:
        from profilegen.ports.fleet import BATCH, SeatQuery

        await imported(store, *(seat(f"p{number}") for number in range(BATCH + 1)))
        sizes = []
        async for batch in store.seats(SeatQuery()):
            sizes.append(len(batch))
            own_postgres.restart()
        assert sizes == [BATCH, 1]

    place.run(scenario)
