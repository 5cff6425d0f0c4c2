"""PG315 and PG327: the address of the account, and keys that Apple does not know."""

import difflib
from collections.abc import Iterator

from profilegen.address import Address, shorten
from profilegen.errors import AddressProblem
from profilegen.profile.findings import Severity
from profilegen.profile.lint.rule import Fault, Rule, Subject
from profilegen.profile.mail import MAIL
from profilegen.profile.schema import payload_keys

_SEEN_ELSEWHERE = ("IdentificationUUID", "PayloadEnabled")
"""Keys other tools write that Apple's schema does not list."""


def malformed_address(subject: Subject) -> Iterator[Fault]:
    """PG315: EmailAddress is a mail address; a comma list works, but is documented nowhere."""
    for payload in subject.of_type(MAIL):
        value = payload.keys.get("EmailAddress")
        if value in (None, ""):
            continue
        parts = value.split(",") if isinstance(value, str) else []
        path = payload.at("EmailAddress")
        if not parts or not all(_is_address(part) for part in parts):
            yield Fault(path=path, message="EmailAddress is no mail address.", hint="Write it like you@example.com.")
        elif len(parts) > 1:
            yield Fault(
                path=path,
                message="EmailAddress is a list: devices take it for aliases, but Apple does not document it.",
                hint="Try sending from an alias before you rely on it.",
                severity=Severity.INFO,
            )


def unknown_key(subject: Subject) -> Iterator[Fault]:
    """PG327: devices ignore what they do not know, so a typo silently loses a setting."""
    for payload in subject.payloads:
        known = payload_keys(payload.type)
        for key in payload.keys if known else ():
            if key in known:
                continue
            near = difflib.get_close_matches(key, known, n=1, cutoff=0.8)
            seen = key in _SEEN_ELSEWHERE
            yield Fault(
                path=payload.at(shorten(key)),
                message=f"{payload.type} has no key {shorten(key)}.",
                hint=f"Did you mean {near[0]}?" if near and not seen else "Remove it; devices ignore it.",
                severity=Severity.INFO if seen else None,
            )


def _is_address(text: str) -> bool:
    try:
        Address.parse(text)
    except AddressProblem:
        return False
    return True


RULES = (
    Rule(id="PG315", severity=Severity.ERROR, summary="EmailAddress is no mail address.", check=malformed_address),
    Rule(id="PG327", severity=Severity.WARNING, summary="A key Apple does not know.", check=unknown_key),
)
