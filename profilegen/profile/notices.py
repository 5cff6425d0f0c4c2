"""What a person should be told about a profile that is about to be handed over."""

from collections.abc import Iterator

from profilegen.profile.mail import outgoing_password, shares_typed_password
from profilegen.profile.order import OAuthAccount, PasswordAccount, ProfileOrder
from profilegen.profile.types import Delivery, Platform
from profilegen.settings.candidates import Notice


def build_notices(order: ProfileOrder) -> tuple[Notice, ...]:
    """Return the notices of an order, one sentence each: what will be typed, what is undocumented, what stays to do."""
    return tuple(notice for notices in (_account_notices(order), _certificate_notices(order)) for notice in notices)


def _account_notices(order: ProfileOrder) -> Iterator[Notice]:
    for account in order.accounts:
        match account:
            case PasswordAccount():
                yield from _typing_notices(account, order.delivery)
                yield from _alias_notices(account)
            case OAuthAccount():
                yield Notice(
                    code="sign_in_on_device",
                    text=f"{account.address.display} signs in on the device; the profile holds no password.",
                )


def _typing_notices(account: PasswordAccount, delivery: Delivery) -> Iterator[Notice]:
    missing = _missing_passwords(account)
    who = account.address.display
    if not missing:
        return
    if delivery is Delivery.MDM:
        yield Notice(
            code="mdm_password_missing",
            text=f"MDM asks nothing at install: {who} will have to type the password for {' and for '.join(missing)} "
            "in the device's mail settings before mail works.",
        )
    elif len(missing) > 1 and not shares_typed_password(account, delivery):
        yield Notice(
            code="two_passwords",
            text=f"{who} will be asked for two passwords: receiving and sending have separate logins.",
        )


def _missing_passwords(account: PasswordAccount) -> list[str]:
    known = {"receiving": account.incoming_password, "sending": outgoing_password(account)}
    return [direction for direction, password in known.items() if password is None]


def _alias_notices(account: PasswordAccount) -> Iterator[Notice]:
    if account.settings.aliases:
        yield Notice(
            code="aliases_undocumented",
            text=f"The aliases of {account.address.display} stand in EmailAddress as a comma list: devices take it, "
            "but Apple does not document it.",
        )


def _certificate_notices(order: ProfileOrder) -> Iterator[Notice]:
    if order.certificates and order.delivery is Delivery.INTERACTIVE and order.platform is Platform.IOS:
        yield Notice(
            code="trust_certificate_by_hand",
            text="A CA installed by hand must also be switched on under Settings > General > About > Certificate Trust "
            "Settings.",
            url="https://support.apple.com/102390",
        )
