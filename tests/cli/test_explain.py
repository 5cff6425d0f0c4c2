"""explain: from a message to its cause, for people and machines."""

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.cli.conftest import Cli

RELAY = "554 5.7.1 <b@x.test>: Relay access denied"


def pipe(monkeypatch: pytest.MonkeyPatch, raw: bytes) -> None:
    """Let standard input hold these bytes."""
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(raw), isatty=lambda: False))


def test_people_read_the_cause_why_and_what_each_can_do(cli: Cli) -> None:
    answer = cli("explain", RELAY, "--stage", "rcpt_to", "--auth", "none", "--tls", "on", "--port", "587")

    assert answer.status == 0
    assert answer.out.startswith("The outgoing server got no user name and password. (auth_not_configured, ")
    for voice in ("why", "person", "admin", "server"):
        assert f"\n{voice} " in answer.out


def test_machines_get_one_document(cli: Cli) -> None:
    document = cli("explain", RELAY, "--stage", "rcpt_to", "--auth", "accepted", "--json").document

    assert document["unsure"] is False
    assert document["causes"][0]["cause"] == "server_misconfigured"
    assert set(document["causes"][0]["remedy"]) == {"user", "admin", "server"}


def test_what_nobody_can_explain_is_said_so(cli: Cli) -> None:
    answer = cli("explain", "hello world", "--json")

    assert answer.status == 1
    assert answer.document == {"unsure": True, "causes": []}


def test_the_text_may_come_through_a_pipe_in_any_encoding(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe(monkeypatch, "535 请使用授权码登录".encode("gb18030"))

    assert cli("explain", "--json").document["causes"][0]["cause"] == "app_password_required"


def test_every_line_of_a_file_is_answered_with_its_id(cli: Cli) -> None:
    rows = [
        {
            "id": "a",
            "stage": "rcpt_to",
            "code": 554,
            "enhanced": "5.7.1",
            "text": RELAY,
            "credentials_presented": False,
        },
        {"id": 2, "stage": None, "code": None, "enhanced": None, "text": None, "credentials_presented": None},
        {"id": "c", "stage": "auth", "text": "530 Must issue a STARTTLS command first", "tls": "off", "port": 587},
    ]
    Path("rows.jsonl").write_text("\n".join(json.dumps(row) for row in rows) + "\n\n")

    answer = cli("explain", "--jsonl", "rows.jsonl")

    assert answer.status == 1
    assert [line["id"] for line in answer.documents] == ["a", 2, "c"]
    assert [line["unsure"] for line in answer.documents] == [False, True, False]
    assert [line["causes"][0]["cause"] for line in answer.documents if line["causes"]] == [
        "auth_not_configured",
        "auth_requires_tls",
    ]


@pytest.mark.parametrize("line", ["no json", "[1]", '{"a": ' + "[" * 5000])
def test_a_line_that_is_no_object_is_named(cli: Cli, line: str) -> None:
    Path("rows.jsonl").write_text('{"id": 1, "text": "554 Relay access denied"}\n' + line + "\n")

    answer = cli("explain", "--jsonl", "rows.jsonl")

    assert answer.status == 2
    assert "Line 2 of rows.jsonl is not a JSON object." in answer.err
    assert len(answer.documents) == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("text", "--jsonl", "rows.jsonl"), "two_inputs"),
        (("--jsonl", "missing.jsonl"), "unreadable_input"),
        (("x", "--code", "99"), "usage"),
    ],
)
def test_wrong_usage_is_said(cli: Cli, arguments: tuple[str, ...], code: str) -> None:
    answer = cli("explain", *arguments, "--json")

    assert answer.status == 2
    assert answer.document["error"]["code"] == code
