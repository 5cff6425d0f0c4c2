"""
Fleet, the MDM of that name.

Built from public documentation (docs/REST API of fleetdm/fleet), never run against a server. A profile for one device
goes as a raw InstallProfile command, signed, and a raw ProfileList tells what became of it: Fleet's own status may say
"verified" of what failed. A template goes as a configuration profile of a team, unsigned, because Fleet fills in its
variables. The endpoints that replace a whole set of profiles are never called.
"""

import base64
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from profilegen.errors import NotPossible
from profilegen.fleet.capabilities import Answers, Capabilities, Scope, Signed
from profilegen.fleet.seat import EnrollmentChannel
from profilegen.fleet.seen import CommandState, Enrollment, Inventory
from profilegen.fleet.variables import FLEET
from profilegen.mdm import apple
from profilegen.mdm.calls import Answer, Call, Method, json_body
from profilegen.mdm.client import MdmClient
from profilegen.mdm.fleetdm_templates import API, PRODUCT, FleetTemplates
from profilegen.mdm.fleetdm_wire import Host, Result, enrollments_in, result_of
from profilegen.mdm.hosted import (
    PROFILES,
    UNTESTED,
    asked,
    capability_findings,
    devices_finding,
    list_finding,
    no_webhooks,
)
from profilegen.mdm.lanes import Lanes
from profilegen.mdm.probing import key_finding
from profilegen.mdm.reading import accept, failed, receipted, rows, text, tree
from profilegen.net.pace import Timing
from profilegen.ports import Clock
from profilegen.ports.mdm import Event, InstallOrder, LookOrder, Receipt, RemoveOrder
from profilegen.report import Finding

