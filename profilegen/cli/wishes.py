"""From options and roster rows to wishes: one per profile."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from profilegen.address import Address
from profilegen.cli.options import LookupOptions, PasswordOptions, ProfileOptions
from profilegen.cli.policy import allowed
from profilegen.cli.profiles import profile_to_replace
from profilegen.config.values import Config
from profilegen.errors import InputProblem, ProfilegenError, UsageProblem
from profilegen.profile.pem import split_certificates
from profilegen.profile.types import Platform
from profilegen.profile.wish import AccountWish, Identity, LookupWish, PasswordsInProfile, ProfileWish, Replaced
from profilegen.secret import Secret
from profilegen.settings.document import SettingsDocument, parse_settings
from profilegen.settings.roster import BadRow, RosterRow
from profilegen.wiring import read_file


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedWish:
    """A wish and the roster row of its first account, None for an address of the command line."""

    row: int | None
    wish: ProfileWish

    @property
    def address(self) -> Address:
        """The first account's address, which names the profile."""
        return self.wish.accounts[0].address


@dataclass(frozen=True, slots=True, kw_only=True)
class WishMaker:
    """Everything that holds for every profile of one command: the template of a profile, and of an account."""

    config: Config
    profile: ProfileOptions
    lookup: LookupWish
    settings: Mapping[str, SettingsDocument]
    overrides: Mapping[str, str]
    aliases: tuple[Address, ...]
    certificates: tuple[bytes, ...]
    expires: datetime | None
    incoming_password: Secret | None = field(default=None)
    outgoing_password: Secret | None = field(default=None)
    replaces: Replaced | None = None

    def for_address(self, text: str) -> NumberedWish:
        """Return the wish for an address of the command line; raises AddressProblem."""
        account = self._account(Address.parse(text), aliases=self.aliases)
        platform = self.profile.platform
        return NumberedWish(row=None, wish=self._wish((account,), person=None, platform=platform))

    def for_rows(self, rows: Iterable[RosterRow]) -> tuple[NumberedWish | BadRow, ...]:
        """Return one wish per person, or per row where no person is named; a row that cannot be wished for is bad."""
        groups: dict[str, list[RosterRow]] = {}
        for row in rows:
            groups.setdefault(f"person {row.person}" if row.person else f"row {row.row}", []).append(row)
        return tuple(self._wish_of_rows(group) for group in groups.values())

    def _wish_of_rows(self, rows: list[RosterRow]) -> NumberedWish | BadRow:
        first = rows[0]
        platform = Platform(first.platform) if first.platform else self.profile.platform
        try:
            accounts = tuple(self._account_of_row(row) for row in rows)
        except ProfilegenError as problem:
            return BadRow(row=first.row, address=str(first.address), problem=problem)
        return NumberedWish(row=first.row, wish=self._wish(accounts, person=first.person, platform=platform))

    def _account_of_row(self, row: RosterRow) -> AccountWish:
        return self._account(
            row.address,
            name=row.name,
            username=row.username,
            outgoing_username=row.outgoing_username,
            aliases=row.aliases,
            relay=row.outgoing,
            incoming_password=row.password,
            outgoing_password=row.outgoing_password,
            previous=row.previous_address,
        )

    def _account(
        self,
        address: Address,
        *,
        name: str | None = None,
        username: str | None = None,
        outgoing_username: str | None = None,
        aliases: tuple[Address, ...] = (),
        relay: str | None = None,
        incoming_password: Secret | None = None,
        outgoing_password: Secret | None = None,
        previous: Address | None = None,
    ) -> AccountWish:
        asked = self.profile
        return AccountWish(
            address=allowed(address, self.config),
            settings=self._settings_of(address),
            name=name or asked.name,
            username=username or asked.username,
            outgoing_username=outgoing_username or asked.outgoing_username,
            aliases=aliases,
            relay=relay or asked.outgoing,
            overrides=self.overrides,
            incoming_password=incoming_password or self.incoming_password,
            outgoing_password=outgoing_password or self.outgoing_password,
            previous=previous,
        )

    def _wish(self, accounts: tuple[AccountWish, ...], *, person: str | None, platform: Platform) -> ProfileWish:
        inside = PasswordsInProfile.CLEARTEXT if self.profile.allow_cleartext_password else PasswordsInProfile.NEVER
        return ProfileWish(
            accounts=accounts,
            delivery=self.profile.delivery,
            platform=platform,
            account_type=self.profile.account_type,
            person=person,
            identifier_prefix=self.config.identifier_prefix,
            organization=self.config.organization,
            expires=self.expires,
            certificates=self.certificates,
            passwords=PasswordsInProfile.ENCRYPTED if self.profile.encrypt_to else inside,
            lookup=self.lookup,
            identity=Identity.NEW if self.profile.new_identity else Identity.KEEP,
            replaces=self.replaces,
        )

    def _settings_of(self, address: Address) -> SettingsDocument | None:
        if not self.settings or address.account in self.settings:
            return self.settings.get(address.account)
        raise InputProblem(
            f"The settings file says nothing about {address}.",
            hint="Add it, or leave --settings out so that the settings are looked up.",
            code="no_settings",
        )


def wish_maker(config: Config, profile: ProfileOptions, how: LookupOptions, passwords: PasswordOptions) -> WishMaker:
    """Read every file and value the options name, once."""
    return WishMaker(
        config=config,
        profile=profile,
        lookup=how.wish(),
        settings=read_settings(profile.settings),
        overrides=profile.overrides(),
        aliases=tuple(Address.parse(part) for part in (profile.aliases or "").split(",") if part.strip()),
        certificates=tuple(der for path in profile.include_ca or () for der in split_certificates(read_file(path))),
        expires=_parse_date(profile.expires),
        incoming_password=passwords.incoming(),
        outgoing_password=passwords.outgoing(),
        replaces=None if profile.replaces is None else profile_to_replace(profile.replaces),
    )


def read_settings(path: Path | None) -> dict[str, SettingsDocument]:
    """Return the settings of a file by account; empty without a file."""
    if path is None:
        return {}
    try:
        text = read_file(path).decode("utf-8")
    except UnicodeDecodeError as exc:
        raise InputProblem(f"{path} is not UTF-8 text.", hint="Give what profilegen lookup --json prints.") from exc
    return {document.address.account: document for document in parse_settings(text)}


def _parse_date(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as exc:
        raise UsageProblem(f'"{text}" is no date.', hint="Write it like 2027-01-31.", code="bad_date") from exc
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
