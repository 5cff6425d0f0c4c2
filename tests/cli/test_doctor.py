"""The doctor's command line without any server: what it takes, what it writes, and the shape of its answer."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Cli

RELAYING = ("--error", "The recipient was rejected by the server because it does not allow relaying.")


@pytest.fixture
def alone(cli: Cli, no_names: str) -> Cli:
    """The command line where no name server answers."""
    return cli


def keys(value: Any) -> Any:
    """Return the shape of a document: keys, and of each list what its first item looks like."""
    if isinstance(value, dict):
        return {key: keys(item) for key, item in value.items()}
    return [keys(value[0])] if isinstance(value, list) and value else type(value).__name__


def test_somebody_elses_server_is_called_by_its_name(alone: Cli) -> None:
    answer = alone("doctor", "you@gmx.de", "--offline", "--current", "outgoing.host=smtp.gmail.com", "--json")

    [cause] = answer.document["causes"]
    assert (answer.status, cause["cause"]) == (1, "wrong_server_host")
    assert "smtp.gmail.com belongs to " in cause["evidence"][0]["detail"]
    assert answer.document["tested"]["stopped"]


def test_microsoft_takes_no_password_any_more(alone: Cli) -> None:
    answer = alone(
        "doctor", "you@outlook.com", "--offline", "--current", "outgoing.authentication=password", "--json"
    )  # fmt: skip

    assert (answer.status, answer.document["status"]) == (1, "oauth_only")
    assert answer.document["causes"][0]["cause"] == "oauth_required"
    assert answer.document["remedies"][0]["cure"] == "profile"
    assert answer.document["profile"] == "profilegen fix you@outlook.com"


def test_the_documented_example_is_the_shape_of_the_answer(alone: Cli) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "doctor.md").read_text(encoding="utf-8")
    documented = json.loads(page.partition("```json\n")[2].partition("```")[0])

    answer = alone("doctor", "you@gmx.de", "--offline", *RELAYING, "--current", "outgoing.port=25", "--json")

    shown = answer.document
    assert shown.keys() == documented.keys()
    for key in ("causes", "comparison", "right", "remedies", "voices", "questions", "provider"):
        assert keys(shown[key]) == keys(documented[key]), key
    assert shown["tested"].keys() == documented["tested"].keys()


def test_the_report_is_one_private_file(alone: Cli) -> None:
    answer = alone("doctor", "you@gmx.de", "--offline", *RELAYING, "--report", "ticket.html")

    assert "Report: ticket.html" in answer.out
    assert stat.S_IMODE(Path("ticket.html").stat().st_mode) == 0o600


def test_the_letter_goes_to_the_provider_with_its_limits(alone: Cli) -> None:
    apple = alone("doctor", "you@icloud.com", "--offline", *RELAYING, "--letter")
    google = alone("doctor", "you@gmail.com", "--offline", *RELAYING, "--letter")

    assert apple.out.startswith("To: https://support.apple.com/102525\nSubject: ")
    assert "does not allow relaying" in apple.out
    assert "26.2144 MB a message, 500 messages a day" in google.out


def test_where_the_provider_may_be_down_its_own_page_is_named(alone: Cli) -> None:
    answer = alone("doctor", "you@icloud.com", "--offline", "--error", "Connection to the server timed out", "--json")

    assert any("https://www.apple.com/support/systemstatus/" in line for line in answer.document["voices"]["admin"])


def test_pasted_lines_come_from_standard_input_or_the_argument_itself(alone: Cli) -> None:
    answer = alone("doctor", "you@gmx.de", "--offline", "--current", "Host Name mail.gmx.net\nServer Port 25", "--json")

    assert [row["label"] for row in answer.document["comparison"] if not row["fits"]] == ["Server Port"]


@pytest.mark.parametrize("written", ["Server Port 25", '{"outgoing": {"port": 25}}'])
def test_one_line_is_read_as_it_stands_and_not_taken_for_a_file(alone: Cli, written: str) -> None:
    answer = alone("doctor", "you@gmx.de", "--offline", "--current", written, "--json")

    assert [(row["label"], row["now"]) for row in answer.document["comparison"]] == [("Server Port", "25")]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("you@gmx.de", "--offline", "--current", '{"outgoing": 5}'), "bad_current"),
        (("--error", "x"), "nobody_to_examine"),
        (("you@gmx.de", "--offline", "--current", "outgoing.colour=red"), "bad_current"),
        (("you@gmx.de", "--offline", "--current", "outgoing.password=hunter2"), "password_in_current"),
        (("you@gmx.de", "--offline", "--current", "no-such-file"), "unreadable_input"),
        (("you@gmx.de", "--offline", "--device", "nokia-3310"), "unknown_device"),
        (("--profile", "no-such.mobileconfig"), "unreadable_input"),
    ],
)
def test_wrong_usage_is_refused_before_anything_is_asked(alone: Cli, arguments: tuple[str, ...], code: str) -> None:
    answer = alone("doctor", *arguments, "--json")

    assert (answer.status, answer.document["error"]["code"]) == (2, code)
    assert "hunter2" not in answer.out + answer.err


def test_people_are_told_where_it_was_seen_and_what_becomes_of_the_message(alone: Cli) -> None:
    answer = alone("doctor", "you@gmx.de", "--offline", *RELAYING, "--current", "outgoing.password=empty")

    assert answer.status == 1
    assert "(said by the device)" in answer.out
    assert answer.out.index("1. Type user name and password") < answer.out.index("Install the profile")
    assert answer.out.count("Message in the Outbox:") == 4
    assert "✗  Password" in answer.out


def test_a_relay_service_in_place_of_the_provider_is_called_by_its_name(alone: Cli) -> None:
    answer = alone("doctor", "you@gmx.de", "--offline", "--current", "outgoing.host=mail.smtp2go.com", "--json")

    assert "belongs to the relay service SMTP2GO" in answer.document["causes"][0]["evidence"][0]["detail"]


def test_on_a_terminal_the_one_thing_that_helps_most_is_asked(tmp_path: Path) -> None:
    pty = pytest.importorskip("pty")
    try:
        ours, theirs = pty.openpty()
    except OSError:
        pytest.skip("this machine has no pseudo-terminals")
    command = [sys.executable, "-m", "profilegen", "--home", str(tmp_path), "doctor", "you@gmx.de", "--offline"]
    environment = {**os.environ, "PROFILEGEN_NETWORK__RESOLVER": "127.0.0.1:9"}
    try:
        os.write(ours, b"the server does not allow relaying\n")
        done = subprocess.run(
            command, stdin=theirs, stderr=theirs, stdout=subprocess.PIPE, env=environment, timeout=60, check=False
        )
        asked = os.read(ours, 4000).decode()
    finally:
        os.close(ours)
        os.close(theirs)

    assert "What exactly does the phone show when sending fails?" in asked
    assert "password" not in asked.lower()
    assert done.returncode == 1
    assert b"auth_not_configured" in done.stdout
