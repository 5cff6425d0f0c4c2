"""The Google account payload (com.apple.google-oauth): the person signs in on the device."""

from profilegen.errors import NotPossible
from profilegen.profile.order import OAuthAccount
from profilegen.profile.plist import Payload, present
from profilegen.profile.types import Platform

GOOGLE = "com.apple.google-oauth"


def google_payload(account: OAuthAccount, platform: Platform) -> Payload:
    """Return the Google payload of an account; raises NotPossible on macOS, which has no such payload."""
    if platform is Platform.MACOS:
        raise NotPossible(
            f"{account.address} cannot get a Google sign-in on a Mac: {GOOGLE} exists on iOS only.",
            hint="Build a password account with an app password for the Mac.",
        )
    return present(
        AccountDescription=account.address.display,
        AccountName=account.display_name or None,
        EmailAddress=str(account.address),
    )
