"""
How fast workers repair a fleet: `python -m tests.benchmarks.fleet_workers [SEATS [WORKERS …]]`, 400 seats and 0 1 2 4
workers without arguments; 0 is the runner inside `fleet apply`, on the same PostgreSQL.

Every seat is a phone of the test NanoMDM, which runs with all its phones in a process of its own: on two processors it
takes its share of them. The fleet is brought right, then its provider moves a server, and `fleet apply` is measured
from start to end in one wave: every profile is built, signed, pushed, installed and seen in a fresh inventory. It fails
if a phone was not given two installs in all.
"""

import json
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tests.fleetruns.conftest import DOMAIN, SERVERS
from tests.lab.mdm import nano
from tests.lab.mdm.crowd import crowd
from tests.lab.mdm.device import Phone
from tests.lab.mdm.home import HMAC_KEY, environment_of
from tests.lab.mdm.hooks import WebhookFaults, WebhookSender
from tests.lab.postgres import PASSWORD, PostgresServer, running_postgres

PROFILEGEN = (sys.executable, "-m", "profilegen")
APPLY = ("fleet", "apply", "--json", "--offline", "--allow-unverified", "a measurement", "--allow-self-signed")
WAVES = ("--canary", "0", "--wave", "100", "--patience", "2m")


def lab(seats: int, port: int, pipe: Connection) -> None:
    """Serve a NanoMDM with its phones; tell their UDIDs, then, when asked, how many installs each was given."""
    with ExitStack() as stack:
        sender = WebhookSender(f"http://127.0.0.1:{port}/acme", key=HMAC_KEY, faults=WebhookFaults())
        stack.callback(sender.close)
        server = nano.NanoMdm(webhook=sender)
        url = stack.enter_context(nano.serving(server))
        people = stack.enter_context(crowd())
        server.on_push = people.wake
        phones = [Phone(url, number=number) for number in range(seats)]
        for phone in phones:
            phone.enrol()
            people.add(phone)
        sender.settle()
        pipe.send((url, [phone.udid for phone in phones]))
        try:
            pipe.recv()
        except EOFError:
            return
        people.settle()
        installs = [one for one, command in server.enqueued if server.store.commands[command] == "InstallProfile"]
        pipe.send(dict(Counter(installs)))


@contextmanager
def serving(seats: int, port: int) -> Iterator[tuple[Connection, str, list[str]]]:
    """Run the lab in a process of its own."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=lab, args=(seats, port, theirs))
    process.start()
    try:
        url, udids = ours.recv()
        yield ours, url, udids
    finally:
        ours.close()  # the lab ends when nobody listens
        theirs.close()
        process.join()


def measure(database: PostgresServer, seats: int, workers: int) -> None:
    """Repair a new fleet once, and print what it took."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as name, serving(seats, port) as (pipe, url, udids):
        environment = prepare(Path(name), url, port, database.make_database())
        roster = Path(name) / "people.csv"
        rows = [f"p{number}@{DOMAIN},{udid},acme" for number, udid in enumerate(udids)]
        roster.write_text("\n".join(["address,udid,mdm", *rows]) + "\n")
        run(environment, "key", "new", "acme")
        run(environment, "fleet", "import", str(roster), "--trust-roster", "the list of the day")
        started = [start(environment, Path(name) / f"{number}.log") for number in range(workers)]
        apply = (*APPLY, *WAVES, *(("--workers",) if workers else ()))
        while run(environment, *apply) == "":
            continue  # the world was away: the same again
        settings(Path(name), port=465, security="tls")
        began = time.monotonic()
        outcome = json.loads(run(environment, *apply))
        took = time.monotonic() - began
        for process in started:
            process.send_signal(signal.SIGTERM)
            process.wait()
        pipe.send(None)
        installs = pipe.recv()
    assert outcome["states"] == {"password_unknown": seats}, outcome
    assert installs == dict.fromkeys(udids, 2)
    sys.stdout.write(f"{workers} workers: {took:6.1f} s, {seats / took:6.1f} seats/s\n")
    sys.stdout.flush()


def prepare(folder: Path, url: str, port: int, database: str) -> dict[str, str]:
    """Return the environment of one organisation."""
    (folder / "overrides").mkdir()
    settings(folder)
    home = {"HOME": str(folder / "home"), "FLEET__DATABASE": database, "FLEET__ANSWER_WITHIN": "3s"}
    return {**os.environ, **environment_of(folder, url, port, home), "PGPASSWORD": PASSWORD}


def settings(folder: Path, **changes: Any) -> None:
    """Let the provider say where its servers are."""
    servers = {**SERVERS, "outgoing": {**SERVERS["outgoing"], **changes}}
    content = {"address": f"%EMAILLOCALPART%@{DOMAIN}", **servers}
    (folder / "overrides" / f"{DOMAIN}.json").write_text(json.dumps(content))


def run(environment: dict[str, str], *arguments: str) -> str:
    """Run one command to its end; returns nothing if it said that trying again makes sense."""
    done = subprocess.run([*PROFILEGEN, *arguments], env=environment, capture_output=True, text=True)
    assert done.returncode in (0, 1, 4), done.stderr + done.stdout
    return "" if done.returncode == 4 else done.stdout


def start(environment: dict[str, str], log: Path) -> "subprocess.Popen[bytes]":
    """Start a worker, and wait until it takes jobs."""
    with log.open("wb") as file:
        process = subprocess.Popen([*PROFILEGEN, "worker"], env=environment, stdout=file, stderr=file)
    while "working for" not in log.read_text():
        assert process.poll() is None, log.read_text()
        time.sleep(0.05)
    return process


def main() -> None:
    """Measure."""
    numbers = [int(argument) for argument in sys.argv[1:]] or [400, 0, 1, 2, 4]
    with running_postgres() as database:
        for workers in numbers[1:]:
            measure(database, numbers[0], workers)


if __name__ == "__main__":
    main()
