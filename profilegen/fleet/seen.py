"""What was seen: enrollments as an MDM knows them, and what a device said it has."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from profilegen.fleet.seat import EnrollmentChannel
from profilegen.profile.types import Platform


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrollment:
    """
    One enrollment: a device, or a user of a device; `id` is what commands are sent to.

    `emails` are the addresses the MDM itself has on record for it, lower-cased; `sign_ins` its user names, which need
    not be mailboxes; `full_name` is the person's name there. `tally` counts TokenUpdates since the last Authenticate
    (1: just enrolled). `active` False after CheckOut. Times are aware, None where the MDM does not say.
    """

    mdm: str
    id: str
    channel: EnrollmentChannel
    udid: str | None = None
    serial: str | None = None
    parent: str | None = None
    platform: Platform | None = None
    os_version: str | None = None
    build: str | None = None
    model: str | None = None
    emails: tuple[str, ...] = ()
    sign_ins: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    full_name: str | None = None
    enrolled_at: datetime | None = None
    last_seen: datetime | None = None
    tally: int | None = None
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledProfile:
    """
    One profile as a ProfileList or an inventory shows it; None where the MDM does not report it.

    `revision` is read from PayloadDescription; `mail_uuids` are the PayloadUUIDs of the mail payloads inside;
    `signer_sha256` the SHA-256 of the signer's leaf certificate, hex; `refusal` why the device does not use what is
    there, in its own words.
    """

    identifier: str
    uuid: str | None = None
    revision: str | None = None
    mail_uuids: tuple[str, ...] = ()
    has_mail: bool | None = None
    signer_sha256: str | None = None
    signer_not_after: datetime | None = None
    managed: bool | None = None
    source: str | None = None
    refusal: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MailOnDevice:
    """One outgoing or incoming account as declarative status reports it (Apple: account.list.mail.*)."""

    identifier: str
    host: str | None
    port: int | None
    username: str | None
    declaration: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """
    What one enrollment said it has, and when.

    `complete` False: it may have more than is listed, so nothing may be called missing. `profiles` holds those with
    mail in them and those of our own identifiers, not everything on the device.
    """

    mdm: str
    enrollment: str
    collected_at: datetime
    complete: bool
    profiles: tuple[InstalledProfile, ...] = ()
    mail: tuple[MailOnDevice, ...] | None = None


class CommandKind(StrEnum):
    """What a command is for."""

    INSTALL = "install"
    REMOVE = "remove"
    LOOK = "look"


class CommandState(StrEnum):
    """
    How far a command came.

    `stored`: written down, not sent yet (a crash may lie between); `prepared`: the same, and what stood in its way is
    gone; `queued`: the MDM took it; `unpushed`: it took it and could not wake the device; `waiting`: the device said
    NotNow; `gone`: its queue was cleared by a re-enrolment; `silent`: the device checked in since and gave no answer.
    """

    STORED = "stored"
    PREPARED = "prepared"
    QUEUED = "queued"
    UNPUSHED = "unpushed"
    WAITING = "waiting"
    ACKNOWLEDGED = "acknowledged"
    FAILED = "failed"
    GONE = "gone"
    SILENT = "silent"

    @property
    def is_open(self) -> bool:
        """True while an answer may still come."""
        return self.is_unsent or self in (CommandState.QUEUED, CommandState.UNPUSHED, CommandState.WAITING)

    @property
    def is_unsent(self) -> bool:
        """True while nobody knows whether the MDM got it."""
        return self in (CommandState.STORED, CommandState.PREPARED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorLink:
    """One link of a device's ErrorChain; MDMs without one make a link of what they say."""

    domain: str
    code: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command for one enrollment; `id` is the CommandUUID, `revision` what an install carries."""

    id: str
    seat: str
    mdm: str
    enrollment: str
    kind: CommandKind
    episode: int
    revision: str | None
    state: CommandState
    stored_at: datetime
    changed_at: datetime
    errors: tuple[ErrorLink, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """
    One time a seat was found wrong, until a fresh inventory shows it right; numbered from 1 per seat.

    Nothing is pushed twice within one.
    """

    number: int
    reason: str
    opened_at: datetime
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """
    Everything seen of one seat: all None or empty means that nothing is known, which is never "none".

    `enrollment` is the one of the seat's channel; where a Mac has no user enrolled yet, that of the device.
    `candidates` counts the devices the seat could mean. `command` is the newest install or removal, `look` the newest
    question what is there. `last_ok_*` is how things were when the seat was last right.
    """

    enrollment: Enrollment | None = None
    candidates: int = 0
    inventory: Inventory | None = None
    episode: Episode | None = None
    command: Command | None = None
    look: Command | None = None
    last_ok_at: datetime | None = None
    last_ok_os: str | None = None
    last_ok_enrolled_at: datetime | None = None
    sends_since: datetime | None = None
    password_unknown_since: datetime | None = None
