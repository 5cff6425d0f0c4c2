"""Autodiscover answers: how TLS begins, who logs in, where to ask instead, and that no bytes can hurt."""

import html

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from profilegen.address import Address
from profilegen.errors import AddressProblem, InputProblem, SettingsProblem
from profilegen.settings.pox import PoxAnswer, parse_pox, pox_request
from profilegen.settings.servers import Protocol, Security

YOU = Address.parse("you@example.test")
NAMESPACE = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"


def protocol(kind: str = "IMAP", port: str = "993", more: str = "", host: str = "mail.example.test") -> str:
    return f"<Protocol><Type>{kind}</Type><Server>{host}</Server><Port>{port}</Port>{more}</Protocol>"


def parse(*parts: str) -> PoxAnswer:
    account = f"<Account><AccountType>email</AccountType>{''.join(parts)}</Account>"
    root = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"
    text = f'<Autodiscover xmlns="{root}"><Response xmlns="{NAMESPACE}">{account}</Response></Autodiscover>'
    return parse_pox(text.encode())


def securities(*parts: str) -> list[Security]:
    return [server.security for server in parse(*parts).servers]


# --- the request -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["fred+tag@example.test", "Fred.O'Neil@example.test", '"a<b>&\'c"@example.test', "jürgen@bücher.test"]
)
def test_a_request_is_well_formed_and_carries_the_address_and_nothing_else(text: str) -> None:
    address = Address.parse(text)
    root = fromstring(pox_request(address))
    texts = [element.text for element in root.iter() if element.text]
    assert texts == [str(address), NAMESPACE]


@given(st.text(min_size=1, max_size=20))
def test_every_address_gives_a_well_formed_request(local: str) -> None:
    try:
        address = Address.parse(f"{local}@example.test")
    except AddressProblem:
        return
    assert fromstring(pox_request(address)).tag.endswith("Autodiscover")


# --- how TLS begins --------------------------------------------------------------------------------------


@pytest.mark.parametrize("port", [993, 995, 465])
@pytest.mark.parametrize("more", ["", "<SSL>on</SSL>", "<Encryption>TLS</Encryption>", "<SSL>off</SSL>"])
def test_a_port_of_implicit_tls_is_implicit_tls(port: int, more: str) -> None:
    assert securities(protocol(port=str(port), more=more)) == [Security.TLS]


@pytest.mark.parametrize("port", [143, 110, 587])
@pytest.mark.parametrize("more", ["", "<SSL>on</SSL>", "<Encryption>SSL</Encryption>", "<SSL>off</SSL>"])
def test_a_port_of_starttls_is_starttls(port: int, more: str) -> None:
    assert securities(protocol(port=str(port), more=more)) == [Security.STARTTLS]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", [Security.TLS]),
        ("<SSL>on</SSL>", [Security.TLS]),
        ("<SSL>true</SSL>", [Security.TLS]),
        ("<SSL>yes</SSL>", [Security.TLS]),
        ("<SSL>off</SSL>", []),
        ("<SSL>on</SSL><Encryption>None</Encryption>", []),
        ("<SSL>off</SSL><Encryption>SSL</Encryption>", [Security.TLS]),
        ("<SSL>off</SSL><Encryption>tls</Encryption>", [Security.STARTTLS]),
        ("<Encryption>Auto</Encryption>", [Security.TLS]),
        ("<Encryption>Rot13</Encryption>", [Security.TLS]),
    ],
)
def test_elsewhere_encryption_overrules_ssl_and_ssl_is_on_by_default(more: str, expected: list[Security]) -> None:
    assert securities(protocol(port="10993", more=more)) == expected


def test_encryption_none_is_plain_text_whatever_the_port_says() -> None:
    answer = parse(protocol(more="<Encryption>None</Encryption>"))
    assert (answer.servers, answer.plain_text) == ((), True)
    assert not parse(protocol(), protocol(port="143", more="<Encryption>None</Encryption>")).plain_text


# --- who logs in -----------------------------------------------------------------------------------------


