"""The doctor on real servers, driven into the states a device meets: the cause named first, and how it is known."""

import plistlib
from base64 import b64encode
from pathlib import Path

import pytest

from tests.cli.conftest import Answer, Cli
from tests.cli.test_fix_lab import ALICE, given, lab_cli
from tests.lab.dns import ServeZones
from tests.lab.mail import DOMAIN, MailLab, password_of
from tests.lab.zone import SRV, zone

__all__ = ["lab_cli"]  # the fixture

RELAYING = (
    "Cannot Send Mail. A copy has been placed in your Outbox. "
    "The recipient was rejected by the server because it does not allow relaying."
)
HERE = ("--error", RELAYING)
pytestmark = pytest.mark.servers


def first(answer: Answer) -> str:
    assert answer.document["causes"], answer.out
    return str(answer.document["causes"][0]["cause"])


def evidence(answer: Answer, cause: str) -> dict[str, str]:
    """Return origin -> details of the named cause, one a line."""
    [found] = [one for one in answer.document["causes"] if one["cause"] == cause]
    told: dict[str, str] = {}
    for clue in found["evidence"]:
        told[clue["origin"]] = "\n".join(filter(None, (told.get(clue["origin"]), clue["detail"])))
    return told


def cures(answer: Answer) -> list[str]:
    return [remedy["cure"] for remedy in answer.document["remedies"]]


def test_nothing_is_wrong_where_all_is_well(lab_cli: Cli, mail_lab: MailLab) -> None:
    before = mail_lab.message_names("alice")

    answer = lab_cli("doctor", ALICE, "--password-env", "ALICE", "--json")

    assert (answer.status, answer.document["ok"], answer.document["causes"]) == (0, True, [])
    assert (answer.document["tested"]["level"], answer.document["tested"]["level_asked"]) == (4, 4)
    assert answer.document["remedies"] == []
    assert mail_lab.message_names("alice") == before


def test_a_phone_that_lost_its_login_is_told_to_type_it_again(lab_cli: Cli) -> None:
    answer = lab_cli(
        "doctor", ALICE, *HERE, "--current", f"outgoing.host=good.{DOMAIN}", "outgoing.port=587",
        "outgoing.use_ssl=on", "outgoing.username=empty", "outgoing.password=empty", "--json",
    )  # fmt: skip

    assert (answer.status, first(answer)) == (1, "auth_not_configured")
    known = evidence(answer, "auth_not_configured")
    assert "User Name is empty" in known["comparison"]
    assert "Password is empty" in known["comparison"]
    assert known["negative_control"].startswith("To somebody without a login the server says the same: 5")
    assert cures(answer) == ["retype", "correct", "profile", "again"]
    assert all(remedy["outbox"] for remedy in answer.document["remedies"])
    assert answer.document["profile"] == f"profilegen fix {ALICE} --ask-password"


def test_the_device_settings_are_tried_as_they_stand_without_a_login(lab_cli: Cli, mail_lab: MailLab) -> None:
    before = mail_lab.dovecot_log.count("Login: user=<alice")

    answer = lab_cli(
        "doctor", ALICE, "--current", f"outgoing.host=good.{DOMAIN}", "outgoing.port=25", "outgoing.use_ssl=off",
        "outgoing.authentication=none", "outgoing.username=empty", "--json",
    )  # fmt: skip

    assert first(answer) == "auth_not_configured"
    assert "Relay access denied" in evidence(answer, "auth_not_configured")["as_it_stands"]
    assert {row["label"]: (row["now"], row["right"]) for row in answer.document["comparison"] if not row["fits"]} == {
        "User Name": ("empty", ALICE),
        "Use SSL": ("Off", "On"),
        "Server Port": ("25", "587"),
        "Authentication": ("None", "Password"),
    }
    assert mail_lab.dovecot_log.count("Login: user=<alice") == before


