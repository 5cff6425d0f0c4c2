"""What moved and how much it matters, counts, and seats made of roster rows."""

from dataclasses import replace

import pytest

from profilegen.address import Address
from profilegen.errors import RosterProblem
from profilegen.fleet.changes import Weight, changes_between, heaviest
from profilegen.fleet.drift import Action, Judgement, State
from profilegen.fleet.roster import SeatDefaults, seat_of
from profilegen.fleet.seat import EnrollmentChannel, SecretRoute
from profilegen.fleet.tally import EXAMPLES, Tally
from profilegen.profile.types import Platform
from profilegen.settings.candidates import AccountPayload
from profilegen.settings.document import SettingsDocument
from profilegen.settings.roster import RosterRow
from profilegen.settings.servers import Auth, Protocol, Security, Server
from tests.fleet.making import make_seat

YOU = Address.parse("you@example.com")


def _server(protocol: Protocol, port: int, security: Security, host: str = "mail.example.com") -> Server:
    return Server(
        protocol=protocol, host=host, port=port, security=security, auth=(Auth.PASSWORD,), username="you@example.com"
    )


SETTINGS = SettingsDocument(
    address=YOU,
    incoming=_server(Protocol.IMAP, 993, Security.TLS),
    outgoing=_server(Protocol.SMTP, 587, Security.STARTTLS),
)


def test_cosmetic_effective_and_identity_changes_are_told_apart() -> None:
    moved = replace(SETTINGS, outgoing=_server(Protocol.SMTP, 465, Security.TLS), name="Mail")
    changes = changes_between(SETTINGS, moved)
    assert [(change.field, change.weight) for change in changes] == [
        ("outgoing.port", Weight.EFFECTIVE),
        ("outgoing.security", Weight.EFFECTIVE),
        ("name", Weight.COSMETIC),
    ]
    assert heaviest(changes) is Weight.EFFECTIVE
    other_account = replace(SETTINGS, payload=AccountPayload.EXCHANGE)
    assert heaviest(changes_between(SETTINGS, other_account)) is Weight.IDENTITY
    assert heaviest(changes_between(SETTINGS, replace(SETTINGS, name="Mail"))) is Weight.COSMETIC
    assert changes_between(SETTINGS, SETTINGS) == ()


def test_pop_instead_of_imap_is_another_account() -> None:
    pop = replace(SETTINGS, incoming=_server(Protocol.POP, 995, Security.TLS))
    assert changes_between(SETTINGS, pop)[0].field == "incoming.protocol"
    assert changes_between(SETTINGS, pop)[0].weight is Weight.IDENTITY


def test_a_tally_names_a_few_and_counts_the_rest() -> None:
    tally = Tally()
    for number in range(EXAMPLES + 5):
        tally.add(
            make_seat(person=f"p{number}@example.com"),
            Judgement(state=State.MISSING, action=Action.INSTALL, why="gone"),
        )
    tally.add(make_seat(route=SecretRoute.OAUTH), Judgement(state=State.OK, action=Action.NONE, why="right"))
    assert (tally.total, tally.wrong, tally.to_ask) == (EXAMPLES + 6, EXAMPLES + 5, EXAMPLES + 5)
    assert len(tally.examples[State.MISSING]) == EXAMPLES
    assert State.OK not in tally.examples


def test_a_person_with_several_devices_is_asked_once_in_a_plan() -> None:
    tally = Tally()
    for person in ("anna", "anna", "bert"):
        tally.add(make_seat(person=person), Judgement(state=State.MISSING, action=Action.INSTALL, why="gone"))
    assert (tally.total, tally.to_ask) == (3, 2)


# --- seats --------------------------------------------------------------------------------------------------


def test_a_row_becomes_a_seat_with_the_identifier_every_delivery_shares() -> None:
    seat = seat_of(RosterRow(row=2, address=YOU, udid="abc", mdm="acme"), SeatDefaults(identifier_prefix="com.example"))
    assert seat.udid == "ABC"
    assert seat.person == "you@example.com"
    assert seat.identifier == "com.example.profile.badc5dab-2180-5d07-af54-d25572c086b0"
    assert seat.channel is EnrollmentChannel.DEVICE


def test_several_accounts_of_one_person_on_one_device_are_one_seat() -> None:
    defaults = SeatDefaults(mdm="acme")
    first = seat_of(RosterRow(row=2, address=YOU, person="p1", serial="S1"), defaults)
    second = seat_of(RosterRow(row=3, address=Address.parse("b@example.com"), person="p1", serial="s1"), defaults)
    assert first.key == second.key
    assert first.identifier == second.identifier


def test_mail_on_a_mac_goes_to_the_user_channel() -> None:
    seat = seat_of(RosterRow(row=2, address=YOU, serial="S1", platform="macos"), SeatDefaults(mdm="acme"))
    assert (seat.channel, seat.platform) == (EnrollmentChannel.USER, Platform.MACOS)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (RosterRow(row=2, address=YOU, mdm="acme"), "no_device"),
        (RosterRow(row=2, address=YOU, serial="S1"), "no_mdm"),
        (RosterRow(row=2, address=YOU, serial="S1", mdm="acme", channel="air"), "bad_channel"),
        (RosterRow(row=2, address=YOU, serial="S1", mdm="acme", channel="device", platform="macos"), "bad_channel"),
        (RosterRow(row=2, address=YOU, serial="S1", mdm="acme", channel="device:5"), "bad_channel"),
    ],
)
def test_a_row_no_command_can_reach_is_refused(row: RosterRow, code: str) -> None:
    with pytest.raises(RosterProblem) as caught:
        seat_of(row, SeatDefaults())
    assert caught.value.code == code
