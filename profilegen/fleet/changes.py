"""What moved in the settings of a mail domain: field by field, and how much it matters on a device."""

from dataclasses import dataclass
from enum import StrEnum

from profilegen.settings.document import SettingsDocument
from profilegen.settings.servers import Server


class Weight(StrEnum):
    """
    How much a change matters.

    `cosmetic`: nothing works differently, so it travels only along with something else; `effective`: mail needs it;
    `identity`: it becomes another account on the device (payload type, protocol), to be planned with its people.
    """

    COSMETIC = "cosmetic"
    EFFECTIVE = "effective"
    IDENTITY = "identity"


_HEAVIEST = (Weight.IDENTITY, Weight.EFFECTIVE, Weight.COSMETIC)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One field that moved; `field` is dotted as in `lookup`, None stands for "not there"."""

    field: str
    old: str | None
    new: str | None
    weight: Weight


def changes_between(old: SettingsDocument, new: SettingsDocument) -> tuple[FieldChange, ...]:
    """Return every field that differs between two settings of the same mailbox, heaviest first."""
    found = [
        *_changed("payload", old.payload, new.payload, Weight.IDENTITY),
        *_server_changes("incoming", old.incoming, new.incoming),
        *_server_changes("outgoing", old.outgoing, new.outgoing),
        *_changed("identifier_prefix", old.identifier_prefix, new.identifier_prefix, Weight.IDENTITY),
        *_changed("name", old.name, new.name, Weight.COSMETIC),
        *_changed("organization", old.organization, new.organization, Weight.COSMETIC),
        *_changed("caldav", old.caldav and old.caldav.host, new.caldav and new.caldav.host, Weight.EFFECTIVE),
        *_changed("carddav", old.carddav and old.carddav.host, new.carddav and new.carddav.host, Weight.EFFECTIVE),
    ]
    return tuple(sorted(found, key=lambda change: _HEAVIEST.index(change.weight)))


def heaviest(changes: tuple[FieldChange, ...]) -> Weight | None:
    """Return the weight of the heaviest change, None if nothing changed."""
    return min((change.weight for change in changes), key=_HEAVIEST.index, default=None)


def _server_changes(direction: str, old: Server | None, new: Server | None) -> list[FieldChange]:
    if old is None or new is None:
        return _changed(direction, old and old.endpoint, new and new.endpoint, Weight.IDENTITY)
    pairs = (
        ("protocol", old.protocol, new.protocol, Weight.IDENTITY),
        ("host", old.host, new.host, Weight.EFFECTIVE),
        ("port", old.port, new.port, Weight.EFFECTIVE),
        ("security", old.security, new.security, Weight.EFFECTIVE),
        ("auth", old.auth[0], new.auth[0], Weight.EFFECTIVE),
        ("username", old.username, new.username, Weight.EFFECTIVE),
    )
    return [change for name, a, b, weight in pairs for change in _changed(f"{direction}.{name}", a, b, weight)]


def _changed(field: str, old: object, new: object, weight: Weight) -> list[FieldChange]:
    if old == new:
        return []
    return [FieldChange(field=field, old=_text(old), new=_text(new), weight=weight)]


def _text(value: object) -> str | None:
    return None if value is None else str(value)
