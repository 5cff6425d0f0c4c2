"""KMFDDM's interface: declarations, sets, status. Source: docs/openapi.yaml of jessepeterson/kmfddm."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

from profilegen.errors import NotPossible
from profilegen.mdm.calls import Answer, Call, Method
from profilegen.mdm.client import MdmClient
from profilegen.profile.declaration import Declaration, revision_name

_CHANGED, _SAME = 204, 304
MOST_REPORTS = 20
"""How far back a device's reports are read."""

_SILENT = {"nonotify": "1"}  # one notification at the end instead of one per change


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One status report as the device sent it, and the second in which the server got it."""

    content: object
    received_at: datetime | None


class KmfddmApi:
    """One method per thing the server can do; every change returns True if something changed."""

    def __init__(self, client: MdmClient, path: str) -> None:
        self._client = client
        self._path = path.rstrip("/")

    async def put(self, declaration: Declaration) -> bool:
        """Store a declaration."""
        return await self._change(
            Call(
                method=Method.PUT,
                path=f"{self._path}/declarations",
                query=_SILENT,
                body=declaration.document(),
                content_type="application/json",
            )
        )

    async def read(self, name: str) -> dict[str, Any]:
        """Return a declaration as it is stored, empty if it is not there."""
        answer = await self._get(f"declarations/{_quoted(name)}")
        if answer.status == 404:
            return {}
        content = answer.require(200).json()
        return content if isinstance(content, dict) else {}

    async def touch(self, name: str) -> None:
        """Give a declaration a new token, so that devices take it again; one that is not there is left out."""
        path = f"{self._path}/declarations/{_quoted(name)}/touch"
        call = Call(method=Method.POST, path=path, query=_SILENT, repeatable=True)
        (await self._client.ask(call)).require(_CHANGED, 404)

    async def delete(self, name: str) -> None:
        """Delete a declaration that is in no set; one that is still used elsewhere stays."""
        call = Call(method=Method.DELETE, path=f"{self._path}/declarations/{_quoted(name)}")
        (await self._client.ask(call)).require(_CHANGED, _SAME, 404, 500)

    async def members(self, group: str) -> tuple[str, ...]:
        """Return the declarations of a set."""
        return await self._names(f"set-declarations/{_quoted(group)}")

    async def sets_of(self, enrollment: str) -> tuple[str, ...]:
        """Return the sets an enrollment has."""
        return await self._names(f"enrollment-sets/{_quoted(enrollment)}")

    async def _names(self, place: str) -> tuple[str, ...]:
        answer = (await self._get(place)).require(200, _CHANGED)
        content = answer.json() if answer.status == 200 else None
        return tuple(one for one in content if isinstance(one, str)) if isinstance(content, list) else ()

    async def join(self, group: str, name: str) -> bool:
        """Put a declaration into a set."""
        return await self._member(Method.PUT, f"set-declarations/{_quoted(group)}", declaration=name)

    async def leave(self, group: str, name: str) -> bool:
        """Take a declaration out of a set."""
        return await self._member(Method.DELETE, f"set-declarations/{_quoted(group)}", declaration=name)

    async def assign(self, enrollment: str, group: str) -> bool:
        """Give an enrollment a set."""
        return await self._member(Method.PUT, f"enrollment-sets/{_quoted(enrollment)}", set=group)

    async def withdraw(self, enrollment: str, group: str) -> bool:
        """Take a set from an enrollment."""
        return await self._member(Method.DELETE, f"enrollment-sets/{_quoted(enrollment)}", set=group)

    async def notify(self, enrollment: str) -> None:
        """Have the MDM tell a device to fetch; the server says yes whether or not it reached anybody."""
        call = Call(method=Method.POST, path=f"{self._path}/notify", query={"id": enrollment}, repeatable=True)
        (await self._client.ask(call)).require(_CHANGED)

    async def status(self, enrollment: str) -> object:
        """Return the items of declaration-status, None if the device never reported."""
        content = (await self._get(f"declaration-status/{_quoted(enrollment)}")).require(200, _CHANGED)
        items = content.json() if content.status == 200 else None
        return items.get(enrollment) if isinstance(items, dict) else None

    async def reports(self, enrollment: str) -> AsyncIterator["Report"]:
        """Yield a device's last status reports, newest first, at most `MOST_REPORTS`."""
        for index in range(MOST_REPORTS):
            answer = await self._get(f"status-report/{_quoted(enrollment)}", {"index": str(index)})
            if answer.status != 200:  # out of range is a 500 there
                return
            yield Report(content=answer.json(), received_at=_http_date(answer.headers.get("last-modified")))

    async def _get(self, place: str, query: dict[str, str] | None = None) -> Answer:
        return await self._client.ask(Call(method=Method.GET, path=f"{self._path}/{place}", query=query or {}))

    async def _member(self, method: Method, place: str, **query: str) -> bool:
        return await self._change(Call(method=method, path=f"{self._path}/{place}", query={**query, **_SILENT}))

    async def ask(self, enrollment: str, own: Sequence[str]) -> None:
        """
        Make a device report.

        It only tells what changed, so the one declaration that it does nothing with gets a new token.
        """
        for base in own:
            await self.touch(revision_name(base))
        await self.notify(enrollment)

    async def _change(self, call: Call) -> bool:
        answer = await self._client.ask(call)
        if answer.status == 400:
            raise NotPossible(
                f"{answer.place} was answered with 400: the server takes it for no declaration.",
                hint="Look into the log of KMFDDM.",
                code="http_status",
            )
        return answer.require(_CHANGED, _SAME).status == _CHANGED


def _http_date(text: str | None) -> datetime | None:
    try:
        moment = None if text is None else parsedate_to_datetime(text)
    except ValueError:
        return None
    return None if moment is None or moment.tzinfo is None else moment.astimezone(UTC)


def _quoted(name: str) -> str:
    return quote(name, safe=":@")
