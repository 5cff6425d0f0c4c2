"""PG308, PG309, PG316 and PG318: how the mail payload signs in."""

from collections.abc import Iterator

from profilegen.profile.findings import Severity
from profilegen.profile.found import addresses_of
from profilegen.profile.lint.rule import Fault, Rule, Subject, text_of
from profilegen.profile.mail import MAIL
from profilegen.profile.types import Delivery

_CHALLENGES = ("EmailAuthCRAMMD5", "EmailAuthNTLM", "EmailAuthHTTPMD5")


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


def challenge_response(subject: Subject) -> Iterator[Fault]:
    """PG318: servers that keep passwords hashed cannot offer these, and many have dropped them."""
    for payload in subject.of_type(MAIL):
        for direction in ("Incoming", "Outgoing"):
            key = f"{direction}MailServerAuthentication"
            method = text_of(payload.keys, key)
            if method in _CHALLENGES:
                yield Fault(
                    path=payload.at(key),
                    message=f"{key} is {method}, which few servers offer.",
                    hint="Use EmailAuthPassword with TLS, unless the server is known to offer this.",
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
    Rule(id="PG316", severity=_WARNING, summary="A user name without its domain.", check=bare_username),
    Rule(id="PG318", severity=_WARNING, summary="A way to sign in that few servers offer.", check=challenge_response),
)
