"""
A bad week in a fleet, and one `fleet watch` that runs through it.

`python -m tests.fleetruns.scenario [PHONES]` plays it with 500 phones and prints what became of them. The server and
the phones are the protocol-true ones of tests/lab/mdm; the command line runs in a process of its own.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.fleetruns.conftest import DOMAIN, SERVERS
from tests.lab.mdm import nano
from tests.lab.mdm.crowd import Crowd, crowd
from tests.lab.mdm.device import Phone
from tests.lab.mdm.home import HMAC_KEY, environment_of
from tests.lab.mdm.hooks import WebhookFaults, WebhookSender
from tests.signing.pki import Certified, p256

COMMON = ("--offline", "--allow-unverified", "the servers of a test are not there")
FRESH = ("--fresh", "60s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mishaps:
    """How many phones meet what; the rest is left in peace."""

    restored: int = 30
    updated: int = 50
    old_signature: int = 10
    offline: int = 20
    lost_webhooks: float = 0.05

    @classmethod
    def among(cls, phones: int) -> "Mishaps":
        """Return the mishaps of 500 phones, scaled."""
        return cls(
            restored=max(1, phones * 30 // 500),
            updated=max(1, phones * 50 // 500),
            old_signature=max(1, phones * 10 // 500),
            offline=max(1, phones * 20 // 500),
        )


@dataclass(slots=True)
class Played:
    """What became of the fleet: states and who is not right at the end, seconds per part, and how often was pushed."""

    states: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    installs: Counter[str] = field(default_factory=Counter)
    webhooks_lost: int = 0
    without_profile: list[str] = field(default_factory=list)
    named: dict[str, str] = field(default_factory=dict)

    @contextlib.contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """Note how long a part took."""
        start = time.monotonic()
        yield
        self.seconds[part] = time.monotonic() - start


@dataclass(slots=True)
class Ground:
    """The server, its phones, and a home for the command line."""

    folder: Path
    server: nano.NanoMdm
    sender: WebhookSender
    people: Crowd
    url: str
    environment: dict[str, str]
    phones: list[Phone] = field(default_factory=list)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        return subprocess.run(self._line(arguments), env=self.environment, text=True, capture_output=True, check=False)

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a command that goes on."""
        with (self.folder / "watch.log").open("wb") as log:
            return subprocess.Popen(self._line(arguments), env=self.environment, stdout=log, stderr=subprocess.STDOUT)

    def states(self) -> dict[str, int]:
        """Return how the seats stand by what is known."""
        answer = self.run("fleet", "status", "--offline", "--fresh", "120s", "--json")
        states: dict[str, int] = json.loads(answer.stdout)["states"]
        return states

    def installs(self) -> Counter[str]:
        """Return how many installs each phone was given."""
        commands = self.server.store.commands
        return Counter(one for one, id_ in list(self.server.enqueued) if commands[id_] == "InstallProfile")

    def key(self, name: str, days: int) -> None:
        """Import a signing identity that ends in so many days."""
        ends = datetime.now(UTC) + timedelta(days=days)
        middle = Certified.root("CA Example")
        made = Certified.issue(f"Example {name}", issuer=middle, key=p256(), end=ends)
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        certificate.write_bytes(made.cert_pem)
        key.write_bytes(made.key_pem())
        self.done("key", "import", name, "--cert", str(certificate), "--key", str(key))

    def done(self, *arguments: str) -> str:
        """Run one command that has to end with 0 or 1."""
        answer = self.run(*arguments)
        if answer.returncode > 1:
            raise RuntimeError(f"{arguments}: {answer.stderr}")
        return answer.stdout

    def _line(self, arguments: Sequence[str]) -> list[str]:
        return [sys.executable, "-m", "profilegen", *arguments]


def play(folder: Path, phones: int, mishaps: Mishaps, patience: float) -> Played:
    """Play the week; the watch gets `patience` seconds to bring every phone right that can be reached."""
    played = Played()
    with ground(folder) as here:
        with played.timed("enrol"):
            _hire(here, phones)
        with played.timed("import"):
            here.done("fleet", "import", str(folder / "people.csv"), "--trust-roster", "the list of the day")
        with played.timed("plan"):
            here.done("fleet", "plan", "--offline", "--json")
        old = [f"p{number}@{DOMAIN}" for number in range(mishaps.old_signature)]
        waves = ("--canary", "5", "--wave", "50", "--patience", "60s")
        with played.timed("apply"):
            only = [word for who in old for word in ("--only", who)]
            here.done("fleet", "apply", *COMMON, *waves, "--key", "office", "--json")
            here.done("fleet", "apply", *COMMON, *waves, *only, "--again", "--key", "short", "--json")
        with played.timed("watch"):
            _live_through(here, mishaps, patience)
        played.installs, played.webhooks_lost = here.installs(), len(here.sender.lost)
        played.states = here.states()
        played.without_profile = [phone.udid for phone in here.phones if not phone.installed()]
        played.named = _not_right(here)
    return played


