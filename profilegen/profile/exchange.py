"""Exchange payloads with OAuth: com.apple.eas.account on iOS, com.apple.ews.account on macOS."""

from profilegen.profile.order import OAuthAccount
from profilegen.profile.plist import Payload
from profilegen.settings.servers import clean_host

EXCHANGE_IOS = "com.apple.eas.account"
EXCHANGE_MACOS = "com.apple.ews.account"
DEFAULT_HOST = "outlook.office365.com"


def exchange_payload(account: OAuthAccount) -> Payload:
    """Return the keys both Exchange payloads share; OAuth takes the place of a password (iOS 12, macOS 10.14)."""
    return {
        "EmailAddress": str(account.address),
        "Host": clean_host(account.host or DEFAULT_HOST),
        "OAuth": True,
        "SSL": True,
        "UserName": str(account.address),
    }
