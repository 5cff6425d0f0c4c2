"""Seats as rows."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from profilegen.address import Address
from profilegen.fleet.seat import Effective, EnrollmentChannel, Mailbox, Seat, SecretRoute, Wanted
from profilegen.profile.types import Platform
from profilegen.storage.fleet.tables import seat as table
from profilegen.storage.fleet.values import address, fold, from_json, to_json, trimmed, upper

CONTENT = (
    *("profile", "person", "mailboxes", "mdm", "channel", "platform", "route", "identifier"),
    *("udid", "serial", "user", "name", "language", "recovery_email", "group", "forced"),
)
"""What an import says of a seat, in the order of `content_of`."""
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


def content_of(seat: Seat) -> Content:
    """Return what an import says of a seat; changes nowhere else count as a change."""
    return (
        seat.profile,
        seat.person,
        mailboxes_text(seat.mailboxes),
        seat.mdm,
        seat.channel.value,
        seat.platform.value,
        seat.route.value,
        seat.identifier,
        upper(seat.udid),
        upper(seat.serial),
        seat.user,
        seat.name,
        seat.language,
        None if seat.recovery_email is None else str(seat.recovery_email),
        seat.group,
        seat.forced,
    )


def row_of(seat: Seat) -> dict[str, Any]:
    """Return the columns that follow from what an import says."""
    row: dict[str, Any] = dict(zip(CONTENT, content_of(seat), strict=True))
    row["key"] = seat.key
    row["domain"] = seat.domain
    row["person_folded"] = fold(seat.person)
    return row


def addresses_of(seat: Seat) -> set[str]:
    """Return what a seat can be found by besides its person: its mailboxes and their aliases."""
    return _addresses(seat.mailboxes, seat.person)


def stored_addresses(mailboxes: str, person: str) -> set[str]:
    """Return the same of a stored row."""
    return _addresses(_mailboxes(mailboxes), person)


def _addresses(mailboxes: Sequence[Mailbox], person: str) -> set[str]:
    found = {mailbox.address.account.casefold() for mailbox in mailboxes}
    found.update(alias.account.casefold() for mailbox in mailboxes for alias in mailbox.aliases)
    found.discard(fold(person))
    return found


def merged(first: Seat, later: Seat) -> Seat:
    """Return a seat that two rows of one import speak of: the later row, with the mailboxes of both."""
    mailboxes = {mailbox.address.account: mailbox for mailbox in (*first.mailboxes, *later.mailboxes)}
    return replace(later, mailboxes=tuple(mailboxes.values()))


def with_stored_mailboxes(seat: Seat, text: str) -> Seat:
    """Return a seat together with the mailboxes of its stored row."""
    return merged(replace(seat, mailboxes=_mailboxes(text)), seat)


def seat_of(row: Sequence[Any]) -> Seat:
    """Return the seat of a row that begins with `COLUMNS`."""
    key, profile, person, mailboxes, mdm, channel, platform, route, identifier, udid, serial, user, name = row[:13]
    language, recovery, group, forced, *wanted = row[13:21]
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
        wanted=None if wanted[0] is None else _wanted(wanted),
        effective=None
        if effective_identifier is None
        else Effective(identifier=effective_identifier, uuid=effective_uuid, remote_id=effective_remote_id),
        retired=retired_at is not None,
    )


def _wanted(values: Sequence[Any]) -> Wanted:
    uuid, revision, basis, version = values
    return Wanted(uuid=uuid, revision=revision, basis=basis, settings_version=version)


def mailboxes_text(mailboxes: Sequence[Mailbox]) -> str:
    """Return mailboxes as JSON, one short array each."""
    return to_json([_mailbox_values(mailbox) for mailbox in mailboxes])


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
