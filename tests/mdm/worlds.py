"""
What the contract suite needs of a connector's laboratory: the same few operations whatever the server.

A connector joins the suite with one `World` and one line in `WORLDS` of test_connector_contract.py.
"""

import http.client
import itertools
import json
import os
import random
import time
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

import pytest

from profilegen.fleet.seat import EnrollmentChannel
from profilegen.fleet.seen import CommandState, Enrollment
from profilegen.mdm.client import Credentials, FixedKey, MdmClient, Patience, basic
from profilegen.mdm.micromdm import USER as MICRO_USER
from profilegen.mdm.micromdm import MicroMdm
from profilegen.mdm.nanomdm import USER as NANO_USER
from profilegen.mdm.nanomdm import NanoMdm
from profilegen.net.pace import Timing
from profilegen.net.resolver import DnsResolver
from profilegen.net.tls import verified_context
from profilegen.ports.mdm import Event, MdmConnector
from profilegen.secret import Secret
from tests.lab.mdm import micro, nano
from tests.lab.mdm.device import Device, Mac, Phone
from tests.lab.mdm.home import HMAC_KEY
from tests.lab.mdm.hooks import Received, WebhookSender, webhook_receiver
from tests.lab.mdm.httpd import Request, Response, http_service

HOOK_PASSWORD = "micromdm-test-hook"


class World(Protocol):
    """One server with devices, and a connector to it."""

    def connector(self, *, key: str | None = None) -> MdmConnector:
        """Return a new connector, with a wrong key if told so."""
        ...

    @property
    def key(self) -> str:
        """The right key."""
        ...

    @property
    def accepted(self) -> tuple[CommandState, ...]:
        """What a receipt says of an order that was taken; a server without a push certificate cannot push."""
        ...

    def command(self, name: str) -> str:
        """Return a command id for a name: the same one within a test, another one in the next on a lasting server."""
        ...

    def enrol(self, number: int) -> Enrollment:
        """Return a newly enrolled phone, as the fleet would know it."""
        ...

    def stranger(self) -> Enrollment:
        """Return an enrollment that looks right and that this server never took."""
        ...

    def settle(self) -> None:
        """Let the server come to rest: what it took is queued, and its calls are made."""
        ...

    def deliver(self) -> None:
        """Let every device do what waits for it, and let the news arrive."""
        ...

    def news(self, connector: MdmConnector) -> list[Event]:
        """Return the events that arrived since the last call, as the connector reads them."""
        ...

    def held(self, enrollment: Enrollment) -> dict[str, str]:
        """Return what is truly on a device: PayloadIdentifier to PayloadUUID."""
        ...

    def lose(self, enrollment: Enrollment, identifier: str) -> None:
        """Let a device lose a profile."""
        ...

    def overload(self, times: int) -> None:
        """Let the server answer 429 with Retry-After that many times."""
        ...


_UNKNOWN = "0DD0DD0D-0DD0-5DD0-8DD0-0DD0DD0DD0DD"
_STRANGER = Enrollment(mdm="other", id=_UNKNOWN, channel=EnrollmentChannel.DEVICE, udid=_UNKNOWN)


@dataclass(slots=True)
class Waits:
    """Counts what was waited for instead of waiting."""

    slept: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@dataclass(frozen=True, slots=True)
class Now:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def client_of(base: str, credentials: Credentials, waits: Waits | None = None) -> MdmClient:
    """Return a client of a laboratory server; it waits for nothing and counts instead."""
    waits = waits or Waits()
    clock = itertools.count(0, 1000)  # every look at the clock is long after the last
    timing = Timing(monotonic=lambda: float(next(clock)), sleep=waits.sleep, chance=lambda: 1.0)
    return MdmClient(
        base=base,
        credentials=credentials,
        resolver=DnsResolver(),
        trust=verified_context,
        patience=Patience(attempts=4),
        timing=timing,
    )


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered to one request; header names lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        content = json.loads(self.body)
        assert isinstance(content, dict)
        return content


