"""clientConfig XML: what is used, what is dropped, and that no bytes at all can hurt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.address import Address
from profilegen.errors import InputProblem, SettingsProblem
from profilegen.settings.clientconfig import (
    ClientConfig,
    ConfigServer,
    Defect,
    concrete,
    expand,
    parse_client_config,
)
from profilegen.settings.servers import Auth, Protocol, Security
from profilegen.settings.xmltree import MAX_BYTES

FRED = Address.parse("fred+tag@example.test")


def block(**changes: str | None) -> str:
    """Return one IMAP block; None removes an element, another text replaces the element's own XML."""
    elements: dict[str, str | None] = {
        "hostname": "<hostname> imap.example.test </hostname>",
        "port": "<port>993</port>",
        "socketType": "<socketType>SSL</socketType>",
        "username": "<username>%EMAILADDRESS%</username>",
        "authentication": "<authentication>password-cleartext</authentication>",
        **changes,
    }
    return f'<incomingServer type="imap">{"".join(text for text in elements.values() if text)}</incomingServer>'


def parse(*blocks: str, more: str = "") -> ClientConfig:
    provider = f'<emailProvider id="example.test">{"".join(blocks)}</emailProvider>'
    return parse_client_config(f'<clientConfig version="1.2">{provider}{more}</clientConfig>'.encode())


def test_a_block_becomes_a_server_in_the_files_order() -> None:
    outgoing = block(port="<port>587</port>", socketType="<socketType>STARTTLS</socketType>")
    outgoing = outgoing.replace("incomingServer", "outgoingServer").replace('"imap"', '"smtp"')
    config = parse(block(), outgoing)
    assert config.servers == (
        ConfigServer(
            protocol=Protocol.IMAP,
            host="imap.example.test",
            port=993,
            security=Security.TLS,
            auth=(Auth.PASSWORD,),
            username="%EMAILADDRESS%",
        ),
        ConfigServer(
            protocol=Protocol.SMTP,
            host="imap.example.test",
            port=587,
            security=Security.STARTTLS,
            auth=(Auth.PASSWORD,),
            username="%EMAILADDRESS%",
        ),
    )


def test_the_first_usable_socket_type_and_all_known_logins_count() -> None:
    (server,) = parse(
        block(
            socketType="<socketType>plain</socketType><socketType>STARTTLS</socketType><socketType>SSL</socketType>",
            port="<port>143</port>",
            authentication="<authentication>GSSAPI</authentication><authentication>OAuth2</authentication>"
            "<authentication>password-encrypted</authentication><authentication> plain </authentication>"
            '<authentication system="http">Basic</authentication><authentication system="sasl">PLAIN</authentication>',
        )
    ).servers
    assert server.security is Security.STARTTLS
    assert server.auth == (Auth.OAUTH2, Auth.CRAM_MD5, Auth.PASSWORD)


@pytest.mark.parametrize(
    ("changes", "defect"),
    [
        ({"hostname": None}, Defect.INCOMPLETE),
        ({"username": None}, Defect.INCOMPLETE),
        ({"port": "<port>imap</port>"}, Defect.INCOMPLETE),
        ({"port": "<port>" + "9" * 5000 + "</port>"}, Defect.INCOMPLETE),
        ({"socketType": "<socketType>plain</socketType>"}, Defect.PLAIN_TEXT),
        ({"socketType": None}, Defect.PLAIN_TEXT),
        ({"authentication": "<authentication>client-IP-address</authentication>"}, Defect.NO_KNOWN_LOGIN),
        ({"authentication": '<authentication system="http">Basic</authentication>'}, Defect.NO_KNOWN_LOGIN),
        ({"restriction": "<restriction>client-IP-address</restriction>"}, Defect.RESTRICTED),
    ],
)
def test_a_bad_block_drops_only_itself(changes: dict[str, str | None], defect: Defect) -> None:
    config = parse(block(**changes), block())
    assert [dropped.defect for dropped in config.dropped] == [defect]
    assert len(config.servers) == 1


def test_unknown_elements_and_foreign_protocols_are_ignored() -> None:
    foreign = block().replace('"imap"', '"jmap"')
    misplaced = block().replace('"imap"', '"smtp"')
    config = parse(foreign, misplaced, "<identity/>", block(addThisServer="<addThisServer>x</addThisServer>"))
    assert (len(config.servers), config.dropped) == (1, ())


