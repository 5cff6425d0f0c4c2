"""PG401, PG402 and PG406: calendars, contacts and accounts that sign in elsewhere."""

from collections.abc import Iterator

from profilegen.profile.dav import CALDAV, CARDDAV
from profilegen.profile.exchange import EXCHANGE_IOS, EXCHANGE_MACOS
from profilegen.profile.findings import Severity
from profilegen.profile.google import GOOGLE
from profilegen.profile.lint.mail_servers import is_port
from profilegen.profile.lint.rule import Fault, Rule, Subject, shown, text_of
from profilegen.profile.types import Platform

_SERVICES = {CALDAV: "CalDAV", CARDDAV: "CardDAV"}
_NO_PASSWORD_HINT = "Remove the password: the person signs in on the device."  # noqa: S105 - a hint


def wrong_dav_server(subject: Subject) -> Iterator[Fault]:
    """PG401: the port is an integer, and calendars travel over TLS."""
    for payload in subject.of_type(*_SERVICES):
        service = _SERVICES[payload.type]
        port = payload.keys.get(f"{service}Port")
        if port is not None and not is_port(port):
            yield Fault(
                path=payload.at(f"{service}Port"),
                message=f"{service}Port is {shown(port)}, no whole number from 1 to 65535.",
                hint="Write it as <integer>, for example 443.",
            )
        if payload.keys.get(f"{service}UseSSL") is False:
            yield Fault(
                path=payload.at(f"{service}UseSSL"),
                message=f"{service} without TLS sends the password in the clear.",
                hint=f"Set {service}UseSSL to true.",
                severity=Severity.WARNING,
            )


def unsuitable_principal(subject: Subject) -> Iterator[Fault]:
    """PG402: iPhones have been seen to want the whole URL, Macs only its path."""
    for payload in subject.of_type(CARDDAV):
        url = text_of(payload.keys, "CardDAVPrincipalURL")
        absolute = "://" in url
        if not url or absolute is (subject.platform is Platform.IOS):
            continue
        message = "CardDAVPrincipalURL is " + ("a whole URL; Macs want" if absolute else "a path alone; iPhones want")
        message += " its path alone." if absolute else " the whole URL."
        yield Fault(path=payload.at("CardDAVPrincipalURL"), message=message, hint="Leave it out where discovery works.")


def wrong_oauth(subject: Subject) -> Iterator[Fault]:
    """PG406: OAuth and passwords exclude each other, and a sign-in page needs its host."""
    for payload in subject.of_type(GOOGLE):
        for key in payload.keys:
            if "password" in key.lower():
                message = "A Google payload never carries a password."
                yield Fault(path=payload.at(key), message=message, hint=_NO_PASSWORD_HINT)
    for payload in subject.of_type(EXCHANGE_IOS, EXCHANGE_MACOS):
        if payload.keys.get("OAuth") is True and text_of(payload.keys, "Password"):
            message = "With OAuth the payload must not carry a password."
            yield Fault(path=payload.at("Password"), message=message, hint=_NO_PASSWORD_HINT)
        if text_of(payload.keys, "OAuthSignInURL") and not text_of(payload.keys, "Host"):
            message = "OAuthSignInURL switches autodiscovery off, so Host is needed."
            yield Fault(path=payload.at("Host"), message=message, hint="Write Host, or remove OAuthSignInURL.")


RULES = (
    Rule(id="PG401", severity=Severity.ERROR, summary="Port or TLS of calendar or contacts.", check=wrong_dav_server),
    Rule(
        id="PG402", severity=Severity.WARNING, summary="A contacts URL in the wrong form.", check=unsuitable_principal
    ),
    Rule(id="PG406", severity=Severity.ERROR, summary="OAuth beside a password or without host.", check=wrong_oauth),
)
