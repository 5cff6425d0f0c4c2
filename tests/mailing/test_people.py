"""Whom profiles go to, and where each person reads mail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.address import Address
from profilegen.mailing.people import Person, people_of_rows, person_of_address, shared_recoveries
from profilegen.mailing.recipient import Elsewhere, Recipient, RecipientKind, choose_recipient
from profilegen.settings.roster import RosterRow

JANE, WORK, PRIVATE, DESK = (Address.parse(f"{name}@example.com") for name in ("Jane", "work", "private", "desk"))


def row(number: int, address: Address, **fields: object) -> RosterRow:
    return RosterRow(row=number, address=address, **fields)  # type: ignore[arg-type] # the test's own fields


def test_rows_of_one_person_are_one_delivery_and_the_first_word_counts() -> None:
    jane, other = people_of_rows(
        [
            row(2, JANE, person="jd"),
            row(3, DESK, name="Desk"),
            row(4, WORK, person="jd", name="Jane Doe", recovery_email=PRIVATE, language="de"),
        ]
    )

    assert (jane.key, jane.accounts, jane.row) == ("jd", (JANE, WORK), 2)
    assert (jane.name, jane.recovery, jane.language) == ("Jane Doe", PRIVATE, "de")
    assert (other.key, other.accounts, other.recovery) == ("desk@example.com", (DESK,), None)


def test_somebody_in_no_roster_is_known_by_the_account() -> None:
    assert person_of_address(JANE) == Person(key="jane@example.com", accounts=(JANE,))


@given(st.lists(st.tuples(st.sampled_from(["", "a", "b", "c"]), st.booleans()), max_size=12))
def test_every_row_is_in_exactly_one_delivery(drawn: list[tuple[str, bool]]) -> None:
    rows = [
        row(number, Address.parse(f"u{number}@example.com"), person=person or None, name="N" if named else None)
        for number, (person, named) in enumerate(drawn, start=2)
    ]

    people = people_of_rows(rows)

    assert sorted(one.row for person in people for one in person.rows) == [one.row for one in rows]
    assert len({person.key for person in people}) == len(people)
    assert all({one.person for one in person.rows} == {person.rows[0].person} for person in people)


def test_one_recovery_address_of_several_people_is_named_with_all_of_them() -> None:
    people = [
        Person(key=key, accounts=(JANE,), recovery=recovery)
        for key, recovery in (("a", PRIVATE), ("b", Address.parse("PRIVATE@example.com")), ("c", DESK), ("d", None))
    ]

    [shared] = shared_recoveries(people)

    assert (shared.address, shared.people) == (PRIVATE, ("a", "b"))


@pytest.mark.parametrize(
    ("working", "recovery", "elsewhere", "expected"),
    [
        ({"jane@example.com"}, PRIVATE, Elsewhere(otherwise=DESK), Recipient(address=JANE, kind=RecipientKind.MAILBOX)),
        ({"work@example.com"}, None, Elsewhere(), Recipient(address=WORK, kind=RecipientKind.MAILBOX)),
        (set(), PRIVATE, Elsewhere(otherwise=DESK), Recipient(address=PRIVATE, kind=RecipientKind.RECOVERY)),
        (set(), None, Elsewhere(otherwise=DESK), Recipient(address=DESK, kind=RecipientKind.GIVEN)),
        ({"jane@example.com"}, PRIVATE, Elsewhere(always=DESK), Recipient(address=DESK, kind=RecipientKind.GIVEN)),
        (set(), None, Elsewhere(), None),
    ],
)
def test_mail_goes_where_it_is_read(
    working: set[str], recovery: Address | None, elsewhere: Elsewhere, expected: Recipient | None
) -> None:
    person = Person(key="jd", accounts=(JANE, WORK), recovery=recovery)

    assert choose_recipient(person, working=working, elsewhere=elsewhere) == expected


def test_what_decides_what_somebody_gets_makes_them_another_person_for_a_rehearsal() -> None:
    prints = {
        Person(key="jd", accounts=(JANE,), recovery=recovery, language=language, platform=platform).fingerprint
        for recovery in (None, PRIVATE)
        for language in (None, "de")
        for platform in (None, "macos")
    }

    assert len(prints) == 8
    assert Person(key="jd", accounts=(JANE,), row=7).fingerprint == Person(key="jd", accounts=(JANE,)).fingerprint
