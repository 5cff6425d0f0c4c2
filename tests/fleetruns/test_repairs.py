"""What goes wrong with devices, and what one more `apply` makes of it."""

import os
import signal
import subprocess
import sys
from collections import Counter

from tests.fleetruns.conftest import DOMAIN, FRESH, QUICK, Organisation

SIGNED = ("--allow-self-signed",)


def _installs(organisation: Organisation) -> Counter[str]:
    """Return how many installs each phone was given so far."""
    return Counter(organisation.installs())


def test_a_profile_lost_twice_is_repaired_twice_and_pushed_once_each_time(organisation: Organisation) -> None:
    organisation.hire(2)
    organisation.apply(*SIGNED)
    phone = organisation.phones[0]
    identifier = next(iter(phone.installed()))
    for time in (2, 3):
        phone.lose(identifier)
        organisation.look_again()
        assert organisation.apply(*SIGNED, *FRESH)["pushed"] == 1
        assert identifier in phone.installed()
        assert _installs(organisation) == {phone.udid: time, organisation.phones[1].udid: 1}


def test_two_profiles_for_one_phone_go_out_one_after_the_other_in_one_run(organisation: Organisation) -> None:
    organisation.hire(1)
    phone = organisation.phones[0]
    roster = organisation.folder / "people.csv"
    roster.write_text(roster.read_text() + f"info@{DOMAIN},{phone.udid},acme\n")
    organisation.run("import", str(roster), "--trust-roster", "the list of the day")
    assert organisation.apply(*SIGNED)["pushed"] == 2
    assert len(phone.installed()) == 2


def test_a_second_run_pushes_nothing(organisation: Organisation) -> None:
    organisation.hire(3)
    assert organisation.apply(*SIGNED)["pushed"] == 3
    assert organisation.apply(*SIGNED)["pushed"] == 0
    assert set(_installs(organisation).values()) == {1}


def test_a_restored_phone_gets_its_profile_back_and_its_password_is_said_to_be_unknown(
    organisation: Organisation,
) -> None:
    organisation.hire(2)
    organisation.apply(*SIGNED)
    phone = organisation.phones[0]
    phone.restore()
    organisation.look_again()  # nobody listened, so only a look can tell
    outcome = organisation.apply(*SIGNED, *FRESH)
    assert outcome["pushed"] == 1
    assert phone.installed()
    told = organisation.run("status", "--offline", "--only", phone.udid, "--json").document
    assert told["state"] == "password_unknown"
    assert told["installed"] is True
    assert told["sends_since"] is None


def test_a_locked_phone_is_waited_for_and_a_phone_that_is_away_is_named(organisation: Organisation) -> None:
    organisation.hire(3)
    organisation.phones[0].locked = True
    organisation.phones[1].offline = True
    outcome = organisation.apply("--patience", "3s", *SIGNED)
    assert outcome["states"]["password_unknown"] == 1
    assert outcome["states"].keys() <= {"password_unknown", "waiting", "in_flight", "unknown", "not_enrolled"}
    organisation.phones[0].locked = organisation.phones[1].offline = False
    organisation.people.poll_all()  # nobody listens: what they say now is lost
    organisation.look_again()
    assert organisation.apply(*SIGNED, "--patience", "30s")["states"] == {"password_unknown": 3}


def test_a_refusal_stops_at_the_canary_and_is_not_repeated(organisation: Organisation) -> None:
    organisation.hire(4)
    for phone in organisation.phones:
        phone.fail_install = [
            {"ErrorCode": 4001, "ErrorDomain": "MCInstallationErrorDomain", "USEnglishDescription": "install failed"}
        ]
    outcome = organisation.apply("--canary", "2", *SIGNED)
    assert outcome["stopped"] is not None
    assert outcome["states"]["failed"] == 2
    assert "MCInstallationErrorDomain 4001" in outcome["examples"][0]["why"]
    assert sum(_installs(organisation).values()) == 2
    organisation.apply("--canary", "2", *SIGNED)
    assert max(_installs(organisation).values()) == 1


def test_the_operator_may_push_once_more_by_name(organisation: Organisation) -> None:
    organisation.hire(2)
    organisation.apply(*SIGNED)
    phone = organisation.phones[0]
    outcome = organisation.apply("--only", phone.udid, "--again", *SIGNED)
    assert outcome["pushed"] == 1
    assert _installs(organisation)[phone.udid] == 2
    assert organisation.run("apply", *QUICK, "--again", *SIGNED).status == 2


