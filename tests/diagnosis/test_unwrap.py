"""The server's own words out of bounces, traces, JSON and byte escapes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.diagnosis.codes import LARGEST, codes_in
from profilegen.diagnosis.explain import explain
from profilegen.diagnosis.observation import Observation, Stage
from profilegen.diagnosis.unwrap import decode, read_bytes, unwrap

REPLY = "554 5.7.1 <b@x.test>: Relay access denied"

BOUNCE = f"""This is the mail system at host mx.example.org.

<b@x.test>: host mail.example.com[192.0.2.1] said: {REPLY} (in reply to RCPT TO
    command)

Final-Recipient: rfc822; b@x.test
Action: failed
Status: 5.7.1
Diagnostic-Code: smtp; 554 5.7.1 <b@x.test>: Relay
    access denied

Received: from spam.example.org by mx.example.org; quota exceeded, user unknown
"""


@pytest.mark.parametrize(
    ("wrapped", "stage"),
    [
        (BOUNCE, Stage.RCPT_TO),
        (f"smtplib.SMTPRecipientsRefused: {{'b@x.test': (554, b'{REPLY[4:]}')}}", Stage.RCPT_TO),
        (f"com.sun.mail.smtp.SMTPAddressFailedException: {REPLY}\n\tat com.sun.mail.smtp.SMTPTransport", Stage.RCPT_TO),
        (
            json.dumps({"code": "EENVELOPE", "response": REPLY, "responseCode": 554, "command": "RCPT TO"}),
            Stage.RCPT_TO,
        ),
        (f"-> RCPT TO:<b@x.test>\n<** {REPLY}\n-> QUIT\n<- 221 2.0.0 Bye\n", None),
        (f'Expected response code 250 but got code "554", with message "{REPLY}"', None),
        (
            f"SMTP error from remote mail server after RCPT TO:<b@x.test>: host x.test [192.0.2.1]: {REPLY}",
            Stage.RCPT_TO,
        ),
        (f"<html><body><p>The response was:</p><p>{REPLY.replace('<b@x.test>', 'b@x.test')}</p></body></html>", None),
    ],
)
def test_the_reply_is_found_in_its_wrapping(wrapped: str, stage: Stage | None) -> None:
    first = unwrap(Observation(text=wrapped))[0]

    assert "access denied" in first.text
    assert "quota" not in first.text
    if stage is not None:
        assert first.stage is stage
    assert explain(Observation(text=wrapped, login=False)).causes[0].cause == "auth_not_configured"


@pytest.mark.parametrize(
    ("log", "reply"),
    [
        ("msmtp: sender not accepted by the server\nmsmtp: server message: 501 5.1.7 Bad\n", "501 5.1.7 Bad"),
        ("----- Fatal errors -----\n<b@x.test>\n    (reason: 550 5.1.1 No such user)\n", "550 5.1.1 No such user"),
        (
            "Remote host said: 550-Verification failed\n550-for a@x.test\n550 Sender verify failed\n",
            "550 Sender verify",
        ),
        (
            "Diagnostic-Code: smtp; 550 no connections from\ndynamically assigned\nStatus: 5.0.0\n",
            "dynamically assigned",
        ),
        ("SMTPDataError: (550, b'5.7.1 too\\n5.7.1 big')\n", "too"),
    ],
)
def test_all_lines_of_the_reply_are_taken_out_of_a_log(log: str, reply: str) -> None:
    found = unwrap(Observation(text=log))

    assert any(reply in one.text for one in found)
    assert all("Fatal errors" not in one.text and "Status" not in one.text for one in found)


def test_a_clients_words_around_a_reply_count_less_than_the_reply() -> None:
    text = "SendFailedException: Invalid Addresses; SMTPAddressFailedException: 550 5.7.1 Relaying denied"

    assert explain(Observation(text=text)).causes[0].cause == "relay_denied_context_needed"


def test_what_the_caller_knows_is_kept() -> None:
    seen = unwrap(Observation(text=BOUNCE, stage=Stage.DATA, code=550, enhanced="5.0.0"))[0]

    assert (seen.stage, seen.code, seen.enhanced) == (Stage.DATA, 550, "5.0.0")


def test_of_several_replies_the_one_that_names_the_cause_counts() -> None:
    log = "S: 550 5.1.1 <b@x.test>: no mailbox\nS: 554 5.5.1 Error: no valid recipients\n"

    assert explain(Observation(text=log)).causes[0].cause == "recipient_unknown"


@pytest.mark.parametrize(
    ("text", "code", "enhanced"),
    [
        ("535 5.7.8 Error", 535, "5.7.8"),
        ("535-5.7.8 Username", 535, "5.7.8"),
        ("error 550: no", 550, None),
        ("expected 250 but got code 554", 554, None),
        ("smtp.example.com:587 timed out on port 465", None, None),
        ("[192.0.2.1] said: #5.7.1 no", None, "5.7.1"),
        ("12345 5.7.8.9", None, None),
    ],
)
def test_codes_are_told_from_ports_and_addresses(text: str, code: int | None, enhanced: str | None) -> None:
    assert codes_in(text) == (code, enhanced)


@pytest.mark.parametrize(
    ("shown", "read"),
    [
        (r"b'\xe8\xaf\xb7\xe4\xbd\xbf\xe7\x94\xa8'", "b'请使用'"),
        (r"\xc7\xeb\xca\xb9\xd3\xc3", "请使用"),
        ("ÇëÊ¹ÓÃÊÚÈ¨Âë", "请使用授权码"),
        (r"\u8bf7", "请"),
        ("=?utf-8?B?w7xiZXI=?=", "über"),
        ("=E8=AF=B7", "请"),
        ("größe überschritten", "größe überschritten"),
    ],
)
def test_escaped_bytes_are_read_as_utf_8_or_gbk(shown: str, read: str) -> None:
    assert decode(shown) == read


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("请使用授权码".encode("gb18030"), "请使用授权码"),
        ("Größe überschritten, später erneut".encode("latin-1"), "Größe überschritten, später erneut"),
        ("\ufeffZurück".encode(), "Zurück"),
    ],
)
def test_bytes_of_a_pipe_are_read_whatever_they_are(raw: bytes, text: str) -> None:
    assert read_bytes(raw) == text


@given(st.binary(max_size=300))
def test_no_bytes_bring_out_an_error(raw: bytes) -> None:
    assert unwrap(Observation(text=read_bytes(raw)))
    assert unwrap(Observation(text=repr(raw)))


@pytest.mark.parametrize(
    "seed",
    ["a", "said: ", "(550, '", "550 5.7.1 ", "user not ", "[", '{"a":', "<a ", "=?u?b?", "\n ", "\\xe8", "x" * 50],
)
def test_long_input_of_any_shape_is_bounded(seed: str) -> None:
    text = (seed * LARGEST)[: 2 * LARGEST]

    replies = unwrap(Observation(text=text))

    assert len(replies) <= 6
    assert sum(len(reply.text) for reply in replies) <= 3 * LARGEST
