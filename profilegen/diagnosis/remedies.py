"""What each of three people can do about a cause, in plain words."""

from dataclasses import dataclass

from profilegen.diagnosis.causes import Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """
    What to do, one sentence each: `user` holds the phone, `admin` makes the profile, `server` runs the mail server.

    An empty sentence: that person can do nothing useful.
    """

    user: str
    admin: str
    server: str


def remedy_of(cause: Cause) -> Remedy:
    """Return what to do about a cause."""
    return _REMEDIES[cause]


def _remedy(user: str, admin: str, server: str = "") -> Remedy:
    return Remedy(user=user, admin=admin, server=server)


_REMEDIES = {
    Cause.OK: _remedy("", "", ""),
    Cause.AUTH_NOT_CONFIGURED: _remedy(
        "Install the corrected profile; until then give the outgoing server your user name and password under "
        "Settings > Mail > Accounts > SMTP.",
        "Set OutgoingMailServerAuthentication to EmailAuthPassword, give OutgoingMailServerUsername, and use port 587.",
        "Nothing is wrong here: a server that relays without a login would be abused within hours.",
    ),
    Cause.RELAY_DENIED_CONTEXT_NEEDED: _remedy(
        "Check whether the outgoing server has your user name and password.",
        "Find out whether the device logged in: if not, turn authentication on; if so, look at the sender address.",
        "Look in the log whether the session had a SASL login before the refusal.",
    ),
    Cause.AUTH_BAD_CREDENTIALS: _remedy(
        "Type the password again; if it still fails, reset it and use the new one.",
        "Check the user name's form (whole address or short name) and that the password is the mailbox's own.",
        "Look in the authentication log for the user name that really arrived.",
    ),
    Cause.AUTH_USERNAME_FORM: _remedy(
        "Use your whole mail address as the user name.",
        "Set both user names to the form the server wants, usually the whole address.",
        "Accept the whole address as a login name.",
    ),
    Cause.PASSWORD_EXPIRED: _remedy(
        "Change your password, then enter the new one on the device.",
        "Have the password changed and send the profile again if it carries the password.",
    ),
    Cause.APP_PASSWORD_REQUIRED: _remedy(
        "Make an app password in your provider's account settings and enter that on the device.",
        "Tell the person how to make an app password; the normal one is refused because of two-step sign-in.",
    ),
    Cause.OAUTH_REQUIRED: _remedy(
        "Install a profile that signs you in on the provider's own page.",
        "Build the profile with --account-type oauth: this provider no longer takes passwords here.",
        "Passwords are switched off for this protocol; that is the provider's policy.",
    ),
    Cause.OAUTH_SCOPE_OR_MAILBOX: _remedy(
        "Ask your administrator whether your mailbox may use this kind of access.",
        "Check the granted scopes, the mailbox's licence and its IMAP and SMTP switches.",
        "Allow this protocol for the mailbox.",
    ),
    Cause.SMTP_AUTH_DISABLED: _remedy(
        "Turn on IMAP/SMTP access in your provider's settings, or ask your administrator.",
        "Turn on authenticated SMTP (or IMAP) for this mailbox or the whole tenant.",
        "Authenticated SMTP or IMAP is switched off for the account.",
    ),
    Cause.ACCOUNT_DISABLED: _remedy(
        "Ask your provider to unlock the account; do not keep trying.",
        "Find out why the account is suspended and have it unlocked.",
        "The account is locked or its login is switched off.",
    ),
    Cause.ACCOUNT_VERIFICATION_REQUIRED: _remedy(
        "Sign in once in a web browser and confirm it is you, then use an app password.",
        "The provider distrusts the login until the owner confirms it in a browser.",
    ),
    Cause.TOO_MANY_AUTH_FAILURES: _remedy(
        "Stop trying, wait, then try once with the right password.",
        "Wait until the lock is over; correct the password everywhere before the next try.",
        "Unlock the account or address, and see which device keeps failing.",
    ),
    Cause.AUTH_TEMP_FAILURE: _remedy(
        "Try again later; your password was not judged.",
        "Try again later: the server could not check the password.",
        "The authentication service behind the mail server is failing.",
    ),
    Cause.AUTH_NOT_OFFERED: _remedy(
        "Install the corrected profile.",
        "Use port 587 with STARTTLS or port 465 with TLS: no login is offered on this port.",
        "Offer AUTH on the submission ports after TLS.",
    ),
    Cause.AUTH_MECH_UNSUPPORTED: _remedy(
        "Install the corrected profile.",
        "Set the authentication to EmailAuthPassword: the server does not offer the configured method.",
        "Offer PLAIN or LOGIN under TLS.",
    ),
    Cause.AUTH_REQUIRES_TLS: _remedy(
        'Turn "Use SSL" on for this server.',
        "Set UseSSL to true: the server takes no password in clear text.",
    ),
    Cause.TLS_REQUIRED_NOT_USED: _remedy(
        'Turn "Use SSL" on for this server.',
        "Set UseSSL to true and use port 587 or 465 (993 for incoming mail).",
    ),
    Cause.STARTTLS_NOT_OFFERED: _remedy(
        "Try another network; if it stays, ask the provider.",
        "Use the port with TLS from the first byte (465, 993, 995); if another network offers STARTTLS, something "
        "in between removes it.",
        "Turn STARTTLS on.",
    ),
    Cause.TLS_MODE_MISMATCH: _remedy(
        "Install the corrected profile.",
        "Match port and TLS: 465, 993 and 995 speak TLS at once; 587, 143 and 110 begin with STARTTLS.",
        "Let each port speak what its number promises.",
    ),
    Cause.TLS_VERSION_OR_CIPHER: _remedy(
        "Update the device, or ask the provider.",
        "The server has no TLS version in common with today's devices.",
        "Turn TLS 1.2 and 1.3 on.",
    ),
    Cause.TLS_HOSTNAME_MISMATCH: _remedy(
        "Do not accept the warning; install the corrected profile.",
        "Use a host name that the certificate holds.",
        "Get a certificate that holds the name people are told to use.",
    ),
    Cause.TLS_CERT_EXPIRED: _remedy(
        "Check the device's date; if it is right, tell the provider.",
        "Have the certificate renewed.",
        "Renew the certificate and reload the mail server.",
    ),
    Cause.TLS_UNTRUSTED: _remedy(
        "Do not accept the warning; ask your administrator, and try another network.",
        "If the server uses a private CA, put its certificate into the profile; else have the server fixed.",
        "Send the whole chain, with a certificate that devices trust.",
    ),
    Cause.TLS_SERVER_PROBLEM: _remedy(
        "Try again later.",
        "The server's TLS is broken; tell whoever runs it.",
        "Check the certificate, its key and their file permissions.",
    ),
    Cause.CONNECT_TIMEOUT: _remedy(
        "Try another network, for example mobile data.",
        "If port 587 is filtered try 465, then 2525; some networks block mail ports.",
        "Check the firewall in front of the server.",
    ),
    Cause.CONNECT_REFUSED: _remedy(
        "Check the port of the server.",
        "Nothing listens on this port: use 587 or 465, 993 or 995.",
        "Start the service, or open the port.",
    ),
    Cause.NETWORK_UNREACHABLE: _remedy(
        "Check the network connection.",
        "There is no route to the server's address from this network.",
        "If the server has only an IPv6 address, give it an IPv4 address too.",
    ),
    Cause.DNS_FAILURE: _remedy(
        "Check the server's name for typing errors.",
        "The host name does not exist: correct it, or check the DNS the device uses.",
        "Publish address records for the name.",
    ),
    Cause.IP_BLACKLISTED: _remedy(
        "Send through port 587 with login, or try another network.",
        "The network's address is on a block list; logged-in submission is usually exempt.",
        "Do not apply block lists to logged-in users.",
    ),
    Cause.IP_POLICY_BLOCK: _remedy(
        "Try another network.",
        "The server refuses this network's addresses; use the submission port with login.",
        "Do not apply address policies to logged-in users.",
    ),
    Cause.WRONG_SERVER_HOST: _remedy(
        "Install the corrected profile.",
        "This server is not the one for this account: use the provider's submission host.",
    ),
    Cause.SENDER_NOT_OWNED: _remedy(
        "Send from the address of your own mailbox.",
        "Set EmailAddress to the mailbox or one of its aliases; a From address of someone else is refused.",
        "Allow this login to send as this address, if that is wanted.",
    ),
    Cause.SENDER_IDENTITY_UNVERIFIED: _remedy(
        "Ask whoever manages the sending service.",
        "Verify the sender address or its domain with the sending service.",
    ),
    Cause.SENDER_DOMAIN_INVALID: _remedy(
        "Correct your mail address in the account.",
        "Correct EmailAddress: its domain does not exist or takes no mail.",
        "Publish an MX or address record for the sender's domain.",
    ),
    Cause.RECIPIENT_UNKNOWN: _remedy(
        "Check the recipient's address; your account is fine.",
        "The recipient's mailbox does not exist; the account is fine.",
    ),
    Cause.RECIPIENT_SYNTAX: _remedy(
        "Correct the recipient's address.",
        "The recipient's address is malformed; the account is fine.",
    ),
    Cause.RECIPIENT_MAILBOX_FULL: _remedy(
        "The recipient has to make room; your account is fine.",
        "The recipient's mailbox is full; the account is fine.",
    ),
    Cause.OWN_MAILBOX_FULL: _remedy(
        "Delete mail to make room, then send again.",
        "Raise the mailbox's quota or have it emptied.",
    ),
    Cause.RATE_LIMITED: _remedy(
        "Wait, then send fewer messages at a time.",
        "The account has used up its sending quota: wait, or raise the plan.",
        "Raise the limit if it is too low for ordinary use.",
    ),
    Cause.TOO_MANY_CONNECTIONS: _remedy(
        "Close mail on other devices, then try again.",
        "Too many sessions at once from this account or network; try again later.",
        "Raise the connection limit if it is too low for ordinary use.",
    ),
    Cause.TOO_MANY_ERRORS: _remedy(
        "Try again later.",
        "The server hung up after earlier errors: look at the first one.",
    ),
    Cause.MESSAGE_TOO_BIG: _remedy(
        "Send a smaller attachment or a link.",
        "The message is over the server's limit.",
        "Raise the message size limit.",
    ),
    Cause.GREYLISTED: _remedy(
        "Wait some minutes; the device tries again by itself.",
        "The server delays unknown senders; a login should be exempt.",
        "Do not greylist logged-in users.",
    ),
    Cause.CONTENT_REJECTED: _remedy(
        "Change the text or the attachment.",
        "The content was refused, or the sender's domain fails SPF, DKIM or DMARC.",
        "Look in the content filter's log.",
    ),
    Cause.SERVER_TEMP_FAILURE: _remedy(
        "Try again later.",
        "The server has a temporary fault; try again later.",
        "Look in the mail log: storage, load or a broken service.",
    ),
    Cause.SERVER_MISCONFIGURED: _remedy(
        "Tell the provider; nothing is wrong on the device.",
        "The client did everything right and the server refuses; tell whoever runs it.",
        "Permit logged-in users before any reject rule.",
    ),
    Cause.OPEN_RELAY: _remedy(
        "Do not use this server until it is fixed.",
        "The server relays for anybody; have it closed at once.",
        "Refuse relaying without a login, now: spammers find open relays within hours.",
    ),
    Cause.PROXY_INTERFERENCE: _remedy(
        "Turn off mail scanning in firewall or antivirus software, or try another network.",
        "Something between device and server changes the conversation; port 465 is usually left alone.",
        "Turn off SMTP inspection in front of the server.",
    ),
    Cause.CLIENT_PROTOCOL_ERROR: _remedy(
        "Update the mail program.",
        "The client's commands were malformed or out of order.",
    ),
    Cause.CONSEQUENCE_OF_EARLIER_REFUSAL: _remedy(
        "Look at the earlier refusal.",
        "Every recipient had been refused before; the reason is in that reply.",
    ),
}
