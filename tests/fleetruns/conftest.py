"""One organisation with a NanoMDM, its phones, and the command line of its admin."""

import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Answer, Cli, cli  # noqa: F401 - a fixture
from tests.lab.mdm import nano
from tests.lab.mdm.crowd import Crowd, crowd
from tests.lab.mdm.device import Phone
from tests.lab.mdm.home import HMAC_KEY, environment_of
from tests.lab.mdm.hooks import WebhookFaults, WebhookSender

DOMAIN = "example.com"
SERVERS: dict[str, Any] = {
    "incoming": {"protocol": "imap", "host": "imap.example.com", "port": 993, "security": "tls"},
    "outgoing": {"protocol": "smtp", "host": "smtp.example.com", "port": 587, "security": "starttls"},
}
QUICK = ("--patience", "20s", "--allow-unverified", "a test", "--offline")
FRESH = ("--fresh", "1s")
"""Only what was seen within a second proves anything."""


@dataclass(slots=True)
class Organisation:
    """Its admin's command line, its server and its phones."""

    cli: Cli
    folder: Path
    server: nano.NanoMdm
    url: str
    people: Crowd
    phones: list[Phone] = field(default_factory=list)
    victim: int | None = None
    last_install: int = 0

    def run(self, *arguments: str) -> Answer:
        return self.cli("fleet", *arguments)

    def apply(self, *arguments: str) -> dict[str, Any]:
        return self.run("apply", *QUICK, *arguments, "--json").document

    def hire(self, count: int) -> None:
        """Enrol phones, one for each new person, and import the roster."""
        for _ in range(count):
            phone = Phone(self.url, number=len(self.phones))
            phone.enrol()
            self.phones.append(phone)
            self.people.add(phone)
        assert self.import_roster().status == 0

    def import_roster(self, *arguments: str, reason: str | None = "the list of the day") -> Answer:
        rows = [f"p{number}@{DOMAIN},{phone.udid},acme" for number, phone in enumerate(self.phones)]
        roster = self.folder / "people.csv"
        roster.write_text("\n".join(["address,udid,mdm", *rows]) + "\n")
        trust = () if reason is None else ("--trust-roster", reason)
        return self.run("import", str(roster), *trust, *arguments)

    def move_server(self, **changes: Any) -> None:
        """Let the provider change its outgoing server."""
        self.settings({**SERVERS, "outgoing": {**SERVERS["outgoing"], **changes}})

    def settings(self, servers: dict[str, Any]) -> None:
        content = {"address": f"%EMAILLOCALPART%@{DOMAIN}", **servers}
        (self.folder / "overrides" / f"{DOMAIN}.json").write_text(json.dumps(content))

    def installs(self) -> list[str]:
        """Return the id of every enrollment an install was put into a queue for, in that order."""
        commands = self.server.store.commands
        return [one for one, command in list(self.server.enqueued) if commands[command] == "InstallProfile"]

    def _watch_over(self, _one: str, _command: str) -> bool:
        """Kill the victim right after the command was taken, before anybody heard of it; loses nothing."""
        if self.victim is not None and len(self.installs()) >= self.last_install:
            os.kill(self.victim, signal.SIGKILL)
            self.victim = None
        return False

    def look_again(self) -> None:
        """Let a second pass, so that `FRESH` makes what is known old, as a day would."""
        time.sleep(1.1)

    def kill_after(self, pid: int | None, *, installs: int) -> None:
        """Kill a process hard as soon as that many installs were taken in all."""
        self.victim, self.last_install = pid, len(self.installs()) + installs
        self.server.faults.swallow = self._watch_over

    def states(self, *arguments: str) -> dict[str, int]:
        answer = self.run("status", "--offline", "--json", *arguments)
        states: dict[str, int] = answer.document["states"]
        return states


@pytest.fixture
def organisation(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Organisation]:  # noqa: F811
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with ExitStack() as stack:
        sender = WebhookSender(f"http://127.0.0.1:{port}/acme", key=HMAC_KEY, faults=WebhookFaults())
        stack.callback(sender.close)
        server = nano.NanoMdm(webhook=sender)
        url = stack.enter_context(nano.serving(server))
        people = stack.enter_context(crowd())
        server.on_push = people.wake
        (tmp_path / "overrides").mkdir()
        for name, value in environment_of(tmp_path, url, port).items():
            monkeypatch.setenv(name, value)
        made = Organisation(cli=cli, folder=tmp_path, server=server, url=url, people=people)
        made.settings(SERVERS)
        assert cli("key", "new", "acme").status == 0
        yield made
