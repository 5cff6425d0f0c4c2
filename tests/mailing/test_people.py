"""Whom profiles go to, where each person reads mail, and in which portions a batch goes out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.address import Address
from profilegen.errors import UsageProblem
from profilegen.mailing.people import Person, people_of_rows, person_of_address, shared_recoveries
from profilegen.mailing.recipient import Elsewhere, Recipient, RecipientKind, choose_recipient
from profilegen.mailing.waves import Waves
from profilegen.settings.rates import parse_rate
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


def test_the_stages_are_the_canary_and_then_equal_waves() -> None:
    waves = Waves(canary=5, percent=10)

    ends = [waves.end_of_stage(attempted=attempted, total=100) for attempted in (1, 5, 6, 15, 16, 95, 96, 100)]

    assert ends == [5, 5, 15, 15, 25, 95, 100, 100]


@pytest.mark.parametrize(
    ("attempted", "failed", "stop"),
    [(1, 1, True), (5, 0, False), (6, 1, True), (45, 1, False), (46, 2, True), (195, 5, False), (195, 6, True)],
)
def test_a_batch_stops_when_its_stage_cannot_stay_below_the_limit(attempted: int, failed: int, *, stop: bool) -> None:
    assert Waves(canary=5, percent=10, max_failures=3).must_stop(attempted=attempted, failed=failed, total=200) is stop


@given(
    waves=st.builds(Waves, canary=st.integers(1, 50), percent=st.integers(1, 100), max_failures=st.integers(1, 100)),
    total=st.integers(1, 500),
    data=st.data(),
)
def test_nobody_is_left_out_and_more_failures_never_help(waves: Waves, total: int, data: st.DataObject) -> None:
    attempted = data.draw(st.integers(1, total))
    failed = data.draw(st.integers(0, attempted))

    end = waves.end_of_stage(attempted=attempted, total=total)

    assert attempted <= end <= total
    assert not waves.must_stop(attempted=attempted, failed=0, total=total)
    assert waves.must_stop(attempted=attempted, failed=attempted, total=total) >= waves.must_stop(
        attempted=attempted, failed=failed, total=total
    )
    assert waves.end_of_stage(attempted=total, total=total) == total


@pytest.mark.parametrize("wrong", [{"canary": 0}, {"percent": 0}, {"percent": 101}, {"max_failures": 0}])
def test_numbers_that_make_no_batch_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(UsageProblem) as caught:
        Waves(**wrong)
    assert caught.value.code == "bad_waves"


@pytest.mark.parametrize(("text", "per_second"), [("10/s", 10), ("30/m", 0.5), ("360/h", 0.1), ("0.5/s", 0.5)])
def test_a_rate_is_a_number_and_a_unit(text: str, per_second: float) -> None:
    assert parse_rate(text) == pytest.approx(per_second)


@pytest.mark.parametrize("text", ["", "10", "0/s", "-1/s", "5/d", "1001/s", "1e3/s", "١/s"])
def test_anything_else_is_no_rate(text: str) -> None:
    with pytest.raises(UsageProblem) as caught:
        parse_rate(text)
    assert caught.value.code == "bad_rate"