_PAGE = 100
_READS = (1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds between the reads that wait for devices to answer; who is asleep is asked again another time."""

CAPABILITIES = Capabilities(
    lists_devices=True,
    knows_people=True,
    scope=Scope.DEVICE,
    signed=Signed.KEPT,
    answers=Answers.POLL,
    user_channel=True,
    rewrites_identity=False,
    reports_uuid=True,
    reports_signer=True,
    reports_settings=False,
    removes=True,
    reinstalls_after_update=False,
    variables=FLEET.variables,
    blind_to=frozenset({EnrollmentChannel.USER}),
    templates_only=frozenset({EnrollmentChannel.USER}),
    dialect=FLEET,
    tested_against=UNTESTED,
)


class FleetDm:
    """
    Implements `ports.MdmConnector`.

    `client` asks the server's base URL with `FixedKey(bearer(token))` of an API-only user; `team` is the number of the
    team that templates belong to, None for hosts without one.
    """

    def __init__(self, *, name: str, client: MdmClient, clock: Clock, timing: Timing, team: str | None = None) -> None:
        self._name = name
        self._client = client
        self._clock = clock
        self._timing = timing
        self._templates = FleetTemplates(client, team)
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
        """Yield the Apple devices among its hosts, each page after the last host of the one before."""
        after: str | None = None
        while True:
            query = {"order_key": "id", "order_direction": "asc", "per_page": str(_PAGE), "device_mapping": "true"}
            query |= {"after": after} if after is not None else {}
            call = Call(method=Method.GET, path=f"{API}/hosts", query=query)
            answer = (await self._client.ask(call)).require(200)
            hosts = rows(tree(answer.json()).get("hosts"), answer.place)
            for host in hosts:
                for enrollment in enrollments_in(host, self._name):
                    yield enrollment
            last = text(hosts[-1].get("id")) if hosts else None
            if last is None or last == after or len(hosts) < _PAGE:
                return
            after = last

    async def install(self, orders: Sequence[InstallOrder]) -> tuple[Receipt, ...]:
        """Send each profile to its device; templates go to their team, once for all their devices."""
        fresh: set[str] = set()
        return await self._lanes.run(
            orders, lane=_lane, work=receipted(PRODUCT, lambda order: self._install(order, fresh))
        )

    async def remove(self, orders: Sequence[RemoveOrder]) -> tuple[Receipt, ...]:
        """Send one RemoveProfile per order."""
        return await self._lanes.run(
            orders, lane=lambda order: order.enrollment.id, work=receipted(PRODUCT, self._remove)
        )

    async def look(self, orders: Sequence[LookOrder]) -> tuple[Inventory | Receipt, ...]:
        """Send one ProfileList per order, and wait a while for the answers of those that are awake."""
        answers = list(await self._lanes.run(orders, lane=lambda order: order.enrollment.id, work=self._ask_device))
        for pause in _READS:
            waiting = [at for at, answer in enumerate(answers) if _may_still_come(answer)]
            if not waiting:
                break
            await self._timing.sleep(pause)
            news = await self._lanes.run(
                [orders[at] for at in waiting], lane=lambda order: order.enrollment.id, work=self._answer_to
            )
            for at, answer in zip(waiting, news, strict=True):
                answers[at] = answer
        return tuple(answers)

    async def wake(self, enrollments: Sequence[Enrollment]) -> tuple[str, ...]:
        """Return every id: Fleet pushes when it has a command, and has no push of its own."""
        return tuple(enrollment.id for enrollment in enrollments)

    async def touched_by(self, orders: Sequence[InstallOrder]) -> int:
        """Return how many devices get something: all of the team where a template is new or changed."""
        personal = {Host.of(order.enrollment.id).uuid for order in orders if not is_template(order)}
        templates = {order.identifier: order for order in orders if is_template(order)}
        reached = [
            await self._templates.reach(order, sum(one.identifier == identifier for one in orders))
            for identifier, order in templates.items()
        ]
        return len(personal) + sum(reached)

    def events(self, headers: Mapping[str, str], body: bytes) -> tuple[Event, ...]:  # noqa: ARG002 - the port has them
        """Raise NotPossible: its activities say nothing about check-ins and answers."""
        raise no_webhooks(self._name, PRODUCT)

    async def probe(self) -> tuple[Finding, ...]:
        """Ask for the version, one host and the list of profiles."""
        version = await asked(self._client, Call(method=Method.GET, path=f"{API}/version"))
        hosts = await asked(self._client, Call(method=Method.GET, path=f"{API}/hosts", query={"per_page": "1"}))
        profiles = await asked(self._client, self._templates.list_call())
        return (
            version if isinstance(version, Finding) else key_finding(version),
            devices_finding(hosts, _count(hosts, "hosts")),
            list_finding(PROFILES, "profiles", profiles, _count(profiles, "profiles")),
            *capability_findings(CAPABILITIES),
        )

    async def close(self) -> None:
        """Close its connections."""
        await self._client.close()

    async def _install(self, order: InstallOrder, fresh: set[str]) -> Receipt:
        host = Host.of(order.enrollment.id)
        if is_template(order):
            return await self._templates.place(order, host, fresh)
        if host.is_user:
            raise NotPossible(
                "Fleet's raw commands reach devices, not users of Macs, and a profile of a team would reach everybody.",
                hint="Serve users of Macs with a template that has Fleet's variables.",
                code="needs_template",
            )
        return await self._run(order, host, apple.install_profile(order.command, order.signed))

    async def _remove(self, order: RemoveOrder) -> Receipt:
        host = Host.of(order.enrollment.id)
        if host.is_user:
            raise NotPossible(
                "A profile of a team cannot be taken from one user of a Mac.",
                hint="Move the Mac out of the team, or delete the template in Fleet.",
                code="needs_template",
            )
        return await self._run(order, host, apple.remove_profile(order.command, order.identifier))

    async def _run(self, order: InstallOrder | RemoveOrder | LookOrder, host: Host, command: bytes) -> Receipt:
        """Run a raw command unless Fleet knows one of this id: then it was given before a crash."""
        known = await self._result(order.command, host)
        if known is not None:
            return Receipt(command=order.command, state=known.state, already=True, errors=known.errors)
        body = json_body({"command": base64.b64encode(command).decode("ascii"), "host_uuids": [host.uuid]})
        call = Call(method=Method.POST, path=f"{API}/commands/run", body=body, content_type="application/json")
        accept(await self._client.ask(call), 200, 202)
        return Receipt(command=order.command, state=CommandState.QUEUED)

    async def _result(self, command: str, host: Host) -> Result | None:
        call = Call(method=Method.GET, path=f"{API}/commands/results", query={"command_uuid": command})
        answer = await self._client.ask(call)
        if answer.status == 404:
            return None
        return result_of(rows(tree(accept(answer, 200).json()).get("results") or [], answer.place), host)

    async def _ask_device(self, order: LookOrder) -> Inventory | Receipt:
        try:
            host = Host.of(order.enrollment.id)
        except NotPossible as problem:
            return failed(order.command, PRODUCT, problem.message, 404)
        if host.is_user:  # a ProfileList of the device does not show what its users have
            return self._nothing_known(order)
        if (refused := await self._refusal(order, host)) is not None:
            return refused
        ask = receipted(PRODUCT, lambda one: self._run(one, host, apple.profile_list(one.command)))
        return await ask(order)

    async def _refusal(self, order: LookOrder, host: Host) -> Receipt | None:
        """Return the receipt of the open command a question is about, where the device refused that."""
        result = None if order.about is None else await self._result(order.about, host)
        if order.about is None or result is None or result.state is not CommandState.FAILED:
            return None
        return Receipt(command=order.about, state=result.state, errors=result.errors)

    async def _answer_to(self, order: LookOrder) -> Inventory | Receipt:
        result = await self._result(order.command, Host.of(order.enrollment.id))
        if result is None:
            return Receipt(command=order.command, state=CommandState.QUEUED)
        inventory = result.inventory(mdm=self._name, enrollment=order.enrollment.id)
        return inventory or Receipt(command=order.command, state=result.state, errors=result.errors)

    def _nothing_known(self, order: LookOrder) -> Inventory:
        now = self._clock.now()
        return Inventory(mdm=self._name, enrollment=order.enrollment.id, collected_at=now, complete=False)


def is_template(order: InstallOrder) -> bool:
    """Return whether a profile has variables that Fleet is to fill in."""
    return bool(FLEET.variables_in(order.unsigned))


def _lane(order: InstallOrder) -> str:
    return order.identifier if is_template(order) else order.enrollment.id


def _may_still_come(answer: Inventory | Receipt) -> bool:
    states = (CommandState.QUEUED, CommandState.ACKNOWLEDGED)
    return isinstance(answer, Receipt) and answer.state in states


def _count(answer: Answer | Finding, key: str) -> int | None:
    if isinstance(answer, Finding) or answer.status != 200:
        return None
    listed: Any = tree(answer.json()).get(key)
    return len(listed) if isinstance(listed, list) else None
