"""What shall be built: the accounts of one profile and everything that decides its bytes."""

from dataclasses import dataclass, field
from datetime import datetime

from profilegen.address import Address
from profilegen.errors import ConfigProblem, SettingsProblem
from profilegen.profile.adopted import Adopted
from profilegen.profile.types import Delivery, Platform
from profilegen.secret import Secret
from profilegen.settings.candidates import AccountPayload
from profilegen.settings.servers import MailSettings

SHORTEST_SEAL = 16
"""Bytes a seal must have at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordAccount:
    """An account that signs in with a password: servers, and passwords only where they shall travel in the profile."""

    settings: MailSettings
    incoming_password: Secret | None = None
    outgoing_password: Secret | None = None

    @property
    def address(self) -> Address:
        """The mailbox this account is for."""
        return self.settings.address


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthAccount:
    """An account whose sign-in happens on the device; it has no servers, no passwords and no relay."""

    address: Address
    payload: AccountPayload
    display_name: str | None = None
    host: str | None = None


Account = PasswordAccount | OAuthAccount


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileOrder:
    """
    One profile to build.

    `person` names whose accounts these are and is needed for more than one; `seal` is a local random key of at least
    16 bytes that keeps the profile's UUID from confirming guessed passwords; `expires` is when the device removes the
    profile (aware); `certificates` are CA certificates in DER; `adopted` is the identity of another tool's profile that
    this one replaces. Raises SettingsProblem, ConfigProblem (seal).
    """

    accounts: tuple[Account, ...]
    delivery: Delivery
    platform: Platform
    identifier_prefix: str
    seal: bytes = field(repr=False)
    organization: str | None = None
    person: str | None = None
    expires: datetime | None = None
    certificates: tuple[bytes, ...] = ()
    adopted: Adopted | None = None

    def __post_init__(self) -> None:
        mailboxes = [account.address.account for account in self.accounts]
        if not mailboxes:
            raise _refuse("a profile needs at least one account", "Name an address.")
        if len(set(mailboxes)) < len(mailboxes):
            raise _refuse("the same mailbox is in it twice", "Name each mailbox once.")
        if len(mailboxes) > 1 and not self.person:
            raise _refuse("several accounts need a person they belong to", 'Fill the column "person".')
        if self.expires is not None and self.expires.tzinfo is None:
            raise _refuse("its expiry has no time zone", "Give the date with a time zone.")
        if len(self.seal) < SHORTEST_SEAL:
            raise ConfigProblem(
                f"The seal has {len(self.seal)} bytes, which is too short to protect passwords.",
                hint=f"Use a random key of at least {SHORTEST_SEAL} bytes.",
            )


def _refuse(reason: str, hint: str) -> SettingsProblem:
    return SettingsProblem(f"This profile cannot be built: {reason}.", hint=hint)
