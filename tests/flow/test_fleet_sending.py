"""Which seat a proof of sending is about: one, or none; never one of several."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.flow.fleet.sending_evidence import sender
from profilegen.ports.fleet import SeatView
from profilegen.ports.sending import DeviceProof
from profilegen.profile.types import Platform
from tests.fleet.making import NOW, make_enrollment, make_seat, make_sight

WORDS = {
    "iphone": "from an iPhone (iPhone Mail (22B83))",
    "ipad": "from an iPad (iPad Mail (22B83))",
    "mac": "from a Mac (Apple Mail (2.3826))",
    "other": "from another program: Outlook",
    "unsaid": "from a program that does not name itself",
}


def proof(words: str, kind: str = "message") -> DeviceProof:
    return DeviceProof(person="you@example.com", kind=kind, seen_at=NOW - timedelta(hours=1), detail=WORDS[words])


def view(key: str, model: str | None, platform: Platform = Platform.IOS) -> SeatView:
    sight = make_sight(enrollment=make_enrollment(model=model))
    return SeatView(seat=make_seat(key=key, platform=platform), sight=sight)


PHONE, TABLET, UNKNOWN = view("phone", "iPhone14,7"), view("tablet", "iPad13,1"), view("unknown", None)
MAC = view("mac", "Mac14,7", Platform.MACOS)


@pytest.mark.parametrize(
    ("words", "seats", "expected"),
    [
        ("iphone", (PHONE,), ["phone"]),
        ("iphone", (PHONE, TABLET, MAC), ["phone"]),
        ("ipad", (PHONE, TABLET, MAC), ["tablet"]),
        ("mac", (PHONE, TABLET, MAC), ["mac"]),
        ("mac", (PHONE,), []),
        ("iphone", (PHONE, UNKNOWN), []),
        ("ipad", (PHONE, UNKNOWN), ["unknown"]),
        ("unsaid", (PHONE, MAC), []),
        ("unsaid", (PHONE,), ["phone"]),
        ("other", (PHONE,), []),
    ],
)
def test_a_message_is_about_the_only_device_it_can_come_from(
    words: str, seats: tuple[SeatView, ...], expected: list[str]
) -> None:
    assert [found.seat.key for found in sender(seats, proof(words))] == expected


@given(st.sampled_from(sorted(WORDS)), st.sampled_from(["message", "log"]), st.integers(0, 4), st.integers(0, 4))
def test_never_more_than_one_device_and_a_further_device_never_adds_one(
    words: str, kind: str, phones: int, macs: int
) -> None:
    seats = [replace(PHONE, seat=replace(PHONE.seat, key=f"phone {number}")) for number in range(phones)]
    seats += [replace(MAC, seat=replace(MAC.seat, key=f"mac {number}")) for number in range(macs)]
    found = sender(seats, proof(words, kind))
    assert len(found) <= 1
    if kind == "log" and len(seats) > 1:
        assert not found
