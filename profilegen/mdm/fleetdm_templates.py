"""
Fleet's configuration profiles: one template for a team, changed in place under one identifier.

Never called: `configuration_profiles/batch` and `mdm/profiles/batch`, which delete what they do not name.
"""

from collections.abc import Mapping
from typing import Any

from profilegen.fleet.seen import CommandState
from profilegen.fleet.variables import FLEET, refuse_misspelt
from profilegen.mdm.calls import Call, Method
from profilegen.mdm.client import MdmClient
from profilegen.mdm.fleetdm_wire import Host
from profilegen.mdm.multipart import multipart
from profilegen.mdm.reading import accept, rows, text, tree
from profilegen.ports.mdm import InstallOrder, Receipt

API = "/api/v1/fleet"
PRODUCT = "Fleet"
_EXISTS, _MISSING, _NOT_ALLOWED = 409, 404, 405


class FleetTemplates:
    """The templates of one team."""

    def __init__(self, client: MdmClient, team: str | None) -> None:
        self._client = client
        self._team = team

    def list_call(self) -> Call:
        """Return the call for the list of profiles."""
        return Call(method=Method.GET, path=f"{API}/configuration_profiles", query=self._of_team())

    async def place(self, order: InstallOrder, host: Host, fresh: set[str]) -> Receipt:
        """
        Create or change the template; where it is as it should be, have it sent to this host again.

        `fresh` are the identifiers of templates that all their hosts are getting anyway; it grows here.
        """
        refuse_misspelt(order.unsigned, FLEET)
        if order.identifier in fresh:
            return Receipt(command=order.command, state=CommandState.QUEUED)
        profile = await self._find(order.identifier)
        if profile is not None and await self._content(profile) == order.unsigned:
            already = await self._resend(profile, host)
            return Receipt(command=order.command, state=CommandState.QUEUED, already=already)
        await (self._create(order) if profile is None else self._change(profile, order))
        fresh.add(order.identifier)
        return Receipt(command=order.command, state=CommandState.QUEUED)

    async def reach(self, order: InstallOrder, named: int) -> int:
        """Return how many hosts a template goes to; `named` of them are those that were asked for."""
        profile = await self._find(order.identifier)
        if profile is not None and await self._content(profile) == order.unsigned:
            return named
        call = Call(method=Method.GET, path=f"{API}/hosts/count", query=self._of_team())
        count = tree(accept(await self._client.ask(call), 200).json()).get("count")
        return max(named, count if isinstance(count, int) else 0)

    async def _find(self, identifier: str) -> str | None:
        """Return the id of the profile with this identifier; pages until the list says it is the last."""
        page = 0
        while True:
            call = self.list_call()
            query = {**call.query, "page": str(page), "per_page": "100"}
            answer = accept(await self._client.ask(Call(method=call.method, path=call.path, query=query)), 200)
            said = tree(answer.json())
            for one in rows(said.get("profiles") or [], answer.place):
                if one.get("identifier") == identifier:
                    return text(one.get("profile_uuid"))
            if tree(said.get("meta")).get("has_next_results") is not True:
                return None
            page += 1

    async def _content(self, profile: str) -> bytes:
        path = f"{API}/configuration_profiles/{profile}"
        answer = await self._client.ask(Call(method=Method.GET, path=path, query={"alt": "media"}))
        return accept(answer, 200).body

    async def _create(self, order: InstallOrder) -> None:
        """A taken identifier is no error: somebody was faster, so theirs is changed; it is never given another one."""
        body, content_type = self._form(order)
        path = f"{API}/configuration_profiles"
        answer = await self._client.ask(Call(method=Method.POST, path=path, body=body, content_type=content_type))
        if answer.status == _EXISTS and (profile := await self._find(order.identifier)) is not None:
            await self._change(profile, order)
            return
        accept(answer, 200, 201)

    async def _change(self, profile: str, order: InstallOrder) -> None:
        """Older servers cannot change a profile: there it is deleted and made anew under the same identifier."""
        body, content_type = self._form(order)
        path = f"{API}/configuration_profiles/{profile}"
        call = Call(method=Method.PATCH, path=path, body=body, content_type=content_type, repeatable=True)
        answer = await self._client.ask(call)
        if answer.status not in (_MISSING, _NOT_ALLOWED):
            accept(answer, 200, 202, 204)
            return
        accept(await self._client.ask(Call(method=Method.DELETE, path=path)), 200, 204, 404)
        made = Call(method=Method.POST, path=f"{API}/configuration_profiles", body=body, content_type=content_type)
        accept(await self._client.ask(made), 200, 201)

    async def _resend(self, profile: str, host: Host) -> bool:
        """Return True if it is on its way to the host anyway."""
        of_host = f"{API}/hosts/{host.number}/configuration_profiles"
        listed = accept(await self._client.ask(Call(method=Method.GET, path=of_host)), 200)
        for one in rows(tree(listed.json()).get("profiles") or [], listed.place):
            if one.get("profile_uuid") == profile and one.get("status") == "pending":
                return True
        for path in (f"{of_host}/{profile}/resend", f"{of_host}/resend/{profile}"):  # newer and older servers
            answer = await self._client.ask(Call(method=Method.POST, path=path, repeatable=True))
            if answer.status not in (_MISSING, _NOT_ALLOWED):
                break
        accept(answer, 200, 202)
        return False

    def _form(self, order: InstallOrder) -> tuple[bytes, str]:
        fields: list[tuple[str, str]] = [("team_id", self._team)] if self._team is not None else []
        name = f"{order.identifier[-40:]}.mobileconfig"
        return multipart(fields, file_field="profile", file_name=name, data=order.unsigned)

    def _of_team(self) -> Mapping[str, Any]:
        return {"team_id": self._team} if self._team is not None else {}