def test_a_profile_on_port_25_is_compared_and_tried(lab_cli: Cli) -> None:
    lab_cli("build", ALICE, *given(), "--unsigned", "-o", "broken.mobileconfig")
    profile = plistlib.loads(Path("broken.mobileconfig").read_bytes())
    profile["PayloadContent"][0] |= {"OutgoingMailServerPortNumber": 25, "OutgoingMailServerUseSSL": False}
    Path("broken.mobileconfig").write_bytes(plistlib.dumps(profile))

    answer = lab_cli("doctor", "--profile", "broken.mobileconfig", "--json")

    assert (answer.status, answer.document["address"]) == (1, ALICE)
    wrong = {row["field"] for row in answer.document["comparison"] if not row["fits"]}
    assert wrong == {"outgoing.use_ssl", "outgoing.port"}
    assert {cause["cause"] for cause in answer.document["causes"][:2]} == {"auth_not_offered", "tls_required_not_used"}
    assert cures(answer)[0] == "correct"


def test_a_wrong_password_is_seen_from_here_and_tried_once(lab_cli: Cli, mail_lab: MailLab) -> None:
    before = mail_lab.postfix_log.count("authentication failed")

    answer = lab_cli("doctor", ALICE, *given(), "--password-env", "WRONG", "--json")

    assert (answer.status, first(answer)) == (1, "auth_bad_credentials")
    assert "outgoing.auth" in evidence(answer, "auth_bad_credentials")["test"]
    assert cures(answer)[0] == "retype"
    assert mail_lab.postfix_log.count("authentication failed") - before == 1


@pytest.mark.parametrize(
    ("host", "cause"),
    [
        ("untrusted", "tls_untrusted"),
        ("wronghost", "tls_hostname_mismatch"),
        ("expired", "tls_cert_expired"),
        ("openrelay", "open_relay"),
    ],
)
def test_what_is_wrong_with_the_server_is_no_fault_of_the_device(lab_cli: Cli, host: str, cause: str) -> None:
    answer = lab_cli("doctor", ALICE, *given(), "--set", f"outgoing.host={host}.{DOMAIN}", "--json")

    assert (answer.status, first(answer)) == (1, cause)
    assert {clue["vantage"] for clue in answer.document["causes"][0]["evidence"]} == {"here"}
    assert cures(answer)[0] == "outside"
    assert "retype" not in cures(answer)


def test_an_old_server_left_behind_by_a_restore_is_named(lab_cli: Cli) -> None:
    Path("phone.txt").write_text(
        f"Outgoing Mail Server\nPrimary Server\nplain.{DOMAIN} On\nHost Name plain.{DOMAIN}\n"
        f"User Name {ALICE}\nPassword ••••••••\nUse SSL Off\nAuthentication Password\nServer Port 587\n"
    )

    answer = lab_cli("doctor", ALICE, "--current", "phone.txt", "--password-env", "ALICE", "--json")

    assert (answer.status, first(answer)) == (1, "wrong_server_host")
    assert f"plain.{DOMAIN}" in evidence(answer, "wrong_server_host")["comparison"]
    assert answer.document["tested"]["level"] == 4
    assert cures(answer)[0] == "correct"


def test_a_sender_that_is_not_the_logins_own_is_refused_by_the_server(lab_cli: Cli) -> None:
    answer = lab_cli(
        "doctor", ALICE, "--current", f"account.email=bob@{DOMAIN}", "--password-env", "ALICE", "--json"
    )  # fmt: skip

    assert (answer.status, first(answer)) == (1, "sender_not_owned")
    assert f"Email is bob@{DOMAIN}" in evidence(answer, "sender_not_owned")["comparison"]
    assert "outgoing.mail_from" in evidence(answer, "sender_not_owned")["test"]


