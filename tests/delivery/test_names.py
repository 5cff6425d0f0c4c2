"""What a profile's file is called."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.address import Address
from profilegen.delivery.names import profile_file_name

IDENTIFIER = "com.example.profilegen.DEADBEEF-0000-5000-8000-0123456789AB"


def name(text: str, *taken: str, identifier: str = IDENTIFIER) -> str:
    return profile_file_name(Address.parse(text), identifier, taken)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("you@example.com", "you@example.com.mobileconfig"),
        ("You.Too+List_1-a@Example.COM", "you.too+list_1-a@example.com.mobileconfig"),
        ("me@bücher.example", "me@xn--bcher-kva.example.mobileconfig"),
        ("zoë@example.com", "zo_@example.com.mobileconfig"),
        ("o'hara/a&b@example.com", "o_hara_a_b@example.com.mobileconfig"),
        ("-rf@example.com", "_rf@example.com.mobileconfig"),
        ('"../../etc/passwd"@example.com', "_.._.._etc_passwd_@example.com.mobileconfig"),
        ('"a b"@example.com', "_a_b_@example.com.mobileconfig"),
    ],
)
def test_names_follow_the_documented_rule(address: str, expected: str) -> None:
    assert name(address) == expected


def test_a_taken_name_gets_eight_digits_of_the_identifier() -> None:
    taken = name("a/b@example.com")
    assert name("a&b@example.com", taken) == "a_b@example.com-deadbeef.mobileconfig"


def test_an_identifier_without_uuid_still_tells_names_apart() -> None:
    taken = name("a/b@example.com")
    one, two = (name("a&b@example.com", taken, identifier=text) for text in ("com.example.one", "com.example.two"))
    assert re.fullmatch(r"a_b@example\.com-[0-9a-f]{8}\.mobileconfig", one)
    assert one != two


def test_a_long_address_fits_every_file_system() -> None:
    domain = ".".join(["x" * 60] * 4) + ".com"
    result = name("y" * 64 + "@" + domain)
    assert len(result.encode()) <= 255
    assert result.endswith("-deadbeef.mobileconfig")


@given(local=st.text(min_size=1, max_size=64), domain=st.sampled_from(["example.com", "a.b.example"]))
def test_no_address_can_leave_the_folder_or_hide(local: str, domain: str) -> None:
    result = profile_file_name(Address(local=local, domain=domain), IDENTIFIER, ())
    assert re.fullmatch(r"[a-z0-9@_+][a-z0-9@._+-]*@[a-z.]+\.mobileconfig", result)
