"""Opening a roster file: usable rows in one hand, bad rows in the other, unknown columns said once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from profilegen.cli.output import note
from profilegen.errors import InputProblem
from profilegen.settings.roster import BadRow, Passwords, Repeated, RosterItem, RosterRow, UnknownColumns, read_roster


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """All rows of a roster, in the order of the file."""

    rows: tuple[RosterRow, ...]
    bad: tuple[BadRow, ...]


def open_roster(path: Path, passwords: Passwords = Passwords.REFUSED) -> Roster:
    """Read a whole roster; raises InputProblem if it cannot be opened, RosterProblem if it cannot be used."""
    rows, bad = list[RosterRow](), list[BadRow]()
    for row in roster_rows(path, passwords):
        if isinstance(row, RosterRow):
            rows.append(row)
        else:
            bad.append(row)
    return Roster(rows=tuple(rows), bad=tuple(bad))


def roster_rows(path: Path, passwords: Passwords = Passwords.REFUSED) -> Iterator[RosterRow | BadRow]:
    """Yield row after row of a roster of any length; raises as `open_roster`, possibly after some rows."""
    return _said(_items(path, passwords))


def device_rows(path: Path, headers: Mapping[str, str]) -> Iterator[RosterRow | BadRow]:
    """Yield row after row of a roster of devices, where a person may have several; `headers` as in `read_roster`."""
    return _said(_items(path, Passwords.REFUSED, headers, Repeated.ALLOWED))


def _said(items: Iterator[RosterItem]) -> Iterator[RosterRow | BadRow]:
    for item in items:
        if isinstance(item, UnknownColumns):
            note(f"profilegen: columns without meaning here: {', '.join(item.names)}")
        else:
            yield item


def count_rows(path: Path) -> int:
    """Return how many usable rows a roster has; raises as `open_roster`."""
    return sum(isinstance(item, RosterRow) for item in _items(path, Passwords.REFUSED))


def _items(
    path: Path,
    passwords: Passwords,
    headers: Mapping[str, str] = MappingProxyType({}),
    repeated: Repeated = Repeated.REFUSED,
) -> Iterator[RosterItem]:
    try:
        with path.open("rb") as stream:
            yield from read_roster(stream, name=path.name, passwords=passwords, headers=headers, repeated=repeated)
    except OSError as exc:
        raise InputProblem(
            f"{path} cannot be read: {exc.strerror}.", hint="Check the name and its permissions."
        ) from exc
