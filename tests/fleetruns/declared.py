"""One organisation whose mail is declared: a KMFDDM behind its NanoMDM, phones that know declarations, and logins."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Answer, Cli, cli  # noqa: F401 - a fixture
from tests.fleetruns.conftest import DOMAIN, QUICK, SERVERS
from tests.lab.mdm import kmfddm, nano
from tests.lab.mdm.crowd import Crowd, crowd
from tests.lab.mdm.declarative import Account, DeclarativeClient
from tests.lab.mdm.device import Phone
from tests.lab.mdm.home import ANSWERING, HMAC_KEY, environment_of
from tests.lab.mdm.hooks import WebhookFaults, WebhookSender
from tests.lab.mdm.httpd import http_service

LOGINS_URL = "https://logins.example.com/mail"
SIGNED = ("--allow-self-signed",)


class DeclarativePhone(Phone):
    """A phone that knows declarations, and forgets them when it is restored."""

    def __init__(self, url: str, *, number: int, client: DeclarativeClient) -> None:
        super().__init__(url, number=number)
        self.client = client
        self.declarative = client.sync

    def _wipe(self) -> None:
        super()._wipe()
        self.client.wipe()

    @property
    def account(self) -> Account:
        """Its one account."""
        (account,) = self.client.accounts.values()
        return account

    @property
    def declaration(self) -> str:
        """The declaration of its one account."""
        (name,) = self.client.accounts
        return name

    def moved(self, direction: str, **changes: Any) -> None:
        """Let its person change a server."""
        self.client.change(self.declaration, direction, self, self.channel, **changes)


@dataclass(slots=True)
class LoginServer:
    """The operator's https server as devices see it; counts what was fetched."""

    folder: Path
    fetched: list[str] = field(default_factory=list)
    is_down: bool = False

    def fetch(self, url: str) -> Mapping[str, str] | None:
        assert url.startswith(f"{LOGINS_URL}/")
        path = self.folder / url.removeprefix(f"{LOGINS_URL}/")
        if self.is_down or not path.is_file():
            return None
        self.fetched.append(url)
        login: dict[str, str] = json.loads(path.read_bytes())
        return login

    def published(self) -> list[Path]:
        """Return every file that lies there."""
        return [path for path in self.folder.rglob("*") if path.is_file()]


