"""PG308-PG313 and PG316: user names and passwords of the mail payload."""

from collections.abc import Iterator

from profilegen.profile.dav import CALDAV, CARDDAV
from profilegen.profile.exchange import EXCHANGE_IOS, EXCHANGE_MACOS
from profilegen.profile.findings import Severity
from profilegen.profile.found import addresses_of
from profilegen.profile.lint.rule import Fault, Rule, Subject, text_of
from profilegen.profile.mail import MAIL
from profilegen.profile.types import Delivery

_SAME = "OutgoingPasswordSameAsIncomingPassword"
_PASSWORD_KEYS = {
    MAIL: ("IncomingPassword", "OutgoingPassword"),
    EXCHANGE_IOS: ("Password",),
    EXCHANGE_MACOS: ("Password",),
    CALDAV: ("CalDAVPassword",),
    CARDDAV: ("CardDAVPassword",),
}


def sending_without_login(subject: Subject) -> Iterator[Fault]:
    """PG308: without a login a submission server refuses to relay."""
    for payload in subject.of_type(MAIL):
        if payload.keys.get("OutgoingMailServerAuthentication") == "EmailAuthNone":
            yield Fault(
                path=payload.at("OutgoingMailServerAuthentication"),
                message='Outgoing mail is sent without a login; the server answers that it "does not allow relaying".',
                hint="Set it to EmailAuthPassword and write OutgoingMailServerUsername.",
            )


def missing_username(subject: Subject) -> Iterator[Fault]:
    """PG309: a person can be asked for the user name, MDM cannot."""
    over_mdm = subject.delivery is Delivery.MDM
    for payload in subject.of_type(MAIL):
        for direction in ("Incoming", "Outgoing"):
            key = f"{direction}MailServerUsername"
            no_login = payload.keys.get(f"{direction}MailServerAuthentication") == "EmailAuthNone"
            if no_login or text_of(payload.keys, key):
                continue
            yield Fault(
                path=payload.at(key),
                message=f"{key} is missing"
                + ("; over MDM nobody is asked." if over_mdm else ", so the person is asked."),
                hint="Always write both user names.",
                severity=Severity.ERROR if over_mdm else Severity.WARNING,
            )


def same_password_over_mdm(subject: Subject) -> Iterator[Fault]:
    """PG310: the switch works in interactive installations only."""
    for payload in subject.of_type(MAIL):
        same = payload.keys.get(_SAME) is True
        if subject.delivery is Delivery.MDM and same and not text_of(payload.keys, "OutgoingPassword"):
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


def password_in_the_clear(subject: Subject) -> Iterator[Fault]:
    """PG313: Apple: "Only use this with encrypted profiles"."""
    for payload in subject.of_type(*_PASSWORD_KEYS):
        for key in _PASSWORD_KEYS[payload.type]:
            if text_of(payload.keys, key):
                yield Fault(
                    path=payload.at(key),
                    message=f"{key} stands in the profile in the clear: whoever has the file has the password.",
                    hint="Leave it out, or encrypt the profile to the device.",
                )


def bare_username(subject: Subject) -> Iterator[Fault]:
    """PG316: most servers want the full address as user name."""
    for payload in subject.of_type(MAIL):
        if not addresses_of(payload.keys):
            continue
        for direction in ("Incoming", "Outgoing"):
            key = f"{direction}MailServerUsername"
            username = text_of(payload.keys, key)
            if username and username == addresses_of(payload.keys)[0].local:
                yield Fault(
                    path=payload.at(key),
                    message=f"{key} is the part before the @ alone; most servers want the whole address.",
                    hint="Use the whole address unless the provider says otherwise.",
                )


_ERROR, _WARNING = Severity.ERROR, Severity.WARNING
RULES = (
    Rule(id="PG308", severity=_ERROR, summary="Outgoing mail without a login.", check=sending_without_login),
    Rule(id="PG309", severity=_ERROR, summary="A user name is missing.", check=missing_username),
    Rule(
        id="PG310", severity=_ERROR, summary="Over MDM the outgoing password is missing.", check=same_password_over_mdm
    ),
    Rule(id="PG311", severity=_WARNING, summary="Two outgoing passwords are given.", check=contradicting_passwords),
    Rule(id="PG313", severity=_ERROR, summary="A password in an unencrypted profile.", check=password_in_the_clear),
    Rule(id="PG316", severity=_WARNING, summary="A user name without its domain.", check=bare_username),
)
