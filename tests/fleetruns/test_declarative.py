"""Declarative mail from end to end: the command line, a KMFDDM behind a NanoMDM, and phones that set up accounts."""

import signal

import pytest

from tests.fleetruns.conftest import FRESH, SERVERS
from tests.fleetruns.declared import DeclaredOffice, office

__all__ = ["office"]


def test_an_account_gets_onto_the_device_and_the_fleet_sees_its_real_servers(office: DeclaredOffice) -> None:
    office.hire(2)
    assert office.seat()["secret_route"] == "asset"
    outcome = office.apply()
    assert outcome["states"] == {"ok": 2}, outcome
    assert outcome["pushed"] == 2
    assert [phone.account.servers for phone in office.phones] == [
        {
            "incoming": {"hostname": "imap.example.com", "port": 993, "username": f"p{number}@example.com"},
            "outgoing": {"hostname": "smtp.example.com", "port": 587, "username": f"p{number}@example.com"},
        }
        for number in (0, 1)
    ]
    assert office.phones[0].account.passwords == {"incoming": "first password", "outgoing": "first password"}
    assert office.apply()["pushed"] == 0


def test_no_password_is_written_down_or_left_lying_about(office: DeclaredOffice) -> None:
    office.hire(1)
    office.apply()
    assert office.logins.fetched
    assert office.logins.published() == []
    assert b"first password" not in office.everything_written()


def test_a_server_that_a_person_moved_is_seen_and_put_right(office: DeclaredOffice) -> None:
    office.hire(2)
    office.apply()
    phone = office.phones[0]
    for direction, changes, words in (
        ("outgoing", {"port": 465}, "outgoing port is 465, not 587"),
        ("incoming", {"hostname": "imap.example.net"}, "incoming host is imap.example.net, not imap.example.com"),
        ("outgoing", {"username": "admin"}, "outgoing user name is admin, not p0@example.com"),
    ):
        phone.moved(direction, **changes)
        office.refresh()
        seat = office.seat()
        assert (seat["state"], seat["installed"]) == ("moved", False)
        assert words in seat["why"]
        before = len(office.touched(phone))
        assert office.apply()["states"] == {"ok": 2}
        assert len(office.touched(phone)) > before
    assert phone.account.servers["outgoing"] == {
        "hostname": "smtp.example.com",
        "port": 587,
        "username": "p0@example.com",
    }
    assert office.touched(office.phones[1]) == []


def test_an_account_that_a_person_deleted_is_seen_and_comes_back(office: DeclaredOffice) -> None:
    office.hire(2)
    office.apply()
    phone = office.phones[0]
    phone.client.lose(phone.declaration, phone, phone.channel)
    office.refresh()
    seat = office.seat()
    assert seat["state"] == "moved"
    assert "the outgoing account of p0@example.com was removed" in seat["why"]
    assert office.apply()["pushed"] == 1
    assert phone.account.passwords["outgoing"] == "first password"


def test_a_daily_report_that_leaves_an_account_out_says_that_it_is_gone(office: DeclaredOffice) -> None:
    office.hire(1)
    office.apply()
    phone = office.phones[0]
    phone.client.accounts.clear()
    phone.client.report(phone, phone.channel)
    office.refresh()
    assert office.seat()["state"] == "moved"


def test_what_the_provider_moves_reaches_the_accounts(office: DeclaredOffice) -> None:
    office.hire(2)
    office.apply()
    office.settings({**SERVERS, "outgoing": {**SERVERS["outgoing"], "port": 465, "security": "tls"}})
    outcome = office.apply()
    assert (outcome["pushed"], outcome["states"]) == (2, {"ok": 2})
    assert [phone.account.servers["outgoing"]["port"] for phone in office.phones] == [465, 465]


def test_a_restored_phone_gets_account_and_password_again(office: DeclaredOffice) -> None:
    office.hire(2)
    office.apply()
    phone = office.phones[0]
    phone.restore()
    office.look_again()
    outcome = office.apply(*FRESH)
    assert outcome["states"] == {"ok": 2}, outcome
    assert phone.account.passwords == {"incoming": "first password", "outgoing": "first password"}
    assert office.logins.published() == []


