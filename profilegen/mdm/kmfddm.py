"""
KMFDDM: mail accounts as declarations, the one route on which devices say which servers they really use.

Source: docs/openapi.yaml of jessepeterson/kmfddm, and what was measured on a running one: 204 is a change and 304 none,
204 does not mean that a device was told, references are not looked at, `current` compares the device's token with the
server's, and mail accounts are found in the raw status reports alone. Per person and device there is one set.
"""

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from profilegen.errors import NotPossible
from profilegen.fleet.capabilities import Answers, Capabilities, Scope, Signed
from profilegen.fleet.seen import CommandState, Enrollment, InstalledProfile, Inventory
from profilegen.mdm.calls import Call, Method
from profilegen.mdm.client import MdmClient
from profilegen.mdm.ddmstatus import DeclarationState, declaration_states, mail_accounts
from profilegen.mdm.kmfddm_api import KmfddmApi
from profilegen.mdm.lanes import Lanes
from profilegen.mdm.orders import device_of, refused
from profilegen.mdm.probing import key_finding, reach_finding
from profilegen.ports.mdm import CredentialHost, Event, InstallOrder, LookOrder, Receipt, RemoveOrder
from profilegen.profile.declaration import (
    ACCOUNT_MAIL,
    PROFILE,
    REVISION,
    SUBSCRIPTION_ID,
    CredentialReference,
    Declaration,
    Direction,
    declarations_of,
    faults_of,
    logins_of,
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
    tested_against="a test server written from KMFDDM's documented wire format and what was measured on a real one",
)


class Kmfddm:
    """
    Implements `ports.MdmConnector`.

    `client` asks the server's base URL with `FixedKey(basic(USER, key))`. What is declared is taken from the mail
    payloads of the unsigned profile; `credentials` says where a device fetches its logins, without which only servers
    that ask for none can be declared. Its events are those of the NanoMDM beside it.
    """

    def __init__(
        self, *, name: str, client: MdmClient, credentials: CredentialHost | None = None, api_path: str = "/v1"
    ) -> None:
        self._name = name
        self._client = client
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
        """Return what each device last reported."""
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
        declarations = declarations_of(
            content,
            base=base,
            references=await self._references(order, content),
            revision=order.revision,
            order=order.command,
        )
        faults = faults_of(declarations)
        if faults or not any(one.type == ACCOUNT_MAIL for one in declarations):
            return refused(order, SERVER, " ".join(faults) or "The profile has no mail account that can be declared.")
        is_new = await self._upload(order.enrollment.id, base, declarations)
        if is_new:
            await self._api.notify(order.enrollment.id)
        return Receipt(command=order.command, state=CommandState.QUEUED, already=not is_new)

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
        """Store everything, return True unless this very order was there; an old wish made again is taken again."""
        changed = [one for one in declarations if await self._api.put(one)]
        for one in declarations:
            await self._api.join(base, one.identifier)
        wanted = {one.identifier for one in declarations}
        for name in await self._api.members(base):
            if name not in wanted:
                await self._api.leave(base, name)
                await self._api.delete(name)
        is_assigned = await self._api.assign(enrollment, base)
        if changed and not any(one.type == ACCOUNT_MAIL for one in changed):
            for one in declarations:
                if one.type == ACCOUNT_MAIL:
                    await self._api.touch(one.identifier)
        return bool(changed) or is_assigned

    async def _remove(self, order: RemoveOrder) -> Receipt:
        base = base_of(order.identifier, order.enrollment.id)
        if not await self._api.withdraw(order.enrollment.id, base):
            return Receipt(command=order.command, state=CommandState.ACKNOWLEDGED)
        for name in await self._api.members(base):
            await self._api.leave(base, name)
            if name != SUBSCRIPTION_ID:
                await self._api.delete(name)
        await self._api.notify(order.enrollment.id)
        return Receipt(command=order.command, state=CommandState.QUEUED)

    async def _look(self, order: LookOrder) -> Inventory:
        enrollment = order.enrollment.id
        states = declaration_states(await self._api.status(enrollment))
        reports = [report async for report in self._api.reports(enrollment)]
        times = [state.received_at for state in states if state.received_at is not None]
        mail = mail_accounts(reversed(reports))
        used = None if mail is None else {account.declaration for account in mail}
        revisions = [state for state in states if state.identifier.endswith(".revision")]
        profiles = [await self._installed(state, states, used) for state in revisions]
        return Inventory(
            mdm=self._name,
            enrollment=enrollment,
            collected_at=max(times, default=_LONG_AGO),
            complete=bool(states),
            profiles=tuple(profile for profile in profiles if profile is not None),
            mail=mail,
        )

    async def _installed(
        self, revision: DeclarationState, states: tuple[DeclarationState, ...], used: set[str | None] | None
    ) -> InstalledProfile | None:
        """None as well where a person deleted the account: its declaration stays active, and the reports tell."""
        base = revision.identifier.removesuffix(".revision")
        accounts = [state for state in states if _is_account(state.identifier, base)]
        payload = (await self._api.read(revision.identifier)).get("Payload")
        identifier = payload.get(PROFILE) if isinstance(payload, dict) else None
        if not isinstance(payload, dict) or not isinstance(identifier, str) or not accounts:
            return None
        if used is not None and any(state.is_right and state.identifier not in used for state in accounts):
            return None
        is_right = revision.is_right and all(state.is_right for state in accounts)
        said = payload.get(REVISION)
        return InstalledProfile(
            identifier=identifier,
            revision=said if is_right and isinstance(said, str) else None,
            has_mail=True,
            managed=True,
            source="Declarative Device Management",
        )


def base_of(identifier: str, enrollment: str) -> str:
    """Return what begins the identifiers of a profile's declarations on one enrollment, and names their set."""
    return f"{identifier}.{hashlib.sha256(enrollment.encode()).hexdigest()[:12]}"


def _is_account(identifier: str, base: str) -> bool:
    number = identifier.removeprefix(f"{base}.mail-")
    return number != identifier and number.isdigit()
