"""
NanoMDM, and NanoHUB, which serves the same interface under another path.

Sources: docs/openapi.yaml and docs/operations-guide.md of micromdm/nanomdm, and what was measured on a running one:
an accepted command is no promise, `push_error` alone does not mean "not queued", a command's UUID is its idempotency
key, and answers come by webhook only, each told once.
"""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from profilegen.errors import NetworkProblem, NotPossible
from profilegen.fleet.capabilities import Answers, Capabilities, Scope, Signed
from profilegen.fleet.seen import CommandState, Enrollment, ErrorLink, Inventory
from profilegen.mdm import apple
from profilegen.mdm.calls import Answer, Call, Method
from profilegen.mdm.client import MdmClient
from profilegen.mdm.lanes import Lanes
from profilegen.mdm.orders import RawOrder, command_of, device_of, refused
from profilegen.mdm.probing import key_finding, reach_finding, webhook_finding
from profilegen.mdm.webhook import read_events, require_signature
from profilegen.ports import Clock
from profilegen.ports.mdm import Event, InstallOrder, LookOrder, Receipt, RemoveOrder
from profilegen.report import Finding
from profilegen.secret import Secret

USER = "nanomdm"
"""The user name of NanoMDM's interface; NanoHUB's is "nanohub" and its `api_path` "/api/v1/nanomdm"."""

_PUSH_TOGETHER = 40  # ids in one URL, of at most 73 characters each
SERVER = "NanoMDM"
_ID = re.compile(r"[A-Za-z0-9-]{8,64}(?::[^,/\s]{1,128})?")
_ALREADY = re.compile(r"already exists|duplicate key|duplicate entry", re.IGNORECASE)
_PASSING = re.compile(
    r"connection|connect:|timeout|deadline|too many clients|locked|shutting down|starting up|no space", re.IGNORECASE
)

CAPABILITIES = Capabilities(
    lists_devices=False,
    knows_people=False,
    scope=Scope.DEVICE,
    signed=Signed.KEPT,
    answers=Answers.WEBHOOK,
    user_channel=True,
    rewrites_identity=False,
    reports_uuid=True,
    reports_signer=True,
    reports_settings=False,
    removes=True,
    reinstalls_after_update=False,
    tested_against=(
        "a real NanoMDM (v0.9.0-14-g1d5fcf4, "
        "in memory, on files and on PostgreSQL) and a test server that answers alike"
    ),
)


