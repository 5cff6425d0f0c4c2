"""The profile as a whole: an order becomes a finished property list, the same bytes every time."""

from collections.abc import Iterator
from datetime import UTC

from profilegen.profile import identity
from profilegen.profile.certificates import certificate_payload
from profilegen.profile.dav import CALDAV, CARDDAV, caldav_payload, carddav_payload
from profilegen.profile.exchange import EXCHANGE_IOS, EXCHANGE_MACOS, exchange_payload
from profilegen.profile.google import GOOGLE, google_payload
from profilegen.profile.mail import MAIL, mail_payload
from profilegen.profile.order import Account, OAuthAccount, PasswordAccount, ProfileOrder
from profilegen.profile.plist import Payload, dump, present, refuse_unusable_text, secrets_of
from profilegen.profile.types import Platform, Profile
from profilegen.secret import Secret
from profilegen.settings.candidates import AccountPayload

_DEVICE_TYPE = {Platform.IOS: 1, Platform.MACOS: 5}
"""TargetDeviceType: 1 iPhone and iPad, 5 Mac (Apple: TopLevel.yaml)."""


def build_profile(order: ProfileOrder) -> Profile:
    """
    Return the finished profile of an order, unsigned.

    Raises SettingsProblem (prefix, host, certificate), TextProblem (a text that a property list would corrupt, named by
    its key) and NotPossible (a sign-in that no payload of this platform can express).
    """
    key = _key(order)
    identifier = order.adopted.identifier if order.adopted else identity.top_identifier(order.identifier_prefix, key)
    contents = [*_certificates(order, key), *_accounts(order)]
    tree = _envelope(order, identifier, contents)
    refuse_unusable_text(tree)
    uuid = identity.content_uuid(dump(tree, lambda secret: identity.sealed(secret, order.seal)))
    revision = identity.revision_of(uuid)
    tree["PayloadUUID"] = uuid
    tree["PayloadDescription"] = f"{tree['PayloadDescription']} Revision {revision}."
    return Profile(
        identifier=identifier,
        uuid=uuid,
        revision=revision,
        payload_types=tuple(payload["PayloadType"] for payload in contents),
        has_secrets=any(True for _ in secrets_of(tree)),
        content=dump(tree, Secret.reveal),
    )


def _key(order: ProfileOrder) -> str:
    if len(order.accounts) > 1 and order.person:
        return identity.person_key(order.person)
    return identity.mailbox_key(order.accounts[0].address)


def _envelope(order: ProfileOrder, identifier: str, contents: list[Payload]) -> Payload:
    addresses = ", ".join(account.address.display for account in order.accounts)
    expires = order.expires
    return present(
        PayloadType="Configuration",
        PayloadVersion=1,
        PayloadIdentifier=identifier,
        PayloadDisplayName=f"Mail {addresses}",
        PayloadDescription=f"Mail settings for {addresses}.",
        PayloadOrganization=order.organization or None,
        PayloadScope="User" if order.platform is Platform.MACOS else None,
        TargetDeviceType=_DEVICE_TYPE[order.platform],
        RemovalDate=None if expires is None else expires.astimezone(UTC).replace(tzinfo=None, microsecond=0),
        PayloadContent=contents,
    )


def _accounts(order: ProfileOrder) -> Iterator[Payload]:
    for account in order.accounts:
        for kind, name, payload_type, keys in _account_payloads(account, order):
            payload = _inner(_identity(account, kind, payload_type, order), payload_type, order)
            yield payload | {"PayloadDisplayName": f"{name} {account.address.display}"} | keys


def _identity(account: Account, kind: str, payload_type: str, order: ProfileOrder) -> tuple[str, str]:
    """Return PayloadIdentifier and PayloadUUID of one payload of an account, those of its predecessor if it has one."""
    adopted = order.adopted.payload_for(payload_type, account.address.account) if order.adopted else None
    if adopted is not None:
        return adopted.identifier, adopted.uuid
    identifier = identity.account_identifier(order.identifier_prefix, account.address, kind)
    return identifier, identity.inner_uuid(identifier)


def _account_payloads(account: Account, order: ProfileOrder) -> Iterator[tuple[str, str, str, Payload]]:
    """Yield kind, name for people, payload type and keys of every payload an account needs."""
    match account:
        case PasswordAccount():
            yield from _password_payloads(account, order)
        case OAuthAccount(payload=AccountPayload.GOOGLE):
            yield "google", "Google", GOOGLE, google_payload(account, order.platform)
        case OAuthAccount(payload=AccountPayload.EXCHANGE):
            payload_type = EXCHANGE_MACOS if order.platform is Platform.MACOS else EXCHANGE_IOS
            yield "exchange", "Exchange", payload_type, exchange_payload(account)


def _password_payloads(account: PasswordAccount, order: ProfileOrder) -> Iterator[tuple[str, str, str, Payload]]:
    settings = account.settings
    yield "mail", "Mail", MAIL, mail_payload(account, order.delivery)
    if settings.caldav is not None:
        yield "caldav", "Calendar", CALDAV, caldav_payload(account, settings.caldav)
    if settings.carddav is not None:
        yield "carddav", "Contacts", CARDDAV, carddav_payload(account, settings.carddav)


def _certificates(order: ProfileOrder, key: str) -> Iterator[Payload]:
    for der in dict.fromkeys(order.certificates):
        keys = certificate_payload(der)
        identifier = identity.certificate_identifier(order.identifier_prefix, key, der)
        yield _inner((identifier, identity.inner_uuid(identifier)), keys["PayloadType"], order) | keys


def _inner(identifiers: tuple[str, str], payload_type: str, order: ProfileOrder) -> Payload:
    identifier, uuid = identifiers
    return present(
        PayloadType=payload_type,
        PayloadVersion=1,
        PayloadIdentifier=identifier,
        PayloadUUID=uuid,
        PayloadOrganization=order.organization or None,
    )
