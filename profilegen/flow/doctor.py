"""The doctor's rounds: look up, test the right settings, test the device's as they stand, and put it all together."""

import ipaddress
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Protocol as Port

from profilegen.address import Address
from profilegen.diagnosis.doctor.case import Case
from profilegen.diagnosis.doctor.comparison import Right
from profilegen.diagnosis.doctor.current import Current
from profilegen.errors import AddressProblem, NotPossible, ProfilegenError, WorldProblem
from profilegen.flow.story import Flow
from profilegen.flow.trial import nothing_to_try, question_about, trial_of_found
from profilegen.flow.values import Asked, Draft, GivenPasswords, Proof
from profilegen.ports import Progress, Trial
from profilegen.profile.account import AccountType
from profilegen.profile.found import FoundAccount, found_accounts
from profilegen.profile.judge import lint_finding
from profilegen.profile.order import PasswordAccount
from profilegen.profile.read import read
from profilegen.profile.wish import AccountWish, ProfileWish
from profilegen.report import Finding, Report
from profilegen.settings.candidates import Resolution, Status
from profilegen.settings.document import SettingsDocument
from profilegen.settings.resolved import overridden, resolution_of, settings_of
from profilegen.settings.servers import Auth, FoundServer, Protocol, Server

_IPV4 = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")


