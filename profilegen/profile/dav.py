"""Calendar and contacts beside the mail: com.apple.caldav.account and com.apple.carddav.account."""

from profilegen.profile.order import PasswordAccount
from profilegen.profile.plist import Payload
from profilegen.settings.servers import DavServer

CALDAV = "com.apple.caldav.account"
CARDDAV = "com.apple.carddav.account"


def caldav_payload(account: PasswordAccount, server: DavServer) -> Payload:
    """Return the calendar payload of an account."""
    return _dav_payload("CalDAV", account, server)


def carddav_payload(account: PasswordAccount, server: DavServer) -> Payload:
    """Return the contacts payload of an account."""
    return _dav_payload("CardDAV", account, server)


def _dav_payload(service: str, account: PasswordAccount, server: DavServer) -> Payload:
    same_login = server.username == account.settings.incoming.username
    keys = {
        "AccountDescription": account.address.display,
        "HostName": server.host,
        "Password": account.incoming_password if same_login else None,
        "Port": server.port,
        "PrincipalURL": server.principal_url,
        "UseSSL": True,
        "Username": server.username,
    }
    return {f"{service}{key}": value for key, value in keys.items() if value is not None}
