"""The values that travel along the arrow after settings: a profile, its signer, the signed profile."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

_COMMON_NAME = re.compile(r"(?:^|[,+])CN=((?:[^,+\\]|\\.)*)")
_ESCAPED = re.compile(r"\\(.)")


class Delivery(StrEnum):
    """How a profile is installed: by a person who can answer prompts, or silently by MDM."""

    INTERACTIVE = "interactive"
    MDM = "mdm"


class Platform(StrEnum):
    """The family of devices a profile is for."""

    IOS = "ios"
    MACOS = "macos"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """
    A finished profile: the same input gives the same `content`, byte for byte.

    `uuid` is upper-case; `revision` is its first 8 hex digits in lower case; `content` is the XML property list.
    """

    identifier: str
    uuid: str
    revision: str
    payload_types: tuple[str, ...]
    has_secrets: bool
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerFacts:
    """The public facts of a signing certificate; `spki_sha256` is hex over its SubjectPublicKeyInfo (RFC 5280)."""

    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime
    spki_sha256: str
    chain: int
    self_signed: bool

    @property
    def common_name(self) -> str:
        """The name Settings shows as "Signed by": the first CN of `subject` (RFC 4514), the whole of it without one."""
        found = _COMMON_NAME.search(self.subject)
        return _ESCAPED.sub(r"\1", found[1]) if found else self.subject

    def days_left(self, now: datetime) -> int:
        """Return for how many whole days from `now` (aware) the certificate is still valid; negative once it is not."""
        return (self.not_after - now).days


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedProfile:
    """A profile inside DER CMS SignedData (RFC 5652)."""

    profile: Profile
    signer: SignerFacts
    der: bytes = field(repr=False)
