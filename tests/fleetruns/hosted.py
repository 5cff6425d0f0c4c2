"""Organisations whose devices hang on a hosted MDM: replay servers whose devices follow what is placed for them."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.cli.conftest import Answer, Cli
from tests.fleetruns.conftest import DOMAIN, QUICK, SERVERS
from tests.lab.mdm.httpd import Request, Response
from tests.lab.mdm.replay import Replay, serving
from tests.lab.mdm.replay import fleetdm as fleet
from tests.lab.mdm.replay import intune as graph
from tests.lab.mdm.replay import jamf as pro
from tests.lab.mdm.replay import simplemdm as simple

NAME = "office"
SIGNED = ("--allow-self-signed",)
LONG_AGO = "2026-01-01T10:00:00Z"
_MOBILE = "mobiledeviceconfigurationprofiles"


def now() -> str:
    """Return the time as these servers write it."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def ago(**span: float) -> str:
    return (datetime.now(UTC) - timedelta(**span)).isoformat(timespec="microseconds").replace("+00:00", "Z")


@dataclass
class LivingJamf(pro.JamfReplay):
    """
    A Jamf Pro whose iPhones take what comes into their scope.

    `given` counts the installs of each device; `tells`: devices send their inventory at once.
    """

    given: Counter[str] = field(default_factory=Counter)
    tells: bool = True
    _scopes: dict[int, set[str]] = field(default_factory=dict)
    _guard: Any = field(default_factory=threading.RLock)

    def answer(self, request: Request) -> Response:
        with self._guard:
            response = pro.JamfReplay.answer(self, request)
            if request.method != "GET" and f"/JSSResource/{_MOBILE}/" in request.path and response.status < 300:
                self._follow(request)
            return response

    def _follow(self, request: Request) -> None:
        shelf, changed = self.placed[_MOBILE], int(request.path.rsplit("/", 1)[1])
        for number in {*shelf, *self._scopes}:
            before = self._scopes.get(number, set())
            scope = set(self.scoped(_MOBILE, number)) if number in shelf else set()
            again = number == changed and b"<redeploy_on_update>All" in request.body
            for device in sorted(before - scope):
                self._lose(device, number)
            for device in sorted(scope if again else scope - before):
                self._take(device, number)
            self._scopes[number] = scope

    def _take(self, device: str, number: int) -> None:
        self._lose(device, number)
        content = self.content(_MOBILE, number)
        shown = {"displayName": content["PayloadDisplayName"], "identifier": content["PayloadIdentifier"]}
        self.record(device)["profiles"].append({**shown, "number": number})
        self.given[device] += 1
        self.tell(device)

    def _lose(self, device: str, number: int) -> None:
        record = self.record(device)
        record["profiles"] = [one for one in record["profiles"] if one.get("number") != number]
        self.tell(device)

    def record(self, device: str) -> dict[str, Any]:
        return next(one for one in self.mobiles if one["mobileDeviceId"] == device)

    def tell(self, device: str, at: str | None = None) -> None:
        """Let a device send its inventory."""
        if self.tells or at is not None:
            self.record(device)["general"]["lastInventoryUpdateDate"] = at or now()


@dataclass
class Hosted:
    """An organisation: its admin's command line and its server."""

    cli: Cli
    folder: Path
    server: Any
    listed: str = NAME

    def run(self, *arguments: str) -> Answer:
        return self.cli("fleet", *arguments)

    def import_(self, *arguments: str) -> dict[str, Any]:
        return self.run("import", "--mdm", self.listed, "--domain", DOMAIN, *arguments, "--json").document

    def apply(self, *arguments: str) -> dict[str, Any]:
        return self.run("apply", *QUICK, *SIGNED, *arguments, "--json").document

    def plan(self, *arguments: str) -> dict[str, Any]:
        return self.run("plan", "--offline", "--json", *arguments).document

    def states(self, *arguments: str) -> dict[str, int]:
        states: dict[str, int] = self.run("status", "--offline", "--json", *arguments).document["states"]
        return states

    def seat(self, who: str) -> dict[str, Any]:
        return self.run("status", "--offline", "--only", who, "--json").document

    def look_again(self) -> None:
        """Let a second pass, so that `FRESH` makes what is known old, as a day would."""
        time.sleep(1.1)

    def settings(self, servers: dict[str, Any]) -> None:
        content = {"address": f"%EMAILLOCALPART%@{DOMAIN}", **servers}
        (self.folder / "overrides" / f"{DOMAIN}.json").write_text(json.dumps(content))

    def move_server(self) -> None:
        """Let the provider move its outgoing server."""
        self.settings({**SERVERS, "outgoing": {**SERVERS["outgoing"], "port": 465, "security": "tls"}})


