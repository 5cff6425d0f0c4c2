"""The orders behind the golden files, and the small helpers every test of profiles uses."""

import base64
import dataclasses
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from profilegen.address import Address
from profilegen.profile.order import OAuthAccount, PasswordAccount, ProfileOrder
from profilegen.profile.types import Delivery, Platform
from profilegen.secret import Secret
from profilegen.settings.candidates import AccountPayload
from profilegen.settings.servers import Auth, DavServer, MailSettings, Protocol, Security, Server

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SEAL = bytes(range(32))

# A self-signed P-256 root, made once for these files: CN=Example Root CA, 2026-01-01 to 2036-01-01.
ROOT_CA = base64.b64decode(
    "MIIBNDCB3KADAgECAgEBMAoGCCqGSM49BAMCMBoxGDAWBgNVBAMMD0V4YW1wbGUgUm9vdCBDQTAeFw0yNjAxMDEwMDAwMDBaFw0z"
    "NjAxMDEwMDAwMDBaMBoxGDAWBgNVBAMMD0V4YW1wbGUgUm9vdCBDQTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABMHtdKk4EuX1"
    "p27cbyuApkdlJYIqtzPXcuyz+hFFPJUVM/J7arleRZTdiUl88PHyn4g2XETdaOmR3w/RAdsyRD6jEzARMA8GA1UdEwEB/wQFMAMB"
    "Af8wCgYIKoZIzj0EAwIDRwAwRAIgOutNRD471wW2pf1HFYbSyMwsKunUd0SaV3yIFp8nX5UCIEI58WOR8YXWp/GP7kup5Mwcid/9"
    "++HPf0xgWQSPYunj"
)


def server(protocol: Protocol, host: str, port: int, username: str, **changes: Any) -> Server:
    security = Security.TLS if port in (465, 993, 995) else Security.STARTTLS
    facts: dict[str, Any] = {"security": security, "auth": (Auth.PASSWORD,)} | changes
    return Server(protocol=protocol, host=host, port=port, username=username, **facts)


def settings(address: str = "you@example.com", **changes: Any) -> MailSettings:
    mailbox = Address.parse(address)
    facts: dict[str, Any] = {
        "address": mailbox,
        "display_name": 'Zoë "Ø" & <Bob>',
        "incoming": server(Protocol.IMAP, f"imap.{mailbox.domain}", 993, str(mailbox)),
        "outgoing": server(Protocol.SMTP, f"smtp.{mailbox.domain}", 587, str(mailbox)),
    }
    return MailSettings(**facts | changes)


def password_account(address: str = "you@example.com", **changes: Any) -> PasswordAccount:
    names = {field.name for field in dataclasses.fields(PasswordAccount)} - {"settings"}
    own = {name: value for name, value in changes.items() if name in names}
    rest = {name: value for name, value in changes.items() if name not in names}
    return PasswordAccount(settings=settings(address, **rest), **own)


def order(*accounts: PasswordAccount | OAuthAccount, **changes: Any) -> ProfileOrder:
    facts: dict[str, Any] = {
        "accounts": accounts or (password_account(),),
        "delivery": Delivery.INTERACTIVE,
        "platform": Platform.IOS,
        "identifier_prefix": "com.example",
        "seal": SEAL,
    }
    return ProfileOrder(**facts | changes)


def google(address: str = "you@gmail.com") -> OAuthAccount:
    return OAuthAccount(address=Address.parse(address), payload=AccountPayload.GOOGLE, display_name="You")


def exchange(address: str = "you@example.com", host: str | None = None) -> OAuthAccount:
    return OAuthAccount(address=Address.parse(address), payload=AccountPayload.EXCHANGE, host=host)


def _icloud() -> ProfileOrder:
    address = "you@icloud.com"
    incoming = server(Protocol.IMAP, "imap.mail.me.com", 993, "you")
    outgoing = server(Protocol.SMTP, "smtp.mail.me.com", 587, address)
    return order(password_account(address, incoming=incoming, outgoing=outgoing))


def _pop() -> ProfileOrder:
    incoming = server(Protocol.POP, "pop.example.com", 995, "you@example.com", auth=(Auth.CRAM_MD5,))
    outgoing = server(Protocol.SMTP, "smtp.example.com", 465, "you@example.com")
    return order(password_account(incoming=incoming, outgoing=outgoing, display_name=None))


def _with_dav_and_ca() -> ProfileOrder:
    dav: dict[str, Any] = {
        "caldav": DavServer(host="dav.example.com", username="you@example.com"),
        "carddav": DavServer(host="dav.example.com", username="you", port=8443, principal_url="/dav/you/"),
    }
    return order(password_account(**dav), certificates=(ROOT_CA,), organization="Example & Co")


def golden_orders() -> dict[str, ProfileOrder]:
    """Return every order that has a golden file, by the file's name."""
    mdm = password_account(
        incoming_password=Secret(text="a&b<c>\"'`=]]>"),
        outgoing_password=Secret(text=" pässword\u00a0"),
    )
    aliases = (Address.parse("info@example.com"), Address.parse("you@bücher.example"))
    expires = datetime(2027, 1, 1, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    return {
        "imap-ios-interactive": order(),
        "imap-macos-expiring": order(platform=Platform.MACOS, expires=expires),
        "mdm-with-passwords": order(mdm, delivery=Delivery.MDM),
        "mdm-without-passwords": order(delivery=Delivery.MDM),
        "pop": _pop(),
        "icloud": _icloud(),
        "aliases": order(password_account(aliases=aliases)),
        "person": order(password_account(), google(), person="4711"),
        "dav-and-ca": _with_dav_and_ca(),
        "google-ios": order(google()),
        "exchange-ios": order(exchange()),
        "exchange-macos": order(exchange(host="mail.example.com"), platform=Platform.MACOS),
    }
