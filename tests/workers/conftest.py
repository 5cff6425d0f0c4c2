"""One organisation whose fleet is in PostgreSQL, and its worker processes."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import cli  # noqa: F401 - a fixture
from tests.fleetruns.conftest import QUICK, Organisation, organisation  # noqa: F401 - a fixture
from tests.lab.postgres import PASSWORD, PostgresServer

SIGNED = ("--allow-self-signed",)
SILENT = ("--stalled-after", "4s")
PATIENCE = 40.0


@dataclass(kw_only=True)
class Worker:
    """One worker process and what it said."""

    process: "subprocess.Popen[bytes]"
    log: Path

    def said(self) -> str:
        return self.log.read_text()

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout=PATIENCE)


@dataclass(kw_only=True)
class Firm:
    """The organisation, its database and its workers."""

    organisation: Organisation
    database: PostgresServer
    name: str
    workers: list[Worker] = field(default_factory=list)

    def start(self, *options: tuple[str, ...], home: Path | None = None) -> list[Worker]:
        """Start workers, one with each of these options, and wait until they take jobs."""
        started = [self._start(each, home) for each in options]
        wait_for(lambda: all("working for" in each.said() or each.process.poll() is not None for each in started))
        return started

    def _start(self, options: tuple[str, ...], home: Path | None) -> Worker:
        log = self.organisation.folder / f"worker{len(self.workers)}.log"
        environment = {**os.environ, **({"PROFILEGEN_HOME": str(home)} if home is not None else {})}
        command = [sys.executable, "-m", "profilegen", "worker", *SILENT, *options]
        with log.open("wb") as file:
            process = subprocess.Popen(command, stdout=file, stderr=file, env=environment)
        self.workers.append(Worker(process=process, log=log))
        return self.workers[-1]

    def apply(self, *arguments: str) -> dict[str, Any]:
        return self.organisation.apply("--workers", *SIGNED, *arguments)

    def apply_aside(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """Begin to apply in a process of its own."""
        command = [sys.executable, "-m", "profilegen", "fleet", "apply", "--workers", *QUICK, *SIGNED, *arguments]
        return subprocess.Popen([*command, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ)

    def installs(self) -> Counter[str]:
        """Return how many installs each phone was given so far."""
        return Counter(self.organisation.installs())

    def ask(self, question: str) -> str:
        """Return what the database answers."""
        return self.database.run("psql", "--quiet", "--tuples-only", "--no-align", "-c", question, self.name).strip()


@pytest.fixture
def firm(
    organisation: Organisation,  # noqa: F811 - the fixture
    postgres: PostgresServer,
    postgres_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Firm]:
    monkeypatch.setenv("PROFILEGEN_FLEET__DATABASE", postgres_url)
    yield from run_firm(organisation, postgres, postgres_url)


@pytest.fixture
def fragile_firm(
    organisation: Organisation,  # noqa: F811 - the fixture
    own_postgres: PostgresServer,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Firm]:
    """A firm whose database may be restarted."""
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    url = own_postgres.make_database()
    monkeypatch.setenv("PROFILEGEN_FLEET__DATABASE", url)
    yield from run_firm(organisation, own_postgres, url)


def run_firm(organisation: Organisation, database: PostgresServer, url: str) -> Iterator[Firm]:  # noqa: F811
    """Yield a firm on that database, whose workers are stopped at the end."""
    made = Firm(organisation=organisation, database=database, name=url.rpartition("/")[2])
    try:
        yield made
    finally:
        for worker in made.workers:
            worker.process.kill()
            worker.process.wait()


def outcome_of(applying: "subprocess.Popen[bytes]") -> dict[str, Any]:
    """Wait for what was begun aside, and return what it came to."""
    out, _ = applying.communicate(timeout=2 * PATIENCE)
    document: dict[str, Any] = json.loads(out)
    return document


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until something is true, within bounds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)
