"""The main job on real servers: Knot, Postfix and Dovecot, from the address to the signed file."""

import json
import plistlib
from base64 import b64encode
from pathlib import Path

import pytest

from tests.cli.conftest import CLIENT_CONFIG, Answer, Cli
from tests.lab.certificates import Authority
from tests.lab.dns import ServeZones
from tests.lab.https import Asked, Reply, ServeHttps
from tests.lab.mail import DOMAIN, MailLab, password_of
from tests.lab.zone import SRV, zone

ALICE = f"alice@{DOMAIN}"
pytestmark = pytest.mark.servers


@pytest.fixture
def lab_cli(
    cli: Cli, mail_lab: MailLab, serve_zones: ServeZones, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Cli:
    resolver = serve_zones({DOMAIN: zone(mail_lab, SRV)})
    monkeypatch.setenv("PROFILEGEN_NETWORK__RESOLVER", resolver)
    monkeypatch.setenv("ALICE", password_of("alice"))
    monkeypatch.setenv("WRONG", "not-the-password")
    authority = tmp_path / "ca.pem"
    authority.write_bytes(mail_lab.ca_pem)
    monkeypatch.setenv("PROFILEGEN_NETWORK__CA", str(authority))
    return cli


def outcomes(answer: Answer) -> dict[str, str]:
    return {finding["check"]: finding["outcome"] for finding in answer.document["findings"]}


def finding(answer: Answer, check: str) -> dict[str, str]:
    [found] = [finding for finding in answer.document["findings"] if finding["check"] == check]
    return dict(found)


def test_an_address_becomes_a_verified_signed_profile(lab_cli: Cli, mail_lab: MailLab) -> None:
    before = set(mail_lab.messages("alice"))

    answer = lab_cli("fix", ALICE, "--password-env", "ALICE", "-o", "out/", "--json")

    fixed = answer.document
    assert answer.status == 0, answer.out
    assert (fixed["ok"], fixed["verified"], fixed["level"], fixed["level_asked"]) == (True, True, 3, 3)
    assert fixed["settings"]["outgoing"]["sources"][0]["kind"] == "srv"
    assert (fixed["settings"]["outgoing"]["port"], fixed["settings"]["outgoing"]["security"]) == (587, "starttls")
    assert finding(answer, "outgoing.relay_without_auth")["detail"].startswith("refused: 5")
    assert Path(fixed["path"]).is_file()
    assert fixed["next_steps"]
    [message] = set(mail_lab.messages("alice")) - before
    assert b"with ESMTPSA" in message.read_bytes()
    message.unlink()


def test_the_round_trip_finds_its_message_and_leaves_the_mailbox_as_it_was(lab_cli: Cli, mail_lab: MailLab) -> None:
    lab_cli("fix", ALICE, "--password-env", "ALICE", "-o", "alice.mobileconfig", "--level", "4")
    before = mail_lab.message_names("alice")

    answer = lab_cli("test", "alice.mobileconfig", "--password-env", "ALICE", "--json")

    assert (answer.status, answer.document["level"]) == (0, 4)
    assert "ESMTPSA" in finding(answer, "incoming.arrival")["detail"]
    assert finding(answer, "incoming.cleanup")["outcome"] == "pass"
    assert mail_lab.message_names("alice") == before
    assert answer.document["endpoints"] == {
        "outgoing": f"good.{DOMAIN}:587/starttls",
        "incoming": f"good.{DOMAIN}:993/tls",
    }


def test_the_broken_phone_meets_the_relay_refusal_of_postfix(lab_cli: Cli) -> None:
    lab_cli("build", ALICE, "--no-probe", "--source", "srv", "--unsigned", "-o", "broken.mobileconfig", *given())
    profile = plistlib.loads(Path("broken.mobileconfig").read_bytes())
    payload = profile["PayloadContent"][0]
    payload |= {
        "OutgoingMailServerPortNumber": 25,
        "OutgoingMailServerUseSSL": False,
        "OutgoingMailServerAuthentication": "EmailAuthNone",
    }
    del payload["OutgoingMailServerUsername"], payload["OutgoingPasswordSameAsIncomingPassword"]
    Path("broken.mobileconfig").write_bytes(plistlib.dumps(profile))

    answer = lab_cli("test", "broken.mobileconfig", "--password-env", "ALICE", "--json")

    assert answer.status == 1
    assert "Relay access denied" in finding(answer, "outgoing.relay_without_auth")["detail"]
    refused = finding(answer, "outgoing.auth")
    assert (refused["outcome"], refused["cause"]) == ("fail", "auth_not_configured")
    assert "Relay access denied" in refused["detail"]
    assert finding(answer, "profile.lint")["outcome"] == "fail"


def given() -> tuple[str, ...]:
    document = {
        "address": ALICE,
        "incoming": {"protocol": "imap", "host": f"good.{DOMAIN}", "port": 993, "security": "tls"},
        "outgoing": {"protocol": "smtp", "host": f"good.{DOMAIN}", "port": 587, "security": "starttls"},
    }
    Path("given.json").write_text(json.dumps(document))
    return ("--settings", "given.json")


def test_a_wrong_password_leaves_no_file_and_costs_one_failed_login_a_run(lab_cli: Cli, mail_lab: MailLab) -> None:
    failed = "authentication failed"
    before = mail_lab.postfix_log.count(failed)

    first = lab_cli("fix", ALICE, *given(), "--password-env", "WRONG", "-o", "out/", "--json")
    second = lab_cli("fix", ALICE, *given(), "--password-env", "WRONG", "-o", "out/", "--json")
    spent = mail_lab.postfix_log.count(failed) - before
    third = lab_cli("fix", ALICE, *given(), "--password-env", "ALICE", "-o", "out/", "--json")

    assert [answer.status for answer in (first, second, third)] == [1, 1, 1]
    assert finding(first, "outgoing.auth")["cause"] == "auth_bad_credentials"
    assert outcomes(first)["outgoing.mail_from"] == "skip"
    assert spent == 2
    assert finding(third, "outgoing.auth")["cause"] == "too_many_auth_failures"
    assert mail_lab.postfix_log.count(failed) - before == 2
    assert not Path("out").exists()


def test_without_a_password_the_endpoints_are_proven(lab_cli: Cli) -> None:
    answer = lab_cli("fix", ALICE, *given(), "-o", "out/", "--json")

    assert (answer.status, answer.document["level"], answer.document["level_asked"]) == (0, 1, 1)
    assert outcomes(answer)["outgoing.auth"] == "skip"


@pytest.mark.parametrize(
    ("host", "check", "cause"),
    [
        ("wronghost", "outgoing.tls.hostname", "tls_hostname_mismatch"),
        ("expired", "outgoing.tls.dates", "tls_cert_expired"),
        ("untrusted", "outgoing.tls.chain", "tls_untrusted"),
        ("openrelay", "outgoing.relay_without_auth", "open_relay"),
    ],
)
def test_a_server_no_device_would_accept_gets_no_profile(lab_cli: Cli, host: str, check: str, cause: str) -> None:
    answer = lab_cli("fix", ALICE, *given(), "--set", f"outgoing.host={host}.{DOMAIN}", "-o", "out/", "--json")

    assert answer.status == 1
    assert finding(answer, check)["cause"] == cause
    assert answer.document["path"] is None
    assert not Path("out").exists()


def test_somebody_may_take_responsibility_in_words(lab_cli: Cli) -> None:
    bad = ("--set", f"outgoing.host=expired.{DOMAIN}", "-o", "out/", "--json")

    wordless = lab_cli("fix", ALICE, *given(), *bad, "--allow-unverified", " ")
    answer = lab_cli("fix", ALICE, *given(), *bad, "--allow-unverified", "renewed tonight")

    assert (wordless.status, wordless.document["error"]["code"]) == (2, "no_reason")
    assert (answer.status, answer.document["verified"]) == (0, False)
    assert answer.document["allowed_because"] == "renewed tonight"
    assert Path(answer.document["path"]).is_file()


def test_https_autoconfig_of_the_domain_is_believed_most(
    cli: Cli,
    mail_lab: MailLab,
    authority: Authority,
    serve_zones: ServeZones,
    serve_https: ServeHttps,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    def site(asked: Asked) -> Reply:
        found = asked.path.startswith("/mail/config-v1.1.xml")
        return Reply(body=CLIENT_CONFIG.encode()) if found else Reply(status=404)

    server = serve_https(authority.issue(f"autoconfig.{DOMAIN}"), site)
    resolver = serve_zones({DOMAIN: zone(mail_lab, f"{SRV}autoconfig A {server.address}\n")})
    monkeypatch.setenv("PROFILEGEN_NETWORK__RESOLVER", resolver)
    ca = tmp_path / "ca.pem"
    ca.write_bytes(mail_lab.ca_pem)

    answer = cli("lookup", ALICE, "--ca", ca, "--json")

    outgoing = answer.document["outgoing"]
    assert (answer.status, outgoing["tier"], outgoing["probe"]) == (0, "T2", {"ok": True})
    assert {source["kind"] for source in outgoing["sources"]} == {"autoconfig", "srv"}


def test_no_name_server_is_another_answer_than_no_such_domain(cli: Cli, no_names: str) -> None:
    answer = cli("lookup", "you@nobody-knows.example", "--json")

    assert (answer.status, answer.document["status"]) == (4, "unreachable")


def test_the_password_shows_up_nowhere(lab_cli: Cli, tmp_path: Path) -> None:
    password = password_of("alice")
    forms = [password, *(b64encode(text.encode()).decode() for text in (password, f"\0{ALICE}\0{password}"))]

    answers = [
        lab_cli("fix", ALICE, *given(), "--password-env", "ALICE", "-o", "out/", *as_json)
        for as_json in ((), ("--json",))
    ]

    seen = "".join(answer.out + answer.err for answer in answers)
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for form in forms:
        assert form not in seen
        assert form.encode() not in kept
