"""What a lint rule is: an id, a default severity, one line, and a function from a subject to its faults."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from profilegen.address import shorten
from profilegen.profile.findings import LintFinding, Severity
from profilegen.profile.read import ReadResult
from profilegen.profile.signature import Signature
from profilegen.profile.types import Delivery, Platform


@dataclass(frozen=True, slots=True, kw_only=True)
class PayloadView:
    """One payload of a profile: its type, its keys and where it stands."""

    type: str
    keys: Mapping[str, Any] = field(repr=False)
    path: str

    def at(self, key: str) -> str:
        """Return the path of one of its keys."""
        return f"{self.path}.{key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """
    What is judged, for which delivery and platform, at which time (aware), under which trust anchors (DER).

    `issued_signers` are the key fingerprints (SPKI, SHA-256, hex) behind the newest issue of this profile, empty where
    nobody remembers one; `decrypted` is the plain text of the encrypted payloads, None without the device's key;
    `unjudged` is how many payloads more there are than a profile can sensibly have.
    """

    result: ReadResult
    top: Mapping[str, Any] = field(repr=False)
    payloads: tuple[PayloadView, ...]
    signature: Signature | None
    delivery: Delivery
    platform: Platform
    now: datetime
    anchors: tuple[bytes, ...] = field(repr=False)
    issued_signers: frozenset[str] = frozenset()
    decrypted: bytes | None = field(default=None, repr=False)
    unjudged: int = 0

    def of_type(self, *payload_types: str) -> Iterator[PayloadView]:
        """Yield the payloads of the given types."""
        return (payload for payload in self.payloads if payload.type in payload_types)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One breach of a rule; `severity` only where it differs from the rule's own."""

    path: str
    message: str
    hint: str
    severity: Severity | None = None


Check = Callable[[Subject], Iterator[Fault]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule; `check` is None for the faults that already reading finds."""

    id: str
    severity: Severity
    summary: str
    check: Check | None = None

    def apply(self, subject: Subject) -> Iterator[LintFinding]:
        """Yield a finding for every fault of the subject."""
        for fault in self.check(subject) if self.check is not None else ():
            yield LintFinding(
                rule=self.id,
                severity=fault.severity or self.severity,
                path=fault.path,
                message=fault.message,
                hint=fault.hint,
            )


def text_of(keys: Mapping[str, Any], key: str) -> str:
    """Return a text value; "" if it is missing or no text."""
    value = keys.get(key)
    return value if isinstance(value, str) else ""


def shown(value: object) -> str:
    """Return a value that is no secret as a message names it: on one line, at most 80 characters."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return f'"{shorten(value)}"'
        case int() | float():
            return shorten(str(value))
    return f"a value of the type {type(value).__name__}"