class NanoMdm:
    """
    Implements `ports.MdmConnector`.

    `client` asks the server's base URL with `FixedKey(basic(USER, key))`. Every order is one command for one
    enrollment, and no two for one device are under way at a time: the server's file storage loses those. `webhook_key`
    is the server's `-webhook-hmac-key`; without it nothing is believed that comes by webhook.
    """

    def __init__(
        self,
        *,
        name: str,
        client: MdmClient,
        clock: Clock,
        webhook_key: Secret | None = None,
        api_path: str = "/v1",
    ) -> None:
        self._name = name
        self._client = client
        self._clock = clock
        self._webhook_key = webhook_key
        self._api = api_path.rstrip("/")
        self._lanes = Lanes(CAPABILITIES.concurrency)

    @property
    def name(self) -> str:
        """The name it has in the configuration."""
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        return CAPABILITIES

    def enrollments(self) -> AsyncIterator[Enrollment]:
        """Raise NotPossible: enrollments are known from webhooks alone."""
        raise NotPossible(
            f"{self._name} is a NanoMDM, which has no list of its devices.",
            hint="Devices become known by their check-ins; import the roster with their UDIDs.",
            code="no_device_list",
        )

    async def install(self, orders: Sequence[InstallOrder]) -> tuple[Receipt, ...]:
        """Queue one InstallProfile per order, signed."""
        return await self._lanes.run(orders, lane=device_of, work=self._enqueue)

    async def remove(self, orders: Sequence[RemoveOrder]) -> tuple[Receipt, ...]:
        """Queue one RemoveProfile per order."""
        return await self._lanes.run(orders, lane=device_of, work=self._enqueue)

    async def look(self, orders: Sequence[LookOrder]) -> tuple[Inventory | Receipt, ...]:
        """Queue one ProfileList or DeviceInformation per order; the answers come as events."""
        return await self._lanes.run(orders, lane=device_of, work=self._enqueue)

    async def wake(self, enrollments: Sequence[Enrollment]) -> tuple[str, ...]:
        """Push through APNs, forty at a time; return the ids it could not push."""
        ids = tuple(enrollment.id for enrollment in enrollments)
        usable = tuple(one for one in ids if _ID.fullmatch(one))
        batches = [usable[start : start + _PUSH_TOGETHER] for start in range(0, len(usable), _PUSH_TOGETHER)]
        missed = await self._lanes.run(batches, lane=lambda batch: batch[0], work=self._push)
        return tuple(one for one in ids if one not in usable) + tuple(one for batch in missed for one in batch)

    async def touched_by(self, orders: Sequence[InstallOrder]) -> int:
        """Return how many devices the orders name: commands go to nobody else."""
        return len({device_of(order) for order in orders})

    def events(self, headers: Mapping[str, str], body: bytes) -> tuple[Event, ...]:
        """Read one webhook call, signature first."""
        if self._webhook_key is None:
            raise NotPossible(
                f"There is no webhook key for {self._name}, so its webhook calls cannot be believed.",
                hint="Start NanoMDM with -webhook-hmac-key and give profilegen the same key.",
                code="bad_signature",
            )
        require_signature(headers, body, self._webhook_key)
        return read_events(body, mdm=self._name, identify=_identify, now=self._clock.now())

    async def probe(self) -> tuple[Finding, ...]:
        """Ask for the version, then try the key on a question that changes nothing."""
        version = await self._client.ask(Call(method=Method.GET, path="/version"))
        tried = await self._client.ask(Call(method=Method.GET, path=f"{self._api}/pushcert"))
        return (reach_finding(version), key_finding(tried), webhook_finding(self._webhook_key))

    async def close(self) -> None:
        """Close its connections."""
        await self._client.close()

    async def _enqueue(self, order: RawOrder) -> Receipt:
        id_ = order.enrollment.id
        if not _ID.fullmatch(id_):
            return refused(order, SERVER, f'"{id_[:80]}" is no enrollment id of NanoMDM')
        call = Call(method=Method.PUT, path=f"{self._api}/enqueue/{_quoted(id_)}", body=command_of(order))
        said = _said(await self._client.ask(call), id_)
        if said.refusal is None:
            return _queued(order.command, said.push_error)
        if _ALREADY.search(said.refusal):
            # whoever queued it may have died before its push
            missed = await self._push((id_,))
            return _queued(order.command, "the push failed" if missed else None, already=True)
        if _PASSING.search(said.refusal):
            raise NetworkProblem(
                f"{self._name} could not store a command: {said.refusal[:300]}.",
                hint="Look into the log of the MDM and its database, then try again.",
                code="server_error",
            )
        return refused(order, SERVER, said.refusal)

    async def _push(self, ids: tuple[str, ...]) -> tuple[str, ...]:
        path = f"{self._api}/push/{','.join(map(_quoted, ids))}"
        answer = await self._client.ask(Call(method=Method.GET, path=path))
        return tuple(one for one in ids if _said(answer, one).push_error is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What the server said about one id: `refusal` a command it did not take, `push_error` a push that failed."""

    refusal: str | None
    push_error: str | None


_KNOWN = {"status", "no_push", "push_error", "command_error", "command_uuid"}


def _said(answer: Answer, id_: str) -> _Said:
    """Read an APIResult, which comes with 200, 207 and 500 alike; raises as `Answer.require` does for what is none."""
    result = _result(answer.require(200, 207, 500))
    if not _KNOWN & result.keys():
        answer.require(200)  # a 500 of something in between says more about itself than about its body
        raise NetworkProblem(
            f"{answer.place} was answered with something else than NanoMDM's result.",
            hint="Check that the URL of this MDM leads to NanoMDM.",
            code="bad_answer",
        )
    status = result.get("status")
    own = status.get(id_) if isinstance(status, dict) else None
    if isinstance(own, dict) and own.get("push_result"):
        return _Said(refusal=None, push_error=None)  # an error beside it is about the certificate of another topic
    places = [part for part in (own, result) if isinstance(part, dict)]
    return _Said(refusal=_first(places, "command_error"), push_error=_first(places, "push_error"))


def _result(answer: Answer) -> dict[str, Any]:
    try:
        result = answer.json()
    except NetworkProblem:
        return {}
    return result if isinstance(result, dict) else {}


def _first(places: list[dict[str, Any]], key: str) -> str | None:
    return next((str(part[key])[:500] for part in places if part.get(key)), None)


def _queued(command: str, push_error: str | None, *, already: bool = False) -> Receipt:
    if push_error is None:
        return Receipt(command=command, state=CommandState.QUEUED, already=already)
    link = ErrorLink(domain="APNs", code=0, text=push_error)
    return Receipt(command=command, state=CommandState.UNPUSHED, already=already, errors=(link,))


def _quoted(id_: str) -> str:
    return quote(id_, safe=":@")


def _identify(inner: Mapping[str, Any], _message: Mapping[str, Any]) -> str | None:
    ids = inner.get("ids")
    return apple.text(ids, "id") if isinstance(ids, dict) else None
