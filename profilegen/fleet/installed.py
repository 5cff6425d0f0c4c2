"""Finding a seat's own profile in an inventory, and telling whether it is the wanted one."""

from collections.abc import Mapping, Sequence
from typing import Any

from profilegen.fleet.seat import Seat
from profilegen.fleet.seen import InstalledProfile, Inventory, MailOnDevice
from profilegen.profile.declaration import servers_of


def find_installed(seat: Seat, inventory: Inventory) -> InstalledProfile | None:
    """Return the seat's profile by the identifier the device shows, None if it is not there."""
    expected, own = seat.expected_identifier, seat.identifier
    for found in inventory.profiles:
        if found.identifier in (expected, own):
            return found
    return None


def is_wanted(seat: Seat, installed: InstalledProfile) -> bool | None:
    """
    Return whether an installed profile is the wanted revision, None if the MDM reports nothing that could tell.

    The revision in PayloadDescription survives MDMs that rewrite UUIDs; where both are reported, it decides.
    """
    if seat.wanted is None:
        return False
    if installed.revision is not None:
        return installed.revision == seat.wanted.revision
    if installed.uuid is None:
        return None
    rewritten = seat.effective.uuid if seat.effective is not None else None
    return installed.uuid.upper() == (rewritten or seat.wanted.uuid).upper()


def twins_of(seat: Seat, inventory: Inventory) -> tuple[str, ...]:
    """Return the identifiers of further profiles with a mail account, sorted: two accounts for one person, perhaps."""
    names = {seat.expected_identifier, seat.identifier}
    others = (found for found in inventory.profiles if found.identifier not in names)
    return tuple(sorted(found.identifier for found in others if found.has_mail))


def expected_mail(profile: Mapping[str, Any], base: str) -> tuple[MailOnDevice, ...]:
    """
    Return what a device should report of a profile's mail accounts once it has them as declarations.

    `base` begins the identifiers of these declarations (`profile.declaration.declarations_of`).
    """
    return tuple(
        MailOnDevice(
            identifier=f"{server.direction} {server.declaration}",
            host=server.host,
            port=server.port,
            username=server.username,
            declaration=server.declaration,
        )
        for server in servers_of(profile, base=base)
    )


def moved_fields(expected: Sequence[MailOnDevice], inventory: Inventory) -> tuple[str, ...]:
    """Return how the accounts on the device differ from the expected ones, where declarative status reports them."""
    if inventory.mail is None:
        return ()
    on_device = {account.identifier: account for account in inventory.mail}
    return tuple(
        difference for account in expected for difference in _differences(account, on_device.get(account.identifier))
    )


def _differences(expected: MailOnDevice, found: MailOnDevice | None) -> tuple[str, ...]:
    direction = expected.identifier.partition(" ")[0]
    if found is None:
        return (f"the {direction} account of {expected.username} was removed",)
    pairs = (
        ("host", expected.host, found.host),
        ("port", expected.port, found.port),
        ("user name", expected.username, found.username),
    )
    return tuple(
        f"{direction} {name} is {theirs}, not {ours}"
        for name, ours, theirs in pairs
        if ours is not None and theirs is not None and str(ours).casefold() != str(theirs).casefold()
    )
