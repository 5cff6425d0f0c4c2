"""PG212, PG315, PG317 and PG325-PG327: the account behind the servers, and keys that Apple does not know."""

import difflib
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from profilegen.address import Address, shorten
from profilegen.errors import AddressProblem
from profilegen.profile.findings import Severity
from profilegen.profile.found import addresses_of
from profilegen.profile.lint.rule import Fault, PayloadView, Rule, Subject, shown, text_of
from profilegen.profile.mail import MAIL
from profilegen.profile.schema import payload_keys, top_level_keys
from profilegen.profile.schema_key import Key
from profilegen.profile.types import Delivery

_LONGEST_KEY = 100
_LONGEST_LIST = 10_000
_MOST_KEYS = 50
_SEEN_ELSEWHERE = ("IdentificationUUID", "PayloadEnabled")
"""Keys other tools write that Apple's schema does not list."""


def doubtful_address(subject: Subject) -> Iterator[Fault]:
    """PG315: EmailAddress is a mail address, of the mailbox that the user names open."""
    yield from _malformed_address(subject)
    for payload in subject.of_type(MAIL):
        domains = {address.domain for address in addresses_of(payload.keys)}
        for direction in ("Incoming", "Outgoing") if domains else ():
            yield from _foreign_username(payload, f"{direction}MailServer", domains)


def _malformed_address(subject: Subject) -> Iterator[Fault]:
    """A comma list works, but is documented nowhere."""
    for payload in subject.of_type(MAIL):
        value = payload.keys.get("EmailAddress")
        if value in (None, ""):
            continue
        parts = value.split(",") if isinstance(value, str) and len(value) <= _LONGEST_LIST else []
        path = payload.at("EmailAddress")
        if not parts or not all(_is_address(part) for part in parts):
            yield Fault(
                path=path,
                message=f"EmailAddress is {shown(value)}, no mail address.",
                hint="Write it like you@example.com.",
            )
        elif len(parts) > 1:
            yield Fault(
                path=path,
                message="EmailAddress is a list: devices take it for aliases, but Apple does not document it.",
                hint="Try sending from an alias before you rely on it.",
                severity=Severity.INFO,
            )


def _foreign_username(payload: PayloadView, server: str, domains: set[str]) -> Iterator[Fault]:
    """A hoster names mailboxes after itself; any other domain is more likely somebody else's login."""
    login = _domain_of(text_of(payload.keys, f"{server}Username"))
    if login is None or login in domains:
        return
    host = text_of(payload.keys, f"{server}HostName").lower().rstrip(".")
    hosted = _is_within(host, login) and not any(_is_within(host, domain) for domain in domains)
    yield Fault(
        path=payload.at(f"{server}Username"),
        message=f"{server}Username is an address at {shorten(login)}, which is not the domain of EmailAddress"
        + (", but that of the server." if hosted else "."),
        hint="Check that this login may send as EmailAddress; servers refuse or rewrite a sender that is not its own.",
        severity=Severity.INFO if hosted else Severity.WARNING,
    )


def wrong_protocol_key(subject: Subject) -> Iterator[Fault]:
    """PG317: a POP account has no folders, and on a fleet it takes the mail off the server."""
    for payload in subject.of_type(MAIL):
        if payload.keys.get("EmailAccountType") != "EmailTypePOP":
            continue
        prefix = "IncomingMailServerIMAPPathPrefix"
        if prefix in payload.keys:
            message = f"{prefix} means nothing for a POP account."
            yield Fault(path=payload.at(prefix), message=message, hint="Remove it, or use EmailTypeIMAP.")
        if subject.delivery is Delivery.MDM:
            message = "EmailAccountType is EmailTypePOP: mail then lives on one device alone."
            yield Fault(path=payload.at("EmailAccountType"), message=message, hint="Use EmailTypeIMAP for fleets.")


