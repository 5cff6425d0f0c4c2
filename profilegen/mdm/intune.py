"""
Microsoft Intune.

Built from public documentation (learn.microsoft.com, Microsoft Graph), never run against a tenant. A profile goes to
groups, never to one device: so only templates with Intune's own variables are placed here, one object per template,
unsigned. What it says of devices is best effort, and never a proof.
"""

from collections.abc import AsyncIterator, Mapping, Sequence

from profilegen.fleet.capabilities import Answers, Capabilities, Scope, Signed
from profilegen.fleet.seat import EnrollmentChannel
from profilegen.fleet.seen import CommandState, Enrollment, InstalledProfile, Inventory
from profilegen.fleet.variables import INTUNE
from profilegen.mdm.calls import Answer, Call, Method
from profilegen.mdm.client import MdmClient
from profilegen.mdm.hosted import (
    PROFILES,
    UNTESTED,
    asked,
    capability_findings,
    devices_finding,
    list_finding,
    no_webhooks,
)
from profilegen.mdm.intune_api import CONFIGURATIONS, DEVICES, GraphApi
from profilegen.mdm.intune_reports import IntuneReports, Status
from profilegen.mdm.intune_templates import IntuneTemplates
from profilegen.mdm.intune_wire import LARGEST_PROFILE, NAME_PREFIX, device_of, enrollments_in, is_device
from profilegen.mdm.lanes import Lanes
from profilegen.mdm.probing import key_finding
from profilegen.mdm.reading import failed, receipted, text, tree
from profilegen.mdm.tokens import ClientCredentials
from profilegen.net.pace import Timing
from profilegen.ports import Clock
from profilegen.ports.mdm import Event, InstallOrder, LookOrder, Receipt, RemoveOrder
from profilegen.report import Finding

BASE = "https://graph.microsoft.com"
LOGIN = "https://login.microsoftonline.com"
SCOPE = "https://graph.microsoft.com/.default"
PRODUCT = "Intune"


CAPABILITIES = Capabilities(
    lists_devices=True,
    knows_people=True,
    scope=Scope.GROUP,
    signed=Signed.UNKNOWN,
    answers=Answers.POLL,
    user_channel=True,
    rewrites_identity=False,
    reports_uuid=False,
    reports_signer=False,
    reports_settings=False,
    removes=False,
    reinstalls_after_update=False,
    variables=INTUNE.variables,
    rate=50.0,
    largest_profile=LARGEST_PROFILE,
    blind_to=frozenset(EnrollmentChannel),
    templates_only=frozenset(EnrollmentChannel),
    dialect=INTUNE,
    tested_against=UNTESTED,
)


def token_path(tenant: str) -> str:
    """Return where the tokens of a tenant come from, below `LOGIN`."""
    return f"/{tenant}/oauth2/v2.0/token"