def test_a_mailbox_without_imap_is_no_matter_of_the_password(lab_cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OFF", password_of("off"))

    answer = lab_cli("doctor", f"off@{DOMAIN}", "--password-env", "OFF", "--json")

    assert answer.status == 1
    assert first(answer) in ("account_disabled", "smtp_auth_disabled")
    assert cures(answer)[0] == "outside"


def test_page_and_letter_hold_the_evidence_and_no_secret(lab_cli: Cli, tmp_path: Path) -> None:
    password = password_of("alice")
    forms = [password, *(b64encode(text.encode()).decode() for text in (password, f"\0{ALICE}\0{password}"))]
    told = ("--error", f'<script>alert("{password}")</script> does not allow relaying')

    shown = [
        lab_cli("doctor", ALICE, *told, "--password-env", "ALICE", "--report", "ticket.html", *more)
        for more in ((), ("--json",), ("--letter",))
    ]

    page = Path("ticket.html").read_text()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "http" not in page.replace("http-equiv", "")
    assert f"good.{DOMAIN}" in page
    assert "outgoing.relay_without_auth" in page
    letter = shown[2].out
    assert "Subject: Mail of alice@lab.test cannot be sent" in letter
    assert f"good.{DOMAIN} port 587" in letter
    seen = page + "".join(answer.out + answer.err for answer in shown)
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for form in forms:
        assert form not in seen
        assert form.encode() not in kept


def test_the_password_inside_a_profile_is_used_and_shown_nowhere(lab_cli: Cli) -> None:
    inside = ("--allow-cleartext-password", "--unsigned", "-o", "inside.mobileconfig")
    lab_cli("build", ALICE, *given(), "--password-env", "ALICE", *inside)

    answer = lab_cli("doctor", "--profile", "inside.mobileconfig", "--report", "ticket.html", "--json")

    assert (answer.status, answer.document["tested"]["level"]) == (0, 4)
    assert password_of("alice") not in answer.out + answer.err + Path("ticket.html").read_text()


def test_a_domain_nobody_can_ask_about_is_no_clean_bill_of_health(cli: Cli, no_names: str) -> None:
    alone = cli("doctor", "you@nobody-knows.example", "--json")
    with_error = cli("doctor", "you@nobody-knows.example", *HERE, "--json")

    assert (alone.status, "error" in alone.document) == (4, True)
    assert (with_error.status, first(with_error)) == (1, "auth_not_configured")
    assert "profile" not in cures(with_error)


def test_a_port_that_is_closed_here_is_not_said_about_the_phone(lab_cli: Cli) -> None:
    closed = (
        *given(),
        "--set",
        "outgoing.port=465",
        "--set",
        "outgoing.security=tls",
        "--set",
        f"outgoing.host=limited.{DOMAIN}",
    )

    unasked = lab_cli("doctor", ALICE, *closed, "--json")
    on_mobile = lab_cli("doctor", ALICE, *closed, "--mobile-data", "works", "--json")

    assert (unasked.status, first(unasked)) == (1, "connect_refused")
    [clue] = unasked.document["causes"][0]["evidence"]
    assert "Port 587 answers" in clue["detail"]
    assert "the phone's may differ" in clue["detail"]
    assert {"question": "mobile_data", "text": "Does sending work on mobile data, with Wi-Fi off?"} in unasked.document[
        "questions"
    ]
    assert first(on_mobile) == "connect_timeout"
    assert on_mobile.document["causes"][0]["evidence"][0]["vantage"] == "person"


def test_block_lists_are_asked_only_where_the_configuration_names_them(
    cli: Cli, mail_lab: MailLab, serve_zones: ServeZones, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    listed = '9.2.0.192 A 127.0.0.2\n9.2.0.192 TXT "spam was seen"\n'
    resolver = serve_zones({DOMAIN: zone(mail_lab, SRV), "bl.test": listed})
    ca = tmp_path / "ca.pem"
    ca.write_bytes(mail_lab.ca_pem)
    monkeypatch.setenv("PROFILEGEN_NETWORK__RESOLVER", resolver)
    said = ("--error", "554 5.7.1 Service unavailable; Client host [192.0.2.9] blocked", "--ca", ca, "--json")

    unasked = cli("doctor", ALICE, *said)
    monkeypatch.setenv("PROFILEGEN_REVIEW__DNSBL", "bl.test")
    asked = cli("doctor", ALICE, *said)

    assert all(finding["settings"] != "lists" for finding in unasked.document["findings"])
    assert first(asked) == "ip_blacklisted"
    assert "spam was seen" in evidence(asked, "ip_blacklisted")["block_list"]
    assert cures(asked) == ["outside"]
