"""The mailbox to which people's devices send a message with their token, and the memory of what was read there."""

from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from profilegen.mailing.bounce import Bounce, Mailed
from profilegen.mailing.proof_mail import ProofMail
from profilegen.ports.sending import DeviceProof


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """
    How far one folder has been read: every message from the day `since` on, up to the UID `last_uid`.

    `uid_validity` is the folder's own (RFC 9051 section 2.3.1.1): with another one, UIDs mean other messages.
    """

    uid_validity: int
    last_uid: int
    since: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """
    Some messages that were read at once, and the mark to go on from; `looked_at` counts all.

    `mails` are those with a token, `bounces` what came back of our own mail.
    """

    folder: str
    mark: Mark
    mails: tuple[ProofMail, ...]
    looked_at: int
    bounces: tuple[Bounce, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """
    What is looked for besides tokens in subjects.

    `people` are the account keys of those whose text is looked at as well; `mailed` holds our own mails by their
    `message_id`, for those that come back.
    """

    people: Collection[str]
    mailed: Mapping[str, Mailed]


class CheckMailbox(Protocol):
    """Reads the check mailbox and leaves it as it is: nothing is marked as read, moved or deleted."""

    @property
    def key(self) -> str:
        """What tells this mailbox from others in the memory: user name, host and port."""
        ...

    def read(self, marks: Mapping[str, Mark], *, since: date, expected: Expected) -> AsyncIterator[Batch]:
        """
        Yield what is new in INBOX and the junk folder since `marks` (folder -> mark), oldest first.

        Raises WorldProblem for a server that cannot be asked, ConfigProblem for a login it refuses.
        """
        ...


class CheckNotes(Protocol):
    """Remembers what was read in check mailboxes."""

    async def marks(self, mailbox: str) -> Mapping[str, Mark]:
        """Return how far each folder of a mailbox has been read."""
        ...

    async def keep(self, mailbox: str, batch: Batch) -> None:
        """Keep the messages and the mark of a batch, both or neither, durable on return; a message is kept once."""
        ...

    async def mails(self) -> tuple[ProofMail, ...]:
        """Return every message with a token that was ever kept, oldest first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenPerson:
    """The newest proof of each kind about one person; `accounts` are those of the newest delivery to them."""

    person: str
    accounts: tuple[str, ...]
    proofs: tuple[DeviceProof, ...]


class ProofBook(Protocol):
    """What proves that devices send, of everybody at once; the ledger of deliveries has it of one person."""

    async def everybodys(self) -> Mapping[str, tuple[DeviceProof, ...]]:
        """Return the proofs of every person who has any, newest first."""
        ...

    def newest(self) -> AsyncIterator[tuple[ProvenPerson, ...]]:
        """Yield everybody with a proof in batches, sorted by person; nothing is held open in between."""
        ...

    async def add(self, proofs: Collection[DeviceProof]) -> None:
        """Append those that do not stand there already, all or none, durable on return."""
        ...