def test_what_a_person_must_do_first_and_may_read_is_kept() -> None:
    enable = '<enable visiturl="https://example.test/on"><instruction lang="de">Ein</instruction>'
    enable += '<instruction lang="en"> Switch\n it on </instruction></enable>'
    guide = '<documentation url="https://example.test/help"><descr>Help</descr></documentation>'
    trap = '<documentation url="javascript:alert(1)"><descr>Help</descr></documentation>'
    for config in (parse(enable, guide, trap), parse(guide, trap, more=enable)):
        assert config.enable is not None
        assert (config.enable.url, config.enable.text) == ("https://example.test/on", "Switch it on")
        assert [page.url for page in config.documentation] == ["https://example.test/help"]


def test_names_and_domains_are_read() -> None:
    config = parse(
        "<domain>Example.test</domain><domain>example.net</domain>", "<displayName>Example Mail</displayName>"
    )
    assert (config.provider, config.name) == ("example.test", "Example Mail")
    assert config.domains == ("example.test", "example.net")


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("%EMAILADDRESS%", "fred+tag@example.test"),
        ("mail.%EMAILDOMAIN%", "mail.example.test"),
        ("%EMAILLOCALPART%.%EMAILDOMAIN%", "fred+tag.example.test"),
        ("100%", "100%"),
    ],
)
def test_placeholders_are_replaced_inside_the_text(template: str, text: str) -> None:
    assert expand(template, FRED) == text


@pytest.mark.parametrize("template", ["%REALNAME%", "%EMAILADDRESS", "%EMAILADDRESS%%FOO%"])
def test_an_unknown_or_unclosed_placeholder_is_refused(template: str) -> None:
    with pytest.raises(SettingsProblem):
        expand(template, FRED)


def test_a_local_part_that_looks_like_a_placeholder_is_not_expanded_again() -> None:
    assert expand("%EMAILADDRESS%", Address.parse("%EMAILDOMAIN%@example.test")) == "%EMAILDOMAIN%@example.test"


def test_a_server_for_an_address_obeys_the_rules_of_every_server() -> None:
    (server,) = parse(block()).servers
    assert concrete(server, FRED).username == "fred+tag@example.test"
    (mislabelled,) = parse(block(port="<port>143</port>")).servers
    with pytest.raises(SettingsProblem):
        concrete(mislabelled, FRED)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html></html>",
        b"<clientConfig>",
        b"<clientConfig/>" + b" " * MAX_BYTES,
        b"<!DOCTYPE clientConfig><clientConfig/>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><clientConfig>&b;</clientConfig>',
        b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><clientConfig>&b;</clientConfig>',
        b'<?xml version="1.0" encoding="nonsense"?><clientConfig/>',
        b'<?xml version="1.0" encoding="utf-7"?><clientConfig/>',
    ],
)
def test_anything_else_is_refused_with_one_error(data: bytes) -> None:
    with pytest.raises(InputProblem) as caught:
        parse_client_config(data)
    assert caught.value.code == "not_client_config"


def test_an_empty_config_is_a_config_without_servers() -> None:
    assert parse_client_config(b"\xef\xbb\xbf<clientConfig/>").servers == ()


def _wrapped(parts: list[str]) -> bytes:
    text = f"<clientConfig><emailProvider>{''.join(parts)}</emailProvider></clientConfig>"
    return text.encode("utf-8", "surrogatepass")


_PARTS = st.sampled_from(
    [
        block(),
        block(port="<port>0</port>"),
        block(socketType=None),
        "<enable visiturl='x'/>",
        "</a>",
        "&#0;",
        "<!-- -->",
    ]
)


@given(st.binary(max_size=200) | st.lists(_PARTS | st.text(max_size=9), max_size=6).map(_wrapped))
def test_no_bytes_raise_anything_but_the_one_error(data: bytes) -> None:
    try:
        config = parse_client_config(data)
    except InputProblem:
        return
    for server in config.servers:
        try:
            assert concrete(server, FRED).port != 25
        except SettingsProblem:
            continue
