"""
KMFDDM: mail accounts as declarations, the one route on which devices say which servers they really use.

Source: docs/openapi.yaml of jessepeterson/kmfddm, and what was measured on a running one: 204 is a change and 304 none,
204 does not mean that a device was told, references are not looked at, `current` compares the device's token with the
server's, and mail accounts are found in the raw status reports alone. Per person and device there is one set.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from profilegen.errors import InputProblem, NotPossible
from profilegen.fleet.capabilities import Answers, Capabilities, Scope, Signed
from profilegen.fleet.seat import Effective
from profilegen.fleet.seen import CommandState, Enrollment, InstalledProfile, Inventory
from profilegen.mdm.calls import Call, Method
from profilegen.mdm.client import MdmClient
from profilegen.mdm.ddmstatus import DeclarationState, declaration_states
from profilegen.mdm.kmfddm_api import KmfddmApi
from profilegen.mdm.kmfddm_names import base_of, is_base_of
from profilegen.mdm.kmfddm_told import Told, read_told
from profilegen.mdm.lanes import Lanes
from profilegen.mdm.orders import device_of, refused
from profilegen.mdm.probing import key_finding, reach_finding
from profilegen.ports import Clock
from profilegen.ports.mdm import CredentialHost, Event, InstallOrder, LookOrder, Receipt, RemoveOrder
from profilegen.profile.declaration import (
    ACCOUNT_MAIL,
    CREDENTIAL,
    REVISION,
    SUBSCRIPTION_ID,
    CredentialReference,
    Declaration,
    Direction,
    base_of_revision,
    declarations_of,
    faults_of,
    is_account_name,
    logins_of,
    revision_name,
)
from profilegen.profile.read import read
from profilegen.report import Finding

USER = "kmfddm"
"""The user name of KMFDDM's interface; NanoHUB's is "nanohub" and its `api_path` "/api/v1/ddm"."""

SERVER = "KMFDDM"
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

CAPABILITIES = Capabilities(
    lists_devices=False,
    knows_people=False,
    scope=Scope.DEVICE,
    signed=Signed.STRIPPED,
    answers=Answers.POLL,
    user_channel=True,
    rewrites_identity=False,
    reports_uuid=False,
    reports_signer=False,
    reports_settings=True,
    removes=True,
    reinstalls_after_update=False,
    tested_against="a real KMFDDM (v0.8.3-13-gc6011d2, in memory), and a test server that answers alike",
)


class Kmfddm:
    """
    Implements `ports.MdmConnector`.

    `client` asks the server's base URL with `FixedKey(basic(USER, key))`. What is declared is taken from the mail
    payloads of the unsigned profile; `credentials` says where a device fetches its logins, without which only servers
    that ask for none can be declared. Its events are those of the NanoMDM beside it.
    """

    def __init__(
        self,
        *,
        name: str,
        client: MdmClient,
        clock: Clock,
        credentials: CredentialHost | None = None,
        api_path: str = "/v1",
    ) -> None:
        self._name = name
        self._client = client
        self._clock = clock
        self._credentials = credentials
        self._path = api_path
        self._api = KmfddmApi(client, api_path)
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
        """Raise NotPossible: enrollments belong to the MDM beside it."""
        raise NotPossible(
            f"{self._name} is a KMFDDM, which has no list of devices.",
            hint="Configure the NanoMDM beside it, or import the roster with UDIDs.",
            code="no_device_list",
        )

    async def install(self, orders: Sequence[InstallOrder]) -> tuple[Receipt, ...]:
        """Declare the mail accounts of each profile and tell the device to fetch."""
        return await self._lanes.run(orders, lane=device_of, work=self._install)

    async def remove(self, orders: Sequence[RemoveOrder]) -> tuple[Receipt, ...]:
        """Withdraw the set of each profile, which removes its accounts, and tell the device to fetch."""
        return await self._lanes.run(orders, lane=device_of, work=self._remove)

    async def look(self, orders: Sequence[LookOrder]) -> tuple[Inventory | Receipt, ...]:
        """Return what each device last reported; one that told nothing since an order wants it is made to report."""
        if self._credentials is not None:
            await self._credentials.expire()
        return await self._lanes.run(orders, lane=device_of, work=self._look)

    async def wake(self, enrollments: Sequence[Enrollment]) -> tuple[str, ...]:
        """Have devices told to fetch; the server never says whom it could not reach, so nobody is named."""
        await self._lanes.run(enrollments, lane=lambda one: one.id, work=lambda one: self._api.notify(one.id))
        return ()

    async def touched_by(self, orders: Sequence[InstallOrder]) -> int:
        """Return how many devices the orders name: each has its own set."""
        return len({device_of(order) for order in orders})

    def events(self, headers: Mapping[str, str], body: bytes) -> tuple[Event, ...]:  # noqa: ARG002 - of the port
        """Raise NotPossible: it calls nobody."""
        raise NotPossible(
            f"{self._name} is a KMFDDM, which has no webhook of its own.",
            hint="Receive the webhook of the NanoMDM beside it.",
            code="bad_event",
        )

    async def probe(self) -> tuple[Finding, ...]:
        """Ask for the version, then try the key on the shared subscription."""
        version = await self._client.ask(Call(method=Method.GET, path="/version"))
        tried = await self._client.ask(Call(method=Method.GET, path=f"{self._path}/sets"))
        return (reach_finding(version), key_finding(tried))

    async def close(self) -> None:
        """Close its connections."""
        await self._client.close()

    async def _install(self, order: InstallOrder) -> Receipt:
        content = read(order.unsigned).content
        if content is None:
            return refused(order, SERVER, "The profile cannot be read.")
        base = base_of(order.identifier, order.enrollment.id)
        try:
            references = await self._references(order, content)
        except InputProblem as problem:
            return refused(order, SERVER, f"{problem.message} {problem.hint}")
        declarations = declarations_of(
            content, base=base, references=references, revision=order.revision, order=order.command
        )
        if (reason := self._impossible(content, declarations)) is not None:
            return refused(order, SERVER, reason)
        is_new = await self._upload(order.enrollment.id, base, declarations)
        if is_new or not await self._has_all(order.enrollment.id, declarations):
            await self._api.notify(order.enrollment.id)
        return Receipt(
            command=order.command,
            state=CommandState.QUEUED,
            already=not is_new,
            effective=Effective(identifier=order.identifier, remote_id=base),
        )

    def _impossible(self, content: Mapping[str, Any], declarations: Sequence[Declaration]) -> str | None:
        if not any(one.type == ACCOUNT_MAIL for one in declarations):
            return (
                "Declared mail accounts sign in with a password only, and this profile has none that does: "
                "bring these people their profile through the NanoMDM beside it."
            )
        if self._credentials is None and logins_of(content):
            return (
                "Its accounts need passwords, and nobody says where devices fetch them: "
                f"write credentials_folder and credentials_url below [mdm.{self._name}]."
            )
        return " ".join(faults_of(tuple(declarations))) or None

    async def _references(
        self, order: InstallOrder, content: Mapping[str, Any]
    ) -> dict[tuple[str, Direction], CredentialReference]:
        found: dict[tuple[str, Direction], CredentialReference] = {}
        for login in logins_of(content) if self._credentials is not None else ():
            reference = await self._credentials.reference(order, login) if self._credentials is not None else None
            if reference is not None:
                found[login.account, login.direction] = reference
        return found

    async def _upload(self, enrollment: str, base: str, declarations: tuple[Declaration, ...]) -> bool:
        """
        Store everything; return False if this very order was carried out before.

        The wish itself comes last: whoever finds it there knows that nothing before it is missing.
        """
        (wish,) = (one for one in declarations if one.identifier == revision_name(base))
        stored = (await self._api.read(wish.identifier)).get("Payload")
        others = [one for one in declarations if one is not wish]
        changed = [one for one in others if await self._api.put(one)]
        joined = [await self._api.join(base, one.identifier) for one in others]
        await self._prune(base, {one.identifier for one in declarations})
        assigned = await self._api.assign(enrollment, base)
        if stored is not None and stored != wish.payload and not changed:
            for one in others:
                if one.type in (ACCOUNT_MAIL, CREDENTIAL):
                    await self._api.touch(one.identifier)
        wished = await self._api.put(wish)
        return await self._api.join(base, wish.identifier) or wished or assigned or bool(changed) or any(joined)

    async def _prune(self, base: str, wanted: Collection[str]) -> None:
        await self._drop(base, [name for name in await self._api.members(base) if name not in wanted])

    async def _drop(self, base: str, names: Sequence[str]) -> None:
        """Delete declarations, once all have left: file storage takes `a.b` in a set for a reason to keep `a`."""
        for name in names:
            await self._api.leave(base, name)
        for name in names:
            if name != SUBSCRIPTION_ID:
                await self._api.delete(name)

    async def _has_all(self, enrollment: str, declarations: Sequence[Declaration]) -> bool:
        states = declaration_states(await self._api.status(enrollment))
        return {one.identifier for one in declarations} <= {state.identifier for state in states if state.is_current}

    async def _remove(self, order: RemoveOrder) -> Receipt:
        enrollment, base = order.enrollment.id, base_of(order.identifier, order.enrollment.id)
        if self._credentials is not None:
            await self._credentials.withdraw(enrollment, order.identifier)
        was_assigned = await self._api.withdraw(enrollment, base)
        members = await self._api.members(base)
        await self._drop(base, members)
        if not was_assigned and not members:
            return Receipt(command=order.command, state=CommandState.ACKNOWLEDGED)
        await self._api.notify(enrollment)
        return Receipt(command=order.command, state=CommandState.QUEUED)

    async def _look(self, order: LookOrder) -> Inventory | Receipt:
        enrollment, now = order.enrollment.id, self._clock.now()
        told = await read_told(self._api, enrollment)
        own = [name for name in await self._api.sets_of(enrollment) if is_base_of(name, enrollment)]
        if not own and not told.revisions:  # nothing is declared to it, and it does not say that anything is left
            return Inventory(mdm=self._name, enrollment=enrollment, collected_at=now, complete=True, mail=told.mail)
        at = min(told.at or _LONG_AGO, now)
        if order.since is not None and at < order.since:
            if not order.again and order.about is None:
                await self._api.ask(enrollment, own)
            return Receipt(command=order.command, state=CommandState.QUEUED)
        found = [await self._installed(enrollment, state, told) for state in told.revisions]
        return Inventory(
            mdm=self._name,
            enrollment=enrollment,
            collected_at=at,
            complete=told.at is not None,
            profiles=tuple(found),
            mail=told.mail,
        )

    async def _installed(self, enrollment: str, revision: DeclarationState, told: Told) -> InstalledProfile:
        """Return a profile whose declarations a device has; its accounts may be gone all the same, see `mail`."""
        base = base_of_revision(revision.identifier) or ""
        identifier = base.rpartition(".")[0]
        own = [state for state in told.states if state.identifier.startswith(f"{base}.")]
        is_current = all(state.is_current for state in own if state is not revision)
        refusal = await self._refusal(enrollment, identifier, own) if is_current else None
        is_used = is_current and all(state.is_right for state in own if is_account_name(state.identifier))
        if is_used and self._credentials is not None:
            await self._credentials.withdraw(enrollment, identifier)
        payload = (await self._api.read(revision.identifier)).get("Payload")
        said = payload.get(REVISION) if isinstance(payload, dict) and (is_used or refusal is not None) else None
        return InstalledProfile(
            identifier=identifier,
            uuid=None if said else revision.token,  # no profile's: what is there is not what the server has now
            revision=said if isinstance(said, str) else None,
            has_mail=True,
            managed=True,
            source="Declarative Device Management",
            refusal=refusal,
        )

    async def _refusal(self, enrollment: str, identifier: str, own: Sequence[DeclarationState]) -> str | None:
        """Return why a device cannot use declarations, None where it came too late for a login that lay there."""
        invalid = [state for state in own if state.is_invalid]
        if not invalid:
            return None
        if self._credentials is not None and not await self._credentials.offers(enrollment, identifier):
            return None
        reasons = dict.fromkeys(reason for state in invalid for reason in state.reasons if reason)
        return "; ".join(reasons) or "it gives no reason"