def _hire(here: Ground, phones: int) -> None:
    rows = ["address,udid,mdm"]
    for number in range(phones):
        phone = Phone(here.url, number=number)
        phone.enrol()
        here.phones.append(phone)
        rows.append(f"p{number}@{DOMAIN},{phone.udid},acme")
    here.people.add(*here.phones)
    (here.folder / "people.csv").write_text("\n".join(rows) + "\n")


def _live_through(here: Ground, mishaps: Mishaps, patience: float) -> None:
    """Start the watch, let everything happen at once, and wait until nobody who can be reached lacks a profile."""
    here.sender.faults = WebhookFaults(lose=mishaps.lost_webhooks)
    rounds = ("--interval", "5s", "--patience", "15s", "--canary", "5", "--wave", "50", *FRESH)
    watch = here.start("fleet", "watch", *COMMON, *rounds, "--key", "office")
    try:
        time.sleep(5)
        _misfortunes(here, mishaps)
        until = time.monotonic() + patience
        while time.monotonic() < until and not _is_right(here):
            time.sleep(1)
    finally:
        watch.send_signal(signal.SIGINT)
        watch.wait(timeout=60)


def _misfortunes(here: Ground, mishaps: Mishaps) -> None:
    phones = iter(here.phones[mishaps.old_signature :])
    for _ in range(mishaps.restored):
        next(phones).restore()
    for number in range(mishaps.updated):
        next(phones).update_os("18.2", "22C152", keeps_profiles=number % 2 == 0)
    for _ in range(mishaps.offline):
        phone = next(phones)
        phone.offline = True
        for identifier in list(phone.installed()):
            phone.lose(identifier)


def _is_right(here: Ground) -> bool:
    """Return whether the command line says of every phone that it is right, or else that it is offline."""
    states = here.states()
    reached = [phone for phone in here.phones if not phone.offline]
    right = states.get("password_unknown", 0) + states.get("ok", 0)
    return right == len(reached) and states.get("offline", 0) == len(here.phones) - len(reached)


def _not_right(here: Ground) -> dict[str, str]:
    """Return why each phone without a proved profile is not right, as the command line names them."""
    states = ("unknown", "in_flight", "silent", "missing", "offline", "failed", "waiting", "re_enrolled", "os_updated")
    asked = [word for state in states for word in ("--state", state)]
    lines = here.done("fleet", "status", "--offline", "--fresh", "120s", *asked, "--json").splitlines()
    seats = (json.loads(line) for line in lines)
    return {seat["udid"]: f"{seat['state']}: {seat['why']}" for seat in seats}


@contextlib.contextmanager
def ground(folder: Path) -> Iterator[Ground]:
    """Yield a server nobody is enrolled with, and a home with two signing keys, one of which ends within the month."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with contextlib.ExitStack() as stack:
        sender = WebhookSender(f"http://127.0.0.1:{port}/acme", key=HMAC_KEY, faults=WebhookFaults())
        stack.callback(sender.close)
        server = nano.NanoMdm(webhook=sender)
        url = stack.enter_context(nano.serving(server))
        people = stack.enter_context(crowd())
        server.on_push = people.wake
        environment = {**os.environ, **_configured(folder, url, port)}
        here = Ground(folder=folder, server=server, sender=sender, people=people, url=url, environment=environment)
        here.key("office", days=300)
        here.key("short", days=20)
        yield here


def _configured(folder: Path, url: str, port: int) -> dict[str, str]:
    (folder / "overrides").mkdir()
    content = {"address": f"%EMAILLOCALPART%@{DOMAIN}", **SERVERS}
    (folder / "overrides" / f"{DOMAIN}.json").write_text(json.dumps(content))
    settings = {"HOME": str(folder / "home"), "FLEET__ANSWER_WITHIN": "3s", "FLEET__OFFLINE_AFTER": "120s"}
    return environment_of(folder, url, port, settings)


def main(phones: int) -> None:
    """Play it once and print what became of everybody."""
    mishaps = Mishaps.among(phones)
    with tempfile.TemporaryDirectory() as folder:
        played = play(Path(folder), phones, mishaps, patience=600)
    print(f"{phones} phones; {mishaps}")
    for part, seconds in played.seconds.items():
        print(f"  {part:8} {seconds:6.1f} s")
    print(f"  states   {played.states}")
    print(f"  installs {sum(played.installs.values())}, at most {max(played.installs.values())} to one phone")
    print(f"  webhooks lost: {played.webhooks_lost}; phones without a profile: {len(played.without_profile)}")
    for udid, why in sorted(played.named.items()):
        print(f"    {udid} {why}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
