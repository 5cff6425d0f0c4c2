"""Servers we are willing to write, and every reason why a found one is none."""

from dataclasses import replace

import pytest

from profilegen.address import Address
from profilegen.errors import SettingsProblem
from profilegen.settings.servers import (
    SECURITY_OF_PORT,
    Auth,
    DavServer,
    FoundServer,
    MailSettings,
    Protocol,
    Security,
    Server,
    clean_host,
    found_flaws,
)

SMTP = Server(
    protocol=Protocol.SMTP,
    host="SMTP.Example.com.",
    port=587,
    security=Security.STARTTLS,
    auth=(Auth.PASSWORD,),
    username="you@example.com",
)
FOUND = FoundServer(
    protocol=Protocol.SMTP,
    host="smtp.example.com",
    port=587,
    use_ssl=True,
    auth=Auth.PASSWORD,
    username="you@example.com",
)


def test_a_host_name_is_kept_as_it_is_dialled() -> None:
    assert SMTP.endpoint == "smtp.example.com:587/starttls"
    assert clean_host("bücher.example") == "xn--bcher-kva.example"
    assert clean_host("2001:DB8::1") == "2001:db8::1"
    assert clean_host("mail_01.example.com") == "mail_01.example.com"


@pytest.mark.parametrize(
    "host",
    ["", ".", "smtp://x", "smtp.example.com:587", "a b", "a/b", "-a.example", "a..b", "x" * 64, "a." * 127 + "com"],
)
def test_what_is_no_host_name_is_refused(host: str) -> None:
    with pytest.raises(SettingsProblem, match="is not a host name"):
        replace(SMTP, host=host)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"port": 25}, "port 25 is for mail between servers"),
        ({"port": 0}, "port 0 does not exist"),
        ({"port": 65536}, "port 65536 does not exist"),
        ({"port": True}, "port True does not exist"),
        ({"port": 465}, "port 465 speaks tls, not starttls"),
        ({"security": Security.TLS}, "port 587 speaks starttls, not tls"),
        ({"auth": ()}, "a server without login does not relay"),
        ({"auth": (Auth.PASSWORD, Auth.NONE)}, "a server without login does not relay"),
        ({"username": ""}, "the user name is empty"),
    ],
)
def test_a_server_nobody_should_write_cannot_be_made(changes: dict[str, object], reason: str) -> None:
    with pytest.raises(SettingsProblem, match=reason):
        replace(SMTP, **changes)  # type: ignore[arg-type]  # wrong values are the point


def test_a_port_of_ones_own_may_use_either_mode() -> None:
    assert {replace(SMTP, port=2525, security=mode).security for mode in Security} == set(Security)


def test_a_complete_found_server_becomes_a_server_with_the_mode_of_its_port() -> None:
    server = Server.from_found(FOUND)
    assert isinstance(server, Server)
    assert server.endpoint == "smtp.example.com:587/starttls"
    assert SECURITY_OF_PORT[server.port] is server.security


@pytest.mark.parametrize(
    ("found", "field"),
    [
        (replace(FOUND, host=None), "host"),
        (replace(FOUND, host="https://x"), "host"),
        (replace(FOUND, port=None), "port"),
        (replace(FOUND, port=25), "port"),
        (replace(FOUND, security=Security.TLS), "security"),
        (replace(FOUND, use_ssl=False), "use_ssl"),
        (replace(FOUND, use_ssl=None), "use_ssl"),
        (replace(FOUND, auth=None), "auth"),
        (replace(FOUND, auth=Auth.NONE), "auth"),
        (replace(FOUND, username=None), "username"),
        (replace(FOUND, username=""), "username"),
    ],
)
def test_every_flaw_of_a_found_server_names_its_field(found: FoundServer, field: str) -> None:
    assert [flaw.field for flaw in found_flaws(found)] == [field]
    assert Server.from_found(found) == found_flaws(found)


def test_a_server_of_which_nothing_is_known_has_every_flaw() -> None:
    flaws = found_flaws(FoundServer(protocol=Protocol.SMTP))
    assert [flaw.field for flaw in flaws] == ["host", "port", "use_ssl", "auth", "username"]


def test_one_login_means_the_same_user_name_and_no_relay_service() -> None:
    imap = Server(
        protocol=Protocol.IMAP,
        host="imap.example.com",
        port=993,
        security=Security.TLS,
        auth=(Auth.PASSWORD,),
        username="you@example.com",
    )
    settings = MailSettings(address=Address.parse("you@example.com"), display_name=None, incoming=imap, outgoing=SMTP)
    assert settings.one_login
    assert not replace(settings, relay="smtp2go").one_login
    assert not replace(settings, incoming=replace(imap, username="you")).one_login


def test_a_calendar_server_has_a_host_name_too() -> None:
    assert DavServer(host="DAV.example.com", username="you").host == "dav.example.com"
    with pytest.raises(SettingsProblem, match="is not a host name"):
        DavServer(host="https://dav.example.com/", username="you")
