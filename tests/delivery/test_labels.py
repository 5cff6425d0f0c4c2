"""What a person's folder is called."""

import re
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from profilegen.delivery.labels import ascii_name, person_label

names = st.none() | st.text(max_size=80)
accounts = st.sampled_from(["a@example.com", "b@example.com", "xn--a@example.com"]) | st.text(min_size=1, max_size=300)


@pytest.mark.parametrize(
    ("account", "name", "label"),
    [
        ("jane.doe@example.com", "Jane Doe", "jane.doe@example.com_Jane-Doe"),
        ("jane@example.com", None, "jane@example.com"),
        ("jane@example.com", "", "jane@example.com"),
        ("g@example.com", "Jürgen Großmann", "g@example.com_Jurgen-Grossmann"),
        ("o@example.com", "Zoë O'Hara", "o@example.com_Zoe-OHara"),
        ("o@example.com", "Łukasz Øre-Ångström", "o@example.com_Lukasz-Ore-Angstrom"),
        ("t@example.com", "田中 太郎", "t@example.com"),
        ("x@example.com", "../../etc/passwd", "x@example.com_etc-passwd"),
    ],
)
def test_labels_begin_with_the_account_and_end_with_the_name(account: str, name: str | None, label: str) -> None:
    assert person_label(person=account, name=name, account=account) == label


@pytest.mark.parametrize(
    "account", ["zoë@example.com", "a/b@example.com", "../x@example.com", "CON", "", "-rf@x.example"]
)
def test_what_cannot_be_written_as_it_is_gets_digits(account: str) -> None:
    label = person_label(person=account, name="Zoe", account=account)
    assert re.fullmatch(r"[a-z0-9@.+-]+_Zoe_[0-9a-f]{8}", label)
    assert not label.startswith(("-", "."))


def test_a_person_who_is_not_their_account_gets_digits() -> None:
    two = {person_label(person=key, name="Office", account="office@example.com") for key in ("anna", "bert")}
    assert len(two) == 2
    assert all(label.startswith("office@example.com_Office_") for label in two)


@given(person=accounts, name=names, account=accounts)
@example(person="..", name="..", account="..")
@example(person="\ud800", name="\ud800", account="\ud800")
@example(person="a", name="\0", account="nul")
def test_no_person_can_leave_the_folder_or_hide(person: str, name: str | None, account: str) -> None:
    label = person_label(person=person, name=name, account=account)
    assert re.fullmatch(r"[A-Za-z0-9+][A-Za-z0-9@._+-]*", label)
    assert len(label) <= 160
    assert not label.endswith(".")
    assert PurePosixPath(label).parts == PureWindowsPath(label).parts == (label,)


@given(one=st.tuples(accounts, names), other=st.tuples(accounts, names))
@example(one=("x_b@c.example", None), other=("b@c.example", "x"))
@example(one=("a@b.example", "c_d"), other=("a@b.example_c", "d"))
@example(one=("a@b.example", "c"), other=("a@b.example_c", None))
def test_two_persons_never_share_a_label(one: tuple[str, str | None], other: tuple[str, str | None]) -> None:
    assume(one[0] != other[0])
    labels = [person_label(person=account, name=name, account=account).lower() for account, name in (one, other)]
    assert labels[0] != labels[1]


def test_the_same_person_has_the_same_label_in_every_run() -> None:
    two = {person_label(person="p", name="N", account="a@example.com") for _ in range(2)}
    assert len(two) == 1


def test_a_name_of_any_length_stays_short() -> None:
    assert len(ascii_name("Wolfeschlegelsteinhausenbergerdorff " * 10)) <= 40
