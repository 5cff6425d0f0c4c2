"""
MicroMDM, which is no longer maintained: for those who are on their way to another server.

Source: the public source of micromdm/micromdm. It hands commands through like NanoMDM, tells answers in the same
webhook form, and differs in what matters: a user channel is named by its UserID alone, a command that comes twice is
queued twice, a webhook call is not signed, and a list of devices is there.
"""

import hmac
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from profilegen.errors import NetworkProblem, NotPossible
from profilegen.fleet.capabilities import Answers, Capabilities, Scope, Signed
from profilegen.fleet.seat import EnrollmentChannel
from profilegen.fleet.seen import CommandState, Enrollment, Inventory
from profilegen.mdm import apple
from profilegen.mdm.calls import Answer, Call, Method, json_body
from profilegen.mdm.client import MdmClient
from profilegen.mdm.keys import basic_password
from profilegen.mdm.lanes import Lanes
from profilegen.mdm.orders import RawOrder, command_of, device_of, refused
from profilegen.mdm.probing import key_finding, reach_finding, webhook_finding
from profilegen.mdm.webhook import read_events
from profilegen.ports import Clock
from profilegen.ports.mdm import Event, InstallOrder, LookOrder, Receipt, RemoveOrder
from profilegen.report import Finding
from profilegen.secret import Secret

USER = "micromdm"
"""The user name of MicroMDM's interface."""

SERVER = "MicroMDM"
_ID = re.compile(r"[A-Za-z0-9-]{8,64}")

CAPABILITIES = Capabilities(
    lists_devices=True,
    knows_people=False,
    scope=Scope.DEVICE,
    signed=Signed.KEPT,
    answers=Answers.WEBHOOK,
    user_channel=True,
    rewrites_identity=False,
    reports_uuid=True,
    reports_signer=True,
    reports_settings=False,
    removes=True,
    reinstalls_after_update=False,
    tested_against=(
        "a real MicroMDM (v1.13.1, without a push certificate), and a test server built from its public source"
    ),
)


