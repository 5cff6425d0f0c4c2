"""The sources catalogue, SRV and MX, the latter two against a real name server."""

import asyncio

import pytest

from profilegen.address import Address
from profilegen.discovery.catalogue import CatalogueSource
from profilegen.discovery.mx import MxSource
from profilegen.discovery.srv import SrvSource
from profilegen.errors import ResolverProblem
from profilegen.settings.candidates import Answer, Tier
from profilegen.settings.servers import Protocol
from tests.discovery.world import NOON, YOU, FakeCatalogue, StillClock, endpoints, provider, server
from tests.lab.dns import ServeZones, resolver_at
from tests.lab.validating import fake_validating_resolver

ZONE = """
example.test.  MX 20 mx.other.test.
example.test.  MX 10 in.mail.hoster.test.
null.test.     MX 0  .
nomatch.test.  MX 10 mx.nomatch.test.
_imaps._tcp.example.test.        SRV 10 1 993 imap.example.test.
_imaps._tcp.example.test.        SRV 10 9 993 imap2.example.test.
_imap._tcp.example.test.         SRV 0 0 0 .
_pop3s._tcp.example.test.        SRV 0 1 995 pop.example.test.
_submission._tcp.example.test.   SRV 0 1 465 smtp.example.test.
_submissions._tcp.example.test.  SRV 5 1 465 smtp.hoster.test.
_imap._tcp.none.test.            SRV 0 0 0 .
_imaps._tcp.none.test.           SRV 0 0 0 .
_submissions._tcp.none.test.     SRV 0 0 465 none.test.
_imap._tcp.xn--bcher-kva.test.   SRV 0 0 143 mail.xn--bcher-kva.test.
_submission._tcp.relay.test.     SRV 0 0 25 mx.relay.test.
"""

# --- catalogue -------------------------------------------------------------------------------------------


def test_the_catalogue_answers_in_the_providers_own_order() -> None:
    servers = server("imap://imap.example.test:993/tls"), server("smtp://smtp.example.test:465/tls")
    source = CatalogueSource(catalogue=FakeCatalogue(domains={"example.test": provider("example", *servers)}))
    answer = asyncio.run(source.find(YOU))
    assert [(found.server, found.tier, found.order) for found in answer.candidates] == [
        (servers[0], Tier.T1, 0),
        (servers[1], Tier.T1, 1),
    ]
    said = answer.candidates[0].sources[0]
    assert (said.kind, said.sha256, str(said.fetched)) == ("catalogue", "0" * 64, "2026-11-01 00:00:00+00:00")


def test_the_catalogue_knows_nothing_of_a_foreign_domain() -> None:
    assert asyncio.run(CatalogueSource(catalogue=FakeCatalogue()).find(YOU)) == Answer(kind="catalogue")


# --- MX and SRV ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def dns(serve_zones: ServeZones) -> str:
    return serve_zones({".": ZONE, "broken.test": ""})


def ask_mx(dns: str, address: Address, catalogue: FakeCatalogue) -> Answer:
    source = MxSource(resolver=resolver_at(dns), catalogue=catalogue, clock=StillClock())
    return asyncio.run(source.find(address))


HOSTER = provider("hoster", server("imap://imap.hoster.test:993/tls"), pattern="hoster.test")
OTHER = provider("other", server("imap://imap.other.test:993/tls"), pattern="other.test")


@pytest.mark.servers
def test_the_best_mx_names_the_provider_and_others_are_alternatives(dns: str) -> None:
    answer = ask_mx(dns, YOU, FakeCatalogue(mx={"other.test": OTHER, "hoster.test": HOSTER}))
    assert endpoints(answer) == ["imap://imap.hoster.test:993/tls", "imap://imap.other.test:993/tls"]
    assert answer.candidates[0].order < answer.candidates[1].order
    assert answer.advice == HOSTER.advice
    assert [notice.code for notice in answer.notices] == ["mx_ambiguous"]
    said = answer.candidates[0].sources[0]
    assert said.detail == "MX 10 in.mail.hoster.test matches hoster.test: Hoster"
    assert (answer.candidates[0].tier, said.fetched, said.dnssec) == (Tier.T3, NOON, False)


