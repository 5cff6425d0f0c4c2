"""What goes to one person: a profile made for them, or one that lies there as a file."""

import plistlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from profilegen.address import Address
from profilegen.diagnosis.evidence import EndpointPair
from profilegen.errors import NotPossible
from profilegen.flow.evidence import pair_of_account
from profilegen.flow.trial import nothing_to_try
from profilegen.flow.values import Draft, SignedOff
from profilegen.mailing.guide import GuideAccount, PasswordKind
from profilegen.mailing.people import Person
from profilegen.profile.found import FoundAccount, found_accounts
from profilegen.profile.judge import lint_finding
from profilegen.profile.masked import holds_secret
from profilegen.profile.order import Account, OAuthAccount
from profilegen.profile.read import ReadResult, read
from profilegen.profile.signature import examine_signature
from profilegen.profile.types import Delivery, Platform, SignerFacts
from profilegen.profile.wish import ProfileWish
from profilegen.report import Outcome
from profilegen.settings.candidates import Status
from profilegen.settings.document import SettingsDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileFile:
    """A finished profile as it lies there, sent byte for byte; `name` is the file's for error lines."""

    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consignee:
    """One person and what they are to get."""

    person: Person
    what: ProfileWish | ProfileFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """
    A profile ready to be signed off, however it came about.

    `pairs` holds the servers of each account that signs in with a password, None for one that signs in on the device.
    Exactly one of `draft` and `finished` is set.
    """

    accounts: tuple[Address, ...]
    pairs: tuple[EndpointPair | None, ...]
    identifier: str
    revision: str
    holds_password: bool
    platform: Platform
    name: str | None
    organization: str | None
    guide_accounts: tuple[GuideAccount, ...]
    draft: Draft | None = None
    finished: SignedOff | None = None


def goods_of_draft(draft: Draft) -> Goods:
    """Return the goods of a draft."""
    each = list(zip(draft.order.accounts, draft.settings, strict=True))
    return Goods(
        accounts=tuple(account.address for account, _ in each),
        pairs=tuple(pair_of_account(account) for account, _ in each),
        identifier=draft.profile.identifier,
        revision=draft.profile.revision,
        holds_password=draft.profile.has_secrets,
        platform=draft.order.platform,
        name=plistlib.loads(draft.profile.content).get("PayloadDisplayName"),
        organization=draft.order.organization,
        guide_accounts=tuple(_guide_account(account, document, draft) for account, document in each),
        draft=draft,
    )


def goods_of_file(file: ProfileFile, *, now: datetime, digest: Callable[[bytes], str]) -> Goods:
    """
    Return the goods of a file as it stands.

    Raises InputProblem for what is no profile, NotPossible: `no_mail_account`, `no_address_in_profile`, `unsigned`,
    `broken_profile` (a device would refuse it, or could not send with it).
    """
    result = read(file.data)
    content = result.content or {}
    accounts = found_accounts(content)
    if not accounts:
        raise nothing_to_try(result)
    signer, secret = _signer(result, file, now), holds_secret(content)
    platform = Platform.MACOS if content.get("PayloadScope") == "User" else Platform.IOS
    _refuse_broken(file, platform, now)
    addresses = tuple(_address(account, file) for account in accounts)
    return Goods(
        accounts=addresses,
        pairs=tuple(
            EndpointPair.of(address, incoming=account.incoming, outgoing=account.outgoing)
            for address, account in zip(addresses, accounts, strict=True)
        ),
        identifier=str(content.get("PayloadIdentifier", "")),
        revision=str(content.get("PayloadUUID", ""))[:8].lower(),
        holds_password=secret,
        platform=platform,
        name=_text(content.get("PayloadDisplayName")),
        organization=_text(content.get("PayloadOrganization")),
        guide_accounts=tuple(
            GuideAccount(
                address=address.display,
                outgoing=_outgoing_words(account.outgoing.host, account.outgoing.port),
                password=PasswordKind.INSIDE if secret else PasswordKind.MAILBOX,
            )
            for address, account in zip(addresses, accounts, strict=True)
        ),
        finished=SignedOff(data=file.data, sha256=digest(file.data), signer=signer, has_secrets=secret, notices=()),
    )


def _guide_account(account: Account, document: SettingsDocument, draft: Draft) -> GuideAccount:
    if isinstance(account, OAuthAccount):
        return GuideAccount(address=account.address.display, outgoing=None, password=PasswordKind.SIGN_IN)
    server = account.settings.outgoing
    kind, url = PasswordKind.MAILBOX, None
    if draft.profile.has_secrets:
        kind = PasswordKind.INSIDE
    elif document.status is Status.APP_PASSWORD:
        kind = PasswordKind.APP
        url = next((notice.url for notice in document.notices if notice.url), None)
    return GuideAccount(
        address=account.address.display,
        outgoing=_outgoing_words(server.host, server.port),
        password=kind,
        password_url=url,
    )


def _outgoing_words(host: str | None, port: int | None) -> str:
    return f"{host}, port {port}, SSL on"


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _address(account: FoundAccount, file: ProfileFile) -> Address:
    if account.address is None:
        raise NotPossible(
            f"{file.name} holds an account without a mail address, so nobody knows whose it is.",
            hint="Add EmailAddress to its mail payload.",
            code="no_address_in_profile",
        )
    return account.address


def _signer(result: ReadResult, file: ProfileFile, now: datetime) -> SignerFacts:
    signature = None if result.signed_data is None else examine_signature(result.signed_data, (), now)
    if signature is None:
        raise NotPossible(
            f"{file.name} is not signed: devices would show it in red, and anybody could have changed it.",
            hint="Sign it first: profilegen sign IN -o OUT.",
            code="unsigned",
        )
    return signature.signer


def _refuse_broken(file: ProfileFile, platform: Platform, now: datetime) -> None:
    verdict = lint_finding(file.data, delivery=Delivery.INTERACTIVE, platform=platform, now=now)
    if verdict.outcome is Outcome.FAIL:
        raise NotPossible(
            f"{file.name} would not work on a device: {verdict.detail}",
            hint=verdict.remedy or "See profilegen check for more.",
            code="broken_profile",
        )


def person_of_file(file: ProfileFile) -> Person:
    """Return whose profile a file is, by its first account; raises as `goods_of_file` does."""
    result = read(file.data)
    accounts = found_accounts(result.content or {})
    if not accounts:
        raise nothing_to_try(result)
    addresses = tuple(_address(account, file) for account in accounts)
    return Person(key=addresses[0].account, accounts=addresses, name=None)
