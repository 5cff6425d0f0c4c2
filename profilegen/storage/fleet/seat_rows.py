"""Seats as rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from profilegen.address import Address
from profilegen.fleet.seat import Effective, EnrollmentChannel, Mailbox, Seat, SecretRoute, Wanted
from profilegen.profile.types import Platform
from profilegen.storage.fleet.tables import seat as table
from profilegen.storage.fleet.values import address, cleaned, fold, from_json, to_json, trimmed, upper

CONTENT = (
    *("profile", "person", "mailboxes", "mdm", "channel", "platform", "route", "identifier"),
    *("udid", "serial", "user", "name", "language", "recovery_email", "group", "forced"),
)
"""What an import says of a seat, in the order of `Staged`."""
Content = tuple[str | None, ...]

_STATE = (
    *("wanted_uuid", "wanted_revision", "wanted_basis", "wanted_version"),
    *("effective_identifier", "effective_uuid", "effective_remote_id", "retired_at"),
)
COLUMNS = [table.c[name] for name in ("key", *CONTENT, *_STATE)]
"""What `seat_of` reads, in its order."""

_PLATFORMS = {str(word): word for word in Platform}
_ROUTES = {str(word): word for word in SecretRoute}
_CHANNELS = {str(word): word for word in EnrollmentChannel}


@dataclass(slots=True, kw_only=True)  # rows of one seat are merged into it
class Staged:
    """What an import says of a seat; `mailboxes` are the short arrays they are stored as."""

    key: str
    values: list[Any]

    @classmethod
    def of(cls, seat: Seat) -> "Staged":
        """Return what an import says of a seat."""
        mailboxes = [_mailbox_values(mailbox) for mailbox in seat.mailboxes]
        words = (seat.channel.value, seat.platform.value, seat.route.value, seat.identifier)
        recovery = None if seat.recovery_email is None else str(seat.recovery_email)
        names = (upper(seat.udid), upper(seat.serial), cleaned(seat.user), cleaned(seat.name), seat.language, recovery)
        return cls(
            key=seat.key,
            values=[
                seat.profile,
                seat.person,
                mailboxes,
                seat.mdm,
                *words,
                *names,
                cleaned(seat.group),
                cleaned(seat.forced),
            ],
        )

    @classmethod
    def read(cls, key: str, text: str) -> "Staged":
        """Return what `text` was made of."""
        values = from_json(text)
        return cls(key=key, values=values + [None] * (len(CONTENT) - len(values)))

    @property
    def text(self) -> str:
        """All of it as one text."""
        return to_json(trimmed(self.values))

    @property
    def content(self) -> Content:
        """The columns of `CONTENT`."""
        profile, person, mailboxes, *others = self.values
        return (profile, person, to_json(mailboxes), *others)

    def merge(self, later: "Staged") -> None:
        """Take in a later row of the same import: it replaces this one, with the mailboxes of both."""
        mailboxes = {_account(mailbox): mailbox for mailbox in (*self.values[2], *later.values[2])}
        self.values = [*later.values[:2], list(mailboxes.values()), *later.values[3:]]

    def row(self) -> dict[str, Any]:
        """Return the columns that follow from it."""
        row: dict[str, Any] = dict(zip(CONTENT, self.content, strict=True))
        row["key"] = self.key
        row["domain"] = self.values[2][0][1]
        row["person_folded"] = fold(self.values[1])
        return row

    def addresses(self) -> set[str]:
        """Return what the seat can be found by besides its person: its mailboxes and their aliases."""
        return _addresses(self.values[2]) - {fold(self.values[1])}


def content_of(seat: Seat) -> Content:
    """Return the columns of `CONTENT`."""
    return Staged.of(seat).content


def terms_of(content: Sequence[Any]) -> set[str]:
    """Return all a stored seat can be found by, given its columns of `CONTENT`."""
    person, mailboxes, udid, serial = content[1], content[2], content[8], content[9]
    names = {fold(person), udid, serial} | _addresses(from_json(mailboxes))
    return {name for name in names if name is not None}


def _addresses(mailboxes: Iterable[list[Any]]) -> set[str]:
    found = {_account(mailbox).casefold() for mailbox in mailboxes}
    found.update(address(alias).account.casefold() for mailbox in mailboxes for alias in _aliases(mailbox))
    return found


def _account(mailbox: list[Any]) -> str:
    return f"{mailbox[0].lower()}@{mailbox[1]}"


def _aliases(mailbox: list[Any]) -> list[str]:
    return (mailbox[5] or []) if len(mailbox) > 5 else []


def seat_of(row: Sequence[Any]) -> Seat:
    """Return the seat of a row that begins with `COLUMNS`."""
    key, profile, person, mailboxes, mdm, channel, platform, route, identifier, udid, serial, user, name = row[:13]
    language, recovery, group, forced = row[13:17]
    effective_identifier, effective_uuid, effective_remote_id, retired_at = row[21:25]
    return Seat(
        key=key,
        profile=profile,
        person=person,
        mailboxes=_mailboxes(mailboxes),
        mdm=mdm,
        channel=_CHANNELS[channel],
        platform=_PLATFORMS[platform],
        route=_ROUTES[route],
        identifier=identifier,
        udid=udid,
        serial=serial,
        user=user,
        name=name,
        language=language,
        recovery_email=None if recovery is None else address(recovery),
        group=group,
        forced=forced,
        wanted=None if row[17] is None else _wanted(row[17:21]),
        effective=None
        if effective_identifier is None
        else Effective(identifier=effective_identifier, uuid=effective_uuid, remote_id=effective_remote_id),
        retired=retired_at is not None,
    )


def _wanted(values: Sequence[Any]) -> Wanted:
    uuid, revision, basis, version = values
    return Wanted(uuid=uuid, revision=revision, basis=basis, settings_version=version)


def _mailbox_values(mailbox: Mailbox) -> list[Any]:
    aliases = [str(alias) for alias in mailbox.aliases] or None
    names = (mailbox.name, mailbox.username, mailbox.outgoing_username)
    return trimmed([mailbox.address.local, mailbox.address.domain, *names, aliases, mailbox.outgoing])


def _mailboxes(text: str) -> tuple[Mailbox, ...]:
    return tuple([_mailbox(*values) for values in from_json(text)])


def _mailbox(
    local: str,
    domain: str,
    name: str | None = None,
    username: str | None = None,
    outgoing_username: str | None = None,
    aliases: list[str] | None = None,
    outgoing: str | None = None,
) -> Mailbox:
    return Mailbox(
        address=Address(local=local, domain=domain),
        name=name,
        username=username,
        outgoing_username=outgoing_username,
        aliases=tuple(address(alias) for alias in aliases or ()),
        outgoing=outgoing,
    )