class BlockLists(Port):
    """Asks the block lists the operator named; never raises."""

    async def listings(self, addresses: Sequence[str], domains: Sequence[str]) -> tuple[Finding, ...]:
        """Return a finding `dnsbl.ZONE` per list and address, and one `rhsbl.ZONE` per list and mail domain."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """
    What somebody brings: the account as `wish`, and what he knows of the device.

    `profile` is one the device has or was given, as bytes.
    """

    wish: ProfileWish
    asked: Asked = field(default_factory=Asked)
    error: str | None = None
    current: Current | None = None
    profile: bytes | None = None
    other_network: bool | None = None

    @property
    def account(self) -> AccountWish:
        """The one account it is about."""
        return self.wish.accounts[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """
    The case, and what it was made of; None where it did not come so far.

    `problem` is why there are no settings to test, or why they could not be tested.
    """

    case: Case
    resolution: Resolution | None
    proof: Proof | None
    problem: ProfilegenError | None


def account_in(data: bytes, wanted: Address | None = None) -> tuple[FoundAccount, Address]:
    """
    Return the account of a profile that is `wanted`'s, else its first one, and its address.

    Raises InputProblem or NotPossible if there is none.
    """
    result = read(data)
    accounts = found_accounts(result.content or {})
    if not accounts:
        raise nothing_to_try(result)
    key = wanted.account if wanted is not None else None
    chosen = next((one for one in accounts if one.address is not None and one.address.account == key), accounts[0])
    return chosen, trial_of_found(chosen, GivenPasswords(), Asked(level=1)).address


def current_in(found: FoundAccount) -> Current:
    """Return what a device has that installed this account; a missing UseSSL is off, as Apple's schema says."""
    auth = found.outgoing.auth or Auth.NONE
    return Current(
        outgoing=replace(
            found.outgoing,
            use_ssl=bool(found.outgoing.use_ssl),
            auth=auth,
            username=found.outgoing.username or ("" if auth is Auth.NONE else None),  # else asked on installation
        ),
        incoming=replace(found.incoming, use_ssl=bool(found.incoming.use_ssl)),
        email=str(found.address) if found.address is not None else None,
        password=True if found.outgoing_password is not None else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Doctor:
    """Examines through the flow: what it looks up, builds and tests is what `fix` would; no `lists`: none are asked."""

    flow: Flow
    lists: BlockLists | None = None

    async def examine(self, complaint: Complaint, progress: Progress) -> Examined:
        """Return everything that can be found out from here; raises UsageProblem for a wish that contradicts itself."""
        progress("looking up the settings")
        resolution, document, problem = await self._settings(complaint)
        draft, proof = None, None
        if document is not None:
            try:
                draft = await self.flow.draft(_with_settings(complaint, document))
                proof = await self.flow.prove(draft, complaint.asked, progress, self.flow.canaries)
            except (NotPossible, WorldProblem) as stopped:
                problem = stopped
        right = await self._right(complaint, document, resolution, draft)
        case = Case(
            address=complaint.account.address,
            status=None if document is None else document.status,
            right=right,
            error=complaint.error,
            current=complaint.current,
            right_report=Report() if proof is None else proof.report,
            current_report=await self._as_it_stands(complaint, right, progress),
            lists_report=await self._listed(complaint, right),
            level=0 if proof is None else proof.level,
            with_password=complaint.account.incoming_password is not None,
            other_network=complaint.other_network,
        )
        return Examined(case=case, resolution=resolution, proof=proof, problem=problem)

    async def _settings(
        self, complaint: Complaint
    ) -> tuple[Resolution | None, SettingsDocument | None, ProfilegenError | None]:
        account = complaint.account
        if account.settings is not None:
            document = overridden(account.settings, account.overrides)
            return resolution_of(document), document, None
        try:
            resolution = await self.flow.finder.resolve(question_about(account.address, complaint.wish.lookup))
        except WorldProblem as problem:
            return None, None, problem
        return resolution, overridden(settings_of(resolution), account.overrides), None

    async def _right(
        self,
        complaint: Complaint,
        document: SettingsDocument | None,
        resolution: Resolution | None,
        draft: Draft | None,
    ) -> Right:
        address = complaint.account.address
        built = draft.order.accounts[0] if draft is not None else None
        if isinstance(built, PasswordAccount):
            incoming: Server | None = built.settings.incoming
            outgoing: Server | None = built.settings.outgoing
        else:
            incoming, outgoing = (document.incoming, document.outgoing) if document is not None else (None, None)
        others = resolution.alternatives if resolution is not None else ()
        return Right(
            address=address,
            incoming=incoming,
            outgoing=outgoing,
            others=tuple(other.server for other in others if other.usable and other.server.protocol is Protocol.SMTP),
            sign_in=document is not None and document.status is Status.OAUTH_ONLY,
            owner=await self._owner(complaint, outgoing),
        )

    async def _owner(self, complaint: Complaint, right: Server | None) -> str | None:
        """Whose server the device sends through, if it is known and somebody else's."""
        current, address = complaint.current, complaint.account.address
        host = current.outgoing.host if current is not None else None
        if host is None or right is None or host == right.host:
            return None
        owner = await self.flow.catalogue.by_host(address, host)
        own = await self.flow.catalogue.by_host(address, right.host)
        if owner is not None:
            return owner.name if own is None or own.provider != owner.provider else None
        service = await self.flow.catalogue.relay_by_host(host, str(address))
        return f"the relay service {service.name}" if service is not None else None

    async def _listed(self, complaint: Complaint, right: Right) -> Report:
        """Ask about the address the device's message names, else the outgoing server's, and the domain of the mail."""
        if self.lists is None:
            return Report()
        addresses: Sequence[str] = _addresses_in(complaint.error or "")
        if not addresses and right.outgoing is not None:
            with suppress(WorldProblem):
                addresses = await self.flow.resolver.addresses(right.outgoing.host)
        return Report(await self.lists.listings(addresses, (complaint.account.address.domain,)))

    async def _as_it_stands(self, complaint: Complaint, right: Right, progress: Progress) -> Report:
        """Test the device's outgoing server exactly as it stands, without any credential."""
        current = complaint.current
        if current is None or current.outgoing.host is None:
            return Report()
        lint = Report()
        if complaint.profile is not None:
            delivery, platform = complaint.wish.delivery, complaint.wish.platform
            now = self.flow.clock.now()
            lint = Report((lint_finding(complaint.profile, delivery=delivery, platform=platform, now=now),))
        outgoing = _completed(current.outgoing, right.outgoing)
        incoming = right.incoming.found if right.incoming is not None else _completed(current.incoming, None)
        if right.outgoing is not None and outgoing == right.outgoing.found:
            return lint
        trial = Trial(address=complaint.account.address, incoming=incoming, outgoing=outgoing, level=1)
        try:
            report = await self.flow.verifier.verify(trial, progress)
        except WorldProblem:
            return lint
        return lint + Report(tuple(one for one in report.findings if one.check.startswith("outgoing.")))


def _with_settings(complaint: Complaint, document: SettingsDocument) -> ProfileWish:
    """Return the wish with the settings found, and the sender the device uses as one more to be tried."""
    account, kind = complaint.account, complaint.wish.account_type
    if kind is None and account.incoming_password is not None and document.status is not Status.OAUTH_ONLY:
        kind = AccountType.PASSWORD  # there is one to be tried
    aliases = account.aliases
    shown = complaint.current.email if complaint.current is not None else None
    try:
        sender = Address.parse(shown) if shown else account.address
    except AddressProblem:
        sender = account.address
    if sender.account != account.address.account:
        aliases = (*aliases, sender)
    accounts = (replace(account, settings=document, aliases=aliases),)
    return replace(complaint.wish, accounts=accounts, account_type=kind)


def _addresses_in(text: str) -> tuple[str, ...]:
    found = dict.fromkeys(_IPV4.findall(text))
    return tuple(one for one in found if _is_address(one))


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _completed(now: FoundServer, right: Server | None) -> FoundServer:
    """What the device did not show is taken to be right, so that nothing is blamed on it."""
    known = right.found if right is not None else FoundServer(protocol=now.protocol)
    same_port = now.port in (None, known.port)
    return FoundServer(
        protocol=now.protocol,
        host=now.host or known.host,
        port=now.port if now.port is not None else known.port,
        use_ssl=now.use_ssl if now.use_ssl is not None else known.use_ssl,
        security=known.security if same_port and now.use_ssl is not False else None,
        auth=now.auth or known.auth,
        username=now.username if now.username is not None else known.username,
    )