class MicroMdm:
    """
    Implements `ports.MdmConnector`.

    `client` asks the server's base URL with `FixedKey(basic(USER, key))`. `webhook_key` is the password in the server's
    `-command-webhook-url` (http://profilegen:PASSWORD@host/…), which it sends as Basic authentication.
    """

    def __init__(self, *, name: str, client: MdmClient, clock: Clock, webhook_key: Secret | None = None) -> None:
        self._name = name
        self._client = client
        self._clock = clock
        self._webhook_key = webhook_key
        self._lanes = Lanes(CAPABILITIES.concurrency)

    @property
    def name(self) -> str:
        """The name it has in the configuration."""
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        return CAPABILITIES

    async def enrollments(self) -> AsyncIterator[Enrollment]:
        """Yield every device; user channels are known from webhooks alone, and so are versions."""
        # the server takes a page number and ignores it: the list always comes whole
        call = Call(method=Method.POST, path="/v1/devices", body=json_body({}), content_type="application/json")
        answer = (await self._client.ask(call)).require(200)
        for device in _list(answer, "devices"):
            enrollment = self._enrollment(device)
            if enrollment is not None:
                yield enrollment

    async def install(self, orders: Sequence[InstallOrder]) -> tuple[Receipt, ...]:
        """Queue one InstallProfile per order, signed."""
        return await self._lanes.run(orders, lane=device_of, work=self._enqueue)

    async def remove(self, orders: Sequence[RemoveOrder]) -> tuple[Receipt, ...]:
        """Queue one RemoveProfile per order."""
        return await self._lanes.run(orders, lane=device_of, work=self._enqueue)

    async def look(self, orders: Sequence[LookOrder]) -> tuple[Inventory | Receipt, ...]:
        """Queue one ProfileList or DeviceInformation per order; the answers come as events."""
        return await self._lanes.run(orders, lane=device_of, work=self._enqueue)

    async def wake(self, enrollments: Sequence[Enrollment]) -> tuple[str, ...]:
        """Push through APNs, one by one; return the ids it could not push."""
        woken = await self._lanes.run(enrollments, lane=lambda one: one.id, work=self._push)
        return tuple(one.id for one, done in zip(enrollments, woken, strict=True) if not done)

    async def touched_by(self, orders: Sequence[InstallOrder]) -> int:
        """Return how many devices the orders name: commands go to nobody else."""
        return len({device_of(order) for order in orders})

    def events(self, headers: Mapping[str, str], body: bytes) -> tuple[Event, ...]:
        """Read one webhook call, its password first."""
        given = basic_password(headers.get("authorization", ""))
        wanted = self._webhook_key
        if wanted is None or given is None or not hmac.compare_digest(_bytes(given), _bytes(wanted)):
            raise NotPossible(
                f"A webhook call for {self._name} has no valid password, so it does not come from the MDM.",
                hint="Write -command-webhook-url http://profilegen:KEY@host/… and give profilegen the same key.",
                code="bad_signature",
            )
        return read_events(body, mdm=self._name, identify=_identify, now=self._clock.now())

    async def probe(self) -> tuple[Finding, ...]:
        """Ask for the version, then try the key on the list of devices."""
        version = await self._client.ask(Call(method=Method.GET, path="/version"))
        call = Call(method=Method.POST, path="/v1/devices", body=json_body({}), content_type="application/json")
        listed = await self._client.ask(call)
        return (reach_finding(version), key_finding(listed), webhook_finding(self._webhook_key))

    async def close(self) -> None:
        """Close its connections."""
        await self._client.close()

    async def _enqueue(self, order: RawOrder) -> Receipt:
        id_ = order.enrollment.id
        if not _ID.fullmatch(id_):
            return refused(order, SERVER, f'"{id_[:80]}" is no enrollment id of MicroMDM')
        path = f"/v1/commands/{quote(id_, safe='')}"
        waiting = (await self._client.ask(Call(method=Method.GET, path=path))).require(200)
        if any(one.get("uuid") == order.command for one in _list(waiting, "commands")):
            return Receipt(command=order.command, state=CommandState.QUEUED, already=True)
        answer = await self._client.ask(Call(method=Method.POST, path=path, body=command_of(order)))
        if answer.status == 500:
            return refused(order, SERVER, _error(answer))
        answer.require(201)
        return Receipt(command=order.command, state=CommandState.QUEUED)

    async def _push(self, enrollment: Enrollment) -> bool:
        if not _ID.fullmatch(enrollment.id):
            return False
        answer = await self._client.ask(Call(method=Method.GET, path=f"/push/{quote(enrollment.id, safe='')}"))
        return answer.require(200, 500).status == 200

    def _enrollment(self, device: Mapping[str, Any]) -> Enrollment | None:
        udid = apple.text(device, "udid")
        if udid is None:
            return None
        return Enrollment(
            mdm=self._name,
            id=udid,
            channel=EnrollmentChannel.DEVICE,
            udid=udid,
            serial=apple.text(device, "serial_number"),
            last_seen=_moment(device.get("last_seen")),
            active=device.get("enrollment_status") is True,
        )


def _list(answer: Answer, key: str) -> list[dict[str, Any]]:
    content = answer.json()
    items = content.get(key) if isinstance(content, dict) else None
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _error(answer: Answer) -> str:
    try:
        content = answer.json()
    except NetworkProblem:
        answer.require(201)
        raise
    return str(content.get("error", ""))[:500] if isinstance(content, dict) else ""


def _moment(claimed: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(claimed) if isinstance(claimed, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None and moment.year >= 2000 else None


def _identify(_inner: Mapping[str, Any], message: Mapping[str, Any]) -> str | None:
    return apple.text(message, "EnrollmentID") or apple.text(message, "UserID") or apple.text(message, "UDID")


def _bytes(secret: Secret) -> bytes:
    return secret.reveal().encode()
