"""The three dialects, without any network: when a reply ends and what it says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.probe.dialects import Capabilities, Command, dialect_of
from profilegen.settings.servers import Protocol


def read(protocol: Protocol, command: Command, *lines: str) -> Capabilities:
    """Feed lines one by one; the reply must end with the last one and not before."""
    for count in range(1, len(lines)):
        assert not command.complete(lines[:count])
    assert command.complete(lines)
    return dialect_of(protocol).capabilities(command.read(lines))


def test_smtp_capabilities_end_with_the_line_that_has_no_dash() -> None:
    hello = dialect_of(Protocol.SMTP).hello("[192.0.2.1]")
    assert hello.line == "EHLO [192.0.2.1]"
    found = read(Protocol.SMTP, hello, "250-mx.test at your service", "250-starttls", "250 AUTH login PLAIN XOAUTH2")
    assert found == Capabilities(
        words=("starttls", "AUTH login PLAIN XOAUTH2"), starttls=True, mechanisms=("LOGIN", "PLAIN", "XOAUTH2")
    )


def test_the_old_form_of_the_auth_line_counts_too() -> None:
    hello = dialect_of(Protocol.SMTP).hello("x")
    found = read(Protocol.SMTP, hello, "250-mx.test", "250-AUTH=LOGIN PLAIN", "250 AUTH LOGIN PLAIN")
    assert found.mechanisms == ("LOGIN", "PLAIN")


def test_the_greeting_name_of_an_smtp_server_is_no_capability() -> None:
    hello = dialect_of(Protocol.SMTP).hello("x")
    assert not read(Protocol.SMTP, hello, "250-STARTTLS", "250 SIZE").starttls


def test_imap_capabilities_end_with_the_tagged_line() -> None:
    hello = dialect_of(Protocol.IMAP).hello("x")
    lines = ("* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED auth=plain", "a1 OK done")
    assert read(Protocol.IMAP, hello, *lines) == Capabilities(
        words=("IMAP4REV1", "STARTTLS", "LOGINDISABLED", "AUTH=PLAIN"),
        starttls=True,
        mechanisms=("PLAIN",),
        plain_command=False,
    )


def test_imap_without_logindisabled_takes_the_login_command() -> None:
    hello = dialect_of(Protocol.IMAP).hello("x")
    assert read(Protocol.IMAP, hello, "* CAPABILITY IMAP4rev1", "a1 OK done").plain_command


def test_pop_capabilities_end_with_a_dot() -> None:
    hello = dialect_of(Protocol.POP).hello("x")
    found = read(Protocol.POP, hello, "+OK", "STLS", "SASL PLAIN LOGIN", "USER", ".")
    assert (found.starttls, found.mechanisms, found.plain_command) == (True, ("PLAIN", "LOGIN"), True)


def test_a_pop_server_without_capa_still_has_user_and_pass() -> None:
    hello = dialect_of(Protocol.POP).hello("x")
    found = read(Protocol.POP, hello, "-ERR unknown command")
    assert (found.starttls, found.plain_command) == (False, True)


@pytest.mark.parametrize(
    ("protocol", "line", "ok"),
    [
        (Protocol.SMTP, "220 ready", True),
        (Protocol.SMTP, "554 go away", False),
        (Protocol.SMTP, "HTTP/1.1 200 OK", False),
        (Protocol.IMAP, "* OK ready", True),
        (Protocol.IMAP, "* PREAUTH ready", True),
        (Protocol.IMAP, "* BYE overloaded", False),
        (Protocol.POP, "+OK ready", True),
        (Protocol.POP, "-ERR busy", False),
    ],
)
def test_a_greeting_is_a_yes_or_a_no(protocol: Protocol, line: str, ok: bool) -> None:
    assert dialect_of(protocol).greeting.read((line,)).ok is ok


@given(st.sampled_from(Protocol), st.lists(st.text(max_size=40), min_size=1, max_size=5))
def test_no_line_a_server_can_say_breaks_the_reading(protocol: Protocol, lines: list[str]) -> None:
    dialect = dialect_of(protocol)
    for command in (dialect.greeting, dialect.hello("x"), dialect.starttls, dialect.quit):
        command.complete(lines)
        dialect.capabilities(command.read(lines))
