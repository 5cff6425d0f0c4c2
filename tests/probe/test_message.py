"""The test message."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

from hypothesis import given
from hypothesis import strategies as st

from profilegen.address import Address
from profilegen.errors import AddressProblem
from profilegen.probe.message import probe_message

NOW = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)


def test_the_message_is_marked_as_automatic_and_found_by_its_token() -> None:
    me = Address.parse("me@example.com")
    raw = probe_message(sender=me, recipient=me, token="t-1", now=NOW)
    message = message_from_bytes(raw, policy=default)
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Profilegen-Probe"] == "t-1"
    assert message["Message-ID"] == "<t-1@example.com>"
    assert message["Date"].datetime == NOW
    assert b"\r\n" in raw
    assert raw.count(b"\n") == raw.count(b"\r\n")


@given(st.text(min_size=1, max_size=20))
def test_no_address_breaks_out_of_its_header(local: str) -> None:
    try:
        sender = Address.parse(f"{local}@example.com")
    except AddressProblem:
        return
    raw = probe_message(sender=sender, recipient=sender, token="t-1", now=NOW)
    names = [line.split(b":")[0] for line in raw.split(b"\r\n\r\n")[0].split(b"\r\n") if not line.startswith(b" ")]
    assert len(names) == len(set(names))
    assert names.count(b"From") == 1
