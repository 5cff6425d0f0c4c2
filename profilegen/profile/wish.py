"""What somebody asks for, before anything is known about the servers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from profilegen.address import Address
from profilegen.profile.account import AccountType
from profilegen.profile.adopted import Adopted
from profilegen.profile.types import Delivery, Platform, SignerFacts
from profilegen.secret import Secret
from profilegen.settings.document import SettingsDocument


class PasswordsInProfile(StrEnum):
    """Whether passwords travel in the profile; `cleartext` only where the operator insists in words."""

    NEVER = "never"
    ENCRYPTED = "encrypted"
    CLEARTEXT = "cleartext"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountWish:
    """
    One mailbox: what is said about it beyond its address.

    `settings` skips the lookup; `overrides` are dotted keys of `lookup`'s object; `relay` is the catalogue id of a
    relay service for outgoing mail; the passwords are for the test-send; `previous` is the address this mailbox had.
    """

    address: Address
    settings: SettingsDocument | None = None
    name: str | None = None
    username: str | None = None
    outgoing_username: str | None = None
    aliases: tuple[Address, ...] = ()
    relay: str | None = None
    overrides: Mapping[str, str] = field(default_factory=dict)
    incoming_password: Secret | None = None
    outgoing_password: Secret | None = None
    previous: Address | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupWish:
    """How the settings are looked up where none are given; the field names are those of `ports.Question`."""

    offline: bool = False
    probe: bool = True
    sources: tuple[str, ...] | None = None
    trust: tuple[str, ...] = ()
    allow_http: bool = False


class Identity(StrEnum):
    """What may happen to the identifier an account already has: a second one would duplicate it on the device."""

    KEEP = "keep"
    NEW = "new"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaced:
    """A profile of another tool to be replaced; `signer` is None where nobody, or somebody unknown, signed it."""

    adopted: Adopted
    signed: bool
    encrypted: bool
    signer: SignerFacts | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileWish:
    """One profile: its accounts and how it shall be. `person` is needed for more than one account."""

    accounts: tuple[AccountWish, ...]
    delivery: Delivery = Delivery.INTERACTIVE
    platform: Platform = Platform.IOS
    account_type: AccountType | None = None
    person: str | None = None
    identifier_prefix: str | None = None
    organization: str | None = None
    expires: datetime | None = None
    certificates: tuple[bytes, ...] = ()
    passwords: PasswordsInProfile = PasswordsInProfile.NEVER
    lookup: LookupWish = field(default_factory=LookupWish)
    identity: Identity = Identity.KEEP
    replaces: Replaced | None = None
