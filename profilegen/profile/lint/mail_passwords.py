"""PG310-PG314 and PG328: passwords of the mail payload and of its siblings."""

import unicodedata
from collections.abc import Iterator

from profilegen.profile.dav import CALDAV, CARDDAV
from profilegen.profile.exchange import EXCHANGE_IOS, EXCHANGE_MACOS
from profilegen.profile.findings import Severity
from profilegen.profile.lint.rule import Fault, PayloadView, Rule, Subject, text_of
from profilegen.profile.mail import MAIL
from profilegen.profile.types import Delivery

_SAME = "OutgoingPasswordSameAsIncomingPassword"
PASSWORD_KEYS = {
    MAIL: ("IncomingPassword", "OutgoingPassword"),
    EXCHANGE_IOS: ("Password",),
    EXCHANGE_MACOS: ("Password",),
    CALDAV: ("CalDAVPassword",),
    CARDDAV: ("CardDAVPassword",),
}
"""The keys that hold an account's password, by payload type."""

_BLANKS = ("\u00a0", "\u2007", "\u202f", "\u200b", "\ufeff")


def same_password_over_mdm(subject: Subject) -> Iterator[Fault]:
    """PG310: the switch works in interactive installations only."""
    for payload in _pushed(subject):
        if payload.keys.get(_SAME) is True and not text_of(payload.keys, "OutgoingPassword"):
            yield Fault(
                path=payload.at(_SAME),
                message="Over MDM this switch does nothing: the account receives mail, but cannot send.",
                hint="Write OutgoingPassword (encrypted), or let the person type the password and say so.",
            )


def contradicting_passwords(subject: Subject) -> Iterator[Fault]:
    """PG311: one way to give the outgoing password is enough, and two may differ."""
    for payload in subject.of_type(MAIL):
        outgoing = payload.keys.get("OutgoingPassword")
        if outgoing is None or payload.keys.get(_SAME) is not True:
            continue
        differ = payload.keys.get("IncomingPassword") not in (None, outgoing)
        yield Fault(
            path=payload.at(_SAME),
            message="OutgoingPassword differs from the incoming one, yet the profile says they are the same."
            if differ
            else "OutgoingPassword is given and said to be the incoming one as well.",
            hint=f"Keep OutgoingPassword and remove {_SAME}.",
            severity=Severity.ERROR if differ else Severity.WARNING,
        )


def copied_password(subject: Subject) -> Iterator[Fault]:
    """PG312: a known generator writes the incoming password for the outgoing server, whoever that is."""
    for payload in subject.of_type(MAIL):
        incoming, outgoing = text_of(payload.keys, "IncomingPassword"), text_of(payload.keys, "OutgoingPassword")
        if outgoing and incoming == outgoing and _are_strangers(payload):
            yield Fault(
                path=payload.at("OutgoingPassword"),
                message="OutgoingPassword is the incoming one, but the outgoing server is another provider's, with "
                "another user name.",
                hint="Write the password of the outgoing server.",
            )


def password_in_the_clear(subject: Subject) -> Iterator[Fault]:
    """PG313: Apple: "Only use this with encrypted profiles"."""
    for payload, key, _ in _passwords(subject):
        if text_of(payload.keys, key):
            yield Fault(
                path=payload.at(key),
                message=f"{key} stands in the profile in the clear: whoever has the file has the password.",
                hint="Leave it out, or encrypt the profile to the device.",
            )


def fragile_password(subject: Subject) -> Iterator[Fault]:
    """PG314: what nobody sees in a password, nobody types again."""
    for payload, key, value in _passwords(subject):
        reason = _fragility(value)
        if reason is not None:
            hint = "Check it, or let the person type the password." if value else f"Remove {key}."
            yield Fault(path=payload.at(key), message=f"{key} {reason}.", hint=hint)


def nothing_to_send_with(subject: Subject) -> Iterator[Fault]:
    """PG328: a silent installation asks nothing, so the SMTP password stays empty until somebody types it."""
    for payload in _pushed(subject):
        signs_in = payload.keys.get("OutgoingMailServerAuthentication") not in (None, "EmailAuthNone")
        if signs_in and not text_of(payload.keys, "OutgoingPassword") and payload.keys.get(_SAME) is not True:
            yield Fault(
                path=payload.at("OutgoingPassword"),
                message="OutgoingPassword is missing: after a silent installation the person cannot send.",
                hint="Encrypt the profile with the password to the device, or tell the person where to type it.",
            )


def _pushed(subject: Subject) -> Iterator[PayloadView]:
    if subject.delivery is Delivery.MDM:
        yield from subject.of_type(MAIL)


def _passwords(subject: Subject) -> Iterator[tuple[PayloadView, str, str]]:
    for payload in subject.of_type(*PASSWORD_KEYS):
        for key in PASSWORD_KEYS[payload.type]:
            value = payload.keys.get(key)
            if isinstance(value, str):
                yield payload, key, value


def _fragility(password: str) -> str | None:
    if not password:
        return "is empty; devices may take that for the password"
    if password != password.strip():
        return "begins or ends with a blank"
    if any(blank in password for blank in _BLANKS):
        return "holds a blank that looks like another one or like nothing"
    return None if unicodedata.is_normalized("NFC", password) else "holds accents in two pieces (not NFC)"


def _are_strangers(payload: PayloadView) -> bool:
    hosts = [_owner(text_of(payload.keys, f"{side}MailServerHostName")) for side in ("Incoming", "Outgoing")]
    names = [text_of(payload.keys, f"{side}MailServerUsername").casefold() for side in ("Incoming", "Outgoing")]
    locals_ = {name.partition("@")[0] for name in names}
    return all(hosts) and all(names) and hosts[0] != hosts[1] and len(locals_) == 2


def _owner(host: str) -> str:
    """Return the last two labels: enough to tell providers apart, and never too much to call them the same."""
    return ".".join(host.lower().rstrip(".").split(".")[-2:])


_ERROR, _WARNING = Severity.ERROR, Severity.WARNING
RULES = (
    Rule(
        id="PG310", severity=_ERROR, summary="Over MDM the outgoing password is missing.", check=same_password_over_mdm
    ),
    Rule(id="PG311", severity=_WARNING, summary="Two outgoing passwords are given.", check=contradicting_passwords),
    Rule(id="PG312", severity=_ERROR, summary="One password for two providers.", check=copied_password),
    Rule(id="PG313", severity=_ERROR, summary="A password in an unencrypted profile.", check=password_in_the_clear),
    Rule(id="PG314", severity=_WARNING, summary="A password with something invisible.", check=fragile_password),
    Rule(id="PG328", severity=_WARNING, summary="Over MDM nobody is asked for a password.", check=nothing_to_send_with),
)