def test_a_device_that_cannot_use_its_declaration_says_why_and_is_not_sent_it_again(office: DeclaredOffice) -> None:
    office.hire(1)
    office.logins.is_down = True
    outcome = office.apply()
    assert outcome["states"] == {"failed": 1}, outcome
    assert "An asset cannot be resolved." in office.seat()["why"]
    puts = office.puts()
    assert office.apply()["pushed"] == 0
    assert office.puts() == puts
    office.logins.is_down = False
    assert office.apply("--only", office.phones[0].udid, "--again")["states"] == {"ok": 1}
    assert office.phones[0].account.passwords["incoming"] == "first password"


def test_a_new_password_reaches_the_device_and_the_account_is_not_touched(office: DeclaredOffice) -> None:
    office.hire(2)
    office.apply()
    phone = office.phones[0]
    account, tokens = phone.declaration, dict(phone.client.tokens)
    office.password(0, "second password")
    assert office.apply("--only", phone.udid, "--again")["states"] == {"ok": 1}
    assert phone.account.passwords == {"incoming": "second password", "outgoing": "second password"}
    assert phone.client.tokens[account] == tokens[account]
    assert phone.client.tokens[f"{account}.incoming"] != tokens[f"{account}.incoming"]
    assert office.phones[1].account.passwords["incoming"] == "first password"
    assert office.logins.published() == []


def test_a_retired_seat_loses_its_account_and_the_server_its_declarations(office: DeclaredOffice) -> None:
    office.hire(2)
    office.apply()
    phone = office.phones[0]
    base = phone.declaration.rpartition(".")[0]
    assert office.run("retire", "p0@example.com", "--offline").status == 0
    office.apply()
    assert phone.client.accounts == {}
    assert not [name for name in office.ddm.declarations if name.startswith(base)]
    assert office.ddm.enrollment_sets[phone.udid] == []
    assert len(office.phones[1].client.accounts) == 1
    answer = office.run("status", "--offline", "--json").document
    assert answer["states"] == {"ok": 1}


def test_people_without_a_password_are_named_and_keep_nobody_else_waiting(office: DeclaredOffice) -> None:
    office.hire(2)
    (office.folder / "passwords" / "p0@example.com").unlink()
    (office.folder / "passwords" / "p1@example.com").chmod(0o644)
    outcome = office.apply("--max-failures", "100")
    assert outcome["states"] == {"failed": 2}
    assert "needs a login and has no credential" in office.seat(0)["why"]
    assert "chmod 600" in office.seat(1)["why"]
    assert office.ddm.declarations == {}


def test_an_account_that_signs_in_on_the_device_is_refused_with_a_way_out(office: DeclaredOffice) -> None:
    office.hire(1)
    office.settings({"payload": "com.apple.google-oauth", "status": "oauth_only"})
    outcome = office.apply()
    assert outcome["states"] == {"failed": 1}, outcome
    assert "NanoMDM" in office.seat()["why"]


def test_killed_between_storing_and_telling_and_run_again_the_device_hears_of_it(office: DeclaredOffice) -> None:
    office.hire(1)
    steps = ("PUT /v1/set-declarations", "PUT /v1/enrollment-sets", "POST /v1/notify")
    for step in steps:
        assert office.apply_killed_at(step) == -signal.SIGKILL
        assert not office.phones[0].client.accounts
    outcome = office.apply()
    assert outcome["states"] == {"ok": 1}, outcome
    assert office.phones[0].account.servers["outgoing"]["port"] == 587
    assert office.apply()["pushed"] == 0


def test_while_watched_an_account_is_put_right_as_soon_as_the_device_reports(office: DeclaredOffice) -> None:
    office.hire(1)
    office.apply()
    phone = office.phones[0]
    with office.watching():
        phone.moved("outgoing", port=465)
        office.wait_until(lambda: phone.account.servers["outgoing"]["port"] == 587)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("NANOMDM", "nobody"),
        ("CREDENTIALS_URL", "http://logins.example.com"),
        ("CREDENTIALS_URL", "https://logins.example.com/?for=all"),
        ("CREDENTIALS_FOLDER", "/nowhere/at/all"),
        ("CREDENTIALS_LIFETIME", "soon"),
        ("CREDENTIALS_AUTHENTICATION", "password"),
    ],
)
def test_a_mistake_in_the_configuration_is_named(
    office: DeclaredOffice, monkeypatch: pytest.MonkeyPatch, field: str, value: str
) -> None:
    monkeypatch.setenv(f"PROFILEGEN_MDM__DECLARED__{field}", value)
    error = office.run("status", "--offline", "--json").document["error"]
    assert error["code"] == "bad_mdm"
    assert f"mdm.declared.{field.lower()}" in error["message"]
