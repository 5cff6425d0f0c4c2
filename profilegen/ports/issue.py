"""Signed bytes, the records of what was issued, files, and the time of day."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Protocol

from profilegen.profile.adopted import Adopted
from profilegen.profile.types import Profile, SignedProfile, SignerFacts


class Signer(Protocol):
    """Signs with one identity."""

    @property
    def facts(self) -> SignerFacts:
        """The public facts of its certificate."""
        ...

    async def sign(self, profile: Profile) -> SignedProfile:
        """Return the profile inside DER CMS SignedData; raises KeyProblem if key or certificate cannot be used."""
        ...


class Encrypter(Protocol):
    """Encrypts to one device."""

    async def encrypt(self, payloads: bytes) -> bytes:
        """Return the payloads, a property list, inside DER CMS EnvelopedData."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """
    One issued profile: for which accounts, under which identifier and revision, signed by whom, on what evidence.

    `adopted` is the identity it took over from another tool's profile; later profiles of these accounts keep it.
    """

    accounts: tuple[str, ...]
    identifier: str
    uuid: str
    revision: str
    sha256: str
    signer_spki_sha256: str | None
    issued_at: datetime
    level: int | None = None
    allowed_because: str | None = None
    adopted: Adopted | None = None


class IssueLog(Protocol):
    """Remembers every issued profile, append only."""

    async def last(self, account: str) -> Issued | None:
        """Return the newest record that names this account key (`Address.account`)."""
        ...

    async def signed_otherwise(self, spki_sha256: str | None) -> int:
        """Return how many identifiers were last issued with another signing key than this one (None: unsigned)."""
        ...

    async def record(self, issued: Issued) -> None:
        """Append one record, durable on return."""
        ...


class StagedFile(Protocol):
    """A complete file under a temporary name."""

    async def commit(self) -> None:
        """Give it its name in one step."""
        ...

    async def discard(self) -> None:
        """Remove it, leaving nothing behind."""
        ...


class Drop(Protocol):
    """Where finished files go."""

    async def stage(self, path: PurePath, data: bytes, *, private: bool) -> StagedFile:
        """Write all bytes beside `path` (0600 if private), durable; raises OutputProblem, also for a symlink."""
        ...


class Clock(Protocol):
    """The time of day."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        ...
