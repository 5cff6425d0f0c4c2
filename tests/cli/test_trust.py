"""`--trust` and `config trust`, `--explain`, and the operator's own files, on real servers where one is needed."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.lab.dns import ServeZones
from tests.lab.mail import DOMAIN, MailLab


@pytest.fixture
def company(
    cli: Cli, mail_lab: MailLab, serve_zones: ServeZones, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Cli:
    """The command line in a world where company.test publishes servers of another domain."""
    zone = f"""
good.{DOMAIN}. A {mail_lab.hosts[f"good.{DOMAIN}"][0]}
_imaps._tcp.company.test. SRV 0 1 993 good.{DOMAIN}.
_submission._tcp.company.test. SRV 0 1 587 good.{DOMAIN}.
"""
    monkeypatch.setenv("PROFILEGEN_NETWORK__RESOLVER", serve_zones({".": zone}))
    authority = tmp_path / "ca.pem"
    authority.write_bytes(mail_lab.ca_pem)
    monkeypatch.setenv("PROFILEGEN_NETWORK__CA", str(authority))
    return cli


@pytest.mark.servers
def test_a_foreign_provider_is_confirmed_once_remembered_and_forgotten(company: Cli) -> None:
    before = company("lookup", "you@company.test", "--json")
    assert (before.status, before.document["status"]) == (1, "untrusted")
    assert company("config", "trust", "list", "--json").document == {"trusted": []}

    confirmed = company("lookup", "you@company.test", "--trust", DOMAIN.upper(), "--json")
    assert (confirmed.status, confirmed.document["status"], confirmed.document["incoming"]["tier"]) == (0, "ok", "T4")
    assert company("lookup", "somebody.else@company.test").status == 0
    (pair,) = company("config", "trust", "list", "--json").document["trusted"]
    assert (pair["domain"], pair["provider"]) == ("company.test", DOMAIN)
    assert DOMAIN in company("config", "trust", "list").out

    removed = company("config", "trust", "remove", "company.test", DOMAIN, "--json")
    assert (removed.status, removed.document["removed"]) == (0, 1)
    assert company("lookup", "you@company.test").status == 1
    assert company("config", "trust", "remove", "company.test").status == 1


@pytest.mark.servers
def test_a_profile_is_built_for_a_confirmed_provider_and_for_no_other(company: Cli) -> None:
    build = ("build", "you@company.test", "--unsigned", "-o", "x.mobileconfig")
    assert company(*build).status == 1
    assert not Path("x.mobileconfig").exists()
    assert company(*build, "--trust", DOMAIN).status == 0
    assert company(*build, "-o", "y.mobileconfig").status == 0


@pytest.mark.servers
def test_a_roster_believes_what_was_confirmed_and_asks_anew_when_it_is_forgotten(company: Cli) -> None:
    Path("people.csv").write_text("address\na@company.test\nb@company.test\n")
    roster = ("lookup", "--roster", "people.csv", "--json")
    assert [one["status"] for one in company(*roster).documents] == ["untrusted", "untrusted"]
    assert [one["status"] for one in company(*roster, "--trust", DOMAIN).documents] == ["ok", "ok"]
    assert [one["status"] for one in company(*roster).documents] == ["ok", "ok"]
    company("config", "trust", "remove", "company.test")
    assert [one["status"] for one in company(*roster).documents] == ["untrusted", "untrusted"]


@pytest.mark.parametrize(
    ("domain", "hint"),
    [
        ("mail.hoster.com", "Write --trust hoster.com."),
        ("co.uk", "Name the domain of the provider itself."),
        ("a b", ""),
    ],
)
def test_only_a_domain_that_somebody_owns_can_be_confirmed(cli: Cli, domain: str, hint: str) -> None:
    answer = cli("lookup", "you@example.com", "--offline", "--trust", domain, "--json")
    assert (answer.status, answer.document["error"]["code"]) == (2, "bad_trust")
    assert hint in answer.document["error"]["hint"]


def test_listing_what_was_confirmed_makes_no_home(cli: Cli, tmp_path: Path) -> None:
    assert cli("config", "trust", "list").status == 0
    assert not (tmp_path / "home").exists()


# --- the story ---------------------------------------------------------------------------------------------


@pytest.mark.servers
def test_explain_tells_who_said_what_and_why_it_was_not_believed(company: Cli) -> None:
    told = company("lookup", "you@company.test", "--explain").out
    for words in (
        "Asked where the mail of company.test is: override, catalogue, ",
        "srv (asked in DNS):",
        f"_imaps._tcp.company.test SRV 0 1 993 good.{DOMAIN} (",
        "no DNSSEC",
        "is the best there is, but not believed: it leads out of the domain",
        "So the answer about you@company.test is: untrusted.",
    ):
        assert words in told


def test_the_story_is_part_of_the_json_only_where_it_is_asked_for(cli: Cli) -> None:
    plain = cli("lookup", "--offline", "you@gmail.com", "--json").document
    told = cli("lookup", "--offline", "you@gmail.com", "--json", "--explain").document
    story = told.pop("story")
    assert told == plain
    assert story[-1] == "So the answer about you@gmail.com is: app_password."


# --- the operator's files ----------------------------------------------------------------------------------

OWN = {
    "address": "anybody@gmail.com",
    "incoming": {"protocol": "imap", "host": "imap.own.example", "port": 993, "security": "tls"},
    "outgoing": {"protocol": "smtp", "host": "smtp.own.example", "port": 587, "security": "starttls"},
}


@pytest.mark.parametrize("place", ["home", "configured"])
def test_files_of_the_operator_are_believed_before_the_catalogue(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    folder = tmp_path / "home" / "overrides" if place == "home" else tmp_path / "own"
    folder.mkdir(parents=True)
    if place == "configured":
        monkeypatch.setenv("PROFILEGEN_DISCOVERY__OVERRIDES", str(folder))
    (folder / "gmail.com.json").write_text(json.dumps(OWN))
    document = cli("lookup", "--offline", "you@gmail.com", "--json").document
    assert (document["status"], document["incoming"]["tier"]) == ("ok", "T0")
    assert (document["incoming"]["host"], document["incoming"]["username"]) == ("imap.own.example", "you@gmail.com")


def test_a_broken_file_and_a_missing_folder_are_problems_of_the_configuration(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "own"
    monkeypatch.setenv("PROFILEGEN_DISCOVERY__OVERRIDES", str(folder))
    missing = cli("lookup", "--offline", "you@gmail.com", "--json")
    assert (missing.status, missing.document["error"]["code"]) == (3, "no_overrides_folder")
    folder.mkdir()
    (folder / "gmail.com.json").write_text("{")
    broken = cli("lookup", "--offline", "you@gmail.com", "--json")
    assert (broken.status, broken.document["error"]["code"]) == (3, "bad_override")
    assert str(folder / "gmail.com.json") in broken.document["error"]["message"]
