"""PG301-PG307 and PG324: host names, ports and TLS of the mail payload."""

import ipaddress
from collections.abc import Iterator
from typing import TypeGuard

from profilegen.errors import SettingsProblem
from profilegen.profile.findings import Severity
from profilegen.profile.lint.rule import Fault, PayloadView, Rule, Subject, shown, text_of
from profilegen.profile.mail import APPLE_AUTH, MAIL
from profilegen.settings.servers import SECURITY_OF_PORT, Security, clean_host

_DIRECTIONS = ("Incoming", "Outgoing")
_ACCOUNT_TYPES = ("EmailTypeIMAP", "EmailTypePOP")
_SUBMISSION_HINT = "Use port 587 with UseSSL true (STARTTLS), or 465 with UseSSL true."
_NO_PASSWORD_HOSTS = (
    "gmail.com", "googlemail.com", "google.com", "outlook.com", "office365.com", "hotmail.com", "live.com",
    "yahoo.com", "yahoodns.net", "aol.com",
)  # fmt: skip


def wrong_words(subject: Subject) -> Iterator[Fault]:
    """PG301: account type and authentication are fixed words, case included."""
    expected: dict[str, tuple[str, ...]] = {"EmailAccountType": _ACCOUNT_TYPES}
    expected |= {f"{direction}MailServerAuthentication": tuple(APPLE_AUTH.values()) for direction in _DIRECTIONS}
    for payload in subject.of_type(MAIL):
        for key, words in expected.items():
            value = payload.keys.get(key)
            if value not in words:
                state = "is missing" if value is None else f"is {shown(value)}, which is none of Apple's words"
                yield Fault(path=payload.at(key), message=f"{key} {state}.", hint=f"Use one of {', '.join(words)}.")


def wrong_host(subject: Subject) -> Iterator[Fault]:
    """PG302: a host is a name that a certificate can carry, and nothing else."""
    for payload, direction in _sides(subject):
        key = f"{direction}MailServerHostName"
        fault = _host_fault(payload.keys.get(key))
        if fault is not None:
            message, severity = fault
            name = payload.keys.get(key)
            if isinstance(name, str) and name and "@" not in name:  # before an @ there may be a password
                message = f"{message}: {shown(name)}"
            hint = "Write the full name alone, like smtp.example.com."
            yield Fault(path=payload.at(key), message=f"{key} {message}.", hint=hint, severity=severity)


def missing_port(subject: Subject) -> Iterator[Fault]:
    """PG303: without a port Apple tries 25, 587 and 465 in that order."""
    for payload, direction in _sides(subject):
        key = f"{direction}MailServerPortNumber"
        if key not in payload.keys:
            yield Fault(
                path=payload.at(key),
                message=f"{key} is missing, so the device guesses"
                + (": it tries 25, 587 and 465 in turn." if direction == "Outgoing" else "."),
                hint="Always write both ports.",
            )


def impossible_port(subject: Subject) -> Iterator[Fault]:
    """PG304: a port is an integer from 1 to 65535."""
    for payload, direction in _sides(subject):
        key = f"{direction}MailServerPortNumber"
        value = payload.keys.get(key)
        if key in payload.keys and not is_port(value):
            yield Fault(
                path=payload.at(key),
                message=f"{key} is {shown(value)}, no whole number from 1 to 65535.",
                hint="Write it as <integer>, for example 587.",
            )


def submission_without_tls(subject: Subject) -> Iterator[Fault]:
    """PG305: on port 587 UseSSL is what switches STARTTLS on."""
    for payload, direction in _sides(subject):
        if payload.keys.get(f"{direction}MailServerPortNumber") == 587 and not _uses_ssl(payload, direction):
            yield Fault(
                path=payload.at(f"{direction}MailServerUseSSL"),
                message="Port 587 without UseSSL leaves encryption to chance, and servers refuse the login without it.",
                hint="Set UseSSL to true; on port 587 that means STARTTLS.",
            )


def port_against_tls(subject: Subject) -> Iterator[Fault]:
    """PG306: every mail port has its own TLS mode, and port 25 is not for people."""
    for payload, direction in _sides(subject):
        port = payload.keys.get(f"{direction}MailServerPortNumber")
        fault = _port_fault(port, direction, payload) if is_port(port) else None
        if fault is not None:
            key, message, severity = fault
            yield Fault(path=payload.at(key), message=message, hint=_port_hint(direction), severity=severity)


