"""
Jamf Pro.

Built from public documentation (developer.jamf.com) and public client code, never run against a tenant. One object per
profile of ours, scoped to devices by name. Jamf strips signatures, writes its own identifier and UUID, has no command
that installs a profile, and may show old data for a minute; each of these has its place below.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from profilegen.fleet.capabilities import Answers, Capabilities, Scope, Signed
from profilegen.fleet.seat import EnrollmentChannel
from profilegen.fleet.seen import Enrollment, Inventory
from profilegen.fleet.variables import JAMF
from profilegen.mdm.calls import Answer, Call, Method, json_body
from profilegen.mdm.client import MdmClient
from profilegen.mdm.hosted import (
    PROFILES,
    UNTESTED,
    asked,
    bad_event,
    capability_findings,
    devices_finding,
    list_finding,
    require_shared_key,
)
from profilegen.mdm.jamf_api import JamfApi
from profilegen.mdm.jamf_inventory import (
    COMPUTER,
    KINDS,
    MOBILE,
    Kind,
    Target,
    enrollments_in,
    inventory_in,
    management_id,
)
from profilegen.mdm.jamf_profiles import PRODUCT, JamfProfiles, Names
from profilegen.mdm.jamf_wire import read_names
from profilegen.mdm.lanes import Lanes
from profilegen.mdm.probing import key_finding, webhook_finding
from profilegen.mdm.reading import failed, receipted, text, tree, upper
from profilegen.mdm.tokens import ClientCredentials
from profilegen.net.pace import Timing
from profilegen.ports import Clock
from profilegen.ports.mdm import Event, EventKind, InstallOrder, LookOrder, Receipt, RemoveOrder
from profilegen.report import Finding
from profilegen.secret import Secret

TOKEN_PATH = "/api/v1/oauth/token"  # noqa: S105 - where tokens come from
_TOPICS = {
    "MobileDeviceEnrolled": (MOBILE, EventKind.ENROLLED),
    "MobileDeviceUnEnrolled": (MOBILE, EventKind.CHECKED_OUT),
    "MobileDeviceCheckIn": (MOBILE, EventKind.SEEN),
    "MobileDeviceCommandCompleted": (MOBILE, EventKind.SEEN),
    "MobileDeviceInventoryCompleted": (MOBILE, EventKind.SEEN),
    "ComputerAdded": (COMPUTER, EventKind.ENROLLED),
    "ComputerCheckIn": (COMPUTER, EventKind.SEEN),
    "ComputerInventoryCompleted": (COMPUTER, EventKind.SEEN),
}

CAPABILITIES = Capabilities(
    lists_devices=True,
    knows_people=True,
    scope=Scope.DEVICE,
    signed=Signed.STRIPPED,
    answers=Answers.POLL,
    user_channel=True,
    rewrites_identity=True,
    reports_uuid=False,
    reports_signer=False,
    reports_settings=False,
    removes=True,
    reinstalls_after_update=False,
    variables=JAMF.variables,
    reports_revision=True,
    dialect=JAMF,
    tested_against=UNTESTED,
)


class JamfPro:
    """
    Implements `ports.MdmConnector`.

    `client` asks the server's base URL with `tokens`, which come from `TOKEN_PATH` there. Profiles go up unsigned,
    under the identity the server gave them once; their revision stands in their name, which is all an inventory shows
    of it.
    """

    def __init__(
        self,
        *,
        name: str,
        client: MdmClient,
        tokens: ClientCredentials,
        clock: Clock,
        timing: Timing,
        webhook_key: Secret | None = None,
    ) -> None:
        self._name = name
        self._api = JamfApi(client)
        self._tokens = tokens
        self._profiles = JamfProfiles(self._api, timing)
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
        """Yield mobile devices, Macs, and users of Macs, page by page."""
        for kind in reversed(KINDS):
            async for record in self._api.records(kind, kind.sections):
                for enrollment in enrollments_in(record, kind, self._name):
                    yield enrollment

    async def install(self, orders: Sequence[InstallOrder]) -> tuple[Receipt, ...]:
        """Place each profile, or put it before its device once more; the device gets it at its next check-in."""
        names: Names = {}
        return await self._lanes.run(
            orders,
            lane=lambda order: order.name,
            work=receipted(PRODUCT, lambda order: self._profiles.place(order, names)),
        )

    async def remove(self, orders: Sequence[RemoveOrder]) -> tuple[Receipt, ...]:
        """Take each device out of the scope; an object that reaches nobody any more is deleted."""
        return await self._lanes.run(
            orders, lane=lambda order: order.identifier, work=receipted(PRODUCT, self._profiles.take_away)
        )

    async def look(self, orders: Sequence[LookOrder]) -> tuple[Inventory | Receipt, ...]:
        """Return what each device had when it last told."""
        found: dict[Target, Mapping[str, Any]] = {}
        wanted = [target for order in orders if (target := Target.known(order.enrollment.id)) is not None]
        for kind in KINDS:
            targets = [target for target in wanted if target.kind is kind]
            found |= await self._api.records_of(kind, targets, kind.sections)
        return tuple(self._seen(order, found) for order in orders)

    async def wake(self, enrollments: Sequence[Enrollment]) -> tuple[str, ...]:
        """Send blank pushes; return the ids that could not be pushed."""
        wanted = {one.id: target for one in enrollments if (target := Target.known(one.id)) is not None}
        records: dict[Target, Mapping[str, Any]] = {}
        for kind in KINDS:
            targets = [target for target in wanted.values() if target.kind is kind]
            records |= await self._api.records_of(kind, targets, "GENERAL")
        managed = {id_: management_id(records[target]) for id_, target in wanted.items() if target in records}
        known = {id_: found for id_, found in managed.items() if found is not None}
        body = json_body({"clientManagementIds": sorted(set(known.values()))})
        call = Call(
            method=Method.POST,
            path="/api/v2/mdm/blank-push",
            body=body,
            content_type="application/json",
            repeatable=True,
        )
        said = tree((await self._api.ask(call)).require(200, 201).json()) if known else {}
        missed = said.get("errorUuids")
        unreached = set(missed) if isinstance(missed, list) else set()
        return tuple(one.id for one in enrollments if known.get(one.id) in {None, *unreached})

    async def touched_by(self, orders: Sequence[InstallOrder]) -> int:
        """Return how many devices get something: a changed profile goes to everybody in its scope."""
        return len(_asked(orders) | await self._reached(orders))

    async def strangers(self, orders: Sequence[InstallOrder]) -> tuple[str, ...]:
        """Return the devices in a changed profile's scope that nothing was ordered for, as Jamf Pro numbers them."""
        others = await self._reached(orders) - _asked(orders)
        return tuple(sorted(f"{kind.word} {device}" for kind, device in others))

    async def _reached(self, orders: Sequence[InstallOrder]) -> set[tuple[Kind, str]]:
        reached: set[tuple[Kind, str]] = set()
        names: Names = {}
        for order in orders:
            kind = Target.of(order.enrollment.id).kind
            reached |= {(kind, device) for device in await self._profiles.reach(order, kind, names)}
        return reached

    def events(self, headers: Mapping[str, str], body: bytes) -> tuple[Event, ...]:
        """Read one webhook call; its key is the password (or Bearer token) in the webhook's own settings."""
        require_shared_key(headers, body, self._webhook_key, self._name)
        try:
            call = tree(json.loads(body))
        except (ValueError, RecursionError) as exc:
            raise bad_event("it is no JSON") from exc
        hook, told = tree(call.get("webhook")), tree(call.get("event"))
        topic = text(hook.get("webhookEvent")) or ""
        if topic not in _TOPICS:
            return ()
        kind, means = _TOPICS[topic]
        subject = {**told, **tree(told.get("computer"))}
        if (device := text(subject.get("jssID"))) is None:
            raise bad_event("it does not say which device it is about")
        at = self._told_at(hook.get("eventTimestamp"))
        enrollment = Enrollment(
            mdm=self._name,
            id=f"{kind.word}:{device}",
            channel=EnrollmentChannel.DEVICE,
            udid=upper(subject.get("udid")),
            serial=upper(subject.get("serialNumber")),
            platform=kind.platform,
            os_version=text(subject.get("osVersion")),
            last_seen=at,
            enrolled_at=at if means is EventKind.ENROLLED else None,
            active=means is not EventKind.CHECKED_OUT,
        )
        return (Event(id=hashlib.sha256(body).hexdigest(), kind=means, at=at, enrollment=enrollment),)

    async def probe(self) -> tuple[Finding, ...]:
        """Ask for one device of each kind and the list of profiles."""
        version = await asked(self._api.client, Call(method=Method.GET, path="/api/v1/jamf-pro-version"))
        findings = [version if isinstance(version, Finding) else key_finding(version)]
        for kind in KINDS:
            listed = await asked(self._api.client, self._api.page(kind, "GENERAL", number=0, size=1))
            findings.append(devices_finding(listed, _results(listed), f"{kind.platform} devices"))
            placed = await asked(self._api.client, self._api.classic(Method.GET, kind.resource))
            findings.append(list_finding(PROFILES, f"{kind.platform} profiles", placed, _names(placed, kind)))
        return (*findings, webhook_finding(self._webhook_key), *capability_findings(CAPABILITIES))

    async def close(self) -> None:
        """Close its connections."""
        await self._api.close()
        await self._tokens.close()

    def _seen(self, order: LookOrder, found: Mapping[Target, Mapping[str, Any]]) -> Inventory | Receipt:
        target = Target.known(order.enrollment.id)
        if target is None or target not in found:
            return failed(order.command, PRODUCT, "it does not know this device", 404)
        inventory = inventory_in(found[target], target, self._name, order.enrollment.id)
        return inventory or failed(order.command, PRODUCT, "the device never told what it has")

    def _told_at(self, stamp: object) -> datetime:
        """Return when an event was, in milliseconds since 1970 over there; never in the future."""
        now = self._clock.now()
        if not isinstance(stamp, int) or isinstance(stamp, bool) or not 0 < stamp < 1 << 50:
            return now
        return min(datetime.fromtimestamp(stamp / 1000, UTC), now)


def _asked(orders: Sequence[InstallOrder]) -> set[tuple[Kind, str]]:
    targets = [Target.of(order.enrollment.id) for order in orders]
    return {(target.kind, target.device) for target in targets}


def _results(answer: Answer | Finding) -> int | None:
    if isinstance(answer, Finding) or answer.status != 200:
        return None
    results = tree(answer.json()).get("results")
    return len(results) if isinstance(results, list) else None


def _names(answer: Answer | Finding, kind: Kind) -> int | None:
    if isinstance(answer, Finding) or answer.status != 200:
        return None
    return len(read_names(answer.body, kind, answer.place))