def say(base: str, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
    """Ask a server without a connector in between."""
    place = urlsplit(base)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=30)
    try:
        connection.request(method, place.path + path, body, dict(headers))
        response = connection.getresponse()
        told = {name.lower(): value for name, value in response.getheaders()}
        return Reply(response.status, told, response.read())
    finally:
        connection.close()


@asynccontextmanager
async def closing(connector: MdmConnector) -> AsyncIterator[MdmConnector]:
    """Close a connector at the end of a block."""
    try:
        yield connector
    finally:
        await connector.close()


class _RawWorld:
    """What both raw-command servers share: test devices over HTTP and webhook calls that were received."""

    accepted: tuple[CommandState, ...] = (CommandState.QUEUED,)

    def __init__(self, url: str, received: Received) -> None:
        self.url = url
        self.received = received
        self.devices: dict[str, Device] = {}
        self._read = 0

    def command(self, name: str) -> str:
        return name

    def settle(self) -> None:
        """Wait until the server's webhook calls were made."""

    def phone(self, number: int) -> Phone:
        """Return an enrolled phone."""
        phone = Phone(self.url, number=number)
        self.devices[phone.udid] = phone
        phone.enrol()
        return phone

    def mac(self, number: int) -> Mac:
        """Return an enrolled Mac without anybody logged in."""
        mac = Mac(self.url, number=number)
        self.devices[mac.udid] = mac
        mac.enrol()
        return mac

    def deliver(self) -> None:
        self.settle()
        for device in self.devices.values():
            device.poll()
        self.settle()

    def news(self, connector: MdmConnector) -> list[Event]:
        self.settle()
        calls, self._read = self.received.calls[self._read :], len(self.received.calls)
        return [event for headers, body in calls for event in connector.events(headers, body)]

    def held(self, enrollment: Enrollment) -> dict[str, str]:
        device = self.devices[enrollment.udid or ""]
        return {identifier: held.uuid for identifier, held in device.installed().items()}

    def lose(self, enrollment: Enrollment, identifier: str) -> None:
        self.devices[enrollment.udid or ""].lose(identifier)

    def enrolled(self, connector: MdmConnector, device: Device) -> Enrollment:
        """Return what the webhook told of this device's own channel; only Authenticate names the serial number."""
        told = [event.enrollment for event in self.news(connector) if event.enrollment.udid == device.udid]
        own = [enrollment for enrollment in told if enrollment.parent is None]
        facts = next(enrollment for enrollment in own if enrollment.serial is not None)  # in whatever order they came
        return replace(own[-1], serial=facts.serial, os_version=facts.os_version)


class NanoWorld(_RawWorld):
    """NanoMDM: the test server, or a real one where NANOMDM_URL says so."""

    def __init__(self, url: str, received: Received, server: nano.NanoMdm | None, key: str, api_path: str) -> None:
        super().__init__(url, received)
        self.server = server
        self.key = key
        self.api_path = api_path
        if server is None:
            self.accepted = (CommandState.QUEUED, CommandState.UNPUSHED)
        self._tag = "" if server is not None else f"-{uuid.uuid4()}"

    def command(self, name: str) -> str:
        return f"{name}{self._tag}"

    def settle(self) -> None:
        if self.server is None:
            time.sleep(0.3)  # nobody says when a real server has made its calls
        elif self.server.webhook is not None:
            self.server.webhook.settle()

    def connector(self, *, key: str | None = None) -> NanoMdm:
        credentials = FixedKey(basic(NANO_USER, Secret(text=key or self.key)))
        return NanoMdm(
            name="nano",
            client=client_of(self.url, credentials),
            clock=Now(),
            webhook_key=Secret(text=HMAC_KEY),
            api_path=self.api_path,
        )

    def enrol(self, number: int) -> Enrollment:
        return self.enrolled(self.connector(), self.phone(number))

    def stranger(self) -> Enrollment:
        return _STRANGER

    def overload(self, times: int) -> None:
        if self.server is None:
            pytest.skip("a real server is not overloaded at will")
        self.server.faults.statuses = [Response(status=429, headers={"Retry-After": "7"})] * times


