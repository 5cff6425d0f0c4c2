"""The mail payload (com.apple.mail.managed): IMAP or POP in, SMTP out, signing in with passwords."""

from profilegen.errors import NotPossible
from profilegen.profile.order import PasswordAccount
from profilegen.profile.plist import Payload, present
from profilegen.profile.types import Delivery
from profilegen.secret import Secret
from profilegen.settings.servers import Auth, MailSettings, Protocol, Server

MAIL = "com.apple.mail.managed"

APPLE_AUTH = {
    Auth.NONE: "EmailAuthNone",
    Auth.PASSWORD: "EmailAuthPassword",
    Auth.CRAM_MD5: "EmailAuthCRAMMD5",
    Auth.NTLM: "EmailAuthNTLM",
    Auth.HTTP_MD5: "EmailAuthHTTPMD5",
}
"""Apple's word for each way to sign in; OAuth has none."""

_PREFERRED = (Auth.PASSWORD, Auth.CRAM_MD5, Auth.NTLM, Auth.HTTP_MD5)


def mail_payload(account: PasswordAccount, delivery: Delivery) -> Payload:
    """
    Return the mail payload of an account.

    Both ports, both UseSSL, both authentication keys and both user names are always there: a device that has to guess
    one of them ends at "does not allow relaying". Raises NotPossible for a server that offers nothing but OAuth.
    """
    settings = account.settings
    payload = present(
        EmailAccountDescription=settings.address.display,
        EmailAccountName=settings.display_name or None,
        EmailAccountType="EmailTypePOP" if settings.incoming.protocol is Protocol.POP else "EmailTypeIMAP",
        EmailAddress=",".join(str(address) for address in (settings.address, *settings.aliases)),
    )
    payload |= _server_keys("Incoming", settings.incoming)
    payload |= _server_keys("Outgoing", settings.outgoing)
    return payload | _password_keys(account, delivery)


def shares_typed_password(account: PasswordAccount, delivery: Delivery) -> bool:
    """True if the person is asked once and the answer serves both directions: interactive installs only."""
    known = account.incoming_password or account.outgoing_password
    return delivery is Delivery.INTERACTIVE and account.settings.one_login and known is None


def outgoing_password(account: PasswordAccount) -> Secret | None:
    """Return the password for sending: its own, or that for receiving where both are one login."""
    if account.outgoing_password is None and account.settings.one_login:
        return account.incoming_password
    return account.outgoing_password


def apple_auth(settings: MailSettings, server: Server) -> str:
    """Return Apple's word for the best way to sign in that the server offers; raises NotPossible for OAuth alone."""
    for method in _PREFERRED:
        if method in server.auth:
            return APPLE_AUTH[method]
    raise NotPossible(
        f"{server.host} lets {settings.address} sign in with OAuth only, which a mail payload cannot express.",
        hint="Use the account type oauth if the provider has a payload of its own, or a server that takes passwords.",
    )


def _server_keys(direction: str, server: Server) -> Payload:
    return {
        f"{direction}MailServerHostName": server.host,
        f"{direction}MailServerPortNumber": server.port,
        f"{direction}MailServerUseSSL": True,
        f"{direction}MailServerUsername": server.username,
    }


def _password_keys(account: PasswordAccount, delivery: Delivery) -> Payload:
    settings = account.settings
    return present(
        IncomingMailServerAuthentication=apple_auth(settings, settings.incoming),
        OutgoingMailServerAuthentication=apple_auth(settings, settings.outgoing),
        IncomingPassword=account.incoming_password,
        OutgoingPassword=outgoing_password(account),
        OutgoingPasswordSameAsIncomingPassword=True if shares_typed_password(account, delivery) else None,
    )