Configured = dict[str, str]
Maker = Callable[[ExitStack, Path], tuple[Any, Configured]]


def jamf(stack: ExitStack, _: Path) -> tuple[Any, Configured]:
    server = LivingJamf(mobiles=[pro.mobile(number) for number in (1, 2, 3)])
    for one in server.mobiles:
        one["general"]["lastInventoryUpdateDate"] = ago(hours=2)
    url = stack.enter_context(serving(server))
    return server, {"KIND": "jamf", "URL": url, "CLIENT_ID": pro.CLIENT, "KEY": pro.SECRET}


def fleetdm(stack: ExitStack, _: Path) -> tuple[Any, Configured]:
    hosts = [fleet.host(number, seen_time=now()) for number in (1, 2, 3)]
    server = fleet.FleetReplay(hosts=hosts, now=now, page=100)
    return server, {"KIND": "fleet", "URL": stack.enter_context(serving(server)), "KEY": fleet.TOKEN}


def simplemdm(stack: ExitStack, _: Path) -> tuple[Any, Configured]:
    devices = [simple.device(number, email=f"user{number}@{DOMAIN}", full_name="U") for number in (1, 2, 3)]
    for one in devices:
        one["attributes"]["last_seen_at"] = now()
    server = simple.SimpleReplay(devices=devices)
    url = stack.enter_context(serving(server))
    return server, {"KIND": "simplemdm", "URL": f"{url}/api/v1", "KEY": simple.KEY, "RATE": "500"}


def intune(stack: ExitStack, _: Path) -> tuple[Any, Configured]:
    devices = [graph.device(number, lastSyncDateTime=now()) for number in (1, 2, 3)]
    server = graph.IntuneReplay(devices=devices, reported_at=now)
    server.members = [{"id": one["userId"]} for one in devices]
    server.elsewhere = stack.enter_context(serving(server.storage))
    url = stack.enter_context(serving(server))
    ids = {"TENANT": graph.TENANT, "CLIENT_ID": graph.CLIENT, "GROUP": "group-1", "KEY": graph.SECRET}
    return server, {"KIND": "intune", "URL": url, "LOGIN_URL": url, **ids}


def folder(_: ExitStack, path: Path) -> tuple[Any, Configured]:
    place = path / "byhand"
    place.mkdir()
    rows = [f"UDID-{number},S{number},user{number}@{DOMAIN},ios" for number in (1, 2, 3)]
    (place / "devices.csv").write_text("\n".join(["udid,serial,email,platform", *rows]) + "\n")
    return Replay(), {"KIND": "folder", "FOLDER": str(place)}


@contextmanager
def organisation(make: Maker, cli: Cli, path: Path, setenv: Callable[[str, str], None]) -> Iterator[Hosted]:
    """Yield an organisation whose server is running, with nobody imported yet."""
    with ExitStack() as stack:
        server, configured = make(stack, path)
        (path / "overrides").mkdir()
        setenv("PROFILEGEN_DISCOVERY__OVERRIDES", str(path / "overrides"))
        setenv("PROFILEGEN_FLEET__ANSWER_WITHIN", "1s")
        key = configured.pop("KEY", None)
        if key is not None:
            setenv("HOSTED_KEY", key)
            configured["KEY_ENV"] = "HOSTED_KEY"
        for name, value in configured.items():
            setenv(f"PROFILEGEN_MDM__{NAME.upper()}__{name}", value)
        made = Hosted(cli=cli, folder=path, server=server)
        made.settings(SERVERS)
        assert cli("key", "new", "acme").status == 0
        yield made
