"""
SimpleMDM.

Built from public documentation (api.simplemdm.com) and public client code, never run against an account. One custom
profile per profile of ours, assigned to devices by name, sent again after system updates. Its list of a device's
profiles says what is assigned, not what is there, so nothing here is ever proof.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from profilegen.errors import NotPossible
from profilegen.fleet.capabilities import Answers, Capabilities, Scope, Signed
from profilegen.fleet.seat import Effective, EnrollmentChannel
from profilegen.fleet.seen import CommandState, Enrollment, InstalledProfile, Inventory
from profilegen.fleet.variables import SIMPLEMDM, refuse_misspelt
from profilegen.mdm.calls import Call, Method
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
from profilegen.mdm.lanes import Lanes
from profilegen.mdm.probing import key_finding, webhook_finding
from profilegen.mdm.reading import accept, failed, moment, receipted, rows, text, tree
from profilegen.mdm.simplemdm_wire import bad_list, count, device_of, enrollment_told, enrollments_in, find, form
from profilegen.ports import Clock
from profilegen.ports.mdm import Event, EventKind, InstallOrder, LookOrder, Receipt, RemoveOrder
from profilegen.profile.read import read
from profilegen.profile.rebuilt import revision_in
from profilegen.report import Finding
from profilegen.secret import Secret

BASE = "https://a.simplemdm.com/api/v1"
PER_SECOND = 1.0
"""Its limit is about 60 a minute; faster is only refused."""

PRODUCT = "SimpleMDM"
_CUSTOM = "/custom_configuration_profiles"
_LIMIT = "100"
_KINDS = {"device.enrolled": EventKind.ENROLLED, "device.unenrolled": EventKind.CHECKED_OUT}

CAPABILITIES = Capabilities(
    lists_devices=True,
    knows_people=True,
    scope=Scope.DEVICE,
    signed=Signed.UNKNOWN,
    answers=Answers.NONE,
    user_channel=True,
    rewrites_identity=True,
    reports_uuid=False,
    reports_signer=False,
    reports_settings=False,
    removes=True,
    reinstalls_after_update=True,
    variables=SIMPLEMDM.variables,
    rate=PER_SECOND,
    concurrency=1,
    calls_per_install=2,
    blind_to=frozenset(EnrollmentChannel),
    dialect=SIMPLEMDM,
    tested_against=UNTESTED,
)


class SimpleMdm:
    """
    Implements `ports.MdmConnector`.

    `client` asks `BASE` with `FixedKey(basic(key, Secret("")))` at `PER_SECOND`. Who a device belongs to is read from
    its custom attributes `email` and `full_name`, where an account has them.
    """

    def __init__(self, *, name: str, client: MdmClient, clock: Clock, webhook_key: Secret | None = None) -> None:
        self._name = name
        self._client = client
        self._clock = clock
        self._webhook_key = webhook_key
        self._lanes = Lanes(CAPABILITIES.concurrency)
        self._revisions: dict[str, str | None] = {}

    @property
    def name(self) -> str:
        """The name it has in the configuration."""
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        return CAPABILITIES

    async def enrollments(self) -> AsyncIterator[Enrollment]:
        """Yield every device, page by page; a Mac twice, for its user channel too."""
        async for device in self._all("/devices"):
            for enrollment in enrollments_in(device, self._name):
                yield enrollment

    async def install(self, orders: Sequence[InstallOrder]) -> tuple[Receipt, ...]:
        """Upload each profile where it is new or changed, and assign it to its device."""
        known = [one async for one in self._all(_CUSTOM)] if orders else []
        try:
            return await self._lanes.run(
                orders, lane=lambda order: order.name, work=receipted(PRODUCT, lambda order: self._place(order, known))
            )
        finally:
            self._revisions.clear()  # the console may change them as well

    async def prepare(self, orders: Sequence[InstallOrder]) -> tuple[Receipt, ...]:
        """Take away the assignment of each profile that is there unchanged: only a new one brings it once more."""
        known = [one async for one in self._all(_CUSTOM)] if orders else []
        return await self._lanes.run(
            orders, lane=lambda order: order.name, work=receipted(PRODUCT, lambda order: self._clear(order, known))
        )

    async def remove(self, orders: Sequence[RemoveOrder]) -> tuple[Receipt, ...]:
        """Take each assignment away; the profile itself stays, for others or for later."""
        return await self._lanes.run(
            orders, lane=lambda order: order.identifier, work=receipted(PRODUCT, self._take_away)
        )

    async def look(self, orders: Sequence[LookOrder]) -> tuple[Inventory | Receipt, ...]:
        """Return what is assigned, which is never a complete inventory."""
        return await self._lanes.run(orders, lane=lambda order: order.enrollment.id, work=self._look)

    async def wake(self, enrollments: Sequence[Enrollment]) -> tuple[str, ...]:
        """Ask each device for its particulars, which wakes it; return the ids that could not be asked."""
        return tuple([one.id for one in enrollments if not await self._refresh(one.id)])

    async def touched_by(self, orders: Sequence[InstallOrder]) -> int:
        """Return how many devices get something: a changed profile goes to everybody it is assigned to."""
        self._revisions.clear()
        known = [one async for one in self._all(_CUSTOM)]
        touched = len({device_of(order.enrollment.id) for order in orders})
        for order in {order.name: order for order in orders}.values():
            placed = find(known, order)
            if placed is not None and await self._revision(placed) != order.revision:
                others = tree(placed.get("attributes")).get("device_count")
                ours = sum(one.name == order.name for one in orders)
                touched += max(0, others - ours) if isinstance(others, int) else 0
        return touched

    def events(self, headers: Mapping[str, str], body: bytes) -> tuple[Event, ...]:
        """Read one webhook call; nothing signs them, so the URL must carry the key (`https://x:KEY@…`)."""
        require_shared_key(headers, body, self._webhook_key, self._name)
        try:
            call = tree(json.loads(body))
        except (ValueError, RecursionError) as exc:
            raise bad_event("it is no JSON") from exc
        kind = _KINDS.get(text(call.get("type")) or "")
        if kind is None:
            return ()
        device = tree(tree(call.get("data")).get("device"))
        now = self._clock.now()
        at = min(moment(call.get("at")) or now, now)
        enrollment = enrollment_told(device, self._name, kind, at)
        return (Event(id=hashlib.sha256(body).hexdigest(), kind=kind, at=at, enrollment=enrollment),)

    async def probe(self) -> tuple[Finding, ...]:
        """Ask for one device and one profile."""
        devices = await asked(self._client, Call(method=Method.GET, path="/devices", query={"limit": "1"}))
        profiles = await asked(self._client, Call(method=Method.GET, path=_CUSTOM, query={"limit": "1"}))
        return (
            devices if isinstance(devices, Finding) else key_finding(devices),
            devices_finding(devices, count(devices)),
            list_finding(PROFILES, "custom profiles", profiles, count(profiles)),
            webhook_finding(self._webhook_key),
            *capability_findings(CAPABILITIES),
        )

    async def close(self) -> None:
        """Close its connections."""
        await self._client.close()

    # --- placing --------------------------------------------------------------------------------------------

    async def _place(self, order: InstallOrder, known: list[Mapping[str, Any]]) -> Receipt:
        device = device_of(order.enrollment.id)
        refuse_misspelt(order.unsigned, SIMPLEMDM)
        placed = find(known, order)
        if placed is None:
            placed = await self._create(order)
            known.append(placed)
        elif await self._revision(placed) != order.revision:
            await self._change(placed, order)
        self._revisions[str(placed["id"])] = order.revision
        effective = Effective(
            identifier=text(tree(placed.get("attributes")).get("profile_identifier")) or order.identifier,
            remote_id=text(placed.get("id")),
        )
        already = await self._assign(placed, device)
        return Receipt(command=order.command, state=CommandState.QUEUED, already=already, effective=effective)

    async def _create(self, order: InstallOrder) -> Mapping[str, Any]:
        body, content_type = form(order)
        answer = await self._client.ask(Call(method=Method.POST, path=_CUSTOM, body=body, content_type=content_type))
        made = tree(tree(accept(answer, 200, 201).json()).get("data"))
        if text(made.get("id")) is None:
            raise bad_list(answer.place)
        return made

    async def _change(self, placed: Mapping[str, Any], order: InstallOrder) -> None:
        """As a form like everything here: a PATCH in JSON is answered with 500."""
        body, content_type = form(order)
        path = f"{_CUSTOM}/{placed['id']}"
        call = Call(method=Method.PATCH, path=path, body=body, content_type=content_type, repeatable=True)
        accept(await self._client.ask(call), 200)

    async def _clear(self, order: InstallOrder, known: Sequence[Mapping[str, Any]]) -> Receipt:
        placed = find(known, order)
        if placed is not None and order.effective is not None and await self._revision(placed) == order.revision:
            path = f"{_CUSTOM}/{placed['id']}/devices/{device_of(order.enrollment.id)}"
            accept(await self._client.ask(Call(method=Method.DELETE, path=path)), 200, 202, 204, 404, 409)
        return Receipt(command=order.command, state=CommandState.PREPARED)

    async def _assign(self, placed: Mapping[str, Any], device: str) -> bool:
        """Return True if it is assigned already."""
        path = f"{_CUSTOM}/{placed['id']}/devices/{device}"
        answer = await self._client.ask(Call(method=Method.POST, path=path, repeatable=True))
        if answer.status == 409 and text(placed.get("id")) in await self._assigned(device):
            return True
        accept(answer, 200, 202, 204)
        return False

    async def _take_away(self, order: RemoveOrder) -> Receipt:
        remote = order.effective.remote_id if order.effective is not None else None
        if remote is None or not remote.isdigit():
            raise NotPossible(
                "Which profile of SimpleMDM it is was never learned.",
                hint="Install it once more, or remove it in SimpleMDM.",
                code="unknown_profile",
            )
        device = device_of(order.enrollment.id)
        answer = await self._client.ask(Call(method=Method.DELETE, path=f"{_CUSTOM}/{remote}/devices/{device}"))
        if answer.status == 404 or (answer.status == 409 and remote not in await self._assigned(device)):
            return Receipt(command=order.command, state=CommandState.ACKNOWLEDGED, already=True)
        accept(answer, 200, 202, 204)
        return Receipt(command=order.command, state=CommandState.QUEUED)

    # --- asking ---------------------------------------------------------------------------------------------

    async def _refresh(self, enrollment: str) -> bool:
        try:
            path = f"/devices/{device_of(enrollment)}/refresh"
        except NotPossible:
            return False
        answer = await self._client.ask(Call(method=Method.POST, path=path, repeatable=True))
        return answer.require(200, 202, 204, 404, 409, 422).status < 300

    async def _look(self, order: LookOrder) -> Inventory | Receipt:
        try:
            listed = [one async for one in self._all(f"/devices/{device_of(order.enrollment.id)}/profiles")]
        except NotPossible as problem:
            return failed(order.command, PRODUCT, problem.message)
        profiles = (text(tree(one.get("attributes")).get("profile_identifier")) for one in listed)
        return Inventory(
            mdm=self._name,
            enrollment=order.enrollment.id,
            collected_at=self._clock.now(),
            complete=False,
            profiles=tuple(InstalledProfile(identifier=one) for one in profiles if one is not None),
        )

    async def _assigned(self, device: str) -> set[str | None]:
        return {text(one.get("id")) async for one in self._all(f"/devices/{device}/profiles")}

    async def _revision(self, placed: Mapping[str, Any]) -> str | None:
        """Return the revision of a profile as it is kept there; asked once between `touched_by` and `install`."""
        kept = str(placed["id"])
        if kept not in self._revisions:
            answer = await self._client.ask(Call(method=Method.GET, path=f"{_CUSTOM}/{kept}/download"))
            content = read(accept(answer, 200).body).content or {}
            self._revisions[kept] = revision_in({"PayloadDescription": content.get("PayloadDescription")})
        return self._revisions[kept]

    async def _all(self, path: str) -> AsyncIterator[Mapping[str, Any]]:
        """Yield a list's items; raises NetworkProblem if a page promises more and does not say after what."""
        after: str | None = None
        while True:
            query = {"limit": _LIMIT} | ({"starting_after": after} if after is not None else {})
            answer = accept(await self._client.ask(Call(method=Method.GET, path=path, query=query)), 200)
            said = tree(answer.json())
            items = rows(said.get("data"), answer.place)
            for item in items:
                yield item
            if said.get("has_more") is not True:
                return
            last = text(items[-1].get("id")) if items else None
            if last is None or last == after:
                raise bad_list(answer.place)
            after = last