@pytest.mark.servers
def test_a_later_mx_may_match_alone(dns: str) -> None:
    answer = ask_mx(dns, YOU, FakeCatalogue(mx={"other.test": OTHER}))
    assert (endpoints(answer), answer.notices) == (["imap://imap.other.test:993/tls"], ())


@pytest.mark.servers
@pytest.mark.parametrize("domain", ["nomatch.test", "nobody.test"])
def test_an_mx_outside_the_catalogue_says_nothing(dns: str, domain: str) -> None:
    address = Address.parse(f"you@{domain}")
    assert ask_mx(dns, address, FakeCatalogue(mx={"hoster.test": HOSTER})) == Answer(kind="mx")


@pytest.mark.servers
def test_a_null_mx_is_a_notice(dns: str) -> None:
    answer = ask_mx(dns, Address.parse("you@null.test"), FakeCatalogue())
    assert [notice.code for notice in answer.notices] == ["null_mx"]


@pytest.mark.servers
def test_mx_and_srv_pass_a_dns_failure_on(dns: str) -> None:
    address = Address.parse("you@broken.test")
    with pytest.raises(ResolverProblem):
        ask_mx(dns, address, FakeCatalogue())
    with pytest.raises(ResolverProblem):
        ask_srv(dns, address)


def ask_srv(dns: str, address: Address) -> Answer:
    return asyncio.run(SrvSource(resolver=resolver_at(dns), clock=StillClock()).find(address))


@pytest.mark.servers
def test_srv_priorities_compare_across_services_and_the_heaviest_goes_first(dns: str) -> None:
    answer = ask_srv(dns, YOU)
    incoming = [found for found in answer.candidates if found.incoming]
    assert [(found.server.endpoint, found.priority, found.order) for found in incoming] == [
        ("pop.example.test:995/tls", 0, 0),
        ("imap2.example.test:993/tls", 1, 1),
        ("imap.example.test:993/tls", 1, 2),
    ]
    assert {found.server.username for found in incoming} == {"you@example.test"}


@pytest.mark.servers
def test_port_465_is_always_implicit_tls_and_a_foreign_target_is_out_of_bailiwick(dns: str) -> None:
    outgoing = [found for found in ask_srv(dns, YOU).candidates if not found.incoming]
    assert [(found.server.endpoint, found.tier) for found in outgoing] == [
        ("smtp.example.test:465/tls", Tier.T3),
        ("smtp.hoster.test:465/tls", Tier.T4),
    ]
    assert outgoing[1].sources[0].detail == "_submissions._tcp.example.test SRV 5 1 465 smtp.hoster.test"


@pytest.mark.servers
def test_an_authenticated_srv_answer_is_the_domains_own_word_wherever_it_points(dns: str) -> None:
    with fake_validating_resolver(dns) as validating:
        answer = ask_srv(validating, YOU)
    assert {(found.tier, found.sources[0].dnssec) for found in answer.candidates} == {(Tier.T2, True)}


@pytest.mark.servers
def test_a_target_of_the_root_declares_a_protocol_missing_only_if_no_other_label_offers_it(dns: str) -> None:
    assert ask_srv(dns, YOU).declares_none == ()
    answer = ask_srv(dns, Address.parse("you@none.test"))
    assert answer.declares_none == (Protocol.IMAP,)
    assert endpoints(answer) == ["smtp://none.test:465/tls"]
    assert [notice.code for notice in answer.notices] == ["declares_none"]


@pytest.mark.servers
def test_srv_asks_in_a_labels(dns: str) -> None:
    answer = ask_srv(dns, Address.parse("jürgen@bücher.test"))
    assert endpoints(answer) == ["imap://mail.xn--bcher-kva.test:143/starttls"]
    assert answer.candidates[0].server.username == "jürgen@xn--bcher-kva.test"


@pytest.mark.servers
def test_port_25_is_never_a_submission_server(dns: str) -> None:
    assert ask_srv(dns, Address.parse("you@relay.test")).candidates == ()
