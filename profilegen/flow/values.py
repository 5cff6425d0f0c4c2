"""What is handed from one step of the story to the next."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePath

from profilegen.address import Address
from profilegen.diagnosis.coverage import Cover
from profilegen.ports import Canary
from profilegen.profile.order import ProfileOrder
from profilegen.profile.types import Profile, SignerFacts
from profilegen.profile.wish import ProfileWish
from profilegen.report import Finding, Report
from profilegen.secret import Secret
from profilegen.settings.candidates import Notice, Resolution
from profilegen.settings.document import SettingsDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An unsigned profile with everything that led to it; `resolutions` only where a lookup was made."""

    wish: ProfileWish
    settings: tuple[SettingsDocument, ...]
    resolutions: tuple[Resolution, ...]
    order: ProfileOrder
    profile: Profile
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """
    How far a test-send shall go (levels of `ports.Trial`) and whom it writes to, by default the mailbox itself.

    `level` None: as far as `with_password` where a password is known, else 1.
    """

    level: int | None = None
    with_password: int = 4
    recipient: Address | None = None

    def level_for(self, *, password: bool, oauth: bool) -> int:
        """Return the level asked; an account that signs in with OAuth on the device cannot go beyond 1."""
        if oauth:
            return 1
        return self.level or (self.with_password if password else 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenPasswords:
    """Passwords that win over those inside a profile; outgoing None: the same as incoming."""

    incoming: Secret | None = None
    outgoing: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """
    What a test-send showed and how far it came; `endpoints` per direction, as "host:port/security".

    `covers` is the evidence of canaries that stood in where no password of the person was known.
    """

    report: Report
    level: int
    level_asked: int
    endpoints: Mapping[str, str] = field(default_factory=dict)
    covers: tuple[Cover, ...] = ()

    @property
    def ok(self) -> bool:
        """True if the level asked was reached."""
        return self.level >= self.level_asked


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """What canaries proved in the place of a person: the best evidence, and the findings that say so, or why not."""

    cover: Cover | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryRun:
    """One test-send with a canary's mailbox; `endpoints` as in `Proof`."""

    canary: Canary
    report: Report
    level: int
    level_asked: int
    endpoints: Mapping[str, str]
    tested_at: datetime

    @property
    def ok(self) -> bool:
        """True if it came as far as its protocol allows."""
        return self.level >= self.level_asked


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOff:
    """The finished bytes of a profile; `sha256` is hex over them, `signer` None if it is unsigned."""

    data: bytes = field(repr=False)
    sha256: str
    signer: SignerFacts | None
    has_secrets: bool
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """Where a file goes and why it may: on a level of evidence, or because somebody takes responsibility in words."""

    path: PurePath
    level: int | None = None
    allowed_because: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """A finished file; `sha256` is hex over its bytes, `signer` None if it is unsigned."""

    path: PurePath
    sha256: str
    signer: SignerFacts | None
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FixOrder:
    """How `fix` goes: how far to test, where the file goes, and who takes responsibility if the test fails."""

    asked: Asked
    path_for: Callable[[Address, str], PurePath]
    allowed_because: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """The end of the arrow; `handed` is None where the proof did not suffice and nobody took responsibility."""

    draft: Draft
    proof: Proof
    handed: Handed | None
    allowed_because: str | None
