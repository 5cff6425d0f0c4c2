"""PG212, PG315 and PG327: keys that Apple does not know, and the address of the account."""

import difflib
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from profilegen.address import Address, shorten
from profilegen.errors import AddressProblem
from profilegen.profile.findings import Severity
from profilegen.profile.lint.rule import Fault, Rule, Subject
from profilegen.profile.mail import MAIL
from profilegen.profile.schema import Key, payload_keys, top_level_keys

_LONGEST_KEY = 100
_MOST_KEYS = 50
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
    try:
        Address.parse(text)
    except AddressProblem:
        return False
    return True


RULES = (
    Rule(
        id="PG212",
        severity=Severity.WARNING,
        summary="A key of the profile Apple does not know.",
        check=unknown_top_key,
    ),
    Rule(id="PG315", severity=Severity.ERROR, summary="EmailAddress is no mail address.", check=malformed_address),
    Rule(id="PG327", severity=Severity.WARNING, summary="A key Apple does not know.", check=unknown_key),
)
