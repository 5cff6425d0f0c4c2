"""Asking Jamf Pro: its two interfaces, the cookie that keeps us on one of its servers, and its pages."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from profilegen.errors import NetworkProblem
from profilegen.mdm.calls import Answer, Call, Method
from profilegen.mdm.client import MdmClient
from profilegen.mdm.jamf_inventory import Kind, Target
from profilegen.mdm.reading import rows, text, tree

PAGE = 100
_STICKY = re.compile(r"\b(jpro-ingress=[^;,\s]+)")


class JamfApi:
    """
    Asks one Jamf Pro.

    Its load balancer gives each answer a cookie; whoever does not send it back may read up to a minute in the past.
    """

    def __init__(self, client: MdmClient) -> None:
        self.client = client
        self._cookie: str | None = None

    async def ask(self, call: Call) -> Answer:
        """Return the answer."""
        headers = {**call.headers, **({"Cookie": self._cookie} if self._cookie else {})}
        answer = await self.client.ask(
            Call(
                method=call.method,
                path=call.path,
                headers=headers,
                body=call.body,
                content_type=call.content_type,
                repeatable=call.repeatable,
            )
        )
        sticky = _STICKY.search(answer.headers.get("set-cookie", ""))
        if sticky is not None:
            self._cookie = sticky[1]
        return answer

    def classic(self, method: Method, path: str, body: bytes | None = None) -> Call:
        """Return a call of the Classic API, which speaks XML."""
        content_type = None if body is None else "application/xml"
        return Call(
            method=method, path=path, headers={"Accept": "application/xml"}, body=body, content_type=content_type
        )

    def page(self, kind: Kind, sections: str, *, number: int, size: int, only: str | None = None) -> Call:
        """Return the call for one page of the inventory; `only` is an RSQL filter."""
        query = [("section", section) for section in sections.split()]
        query += [("page", str(number)), ("page-size", str(size)), ("sort", f"{kind.id_field}:asc")]
        query += [("filter", only)] if only is not None else []
        return Call(method=Method.GET, path=f"{kind.inventory}?{urlencode(query)}")

    async def records(self, kind: Kind, sections: str) -> AsyncIterator[Mapping[str, Any]]:
        """Yield every inventory record; raises NetworkProblem `cut_list` if the list ends before its own count."""
        number, seen = 0, 0
        while True:
            answer = (await self.ask(self.page(kind, sections, number=number, size=PAGE))).require(200)
            said = tree(answer.json())
            results, total = rows(said.get("results"), answer.place), said.get("totalCount")
            for record in results:
                yield record
            number, seen = number + 1, seen + len(results)
            if not isinstance(total, int) or seen >= total:
                return
            if not results:
                raise _cut(answer.place, seen, total)

    async def records_of(self, kind: Kind, targets: Sequence[Target], sections: str) -> dict[Target, Mapping[str, Any]]:
        """Return the records of certain devices, a hundred per question; those that are gone are not in it."""
        found: dict[str, Mapping[str, Any]] = {}
        ids = sorted({target.device for target in targets}, key=int)
        for start in range(0, len(ids), PAGE):
            quoted = ",".join(f'"{one}"' for one in ids[start : start + PAGE])
            only = f"{kind.id_field}=in=({quoted})"
            answer = (await self.ask(self.page(kind, sections, number=0, size=PAGE, only=only))).require(200)
            for record in rows(tree(answer.json()).get("results"), answer.place):
                found[text(record.get(kind.id_field)) or ""] = record
        return {target: found[target.device] for target in targets if target.device in found}

    async def close(self) -> None:
        """Close the connections."""
        await self.client.close()


def _cut(place: str, seen: int, total: int) -> NetworkProblem:
    return NetworkProblem(
        f"{place} lists {seen} of the {total} devices it speaks of.",
        hint="Try again; what was read is kept.",
        code="cut_list",
    )
