"""
A real PostgreSQL of the system's packages, in a temporary folder, on a port of loopback and a socket of its own.

It never runs as root and touches nothing of the machine's own server. Every test gets a database of its own. Unless a
test is about durability nothing is synced to disk.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

_VERSIONS = Path("/usr/lib/postgresql")
_START_SECONDS = 30.0
_INIT = ("--auth-local=trust", "--auth-host=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8")
USER = "fleet"
PASSWORD = "Passw0rd+of/the=database"
"""Unusual enough to be found wherever it leaks."""


@dataclass(slots=True, kw_only=True)
class PostgresServer:
    """One server that may be stopped, killed and started again; `folder` holds its data, socket and log."""

    programs: Path
    folder: Path
    port: int
    options: tuple[str, ...] = ()
    process: "subprocess.Popen[bytes] | None" = None
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def make_database(self) -> str:
        """Return the URL of a new, empty database, with the password elsewhere."""
        name = f"test{next(self._numbers)}"
        self.run("createdb", "--owner", USER, "--template", "template0", "--encoding", "UTF8", name)
        return self.url(name)

    def url(self, name: str, *, user: str = USER) -> str:
        """Return the URL of a database, over loopback."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{name}"

    def run(self, program: str, *arguments: str) -> str:
        """Run one of PostgreSQL's own programs as its superuser; return what it prints."""
        connection = ("--host", str(self.folder), "--port", str(self.port), "--username", "postgres")
        command = [str(self.programs / program), *connection, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [*_as_postgres(), str(self.programs / "postgres"), "-D", str(self.folder / "data"), *self.options]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + _START_SECONDS
        ready = [str(self.programs / "pg_isready"), "-q", "-h", str(self.folder), "-p", str(self.port)]
        while subprocess.run(ready, timeout=20).returncode:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start: {(self.folder / 'log').read_text()}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop it, cutting off whoever is connected."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """End it like a power cut: its own processes notice and follow."""
        self._end(signal.SIGQUIT)

    def restart(self) -> None:
        """Stop and start it again."""
        self.stop()
        self.start()

    def _end(self, number: int) -> None:
        if self.process is None:
            return
        self.process.send_signal(number)
        self.process.wait(timeout=30)
        self.process = None


@contextmanager
def running_postgres(*settings: str) -> Iterator[PostgresServer]:
    """Run a server of its own until the block ends; without settings, what it says is on disk is on disk."""
    server = _make(settings)
    try:
        server.start()
        server.run("psql", "--quiet", "--command", f"CREATE ROLE {USER} LOGIN PASSWORD '{PASSWORD}'", "postgres")
        yield server
    finally:
        server.stop()
        shutil.rmtree(server.folder)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One server per test run, which syncs nothing."""
    with running_postgres("fsync=off", "synchronous_commit=off", "full_page_writes=off") as server:
        yield server


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """A server of one test alone, which it may kill and restart."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a new database; its password is where libpq looks for one."""
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    return postgres.make_database()


def _make(settings: tuple[str, ...]) -> PostgresServer:
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))  # short: the path of a socket has at most 107 bytes
    _give_to_postgres(folder)
    subprocess.run(
        [*_as_postgres(), programs / "initdb", "-D", folder / "data", "-U", "postgres", "--no-sync", *_INIT],
        check=True,
        capture_output=True,
        timeout=120,
    )
    port = _free_port()
    options = ("-p", str(port), "-k", str(folder), "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=50")
    extra = tuple(word for setting in settings for word in ("-c", setting))
    return PostgresServer(programs=programs, folder=folder, port=port, options=(*options, *extra))


def _programs() -> Path:
    found = sorted(_VERSIONS.glob("*/bin"), key=lambda path: int(path.parent.name))
    if found and (os.geteuid() != 0 or shutil.which("setpriv")):
        return found[-1]
    reason = "there is no PostgreSQL: sh .ci/servers"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def _as_postgres() -> list[str]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]


def _give_to_postgres(folder: Path) -> None:
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")


def _free_port() -> int:
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