def repeated_account(subject: Subject) -> Iterator[Fault]:
    """PG325: the same mailbox twice in one profile is two accounts on the device."""
    seen = set[tuple[str, str]]()
    for payload in subject.of_type(MAIL):
        host, username = (text_of(payload.keys, f"IncomingMailServer{key}").lower() for key in ("HostName", "Username"))
        if host and username and (host, username) in seen:
            message = f"A second account for the same mailbox on {shorten(host)}; the device adds both."
            yield Fault(path=payload.path, message=message, hint="Keep one, with all addresses in EmailAddress.")
        seen.add((host, username))


def wrong_sender_name(subject: Subject) -> Iterator[Fault]:
    """PG326: EmailAccountName is the name in the From line of every mail."""
    for payload in subject.of_type(MAIL):
        name = text_of(payload.keys, "EmailAccountName").strip()
        hosts = [text_of(payload.keys, f"{direction}MailServerHostName") for direction in ("Incoming", "Outgoing")]
        if not name and subject.delivery is Delivery.MDM:
            message = "EmailAccountName is missing; over MDM nobody is asked, and mail goes out without a name."
        elif name and name.lower() in (host.lower() for host in hosts):
            message = "EmailAccountName is the name of the server: people see it as the sender."
        elif name and name.lower() == text_of(payload.keys, "EmailAddress").lower():
            message = "EmailAccountName is the address: people see no name as the sender."
        else:
            continue
        yield Fault(path=payload.at("EmailAccountName"), message=message, hint="Write the person's name.")


def unknown_top_key(subject: Subject) -> Iterator[Fault]:
    """PG212: as PG327, for the profile itself."""
    yield from _unknown_keys("", "The profile", subject.top, top_level_keys())


def unknown_key(subject: Subject) -> Iterator[Fault]:
    """PG327: devices ignore what they do not know, so a typo silently loses a setting."""
    for payload in subject.payloads:
        known = payload_keys(payload.type)
        if known:
            yield from _unknown_keys(f"{payload.path}.", payload.type, payload.keys, known)


def _unknown_keys(prefix: str, owner: str, keys: Mapping[str, Any], known: Mapping[str, Key]) -> Iterator[Fault]:
    for key in islice((key for key in keys if key not in known), _MOST_KEYS):
        near = difflib.get_close_matches(key[:_LONGEST_KEY], known, n=1, cutoff=0.8)
        seen = key in _SEEN_ELSEWHERE
        yield Fault(
            path=prefix + shorten(key),
            message=f"{owner} has no key {shorten(key)}.",
            hint=f"Did you mean {near[0]}?" if near and not seen else "Remove it; devices ignore it.",
            severity=Severity.INFO if seen else None,
        )


def _is_address(text: str) -> bool:
    return _domain_of(text) is not None


def _domain_of(text: str) -> str | None:
    """Return the domain of a mail address in A-label form; None for what is no mail address."""
    try:
        return Address.parse(text).domain
    except AddressProblem:
        return None


def _is_within(host: str, domain: str) -> bool:
    """True for the domain and the names below it; a single label, such as a top level, holds strangers."""
    return "." in domain and f".{host}".endswith(f".{domain}")


RULES = (
    Rule(
        id="PG212",
        severity=Severity.WARNING,
        summary="A key of the profile Apple does not know.",
        check=unknown_top_key,
    ),
    Rule(
        id="PG315",
        severity=Severity.ERROR,
        summary="EmailAddress is no mail address, or not of the user name's domain.",
        check=doubtful_address,
    ),
    Rule(id="PG317", severity=Severity.WARNING, summary="A POP account where IMAP belongs.", check=wrong_protocol_key),
    Rule(id="PG325", severity=Severity.WARNING, summary="The same mailbox twice.", check=repeated_account),
    Rule(id="PG326", severity=Severity.WARNING, summary="No proper sender name.", check=wrong_sender_name),
    Rule(id="PG327", severity=Severity.WARNING, summary="A key Apple does not know.", check=unknown_key),
)