def test_the_login_name_is_the_one_given_else_the_address_and_smtp_shares_the_incoming_one() -> None:
    answer = parse(
        protocol(more="<LoginName> fred </LoginName>"),
        protocol("POP3", "995"),
        protocol("SMTP", "587", more="<UsePOPAuth>on</UsePOPAuth>"),
        protocol("SMTP", "465", more="<LoginName>other</LoginName>"),
    )
    logins = [(server.protocol, server.concrete(YOU).username) for server in answer.servers]
    assert logins == [
        (Protocol.IMAP, "fred"),
        (Protocol.POP, "you@example.test"),
        (Protocol.SMTP, "fred"),
        (Protocol.SMTP, "other"),
    ]


def test_secure_password_authentication_does_not_rule_a_password_out() -> None:
    assert len(parse(protocol(more="<SPA>on</SPA>")).servers) == 1


def test_an_outgoing_server_without_login_is_dropped() -> None:
    assert parse(protocol("SMTP", "587", more="<AuthRequired>off</AuthRequired>")).servers == ()


def test_port_25_never_becomes_a_server() -> None:
    (found,) = parse(protocol("SMTP", "25")).servers
    with pytest.raises(SettingsProblem):
        found.concrete(YOU)


@pytest.mark.parametrize("bad", [protocol(port=""), protocol(port="imap"), protocol(port="９９３"), protocol(host="")])
def test_a_bad_protocol_drops_only_itself(bad: str) -> None:
    assert len(parse(bad, protocol()).servers) == 1


# --- what else it says -----------------------------------------------------------------------------------


def test_namespaces_do_not_matter() -> None:
    text = f"<Autodiscover><Response><Account>{protocol()}</Account></Response></Autodiscover>"
    assert len(parse_pox(text.encode()).servers) == 1


@pytest.mark.parametrize("kind", ["EXCH", "EXPR", "EXHTTP", "MobileSync"])
def test_an_exchange_account_is_noticed(kind: str) -> None:
    answer = parse(f"<Protocol><Type>{kind}</Type><Server>ex.example.test</Server></Protocol>")
    assert answer == PoxAnswer(exchange=True)


def test_redirects_are_read() -> None:
    answer = parse(
        "<Action>redirectAddr</Action><RedirectAddr>you@other.test</RedirectAddr>"
        "<RedirectUrl>https://other.test/a.xml</RedirectUrl>"
    )
    assert answer.redirect_address == Address.parse("you@other.test")
    assert answer.redirect_url == "https://other.test/a.xml"
    assert parse("<RedirectAddr>nobody</RedirectAddr>").redirect_address is None


def test_an_error_is_an_empty_answer() -> None:
    error = "<Error><ErrorCode>600</ErrorCode><Message>Invalid Request</Message></Error>"
    assert parse_pox(f"<Autodiscover><Response>{error}</Response></Autodiscover>".encode()) == PoxAnswer()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html/>",
        b"<Autodiscover>",
        b"<!DOCTYPE a SYSTEM 'http://a.test/'><Autodiscover/>",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><Autodiscover>&b;</Autodiscover>",
        b"<Autodiscover/>" + b" " * 65_536,
    ],
    ids=["empty", "html", "cut off", "external DTD", "entity", "large"],
)
def test_what_is_no_answer_is_refused(data: bytes) -> None:
    with pytest.raises(InputProblem) as caught:
        parse_pox(data)
    assert caught.value.code == "not_autodiscover"


_NAMES = ("Type", "Server", "Port", "SSL", "Encryption", "LoginName", "AuthRequired", "RedirectUrl", "RedirectAddr")
_TEXTS = st.sampled_from(("IMAP", "SMTP", "on", "off", "SSL", "TLS", "None", "993", "587", "25", "a.test")) | st.text()


@given(st.lists(st.lists(st.tuples(st.sampled_from(_NAMES), _TEXTS), max_size=6), max_size=4))
def test_any_answer_is_read_or_refused(blocks: list[list[tuple[str, str]]]) -> None:
    parts = ["".join(f"<{name}>{html.escape(text)}</{name}>" for name, text in block) for block in blocks]
    try:
        answer = parse(*(f"<Protocol>{part}</Protocol>{part}" for part in parts))
    except (InputProblem, UnicodeEncodeError):
        return
    for server in answer.servers:
        assert server.host.isprintable()


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        parse_pox(data)
    except InputProblem as problem:
        assert problem.code == "not_autodiscover"
