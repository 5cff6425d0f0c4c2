"""A seat: one profile of one person that shall be on one device."""

from dataclasses import dataclass
from enum import StrEnum

from profilegen.address import Address
from profilegen.profile.types import Platform


class EnrollmentChannel(StrEnum):
    """Where a profile goes: mail on a Mac lives on the user channel only (Apple: com.apple.mail.managed)."""

    DEVICE = "device"
    USER = "user"


class SecretRoute(StrEnum):
    """
    How the account gets its password over MDM, where nothing is prompted for at install.

    `oauth`: signs in on the device; `encrypted`: in a profile encrypted to the device; `asset`: a declarative
    credential asset; `ask`: the person will have to type it, which is said, counted, and never called fixed.
    """

    OAUTH = "oauth"
    ENCRYPTED = "encrypted"
    ASSET = "asset"
    ASK = "ask"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """One account inside the profile; `outgoing` is the catalogue id of a relay service."""

    address: Address
    name: str | None = None
    username: str | None = None
    outgoing_username: str | None = None
    aliases: tuple[Address, ...] = ()
    outgoing: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """
    What shall be there: the profile as it would be built now.

    `basis` names everything it was built from (settings version, names, options): while it is unchanged, so is the
    revision, and nothing needs to be built to compare. `settings_version` numbers the settings of the mail domain.
    """

    uuid: str
    revision: str
    basis: str
    settings_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Effective:
    """What an MDM made of it: the identifier and UUID it rewrote, its own id of the object; None where it kept ours."""

    identifier: str
    uuid: str | None = None
    remote_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """
    One profile on one device.

    `key` is stable and unique (`seat_key`); `profile` the profile's key (`mailbox:…` or `person:…`); `person` groups
    seats of one human; `udid` or `serial` names the device, at least one of them; `user` the user channel where known;
    `forced` the operator's words where address and device are not confirmed by the MDM's own record; `wanted` None: not
    built yet; `retired` True once its removal was planned by name.
    """

    key: str
    profile: str
    person: str
    mailboxes: tuple[Mailbox, ...]
    mdm: str
    channel: EnrollmentChannel
    platform: Platform
    route: SecretRoute
    identifier: str
    udid: str | None = None
    serial: str | None = None
    user: str | None = None
    name: str | None = None
    language: str | None = None
    recovery_email: Address | None = None
    group: str | None = None
    forced: str | None = None
    wanted: Wanted | None = None
    effective: Effective | None = None
    retired: bool = False

    @property
    def expected_identifier(self) -> str:
        """The identifier the device shows: the MDM's own where it rewrites ours."""
        return self.effective.identifier if self.effective is not None else self.identifier

    @property
    def domain(self) -> str:
        """The mail domain whose settings it follows, A-label form."""
        return self.mailboxes[0].address.domain


def seat_key(profile: str, mdm: str, device: str) -> str:
    """Return the key of a seat; `device` is the UDID where known, else the serial number."""
    return f"{profile} on {device.upper()} by {mdm}"
