"""What a settings file may hold, one file per case: the whole search as it is wired, against a real HTTPS server."""

import asyncio

import pytest

from profilegen.address import Address
from profilegen.net.hosts import FixedHosts
from profilegen.net.tls import tls_contexts
from profilegen.ports import Question
from profilegen.settings.candidates import Resolution, Status
from profilegen.wiring.search import Equipment, make_finder
from tests.discovery.world import FakeCatalogue, StillClock
from tests.lab.certificates import Authority
from tests.lab.https import Reply, ServeHttps, always

HOST = "autoconfig.example.test"


def block(kind: str, host: str, port: int, mode: str, username: str = "%EMAILADDRESS%", extra: str = "") -> str:
    tag = "outgoingServer" if kind == "smtp" else "incomingServer"
    return (
        f'<{tag} type="{kind}"><hostname>{host}</hostname><port>{port}</port><socketType>{mode}</socketType>'
        f"<username>{username}</username><authentication>password-cleartext</authentication>{extra}</{tag}>"
    )


IMAP = block("imap", "imap.example.test", 993, "SSL")
SMTP = block("smtp", "smtp.example.test", 465, "SSL")


def search(serve: ServeHttps, authority: Authority, *blocks: str, address: str = "fred.x@example.test") -> Resolution:
    """Look an address up whose domain publishes a file with these server blocks, and nothing else."""
    body = f'<clientConfig version="1.1"><emailProvider id="e">{"".join(blocks)}</emailProvider></clientConfig>'
    running = serve(authority.issue(HOST), always(Reply(body=body.encode())))
    equipment = Equipment(
        catalogue=FakeCatalogue(),
        resolver=FixedHosts({HOST: (running.address,)}),
        clock=StillClock(),
        anchors=(authority.pem,),
    )
    finder = make_finder(equipment, tls_contexts(equipment.anchors))
    return asyncio.run(finder.resolve(Question(address=Address.parse(address), probe=False)))


def chosen(resolution: Resolution) -> list[str | None]:
    both = (resolution.incoming, resolution.outgoing)
    return [None if found is None else found.server.endpoint for found in both]


def test_case_1_two_servers_each_way_are_one_choice_and_one_alternative(
    serve_https: ServeHttps, authority: Authority
) -> None:
    pop = block("pop3", "pop.example.test", 995, "SSL")
    resolution = search(serve_https, authority, pop, IMAP, SMTP, block("smtp", "smtp2.example.test", 587, "STARTTLS"))
    assert resolution.status is Status.OK
    assert chosen(resolution) == ["imap.example.test:993/tls", "smtp2.example.test:587/starttls"]
    assert {found.server.endpoint for found in resolution.alternatives} == {
        "pop.example.test:995/tls",
        "smtp.example.test:465/tls",
    }


def test_case_2_a_block_without_encryption_drops_only_itself(serve_https: ServeHttps, authority: Authority) -> None:
    plain = block("smtp", "smtp.example.test", 25, "plain")
    resolution = search(serve_https, authority, IMAP, plain, SMTP)
    assert (resolution.status, chosen(resolution)) == (
        Status.OK,
        ["imap.example.test:993/tls", "smtp.example.test:465/tls"],
    )
    assert resolution.alternatives == ()


def test_case_3_placeholders_are_filled_in_wherever_they_stand(serve_https: ServeHttps, authority: Authority) -> None:
    inside = block("imap", "mail.%EMAILDOMAIN%", 993, "SSL", "%EMAILLOCALPART%.%EMAILDOMAIN%")
    resolution = search(serve_https, authority, inside, SMTP)
    assert resolution.incoming is not None
    assert resolution.incoming.server.host == "mail.example.test"
    assert resolution.incoming.server.username == "fred.x.example.test"


def test_case_3_a_placeholder_that_is_not_closed_is_never_a_user_name(
    serve_https: ServeHttps, authority: Authority
) -> None:
    resolution = search(serve_https, authority, block("imap", "imap.example.test", 993, "SSL", "%EMAILADDRESS"), SMTP)
    assert resolution.status is not Status.OK
    assert resolution.incoming is None
    assert chosen(resolution)[1] == "smtp.example.test:465/tls"


@pytest.mark.parametrize("alone", [False, True])
def test_case_29_a_server_for_the_providers_own_network_is_left_out_and_said(
    serve_https: ServeHttps, authority: Authority, alone: bool
) -> None:
    restricted = block(
        "smtp", "inside.example.test", 587, "STARTTLS", extra="<restriction>client-IP-address</restriction>"
    )
    resolution = search(serve_https, authority, IMAP, restricted, *([] if alone else [SMTP]))
    assert chosen(resolution)[1] == (None if alone else "smtp.example.test:465/tls")
    assert (resolution.status is Status.OK) is not alone
    assert "network_restricted" in {notice.code for notice in resolution.notices}
