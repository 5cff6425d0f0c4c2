"""Field by field: which value explains what, in the words of Settings."""

from dataclasses import replace

import pytest

from profilegen.address import Address
from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.doctor.comparison import Right, compare
from profilegen.diagnosis.doctor.current import Current, current_of, pair
from profilegen.settings.servers import Auth, Protocol, Security, Server

ELSEWHERE = Cause.WRONG_SERVER_HOST
YOU = Address.parse("you@example.com")
SMTP = Server(
    protocol=Protocol.SMTP,
    host="smtp.example.com",
    port=587,
    security=Security.STARTTLS,
    auth=(Auth.PASSWORD,),
    username="you@example.com",
)
IMAP = replace(SMTP, protocol=Protocol.IMAP, host="imap.example.com", port=993, security=Security.TLS)
RIGHT = Right(address=YOU, outgoing=SMTP, incoming=IMAP, others=(replace(SMTP, port=465, security=Security.TLS),))


def device(*pairs: str) -> Current:
    return current_of(dict(map(pair, pairs)))


@pytest.mark.parametrize(
    ("pairs", "label", "now", "right", "cause"),
    [
        (("outgoing.on=off",), "Server", "Off", "On", ELSEWHERE),
        (("outgoing.primary=s.x.example",), "Primary Server", "s.x.example", "smtp.example.com", ELSEWHERE),
        (("outgoing.host=s.x.example",), "Host Name", "s.x.example", "smtp.example.com", ELSEWHERE),
        (("outgoing.port=25",), "Server Port", "25", "587", Cause.AUTH_NOT_OFFERED),
        (("outgoing.port=2525",), "Server Port", "2525", "587", Cause.CONNECT_REFUSED),
        (("outgoing.use_ssl=off",), "Use SSL", "Off", "On", Cause.TLS_REQUIRED_NOT_USED),
        (("outgoing.username=empty",), "User Name", "empty", "you@example.com", Cause.AUTH_NOT_CONFIGURED),
        (("outgoing.username=you",), "User Name", "you", "you@example.com", Cause.AUTH_USERNAME_FORM),
        (("outgoing.username=me@a.it",), "User Name", "me@a.it", "you@example.com", Cause.AUTH_BAD_CREDENTIALS),
        (("outgoing.password=empty",), "Password", "empty", "filled in", Cause.AUTH_NOT_CONFIGURED),
        (("outgoing.authentication=none",), "Authentication", "None", "Password", Cause.AUTH_NOT_CONFIGURED),
        (("outgoing.authentication=ntlm",), "Authentication", "NTLM", "Password", Cause.AUTH_MECH_UNSUPPORTED),
        (("outgoing.only_this_server=off",), "Use only this server", "Off", "On", ELSEWHERE),
        (("account.mail=off",), "Mail", "Off", "On", Cause.AUTH_NOT_CONFIGURED),
        (("account.email=me@example.com",), "Email", "me@example.com", "you@example.com", Cause.SENDER_NOT_OWNED),
        (("incoming.host=i.x.example",), "Incoming Host Name", "i.x.example", "imap.example.com", ELSEWHERE),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named_as_settings_names_it(
    pairs: tuple[str, ...], label: str, now: str, right: str, cause: Cause
) -> None:
    [row] = compare(device(*pairs), RIGHT)

    assert (row.label, row.now, row.right, row.cause) == (label, now, right, cause)
    assert row.why
    assert not row.fits


def test_what_is_right_fits_and_what_was_not_said_is_left_out() -> None:
    rows = compare(
        device("outgoing.on=on", "outgoing.port=587", "outgoing.use_ssl=on", "outgoing.username=YOU@example.com"), RIGHT
    )

    assert [row.field for row in rows] == ["outgoing.on", "outgoing.username", "outgoing.use_ssl", "outgoing.port"]
    assert all(row.fits for row in rows)


def test_another_server_that_works_as_well_is_no_fault() -> None:
    rows = compare(device("outgoing.host=smtp.example.com", "outgoing.port=465", "outgoing.use_ssl=on"), RIGHT)

    assert all(row.fits for row in rows)


def test_port_465_without_ssl_is_a_clash_of_modes() -> None:
    rows = compare(device("outgoing.host=smtp.example.com", "outgoing.port=465", "outgoing.use_ssl=off"), RIGHT)

    assert [row.cause for row in rows if not row.fits] == [Cause.TLS_MODE_MISMATCH]


def test_a_password_account_at_a_provider_that_wants_a_sign_in_is_a_leftover() -> None:
    right = Right(address=YOU, sign_in=True)

    [row] = compare(device("outgoing.authentication=password", "outgoing.host=smtp.office365.com"), right)

    assert (row.label, row.now, row.cause) == ("Authentication", "Password", Cause.OAUTH_REQUIRED)


def test_whose_server_it_is_is_said_where_it_is_known() -> None:
    right = replace(RIGHT, owner="Gmail")

    [row] = compare(device("outgoing.host=smtp.gmail.com"), right)

    assert row.why.startswith("smtp.gmail.com belongs to Gmail")
