"""Asking Microsoft Graph: pages that follow links, devices, custom configurations."""

from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import urlencode

from profilegen.errors import NetworkProblem
from profilegen.mdm.calls import Call, Method
from profilegen.mdm.client import MdmClient
from profilegen.mdm.intune_wire import FIELDS, device_of, is_device
from profilegen.mdm.reading import accept, rows, text, tree

DEVICES = "/v1.0/deviceManagement/managedDevices"
CONFIGURATIONS = "deviceManagement/deviceConfigurations"


class GraphApi:
    """Asks one tenant."""

    def __init__(self, client: MdmClient) -> None:
        self.client = client

    def devices(self) -> AsyncIterator[Mapping[str, Any]]:
        """Yield every managed device."""
        return self.all(f"{DEVICES}?{urlencode({'$select': ','.join(FIELDS)})}")

    def configurations(self) -> AsyncIterator[Mapping[str, Any]]:
        """Yield id and name of every configuration."""
        return self.all(f"/v1.0/{CONFIGURATIONS}?{urlencode({'$select': 'id,displayName'})}")

    async def all(self, path: str) -> AsyncIterator[Mapping[str, Any]]:
        """Yield a list's items, following its links; raises NetworkProblem if they lead in a circle."""
        seen: set[str] = set()
        following: str | None = path
        while following is not None:
            if following in seen:
                raise bad_answer(path.partition("?")[0])
            seen.add(following)
            answer = accept(await self.client.ask(Call(method=Method.GET, path=following)), 200)
            said = tree(answer.json())
            for one in rows(said.get("value"), answer.place):
                yield one
            following = text(said.get("@odata.nextLink"))

    async def sync(self, enrollment: str) -> bool:
        """Have a device synchronise; return False if it cannot be told."""
        if not is_device(enrollment):
            return False
        call = Call(method=Method.POST, path=f"{DEVICES}/{device_of(enrollment)}/syncDevice", repeatable=True)
        answer = await self.client.ask(call)
        if answer.status in (200, 202, 204):
            return True
        answer.require(400, 404, 409)
        return False


def bad_answer(place: str) -> NetworkProblem:
    """Return the error of an answer that lacks what makes it usable."""
    return NetworkProblem(
        f"{place} was answered without what belongs there.",
        hint="Try again; if it stays, the interface of Intune has changed.",
        code="bad_answer",
    )
