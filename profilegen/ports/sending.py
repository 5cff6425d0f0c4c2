"""Bringing profiles to people: the channels, and the memory of what went to whom."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import PurePath
from typing import Protocol

from profilegen.address import Address
from profilegen.mailing.guide import GuideOrder
from profilegen.ports.proof import Progress
from profilegen.report import Report
from profilegen.secret import Secret
from profilegen.settings.servers import Server


class DeliveryState(StrEnum):
    """
    What became of one delivery.

    `TRYING` is recorded before the first byte leaves: found after a crash it means that nobody knows, and it is never
    repeated without being asked to.
    """

    TRYING = "trying"
    DELIVERED = "delivered"
    REFUSED = "refused"
    FAILED = "failed"
    BOUNCED = "bounced"
    """The server took it, and later it came back: nothing is repeated there without being asked to."""


UNLUCKY = (DeliveryState.REFUSED, DeliveryState.FAILED, DeliveryState.BOUNCED)
"""The states of those who certainly did not get it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """
    One finished profile on its way to one person.

    `person` is the key of the person (the roster's `person`, else the account); `data` the signed bytes, which stay
    here unless `guide.occasion.carries_profile`; `file_name` clean ASCII ending in .mobileconfig; `recipient` where
    mail goes, None for channels without one; `token` proves later that a message came from this delivery.
    """

    person: str
    name: str | None
    accounts: tuple[str, ...]
    identifier: str
    revision: str
    data: bytes
    file_name: str
    guide: GuideOrder
    token: str
    recipient: Address | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """
    What a channel says about one parcel.

    `state` TRYING: it may have arrived, and nobody knows. `detail` is for people and without secrets; `code`,
    `enhanced` and `stage` (of `diagnosis.observation`) are those of the server's reply where there is one; `path` is
    what was written.
    """

    state: DeliveryState
    detail: str
    code: int | None = None
    enhanced: str | None = None
    stage: str | None = None
    path: PurePath | None = None


class Channel(Protocol):
    """One way to bring profiles to people; opened once for many parcels."""

    async def deliver(self, parcel: Parcel) -> Delivered:
        """Bring one parcel; raises only what makes every further one pointless (no server, full disk, wrong login)."""
        ...

    async def close(self) -> tuple[PurePath, ...]:
        """Finish what covers all parcels (a printed sheet, a checklist, QUIT); return the files written for it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """
    One line of the memory: this revision went this way to this person; `channel` is email, airdrop or folder.

    Of a page on another occasion than installing, `revision` is the name of the occasion.
    """

    person: str
    name: str | None
    accounts: tuple[str, ...]
    identifier: str
    revision: str
    channel: str
    recipient: str | None
    token: str
    state: DeliveryState
    detail: str
    at: datetime

    def stands_in_the_way(self, over: Collection[DeliveryState], since: datetime | None) -> bool:
        """Return whether this delivery forbids another: a state outside `over`, and not older than `since`."""
        return self.state not in over and (since is None or self.at >= since)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceProof:
    """A sign that a person's device sends: `kind` is "message" (to the check mailbox) or "log" (weaker)."""

    person: str
    kind: str
    seen_at: datetime
    detail: str


class SendLedger(Protocol):
    """Remembers every delivery and every proof, append only; the newest line about a person and revision counts."""

    async def record(self, sending: Sending) -> None:
        """Append one line, durable on return."""
        ...

    async def claim(
        self, sending: Sending, *, over: Collection[DeliveryState], since: datetime | None = None
    ) -> Sending | None:
        """
        Append one line in one step, so that of two runs at once only one succeeds; durable on return.

        Where the newest line about this person, revision and channel has a state outside `over` and is not older than
        `since`, nothing is appended and that line is returned; None: it was appended.
        """
        ...

    async def latest(self, person: str, revision: str, channel: str) -> Sending | None:
        """Return the newest line about this person, revision and channel."""
        ...

    def everything(self) -> AsyncIterator[Sending]:
        """Yield the newest line of every person and channel, sorted by person."""
        ...

    async def unlucky(self, channel: str) -> frozenset[str]:
        """Return the people whose newest line in a channel says that they did not get it."""
        ...

    async def by_token(self, tokens: Sequence[str]) -> tuple[Sending, ...]:
        """Return the newest line for each of these tokens that is known."""
        ...

    async def mailed(self) -> Mapping[str, str]:
        """Return the recipient of every delivery that had one, by its token."""
        ...

    async def amend(self, sending: Sending, *, over: Collection[DeliveryState]) -> bool:
        """
        Append what became of an earlier delivery, in one step; the person's newest one in the channel stays the newest.

        Nothing is appended, and False returned, if the same revision went out again since, or its state is not `over`.
        """
        ...

    async def prove(self, proof: DeviceProof) -> None:
        """Append a proof unless it stands there already, durable on return."""
        ...

    async def proofs(self, person: str) -> tuple[DeviceProof, ...]:
        """Return what proves that this person's device sends, newest first."""
        ...


class RehearsalLog(Protocol):
    """Remembers who was in a rehearsal, by a digest of everything about the person that decides what is sent."""

    async def rehearsed(self, channel: str, since: datetime) -> frozenset[str]:
        """Return every digest that was in a rehearsal of this channel since then."""
        ...

    async def note(self, channel: str, digests: Collection[str], at: datetime) -> None:
        """Append the digests of one rehearsal, durable on return."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """The server our own mail goes through, the address it comes from, and the password of `server.username`."""

    server: Server
    sender: Address
    password: Secret


class SubmissionTester(Protocol):
    """Tests the server our own mail goes through like anybody's."""

    async def test(self, submission: Submission, progress: Progress) -> Report:
        """Return every `outgoing.` check up to the login, `skip` where it was not reached; secrets are masked."""
        ...
