"""What people write down of a device: pairs, JSON, and lines as Settings shows them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.cli.doctor import with_current_before_each
from profilegen.diagnosis.doctor.current import Current, current_of, merged, pair
from profilegen.diagnosis.doctor.pasted import words_of
from profilegen.errors import UsageProblem
from profilegen.settings.servers import Auth, FoundServer, Protocol

IPHONE = """\
Outgoing Mail Server
Primary Server
smtp.example.com On
Other SMTP Servers
smtp.old.example Off
"""
SERVER_PAGE = """\
Server\tOff
OUTGOING MAIL SERVER
Host Name  smtp.example.com
User Name  Optional
Password   Optional
Use SSL    Off
Authentication   Password
Server Port   25
"""
GERMAN = """\
Server für ausgehende E-Mails
Hostname smtp.example.com
Benutzername Optional
Passwort ••••••
SSL verwenden Ein
Authentifizierung Passwort
Server-Port 587
"""
LABEL_ABOVE_VALUE = "Host Name\nsmtp.example.com\nUser Name\nyou@example.com\nServer Port\n465\n"


def outgoing(text: str) -> FoundServer:
    return current_of(words_of(text)).outgoing


def test_the_page_of_a_server_is_read_as_it_stands() -> None:
    current = current_of(words_of(SERVER_PAGE))

    assert current.outgoing == FoundServer(
        protocol=Protocol.SMTP, host="smtp.example.com", port=25, use_ssl=False, auth=Auth.PASSWORD, username=""
    )
    assert (current.outgoing_on, current.password) == (False, False)


def test_the_list_of_servers_says_which_one_is_first() -> None:
    current = current_of(words_of(IPHONE))

    assert (current.primary, current.outgoing.host, current.outgoing_on) == (
        "smtp.example.com",
        "smtp.example.com",
        True,
    )


def test_another_server_that_is_on_while_the_first_is_off_is_the_one_in_use() -> None:
    current = current_of(
        words_of(
            IPHONE.replace("smtp.example.com On", "smtp.example.com Off").replace("old.example Off", "old.example On")
        )
    )

    assert (current.primary, current.outgoing_on) == ("smtp.old.example", False)


def test_german_settings_are_read_too() -> None:
    current = current_of(words_of(GERMAN))

    assert current.outgoing.host == "smtp.example.com"
    assert (current.outgoing.use_ssl, current.outgoing.port, current.outgoing.username) == (True, 587, "")
    assert (current.outgoing.auth, current.password) == (Auth.PASSWORD, True)


def test_a_label_may_stand_above_its_value() -> None:
    server = outgoing(LABEL_ABOVE_VALUE)

    assert (server.host, server.username, server.port) == ("smtp.example.com", "you@example.com", 465)


def test_incoming_and_outgoing_are_told_apart() -> None:
    current = current_of(
        words_of("Incoming Mail Server\nHost Name imap.example.com\nOutgoing Mail Server\nHost Name smtp.example.com")
    )

    assert (current.incoming.host, current.outgoing.host) == ("imap.example.com", "smtp.example.com")


def test_a_pasted_password_goes_no_further_than_that_there_is_one() -> None:
    words = words_of("Host Name smtp.example.com\nPassword hunter2-secret")

    assert words["outgoing.password"] == "set"
    assert "hunter2" not in repr(words)


def test_a_password_on_the_command_line_is_refused_without_being_repeated() -> None:
    with pytest.raises(UsageProblem) as refused:
        pair("outgoing.password=hunter2-secret")

    assert refused.value.code == "password_in_current"
    assert "hunter2" not in refused.value.message + refused.value.hint


def test_json_is_read_with_its_own_kinds_of_values() -> None:
    text = '{"outgoing": {"host": "smtp.example.com", "port": 587, "ssl": true, "password": "hunter2"}}'

    assert dict(words_of(text)) == {
        "outgoing.host": "smtp.example.com",
        "outgoing.port": "587",
        "outgoing.use_ssl": "on",
        "outgoing.password": "set",
    }


def test_pairs_in_a_file_are_the_pairs_of_the_command_line() -> None:
    assert dict(words_of("outgoing.port = 25\noutgoing.ssl=off\n")) == {
        "outgoing.port": "25",
        "outgoing.use_ssl": "off",
    }


@pytest.mark.parametrize(
    "text",
    ["outgoing.port=70000", "outgoing.port=smtp", "outgoing.use_ssl=maybe", "outgoing.authentication=magic"],
)
def test_a_value_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(UsageProblem) as refused:
        current_of(dict([pair(text)]))

    assert refused.value.code == "bad_current"


@pytest.mark.parametrize("text", ["", "the weather is fine", "outgoing.colour=red\n"])
def test_a_text_about_something_else_is_refused(text: str) -> None:
    with pytest.raises(UsageProblem) as refused:
        words_of(text)

    assert refused.value.code == "bad_current"


@given(st.text(max_size=400))
def test_no_text_brings_out_anything_but_the_documented_error(text: str) -> None:
    try:
        current_of(words_of(text))
    except UsageProblem as refused:
        assert refused.code in ("bad_current", "password_in_current")


def test_what_was_written_down_wins_over_the_profile() -> None:
    profile = Current(outgoing=FoundServer(protocol=Protocol.SMTP, host="smtp.example.com", port=587), password=True)
    told = Current(outgoing=FoundServer(protocol=Protocol.SMTP, port=25))

    both = merged(profile, told)

    assert both is not None
    assert (both.outgoing.host, both.outgoing.port, both.password) == ("smtp.example.com", 25, True)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (
            ["you@example.com", "--current", "outgoing.port=25", "outgoing.use_ssl=off"],
            ["you@example.com", "--current", "outgoing.port=25", "--current", "outgoing.use_ssl=off"],
        ),
        (["--current", "phone.txt", "you@example.com"], ["--current", "phone.txt", "you@example.com"]),
        (["--set", "outgoing.port=465", "you@example.com"], ["--set", "outgoing.port=465", "you@example.com"]),
    ],
)
def test_several_pairs_may_stand_after_one_option(typed: list[str], meant: list[str]) -> None:
    assert with_current_before_each(typed) == meant
