"""
The command line on a NanoMDM, from the roster to the proof: the test server, or a real one where NANOMDM_URL says so.

No push reaches a phone here: they look for themselves, a few times a second. A real server has to believe that it
pushes all the same, because nothing is waited for that was not pushed: it needs a push certificate, and an APNs.
"""

import base64
import json
import os
import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Answer, Cli, cli  # noqa: F401 - a fixture
from tests.lab.mdm import nano
from tests.lab.mdm.device import Phone
from tests.lab.mdm.home import HMAC_KEY, environment_of
from tests.lab.mdm.hooks import WebhookSender
from tests.mdm.worlds import say

DOMAIN = "example.com"
SERVERS: dict[str, Any] = {
    "address": f"%EMAILLOCALPART%@{DOMAIN}",
    "incoming": {"protocol": "imap", "host": "imap.example.com", "port": 993, "security": "tls"},
    "outgoing": {"protocol": "smtp", "host": "smtp.example.com", "port": 587, "security": "starttls"},
}
APPLY = ("--patience", "20s", "--allow-unverified", "a test", "--offline", "--allow-self-signed", "--fresh", "1s")
RIGHT = {"ok", "password_unknown"}


@dataclass(slots=True)
class Office:
    """Its admin's command line, and phones that look for commands twice a second."""

    cli: Cli
    folder: Path
    url: str
    number: int
    phones: list[Phone] = field(default_factory=list)

    def fleet(self, *arguments: str) -> Answer:
        return self.cli("fleet", *arguments)

    def apply(self, *arguments: str) -> dict[str, Any]:
        time.sleep(1.1)  # what was seen before proves nothing: --fresh 1s
        return self.fleet("apply", *APPLY, *arguments, "--json").document

    def hire(self, count: int) -> None:
        for _ in range(count):
            phone = Phone(self.url, number=self.number + len(self.phones))
            phone.enrol()
            self.phones.append(phone)
        rows = [f"p{number}@{DOMAIN},{phone.udid},acme" for number, phone in enumerate(self.phones)]
        roster = self.folder / "people.csv"
        roster.write_text("\n".join(["address,udid,mdm", *rows]) + "\n")
        assert self.fleet("import", str(roster), "--trust-roster", "the list of the day").status == 0

    def move_server(self, host: str) -> None:
        content = {**SERVERS, "outgoing": {**SERVERS["outgoing"], "host": host}}
        (self.folder / "overrides" / f"{DOMAIN}.json").write_text(json.dumps(content))

    def hosts(self) -> set[str]:
        """Return the outgoing server of every account on every phone."""
        held = [one for phone in self.phones for one in phone.installed().values()]
        return {payload["OutgoingMailServerHostName"] for one in held for payload in one.payloads}


@contextmanager
def looking(phones: list[Phone]) -> Iterator[None]:
    """Let phones poll in the background until the block ends."""
    stop = threading.Event()

    def look() -> None:
        while not stop.wait(0.3):
            for phone in list(phones):
                phone.poll()

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _require_pushes(url: str) -> None:
    phone = Phone(url, number=0)
    phone.enrol()
    pair = base64.b64encode(f"nanomdm:{os.environ['NANOMDM_API_KEY']}".encode()).decode()
    if say(url, "GET", f"/v1/push/{phone.udid}", b"", {"Authorization": f"Basic {pair}"}).status != 200:
        pytest.skip("this server cannot push")


@pytest.fixture
def office(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:  # noqa: F811
    real = os.environ.get("NANOMDM_URL")
    with ExitStack() as stack:
        with socket.create_server(("127.0.0.1", int(os.environ.get("NANOMDM_WEBHOOK_PORT", "0")))) as free:
            port = free.getsockname()[1]
        if real is None:
            sender = WebhookSender(f"http://127.0.0.1:{port}/", key=HMAC_KEY)
            stack.callback(sender.close)
            server = nano.NanoMdm(webhook=sender)
            url = stack.enter_context(nano.serving(server))
        else:
            url = real
            _require_pushes(url)
        (tmp_path / "overrides").mkdir()
        key = os.environ.get("NANOMDM_API_KEY", nano.API_KEY)
        for name, value in environment_of(tmp_path, url, port, key=key).items():
            monkeypatch.setenv(name, value)
        first = random.randrange(10**6) if real is not None else 0  # a real server knows the phones of the last run
        made = Office(cli=cli, folder=tmp_path, url=url, number=first)
        made.move_server("smtp.example.com")
        assert cli("key", "new", "acme").status == 0
        stack.enter_context(looking(made.phones))
        yield made


def test_a_fleet_is_brought_right_repaired_and_moved(office: Office) -> None:
    assert office.cli("mdm", "probe", "acme").status == 0
    office.hire(3)
    planned = office.fleet("plan", "--offline", "--json").document
    assert planned["states"] == {"not_enrolled": 3}, planned  # nobody told of them yet
    first = office.apply()
    assert (first["pushed"], set(first["states"]) <= RIGHT) == (3, True), first
    assert [len(phone.installed()) for phone in office.phones] == [1, 1, 1]

    (identifier,) = office.phones[0].installed()
    office.phones[0].lose(identifier)
    office.phones[1].restore()
    repaired = office.apply()
    assert (repaired["pushed"], set(repaired["states"]) <= RIGHT) == (2, True), repaired
    assert [len(phone.installed()) for phone in office.phones] == [1, 1, 1]

    office.move_server("relay.example.com")
    moved = office.apply()
    assert (moved["pushed"], set(moved["states"]) <= RIGHT) == (3, True), moved
    assert office.hosts() == {"relay.example.com"}

    idle = office.apply()
    assert idle["pushed"] == 0, idle


def test_a_phone_that_is_locked_is_waited_for(office: Office) -> None:
    office.hire(2)
    office.phones[0].locked = True
    waiting = office.fleet("apply", *APPLY, "--patience", "3s", "--json").document
    assert len(office.phones[1].installed()) == 1, waiting
    assert office.phones[0].installed() == {}
    office.phones[0].locked = False
    for _ in range(3):
        done = office.apply()
        if set(done["states"]) <= RIGHT:
            break
    assert len(office.phones[0].installed()) == 1, done