@dataclass(slots=True)
class DeclaredOffice:
    """The admin's command line, both servers and the phones."""

    cli: Cli
    folder: Path
    mdm: nano.NanoMdm
    ddm: kmfddm.Kmfddm
    url: str
    people: Crowd
    logins: LoginServer
    port: int
    phones: list[DeclarativePhone] = field(default_factory=list)

    def run(self, *arguments: str) -> Answer:
        return self.cli("fleet", *arguments)

    def apply(self, *arguments: str) -> dict[str, Any]:
        document = self.run("apply", *QUICK, *SIGNED, *arguments, "--json").document
        self.people.settle()
        return document

    def seat(self, number: int = 0) -> dict[str, Any]:
        """Return how a person stands, by what is known."""
        return self.run("status", "--offline", "--only", f"p{number}@{DOMAIN}", "--json").document

    def hire(self, count: int) -> None:
        for _ in range(count):
            client = DeclarativeClient(fetch=self.logins.fetch)
            phone = DeclarativePhone(self.url, number=len(self.phones), client=client)
            phone.enrol()
            self.password(len(self.phones), "first password")
            self.phones.append(phone)
            self.people.add(phone)
        rows = [f"p{number}@{DOMAIN},{phone.udid},declared" for number, phone in enumerate(self.phones)]
        (self.folder / "people.csv").write_text("\n".join(["address,udid,mdm", *rows]) + "\n")
        answer = self.run("import", str(self.folder / "people.csv"), "--trust-roster", "the list of the day")
        assert answer.status == 0, answer.err

    def password(self, number: int, text: str) -> None:
        """Give a mailbox a password."""
        path = self.folder / "passwords" / f"p{number}@{DOMAIN}"
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(text + "\n")

    def settings(self, servers: dict[str, Any]) -> None:
        content = {"address": f"%EMAILLOCALPART%@{DOMAIN}", **servers}
        (self.folder / "overrides" / f"{DOMAIN}.json").write_text(json.dumps(content))

    def look_again(self) -> None:
        """Let a second pass, so that `FRESH` makes what is known old, as a day would."""
        time.sleep(1.1)

    def refresh(self) -> None:
        """Let the fleet read what devices reported; what follows from it is refused, because no server is proved."""
        self.run("apply", "--patience", "20s", "--offline", *SIGNED, "--json")

    def apply_killed_at(self, step: str) -> int:
        """Run apply in a process of its own and kill it when the server gets this request; returns how it ended."""
        arguments = [sys.executable, "-m", "profilegen", "fleet", "apply", *QUICK, *SIGNED]
        process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ)

        def watch_over(method: str, path: str) -> None:
            if f"{method} {path}".startswith(step):
                os.kill(process.pid, signal.SIGKILL)
                process.wait()

        self.ddm.on_request = watch_over
        try:
            return process.wait()
        finally:
            self.ddm.on_request = None

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Let a watch run in a process of its own that has little to do but listen."""
        how = ("--interval", "10m", "--offline", "--allow-unverified", "a test", *SIGNED)
        arguments = [sys.executable, "-m", "profilegen", "fleet", "watch", *how]
        with (self.folder / "watch.log").open("wb") as log:
            process = subprocess.Popen(arguments, stdout=log, stderr=subprocess.STDOUT, env=os.environ)
        try:
            self.wait_until(self._hears)
            time.sleep(1)  # its first round
            yield
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)

    def _hears(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds, for two minutes at most."""
        until = time.monotonic() + 120
        while not holds():
            assert time.monotonic() < until, (self.folder / "watch.log").read_text()
            time.sleep(0.1)

    def touched(self, phone: DeclarativePhone) -> list[str]:
        """Return the declarations of a phone's account that were given a new token as they were."""
        return [name for name, times in self.ddm.touches.items() for _ in range(times) if phone.declaration in name]

    def puts(self) -> int:
        """Return how many declarations were handed to the server."""
        return self.ddm.asked.count(("PUT", "/v1/declarations"))

    def everything_written(self) -> bytes:
        """Return every byte of the home, and of what both servers keep."""
        files = (path for path in (self.folder / "home").rglob("*") if path.is_file())
        return b"".join(path.read_bytes() for path in files) + json.dumps(self.ddm.declarations).encode()


@pytest.fixture
def office(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DeclaredOffice]:  # noqa: F811
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    for name in ("overrides", "passwords", "logins"):
        (tmp_path / name).mkdir(mode=0o700)
    with ExitStack() as stack:
        sender = WebhookSender(f"http://127.0.0.1:{port}/acme", key=HMAC_KEY, faults=WebhookFaults())
        stack.callback(sender.close)
        ddm = kmfddm.Kmfddm()
        mdm = nano.NanoMdm(webhook=sender, declarations=ddm.device)
        ddm.mdm = mdm
        url = stack.enter_context(nano.serving(mdm))
        ddm_url = stack.enter_context(http_service(ddm.answer))
        people = stack.enter_context(crowd())
        mdm.on_push = people.wake
        declared = {
            "MDM__DECLARED__KIND": "kmfddm",
            "MDM__DECLARED__URL": ddm_url,
            "MDM__DECLARED__KEY_ENV": "DDM_KEY",
            "MDM__DECLARED__NANOMDM": "acme",
            "MDM__DECLARED__CREDENTIALS_FOLDER": str(tmp_path / "logins"),
            "MDM__DECLARED__CREDENTIALS_URL": LOGINS_URL,
            "MDM__DECLARED__PASSWORDS_FOLDER": str(tmp_path / "passwords"),
        }
        for name, value in environment_of(tmp_path, url, port, {**ANSWERING, **declared}).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("DDM_KEY", kmfddm.API_KEY)
        logins = LoginServer(folder=tmp_path / "logins")
        made = DeclaredOffice(
            cli=cli, folder=tmp_path, mdm=mdm, ddm=ddm, url=url, people=people, logins=logins, port=port
        )
        made.settings(SERVERS)
        assert cli("key", "new", "acme").status == 0
        yield made