def test_a_mailbox_is_pushed_to_nobody_whose_device_the_mdm_does_not_confirm(organisation: Organisation) -> None:
    organisation.hire(1)
    organisation.import_roster(reason=None)
    outcome = organisation.apply(*SIGNED)
    assert outcome["pushed"] == 0
    assert outcome["states"] == {"unconfirmed": 1}


def test_servers_that_nobody_proved_are_not_delivered(organisation: Organisation) -> None:
    organisation.hire(1)
    answer = organisation.run("apply", "--patience", "20s", "--offline", *SIGNED, "--json")
    assert answer.status == 1
    assert answer.document["error"]["code"] == "unverified"
    assert not organisation.phones[0].installed()


def test_what_the_provider_moves_is_shown_followed_and_taken_back(organisation: Organisation) -> None:
    organisation.hire(2)
    first = organisation.apply(*SIGNED)
    before = organisation.phones[0].installed()
    organisation.move_server(port=465, security="tls")
    plan = organisation.run("plan", "--offline", "--json").document
    moved = {change["field"]: (change["old"], change["new"]) for change in plan["domains"][0]["changes"]}
    assert moved == {"outgoing.port": ("587", "465"), "outgoing.security": ("starttls", "tls")}
    assert plan["actions"]["install"] == 2
    second = organisation.apply(*SIGNED)
    assert (first["pushed"], second["pushed"]) == (2, 2)
    assert organisation.run("rollback", second["plan"], "--offline").status == 0
    third = organisation.apply(*SIGNED)
    assert third["pushed"] == 2
    assert organisation.phones[0].installed() == before


def test_a_retired_seat_loses_its_profile_and_leaves_the_fleet(organisation: Organisation) -> None:
    organisation.hire(2)
    organisation.apply(*SIGNED)
    assert organisation.run("retire", "p0@example.com", "--offline").status == 0
    organisation.apply(*SIGNED)
    assert not organisation.phones[0].installed()
    assert organisation.phones[1].installed()
    assert organisation.states() == {"password_unknown": 1}


def test_retiring_much_of_the_fleet_needs_the_number(organisation: Organisation) -> None:
    organisation.hire(3)
    answer = organisation.run("retire", "p0@example.com", "p1@example.com", "--offline", "--json")
    assert answer.document["error"]["code"] == "too_many"
    assert organisation.run("retire", "p0@example.com", "p1@example.com", "--yes-retire", "2", "--offline").status == 0


def test_a_forgotten_person_is_in_no_line_any_more(organisation: Organisation) -> None:
    organisation.hire(1)
    organisation.apply(*SIGNED)
    assert organisation.run("forget", "p0@example.com", "--offline").status == 0
    database = organisation.folder / "home" / "fleet.sqlite3"
    assert b"p0@example.com" not in database.read_bytes()


def test_killed_anywhere_and_run_again_nobody_is_pushed_twice(organisation: Organisation) -> None:
    organisation.hire(6)
    for after in (1, 1, 2):
        process = subprocess.Popen(
            [sys.executable, "-m", "profilegen", "fleet", "apply", *QUICK, *SIGNED, "--canary", "2", "--wave", "50"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ,
        )
        organisation.kill_after(process.pid, installs=after)
        process.wait()
        assert process.returncode == -signal.SIGKILL
    organisation.kill_after(None, installs=0)
    organisation.people.poll_all()  # nobody listens: what they say now is lost
    organisation.look_again()
    outcome = organisation.apply(*SIGNED)
    assert outcome["states"] == {"password_unknown": 6}, outcome
    assert set(_installs(organisation).values()) == {1}


def test_the_system_of_a_phone_is_learned_and_an_update_named_where_the_profile_went_with_it(
    organisation: Organisation,
) -> None:
    organisation.hire(2)  # nobody listened, so no Authenticate told of their systems
    organisation.apply(*SIGNED)
    seats = [organisation.run("status", "--offline", "--only", phone.udid, "--json") for phone in organisation.phones]
    assert [seat.document["os_version"] for seat in seats] == ["18.1", "18.1"]
    phone = organisation.phones[0]
    organisation.run("confirm", phone.udid, "mail came from it", "--offline")
    organisation.apply(*SIGNED)
    phone.update_os("18.2", "22C152", keeps_profiles=False)
    organisation.look_again()
    organisation.run("apply", "--patience", "20s", "--offline", *SIGNED, *FRESH)  # looks, and then refuses to push
    seat = organisation.run("status", "--offline", "--only", phone.udid, "--json").document
    assert (seat["state"], seat["os_version"]) == ("missing", "18.2")
    assert "the system was updated since: 18.1 (22B83) to 18.2 (22C152)" in seat["why"]
    assert organisation.apply(*SIGNED)["pushed"] == 1
