"""Whom to bring profiles to: one delivery per person, whatever the number of accounts."""

from collections.abc import Iterable
from dataclasses import dataclass

from profilegen.address import Address
from profilegen.settings.roster import RosterRow

FEW = 20
"""People up to whom a batch needs neither rehearsal nor waves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """
    One person and the accounts of their one profile.

    `key` is what the roster's column `person` says, else the account; `recovery` an address that works without the
    profile; `row` the line of the first account in the roster, None for a person who stands in none.
    """

    key: str
    accounts: tuple[Address, ...]
    name: str | None = None
    recovery: Address | None = None
    language: str | None = None
    platform: str | None = None
    row: int | None = None
    rows: tuple[RosterRow, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Everything about the person that decides what is sent where, as one text."""
        parts = (self.key, *(account.account for account in self.accounts), self.name, self.recovery, self.language)
        return "\0".join("" if part is None else str(part) for part in (*parts, self.platform))


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedRecovery:
    """One recovery address that stands beside several people: one mailbox would get all their profiles."""

    address: Address
    people: tuple[str, ...]


def person_of_address(address: Address, *, name: str | None = None) -> Person:
    """Return the person behind one address."""
    return Person(key=address.account, accounts=(address,), name=name)


def people_of_rows(rows: Iterable[RosterRow]) -> tuple[Person, ...]:
    """Return one person per value of the column `person`, or per row without one, in the order of the roster."""
    groups: dict[tuple[str, str | int], list[RosterRow]] = {}
    for row in rows:
        groups.setdefault(("person", row.person) if row.person else ("row", row.row), []).append(row)
    return tuple(_person(tuple(group)) for group in groups.values())


def shared_recoveries(people: Iterable[Person]) -> tuple[SharedRecovery, ...]:
    """Return the recovery addresses of more than one person, the one with most people first."""
    users: dict[str, list[Person]] = {}
    for person in people:
        if person.recovery is not None:
            users.setdefault(person.recovery.account, []).append(person)
    shared = [
        SharedRecovery(address=group[0].recovery, people=tuple(person.key for person in group))
        for group in users.values()
        if len(group) > 1 and group[0].recovery is not None
    ]
    return tuple(sorted(shared, key=lambda one: (-len(one.people), one.address.account)))


def _person(rows: tuple[RosterRow, ...]) -> Person:
    """Where the rows of one person differ, the first that says something counts."""
    first = rows[0]
    return Person(
        key=first.person or first.address.account,
        accounts=tuple(row.address for row in rows),
        name=next((row.name for row in rows if row.name), None),
        recovery=next((row.recovery_email for row in rows if row.recovery_email), None),
        language=next((row.language for row in rows if row.language), None),
        platform=next((row.platform for row in rows if row.platform), None),
        row=first.row,
        rows=rows,
    )