class MicroWorld(_RawWorld):
    """MicroMDM: the test server, or a real one where MICROMDM_URL says so."""

    def __init__(self, url: str, received: Received, server: micro.MicroMdm | None, key: str) -> None:
        super().__init__(url, received)
        self.server = server
        self.key = key
        self._tag = "" if server is not None else f"-{uuid.uuid4()}"
        self._first = 0 if server is not None else random.randrange(10**6)

    def command(self, name: str) -> str:
        return f"{name}{self._tag}"

    def settle(self) -> None:
        if self.server is None:
            time.sleep(0.3)  # nobody says when a real server has made its calls
        elif self.server.webhook is not None:
            self.server.webhook.settle()

    def phone(self, number: int) -> Phone:
        """Return an enrolled phone; MicroMDM has a place of its own for check-ins."""
        phone = Phone(self.url, number=self._first + number)
        phone.places = micro.PLACES
        self.devices[phone.udid] = phone
        phone.enrol()
        return phone

    def connector(self, *, key: str | None = None) -> MicroMdm:
        credentials = FixedKey(basic(MICRO_USER, Secret(text=key or self.key)))
        return MicroMdm(
            name="micro",
            client=client_of(self.url, credentials),
            clock=Now(),
            webhook_key=Secret(text=HOOK_PASSWORD),
        )

    def enrol(self, number: int) -> Enrollment:
        return self.enrolled(self.connector(), self.phone(number))

    def stranger(self) -> Enrollment:
        return _STRANGER

    def overload(self, times: int) -> None:
        if self.server is None:
            pytest.skip("a real server is not overloaded at will")
        self.server.statuses = [Response(status=429, headers={"Retry-After": "7"})] * times


@contextmanager
def nano_world(storage: nano.Storage = nano.Storage.KV) -> Iterator[NanoWorld]:
    """Yield NanoMDM with nobody enrolled."""
    with ExitStack() as stack:
        real = os.environ.get("NANOMDM_URL")
        received = stack.enter_context(webhook_receiver(int(os.environ.get("NANOMDM_WEBHOOK_PORT", "0"))))
        if real is not None:
            yield NanoWorld(real, received, None, os.environ["NANOMDM_API_KEY"], "/v1")
            return
        sender = WebhookSender(received.url, key=HMAC_KEY)
        stack.callback(sender.close)
        server = nano.NanoMdm(storage=storage, webhook=sender)
        url = stack.enter_context(nano.serving(server))
        yield NanoWorld(url, received, server, nano.API_KEY, "/v1")


@contextmanager
def nanohub_world() -> Iterator[NanoWorld]:
    """Yield NanoHUB: NanoMDM's interface under another path."""
    with ExitStack() as stack:
        received = stack.enter_context(webhook_receiver())
        sender = WebhookSender(received.url, key=HMAC_KEY)
        stack.callback(sender.close)
        server = nano.NanoMdm(webhook=sender)

        def moved(request: Request) -> Response:
            if request.path.startswith("/v1/"):
                return Response(status=404)
            path = request.path.replace("/api/v1/nanomdm/", "/v1/")
            return server.answer(_with_path(request, path))

        url = stack.enter_context(http_service(moved))
        yield NanoWorld(url, received, server, nano.API_KEY, "/api/v1/nanomdm")


@contextmanager
def micro_world() -> Iterator[MicroWorld]:
    """Yield MicroMDM with nobody enrolled."""
    with ExitStack() as stack:
        received = stack.enter_context(webhook_receiver(int(os.environ.get("MICROMDM_WEBHOOK_PORT", "0"))))
        real = os.environ.get("MICROMDM_URL")
        if real is not None:
            yield MicroWorld(real, received, None, os.environ["MICROMDM_API_KEY"])
            return
        sender = WebhookSender(received.url.replace("://", f"://profilegen:{HOOK_PASSWORD}@"))
        stack.callback(sender.close)
        server = micro.MicroMdm(webhook=sender)
        yield MicroWorld(stack.enter_context(http_service(server.answer)), received, server, micro.API_KEY)


def _with_path(request: Request, path: str) -> Request:
    return Request(method=request.method, path=path, query=request.query, headers=request.headers, body=request.body)