class Intune:
    """
    Implements `ports.MdmConnector`.

    `client` asks `BASE` with `tokens`; `group` is the id of the Entra group that templates are assigned to.
    """

    def __init__(
        self,
        *,
        name: str,
        client: MdmClient,
        tokens: ClientCredentials,
        clock: Clock,
        timing: Timing,
        group: str | None = None,
    ) -> None:
        self._name = name
        self._api = GraphApi(client)
        self._tokens = tokens
        self._clock = clock
        self._reports = IntuneReports(client, timing)
        self._templates = IntuneTemplates(self._api, name, group)
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
        """Yield the Apple devices of the tenant, page by page."""
        async for device in self._api.devices():
            for enrollment in enrollments_in(device, self._name):
                yield enrollment

    async def install(self, orders: Sequence[InstallOrder]) -> tuple[Receipt, ...]:
        """Place each template once, assign it to the group, and have the devices look."""
        placed: dict[str, tuple[str, bool]] = {}
        return await self._lanes.run(
            orders,
            lane=lambda order: order.identifier,
            work=receipted(PRODUCT, lambda order: self._templates.place(order, placed)),
        )

    async def remove(self, orders: Sequence[RemoveOrder]) -> tuple[Receipt, ...]:
        """Refuse: whoever leaves the group loses the profile, and groups are not ours to change."""
        why = "Intune takes a profile away from whoever leaves its group; take the person or device out of the group"
        return tuple(failed(order.command, PRODUCT, why) for order in orders)

    async def look(self, orders: Sequence[LookOrder]) -> tuple[Inventory | Receipt, ...]:
        """Return what its reports say of our templates: never complete, and as old as the report says."""
        named = [(text(one.get("displayName")) or "", one) async for one in self._api.configurations()]
        ours = {name.removeprefix(NAME_PREFIX): one for name, one in named if name.startswith(NAME_PREFIX)}
        statuses: dict[str, list[tuple[str, Status]]] = {}
        for identifier, one in (ours if orders else {}).items():
            reported = await self._reports.statuses(text(one.get("id")) or "")
            if reported is None:
                return tuple(Receipt(command=order.command, state=CommandState.QUEUED) for order in orders)
            for device, status in reported.items():
                statuses.setdefault(device, []).append((identifier, status))
        return tuple(self._seen(order, statuses) for order in orders)

    async def wake(self, enrollments: Sequence[Enrollment]) -> tuple[str, ...]:
        """Have each device synchronise; return the ids that could not be told."""
        told = await self._lanes.run(enrollments, lane=lambda one: one.id, work=lambda one: self._api.sync(one.id))
        return tuple(one.id for one, done in zip(enrollments, told, strict=True) if not done)

    async def touched_by(self, orders: Sequence[InstallOrder]) -> int:
        """Return how many devices get something: everybody in the group where a template is new or changed."""
        return sum([len(reached) for _, reached in [one async for one in self._reached(orders)]])

    async def strangers(self, orders: Sequence[InstallOrder]) -> tuple[str, ...]:
        """Return whose devices are in the group although nothing was ordered for them."""
        reached = [one async for one in self._reached(orders)]
        return tuple(sorted(name for named, all_ in reached for device, name in all_.items() if device not in named))

    async def _reached(self, orders: Sequence[InstallOrder]) -> AsyncIterator[tuple[frozenset[str], Mapping[str, str]]]:
        """Yield, for each template, the devices of its orders and those it reaches."""
        for identifier, order in {order.identifier: order for order in orders}.items():
            named = frozenset(device_of(one.enrollment.id) for one in orders if one.identifier == identifier)
            yield named, await self._templates.reach(order, named)

    def events(self, headers: Mapping[str, str], body: bytes) -> tuple[Event, ...]:  # noqa: ARG002 - the port has them
        """Raise NotPossible: there are no webhooks about devices."""
        raise no_webhooks(self._name, PRODUCT)

    async def probe(self) -> tuple[Finding, ...]:
        """Ask for one device and one configuration."""
        devices = await asked(self._api.client, Call(method=Method.GET, path=f"{DEVICES}?%24top=1"))
        profiles = await asked(self._api.client, Call(method=Method.GET, path=f"/v1.0/{CONFIGURATIONS}?%24top=1"))
        return (
            devices if isinstance(devices, Finding) else key_finding(devices),
            devices_finding(devices, _count(devices)),
            list_finding(PROFILES, "configurations", profiles, _count(profiles)),
            *capability_findings(CAPABILITIES),
        )

    async def close(self) -> None:
        """Close its connections."""
        await self._api.client.close()
        await self._tokens.close()

    def _seen(self, order: LookOrder, statuses: Mapping[str, list[tuple[str, Status]]]) -> Inventory | Receipt:
        if not is_device(order.enrollment.id):
            return failed(order.command, PRODUCT, "it does not know this device", 404)
        reported = statuses.get(device_of(order.enrollment.id).lower(), [])
        bad = next((status for _, status in reported if status.is_error), None)
        if bad is not None:
            is_about = bad.at is not None and (order.since is None or bad.at >= order.since)
            command = order.about if is_about and order.about is not None else order.command
            return failed(command, PRODUCT, f"it reports {bad.word} for this device")
        times = [status.at for _, status in reported if status.at is not None]
        return Inventory(
            mdm=self._name,
            enrollment=order.enrollment.id,
            collected_at=min(times, default=self._clock.now()),
            complete=False,
            profiles=tuple(InstalledProfile(identifier=one) for one, status in reported if status.is_there),
        )


def _count(answer: Answer | Finding) -> int | None:
    if isinstance(answer, Finding) or answer.status != 200:
        return None
    listed = tree(answer.json()).get("value")
    return len(listed) if isinstance(listed, list) else None
