"""Intune's custom configurations: one object per template, assigned to one group, changed in place."""

from collections.abc import Mapping
from urllib.parse import urlencode

from profilegen.errors import ConfigProblem, NotPossible
from profilegen.fleet.seat import Effective
from profilegen.fleet.seen import CommandState
from profilegen.fleet.variables import INTUNE, refuse_misspelt
from profilegen.mdm.calls import Call, Method, json_body
from profilegen.mdm.intune_api import CONFIGURATIONS, GraphApi, bad_answer
from profilegen.mdm.intune_wire import (
    LARGEST_PROFILE,
    configuration,
    device_of,
    object_name,
    payload_of,
    platform_for,
    platform_of,
)
from profilegen.mdm.reading import accept, text, tree
from profilegen.ports.mdm import InstallOrder, Receipt
from profilegen.profile.types import Platform

_NO_TOKEN = 401


class IntuneTemplates:
    """The templates of one tenant, and the group they are for; `name` is what the configuration calls this MDM."""

    def __init__(self, api: GraphApi, name: str, group: str | None) -> None:
        self._api = api
        self._name = name
        self._group = group

    async def place(self, order: InstallOrder, placed: dict[str, tuple[str, bool]]) -> Receipt:
        """
        Create or change a template and assign it; where it is as it should be, have this device look.

        `placed` are the objects of this batch by identifier, and whether they were right already; it grows here.
        """
        device, group = device_of(order.enrollment.id), self._refuse_unfit(order)
        if order.identifier not in placed:
            placed[order.identifier] = await self._put(order)
            await self._assign(placed[order.identifier][0], group, order)
        found, was_right = placed[order.identifier]
        already = was_right and await self._api.sync(device)
        effective = Effective(identifier=order.identifier, uuid=order.uuid, remote_id=found)
        return Receipt(command=order.command, state=CommandState.QUEUED, already=already, effective=effective)

    async def _put(self, order: InstallOrder) -> tuple[str, bool]:
        """Return the object, and whether it was right already."""
        found = await self._find(order)
        if found is None:
            return await self._create(order), False
        if await self._payload(found, order) == order.unsigned:
            return found, True
        await self._change(found, order)
        return found, False

    def _refuse_unfit(self, order: InstallOrder) -> str:
        """Return the group; raises NotPossible for whatever must not or cannot go there."""
        refuse_misspelt(order.unsigned, INTUNE)
        if not INTUNE.variables_in(order.unsigned):
            raise NotPossible(
                "Intune assigns to groups only, and a person's own profile would reach everybody in the group.",
                hint="Use a template with Intune's variables.",
                code="needs_template",
            )
        if len(order.unsigned) > LARGEST_PROFILE:
            raise NotPossible(
                f"The profile has {len(order.unsigned)} bytes, and Intune takes {LARGEST_PROFILE}.",
                hint="Leave certificates or pictures out of it.",
                code="too_large",
            )
        if self._group is None:
            raise ConfigProblem(
                f"mdm.{self._name}.group is missing: Intune assigns profiles to groups only.",
                hint=f'Add group = "ID of the group" below [mdm.{self._name}].',
                code="bad_mdm",
            )
        return self._group

    async def _find(self, order: InstallOrder) -> str | None:
        wanted = object_name(order.identifier)
        async for one in self._api.configurations():
            if one.get("displayName") == wanted:
                return text(one.get("id"))
        return None

    async def _payload(self, found: str, order: InstallOrder) -> bytes | None:
        call = Call(method=Method.GET, path=f"{_root(order)}/{found}")
        return payload_of(tree(accept(await self._api.client.ask(call), 200).json()))

    async def _create(self, order: InstallOrder) -> str:
        """A POST is not repeated blindly: where the token had ended, what is there decides."""
        body = json_body(configuration(order))
        call = Call(method=Method.POST, path=_root(order), body=body, content_type="application/json")
        answer = await self._api.client.ask(call)
        if answer.status == _NO_TOKEN:
            if (found := await self._find(order)) is not None:
                return found
            answer = await self._api.client.ask(call)
        made = text(tree(accept(answer, 200, 201).json()).get("id"))
        if made is None:
            raise bad_answer(answer.place)
        return made

    async def _change(self, found: str, order: InstallOrder) -> None:
        path, body = f"{_root(order)}/{found}", json_body(configuration(order))
        call = Call(method=Method.PATCH, path=path, body=body, content_type="application/json", repeatable=True)
        accept(await self._api.client.ask(call), 200, 204)

    async def _assign(self, found: str, group: str, order: InstallOrder) -> None:
        """`assign` replaces the whole list, so what is in it goes with it."""
        path = f"{_root(order)}/{found}"
        targets = [tree(one.get("target")) async for one in self._api.all(f"{path}/assignments")]
        if any(target.get("groupId") == group for target in targets):
            return
        ours = {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group}
        body = json_body({"assignments": [{"target": target} for target in (*targets, ours)]})
        call = Call(
            method=Method.POST, path=f"{path}/assign", body=body, content_type="application/json", repeatable=True
        )
        accept(await self._api.client.ask(call), 200, 201, 204)

    async def reach(self, order: InstallOrder, named: frozenset[str]) -> Mapping[str, str]:
        """
        Return the devices a template goes to, and what to call them; `named` are those that were asked for.

        A template that is there already as it is goes to nobody else.
        """
        asked = dict.fromkeys(named, "")
        found = await self._find(order)
        if found is not None and await self._payload(found, order) == order.unsigned:
            return asked
        return asked | await self._members(platform_for(order))

    async def _members(self, platform: Platform) -> dict[str, str]:
        """Return the devices of a family that belong to the group, by themselves or by their users."""
        if self._group is None:
            return {}
        path = f"/v1.0/groups/{self._group}/transitiveMembers?{urlencode({'$select': 'id,deviceId'})}"
        members = [one async for one in self._api.all(path)]
        ids = (text(one.get(key)) for one in members for key in ("id", "deviceId"))
        known = {one for one in ids if one is not None}
        return {
            device: text(one.get("userPrincipalName")) or text(one.get("serialNumber")) or device
            async for one in self._api.devices()
            if platform_of(one) is platform
            and known & {one.get("userId"), one.get("azureADDeviceId")}
            and (device := text(one.get("id"))) is not None
        }


def _root(order: InstallOrder) -> str:
    """Return where an order's object lives: the channel of a Mac is in the beta alone."""
    version = "beta" if platform_for(order) is Platform.MACOS else "v1.0"
    return f"/{version}/{CONFIGURATIONS}"
