"""
Jamf Pro's configuration profiles as things that are placed, changed, scoped and taken away.

There is no command that installs a profile: a device gets it when it comes into its scope, and everybody in scope gets
it again when it changes. The order ids in an object's description make a repeated order recognisable.
"""

from collections.abc import Callable
from xml.etree import ElementTree as ET  # a type here; reading is defusedxml's

from profilegen.errors import NetworkProblem, NotPossible
from profilegen.fleet.seen import CommandState
from profilegen.fleet.variables import JAMF, refuse_misspelt
from profilegen.mdm import jamf_wire as wire
from profilegen.mdm.calls import Method
from profilegen.mdm.jamf_api import JamfApi
from profilegen.mdm.jamf_inventory import KINDS, Kind, Target
from profilegen.mdm.reading import accept
from profilegen.net.pace import Timing
from profilegen.ports.mdm import InstallOrder, Receipt, RemoveOrder

PRODUCT = "Jamf Pro"
_READS = (1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0)
"""Seconds between the reads that wait for a change to show: its load balancer may lag by a minute."""

_EXISTS, _NO_TOKEN = 409, 401

Names = dict[Kind, dict[str, str]]
"""Names of objects and their ids, read once per batch."""


class JamfProfiles:
    """The configuration profiles of one Jamf Pro."""

    def __init__(self, api: JamfApi, timing: Timing) -> None:
        self._api = api
        self._timing = timing

    async def place(self, order: InstallOrder, names: Names) -> Receipt:
        """Place a profile for one device, or put it before the device once more."""
        target = Target.of(order.enrollment.id)
        refuse_misspelt(order.unsigned, JAMF)
        stored = await self._stored(order, target.kind, names)
        return await (self._create(order, target, names) if stored is None else self._change(order, target, stored))

    async def take_away(self, order: RemoveOrder) -> Receipt:
        """Take a device out of a scope; an object that reaches nobody any more is deleted."""
        target = Target.of(order.enrollment.id)
        stored = await self._by_id(target.kind, _remote_id(order, target.kind))
        if stored is None or target.device not in stored.devices(target.kind):
            if stored is not None and (stored.is_for_all(target.kind) or stored.device_groups(target.kind)):
                raise NotPossible(
                    "It reaches the device through a group or because it is for all, which is not ours to change.",
                    hint="Take the device out of its scope in Jamf Pro.",
                    code="group_scope",
                )
            return Receipt(command=order.command, state=CommandState.ACKNOWLEDGED, already=True)
        scope = wire.scope_without(stored.scope, target.kind, target.device)
        if wire.is_nobody(scope, target.kind):
            call = self._api.classic(Method.DELETE, f"{target.kind.resource}/id/{stored.id}")
            accept(await self._api.ask(call), 200, 404)
        else:
            await self._put(stored, _scoped(stored, target.kind, stored.orders, scope))
        return Receipt(command=order.command, state=CommandState.QUEUED)

    async def reach(self, order: InstallOrder, kind: Kind, names: Names) -> frozenset[str]:
        """Return the ids of all devices that a changed profile would go to again; none if it is not changed."""
        stored = await self._stored(order, kind, names)
        if stored is None or stored.revision == order.revision:
            return frozenset()
        if stored.is_for_all(kind):
            everybody = [record async for record in self._api.records(kind, "GENERAL")]
            return frozenset(str(record.get(kind.id_field)) for record in everybody)
        reached = set(stored.devices(kind))
        for group in sorted(stored.device_groups(kind)):
            path = f"/JSSResource/{kind.groups.replace('_', '')}/id/{group}"
            answer = accept(await self._api.ask(self._api.classic(Method.GET, path)), 200)
            reached |= wire.read_group_members(answer.body, kind, answer.place)
        return frozenset(reached)

    # --- finding --------------------------------------------------------------------------------------------

    async def _stored(self, order: InstallOrder, kind: Kind, names: Names) -> wire.Stored | None:
        if order.effective is not None and order.effective.remote_id is not None:
            stored = await self._by_id(kind, _remote_id(order, kind))
            if stored is not None:
                return stored
        if kind not in names:
            names[kind] = await self._names(kind)
        return await self._by_name(order, kind, names[kind])

    async def _names(self, kind: Kind) -> dict[str, str]:
        answer = (await self._api.ask(self._api.classic(Method.GET, kind.resource))).require(200)
        return wire.read_names(answer.body, kind, answer.place)

    async def _by_name(self, order: InstallOrder, kind: Kind, names: dict[str, str]) -> wire.Stored | None:
        """An object of the right name that is not ours is left alone."""
        for name, object_id in names.items():
            if wire.is_named_for(name, order):
                stored = await self._by_id(kind, object_id)
                if stored is not None and not stored.payloads & wire.payloads_of(order.unsigned):
                    raise NotPossible(
                        f'There is another profile called "{name}", which is not ours.',
                        hint="Rename it in Jamf Pro.",
                        code="name_taken",
                    )
                return stored
        return None

    async def _by_id(self, kind: Kind, object_id: str) -> wire.Stored | None:
        answer = await self._api.ask(self._api.classic(Method.GET, f"{kind.resource}/id/{object_id}"))
        return None if answer.status == 404 else wire.read_stored(kind, accept(answer, 200).body, answer.place)

    async def _read_back(self, kind: Kind, object_id: str, shows: Callable[[wire.Stored], bool]) -> wire.Stored:
        for pause in (*_READS, None):
            stored = await self._by_id(kind, object_id)
            if stored is not None and shows(stored):
                return stored
            if pause is not None:
                await self._timing.sleep(pause)
        raise NetworkProblem(
            f"{PRODUCT} took a change of profile {object_id} and still shows the old state.",
            hint="Do the same again later: what was taken is recognised and not done twice.",
            code="not_shown",
        )

    # --- changing -------------------------------------------------------------------------------------------

    async def _create(self, order: InstallOrder, target: Target, names: Names) -> Receipt:
        """A POST is never repeated blindly: after an expired token or a taken name, what is there decides."""
        kind, name = target.kind, wire.console_name(order)
        placement = wire.Placement(
            kind=kind,
            orders=(order.command,),
            revision=order.revision,
            scope=wire.scope_with(wire.empty_scope(kind), kind, target.device),
            name=name,
            profile=wire.profile_with_identity(order.unsigned, name, order.effective),
        )
        call = self._api.classic(Method.POST, f"{kind.resource}/id/0", placement.xml())
        answer = await self._api.ask(call)
        if answer.status in (_EXISTS, _NO_TOKEN):
            names[kind] = await self._names(kind)
            stored = await self._by_name(order, kind, names[kind])
            if stored is not None:
                return await self._change(order, target, stored)
            answer = answer if answer.status == _EXISTS else await self._api.ask(call)
        object_id = wire.read_id(accept(answer, 200, 201).body, answer.place)
        names.setdefault(kind, {})[name] = object_id
        stored = await self._read_back(kind, object_id, lambda one: order.command in one.orders)
        return Receipt(command=order.command, state=CommandState.QUEUED, effective=stored.effective)

    async def _change(self, order: InstallOrder, target: Target, stored: wire.Stored) -> Receipt:
        kind, device = target.kind, target.device
        if order.command in stored.orders and device in stored.devices(kind):
            return Receipt(command=order.command, state=CommandState.QUEUED, already=True, effective=stored.effective)
        orders = (*stored.orders, order.command)
        into = wire.scope_with(stored.scope, kind, device)
        if stored.revision == order.revision:
            if device in stored.devices(kind):  # out of the scope and into it again: nobody else is touched
                out = wire.scope_without(stored.scope, kind, device)
                await self._put(stored, _scoped(stored, kind, stored.orders, out))
            placement = _scoped(stored, kind, orders, into)
        else:
            name = wire.console_name(order)
            placement = wire.Placement(
                kind=kind,
                orders=orders,
                revision=order.revision,
                scope=into,
                name=name,
                profile=wire.profile_with_identity(order.unsigned, name, stored.effective),
                redeploy="All",
            )
        await self._put(stored, placement)
        shown = await self._read_back(kind, stored.id, lambda one: order.command in one.orders)
        return Receipt(command=order.command, state=CommandState.QUEUED, effective=shown.effective)

    async def _put(self, stored: wire.Stored, placement: wire.Placement) -> None:
        path = f"{placement.kind.resource}/id/{stored.id}"
        accept(await self._api.ask(self._api.classic(Method.PUT, path, placement.xml())), 200, 201)


def _scoped(stored: wire.Stored, kind: Kind, orders: tuple[str, ...], scope: ET.Element) -> wire.Placement:
    """Return a placement that changes nothing but scope and orders."""
    return wire.Placement(kind=kind, orders=orders, revision=stored.revision, scope=scope)


def _remote_id(order: InstallOrder | RemoveOrder, kind: Kind) -> str:
    """Return the id of an order's object; raises NotPossible if it was never learned or is of the other kind."""
    remote = order.effective.remote_id if order.effective is not None else None
    word, _, object_id = (remote or "").partition(":")
    if word not in {one.word for one in KINDS} or word != kind.word or not object_id.isdigit():
        raise NotPossible(
            "Which profile of Jamf Pro it is was never learned.",
            hint="Install it once more, or remove it in Jamf Pro.",
            code="unknown_profile",
        )
    return object_id
