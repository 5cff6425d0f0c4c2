import json

import pytest

from tests.cli.conftest import Cli

KEYS = [
    "address",
    "domain",
    "status",
    "payload",
    "incoming",
    "outgoing",
    "alternatives",
    "conflicts",
    "timed_out",
    "notices",
]


def test_offline_answers_in_the_shape_of_the_contract(cli: Cli) -> None:
    answer = cli("lookup", "--offline", "you@gmail.com", "--json")

    document = answer.document
    assert answer.status == 0
    assert list(document) == KEYS
    assert document["status"] == "app_password"
    assert document["payload"] == "com.apple.google-oauth"
    outgoing = document["outgoing"]
    assert (outgoing["host"], outgoing["port"], outgoing["security"]) == ("smtp.gmail.com", 587, "starttls")
    assert outgoing["username"] == "you@gmail.com"
    assert outgoing["tier"] == "T1"
    assert outgoing["sources"][0]["kind"] == "catalogue"


def test_icloud_has_two_user_names(cli: Cli) -> None:
    document = cli("lookup", "--offline", "you@icloud.com", "--json").document

    assert (document["incoming"]["username"], document["outgoing"]["username"]) == ("you", "you@icloud.com")


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        ("you@outlook.com", "oauth_only", 1),
        ("you@proton.me", "no_imap", 1),
        ("you@nobody-knows.example", "not_found", 1),
        ("you@localhost", "refused", 1),
        ("you@co.uk", "refused", 1),
        ("no-address", "invalid", 2),
    ],
)
def test_each_status_has_its_exit_code(cli: Cli, address: str, status: str, code: int) -> None:
    answer = cli("lookup", "--offline", address, "--json")

    assert (answer.document["status"], answer.status) == (status, code)


def test_several_addresses_are_json_lines_in_order_and_the_worst_decides(cli: Cli) -> None:
    answer = cli("lookup", "--offline", "a@gmail.com", "b@proton.me", "c", "--json")

    assert [document["status"] for document in answer.documents] == ["app_password", "no_imap", "invalid"]
    assert answer.status == 2


def test_people_see_both_directions_and_who_said_so(cli: Cli) -> None:
    answer = cli("lookup", "--offline", "you@gmx.de")

    assert "incoming" in answer.out
    assert "imap.gmx.net:993" in answer.out
    assert "T1 catalogue" in answer.out


def test_an_unknown_source_is_named_with_the_known_ones(cli: Cli) -> None:
    answer = cli("lookup", "you@gmail.com", "--source", "rumour", "--json")

    error = answer.document["error"]
    assert answer.status == 2
    assert error["code"] == "unknown_source"
    assert "catalogue" in error["hint"]


def test_a_roster_is_looked_up_row_by_row(cli: Cli, tmp_path_factory: pytest.TempPathFactory) -> None:
    roster = tmp_path_factory.mktemp("roster") / "people.csv"
    roster.write_text("address\na@gmail.com\nnot an address\nb@gmx.de\n")

    answer = cli("lookup", "--offline", "--roster", roster, "--json")

    assert [json.loads(line)["address"] for line in answer.out.splitlines()] == ["a@gmail.com", "b@gmx.de"]
    assert "row 3" in answer.err


def test_a_foreign_domain_is_refused_where_domains_are_configured(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROFILEGEN_DOMAINS", "example.com")

    answer = cli("lookup", "--offline", "you@gmail.com", "--json")

    assert (answer.status, answer.document["error"]["code"]) == (2, "foreign_domain")
