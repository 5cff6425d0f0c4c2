"""The state file itself: modes, versions, and what is said when it cannot be used."""

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from profilegen.errors import ConfigProblem, MachineProblem
from profilegen.storage.schema import MIGRATIONS
from profilegen.storage.state import State

posix = pytest.mark.skipif(os.name != "posix", reason="modes, links and limits are a POSIX notion")


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(path=tmp_path / "state.sqlite3")


def touch(state: State) -> None:
    with state.transaction() as connection:
        connection.execute("INSERT INTO login_failure (host, port, username, booked_at) VALUES ('h', 1, 'u', 1)")


def code_of(state: State) -> str:
    with pytest.raises(MachineProblem) as caught:
        touch(state)
    assert caught.value.hint
    assert str(state.path) in caught.value.message
    return caught.value.code


def test_a_new_file_has_the_newest_version_and_a_write_ahead_log(state: State) -> None:
    touch(state)
    with closing(sqlite3.connect(state.path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@posix
def test_the_file_and_its_journals_are_0600_whatever_the_umask(state: State) -> None:
    before = os.umask(0)
    try:
        with state.transaction() as connection:
            connection.execute("DELETE FROM login_failure")
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in state.path.parent.iterdir()}
    finally:
        os.umask(before)
    assert modes == dict.fromkeys(("state.sqlite3", "state.sqlite3-wal", "state.sqlite3-shm"), 0o600)


def test_what_fails_inside_a_transaction_leaves_no_trace(state: State) -> None:
    touch(state)
    with pytest.raises(KeyError), state.transaction() as connection:
        connection.execute("DELETE FROM login_failure")
        raise KeyError
    with state.reading() as connection:
        assert connection.execute("SELECT count(*) FROM login_failure").fetchone() == (1,)


def test_a_file_of_a_later_release_is_left_alone(state: State) -> None:
    touch(state)
    with closing(sqlite3.connect(state.path)) as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    with pytest.raises(ConfigProblem) as caught:
        touch(state)
    assert caught.value.code == "state_too_new"


def test_a_file_that_is_no_database_is_corrupt(state: State) -> None:
    state.path.write_bytes(b"this is no database\n" * 100)
    assert code_of(state) == "state_corrupt"


def test_a_damaged_database_is_corrupt(state: State) -> None:
    touch(state)
    data = bytearray(state.path.read_bytes())
    data[100:] = b"\xff" * (len(data) - 100)
    state.path.write_bytes(data)
    assert code_of(state) == "state_corrupt"


@posix
def test_a_symlink_is_not_followed(state: State, tmp_path: Path) -> None:
    state.path.symlink_to(tmp_path / "elsewhere")
    assert code_of(state) == "state_unwritable"
    assert not (tmp_path / "elsewhere").exists()


def test_a_missing_home_or_a_folder_in_its_place_is_unwritable(tmp_path: Path) -> None:
    assert code_of(State(path=tmp_path / "missing" / "state.sqlite3")) == "state_unwritable"
    assert code_of(State(path=tmp_path)) == "state_unwritable"


def test_a_full_disk_loses_the_new_row_and_keeps_the_old_ones(state: State) -> None:
    touch(state)
    with pytest.raises(MachineProblem) as caught, state.transaction() as connection:
        connection.execute("PRAGMA max_page_count = 20")  # the file may not grow: SQLite itself says "full"
        connection.execute("UPDATE login_failure SET host = ?", ("h" * 200_000,))
    assert caught.value.code == "disk_full"
    with state.reading() as connection:
        assert connection.execute("SELECT host FROM login_failure").fetchall() == [("h",)]


@posix
def test_a_file_that_may_not_grow_is_one_clear_error(state: State) -> None:
    touch(state)
    program = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from profilegen.errors import MachineProblem\n"
        "from profilegen.storage.state import State\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
        "try:\n"
        "    with State(path=Path(sys.argv[1])).transaction() as connection:\n"
        "        connection.execute('UPDATE login_failure SET host = ?', ('h' * 200_000,))\n"
        "except MachineProblem as problem:\n"
        "    sys.exit(problem.code)\n"
    )
    done = subprocess.run([sys.executable, "-B", "-c", program, state.path], capture_output=True, text=True)
    assert done.stderr.strip() == "state_unusable"


def test_a_lock_held_for_too_long_is_said_and_not_waited_for_without_end(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("profilegen.storage.state.BUSY_SECONDS", 0.05)
    touch(state)
    with closing(sqlite3.connect(state.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert code_of(state) == "state_busy"
        other.execute("ROLLBACK")
    touch(state)
