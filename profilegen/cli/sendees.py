"""To whom `profilegen send` brings what: from its arguments to one consignee per person."""

from dataclasses import dataclass
from pathlib import Path

from profilegen.cli.policy import allowed
from profilegen.cli.rosters import open_roster
from profilegen.cli.test import names_file
from profilegen.cli.wishes import WishMaker
from profilegen.errors import UsageProblem
from profilegen.flow.consignment import Consignee, ProfileFile, person_of_file
from profilegen.mailing.people import people_of_rows, person_of_address
from profilegen.settings.roster import BadRow
from profilegen.wiring import read_file


@dataclass(frozen=True, slots=True, kw_only=True)
class Sendees:
    """Everybody who is to get something, and the rows of the roster that cannot be used."""

    consignees: tuple[Consignee, ...]
    bad: tuple[BadRow, ...] = ()


def sendees_of(maker: WishMaker, subject: str | None, roster: Path | None) -> Sendees:
    """Return the consignees of one address, one file or a roster; raises UsageProblem for none or more than one."""
    if roster is not None and subject is None:
        return _of_roster(maker, roster)
    if subject is None or roster is not None:
        raise UsageProblem(
            "Say for whom: one address, one file or one roster.",
            hint="Write profilegen send you@example.com --via email.",
            code="no_address" if subject is None else "several_subjects",
        )
    if names_file(subject):
        file = ProfileFile(name=subject, data=read_file(Path(subject)))
        person = person_of_file(file)
        for address in person.accounts:
            allowed(address, maker.config)
        return Sendees(consignees=(Consignee(person=person, what=file),))
    numbered = maker.for_address(subject)
    person = person_of_address(numbered.address, name=maker.profile.name)
    return Sendees(consignees=(Consignee(person=person, what=numbered.wish),))


def _of_roster(maker: WishMaker, path: Path) -> Sendees:
    opened = open_roster(path)
    consignees, bad = list[Consignee](), list(opened.bad)
    for person in people_of_rows(opened.rows):
        for made in maker.for_rows(person.rows):
            if isinstance(made, BadRow):
                bad.append(made)
            else:
                consignees.append(Consignee(person=person, what=made.wish))
    return Sendees(consignees=tuple(consignees), bad=tuple(sorted(bad, key=lambda row: row.row)))