def missing_use_ssl(subject: Subject) -> Iterator[Fault]:
    """PG307: the default of UseSSL changed between Apple's references."""
    for payload, direction in _sides(subject):
        key = f"{direction}MailServerUseSSL"
        if not isinstance(payload.keys.get(key), bool):
            state = "is missing" if key not in payload.keys else "is neither true nor false"
            yield Fault(path=payload.at(key), message=f"{key} {state}.", hint="Always write both UseSSL keys.")


def provider_without_passwords(subject: Subject) -> Iterator[Fault]:
    """PG324: Google, Microsoft and Yahoo take no ordinary password from a mail program."""
    for payload, direction in _sides(subject):
        host = text_of(payload.keys, f"{direction}MailServerHostName").lower().rstrip(".")
        if any(host == domain or host.endswith(f".{domain}") for domain in _NO_PASSWORD_HOSTS):
            yield Fault(
                path=payload.at(f"{direction}MailServerHostName"),
                message=f"{host} takes no ordinary password from a mail program.",
                hint="Use the provider's OAuth payload, or an app password where the provider still has them.",
            )


def _sides(subject: Subject) -> Iterator[tuple[PayloadView, str]]:
    for payload in subject.of_type(MAIL):
        for direction in _DIRECTIONS:
            yield payload, direction


def _host_fault(value: object) -> tuple[str, Severity] | None:
    if value is None or value == "":
        return "is missing", Severity.ERROR
    if not isinstance(value, str):
        return "is not text", Severity.ERROR
    if not value.isascii():
        return "is not in ASCII; write its xn-- form", Severity.WARNING
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return _name_fault(value)
    return "is an address; certificates carry names", Severity.WARNING


def _name_fault(value: str) -> tuple[str, Severity] | None:
    try:
        clean_host(value)
    except SettingsProblem:
        return "is no host name", Severity.ERROR
    if value.endswith(".") or "_" in value:
        return "has a trailing dot or an underscore, which no certificate matches", Severity.ERROR
    return None if "." in value else ("is a single word; devices need the full name", Severity.WARNING)


def _port_fault(port: int, direction: str, payload: PayloadView) -> tuple[str, str, Severity] | None:
    port_key, ssl_key = f"{direction}MailServerPortNumber", f"{direction}MailServerUseSSL"
    if direction == "Outgoing" and port == 25:
        return port_key, "Port 25 is for mail between servers; it does not relay for people.", Severity.ERROR
    mode = SECURITY_OF_PORT.get(port)
    if mode is None:
        return port_key, f"Port {port} is unusual, so nobody can say which TLS mode is meant.", Severity.WARNING
    if mode is Security.TLS and not _uses_ssl(payload, direction):
        return ssl_key, f"Port {port} speaks TLS from the first byte, but UseSSL is off.", Severity.ERROR
    if mode is Security.STARTTLS and port != 587 and _uses_ssl(payload, direction):
        return port_key, f"Port {port} with UseSSL relies on STARTTLS.", Severity.WARNING
    if port in (110, 143):
        return ssl_key, f"Port {port} without UseSSL sends the password in the clear.", Severity.ERROR
    return None


def _port_hint(direction: str) -> str:
    return _SUBMISSION_HINT if direction == "Outgoing" else "Use port 993 (IMAP) or 995 (POP) with UseSSL true."


def _uses_ssl(payload: PayloadView, direction: str) -> bool:
    return payload.keys.get(f"{direction}MailServerUseSSL") is True


def is_port(value: object) -> TypeGuard[int]:
    """True for an integer from 1 to 65535; a Boolean is none."""
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 65535


_ERROR, _WARNING = Severity.ERROR, Severity.WARNING
RULES = (
    Rule(
        id="PG301", severity=_ERROR, summary="Account type or authentication is missing or misspelt.", check=wrong_words
    ),
    Rule(id="PG302", severity=_ERROR, summary="A server's name is missing or no host name.", check=wrong_host),
    Rule(id="PG303", severity=_WARNING, summary="A port is missing.", check=missing_port),
    Rule(id="PG304", severity=_ERROR, summary="A port is no whole number from 1 to 65535.", check=impossible_port),
    Rule(id="PG305", severity=_ERROR, summary="Port 587 without UseSSL.", check=submission_without_tls),
    Rule(id="PG306", severity=_ERROR, summary="Port and TLS mode do not fit.", check=port_against_tls),
    Rule(id="PG307", severity=_WARNING, summary="A UseSSL key is missing.", check=missing_use_ssl),
    Rule(
        id="PG324",
        severity=_WARNING,
        summary="A provider that takes no ordinary passwords.",
        check=provider_without_passwords,
    ),
)
