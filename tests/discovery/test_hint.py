"""Filters in front of mailboxes, and the traces that may tell what is behind them, against a real name server."""

import asyncio

import pytest

from profilegen.address import Address
from profilegen.discovery.gateways import gateway, is_gateway
from profilegen.discovery.hint import HintSource
from profilegen.discovery.mx import MxSource
from profilegen.errors import ResolverProblem
from profilegen.settings.candidates import AccountPayload, Answer, Status, Tier
from tests.discovery.world import FakeCatalogue, StillClock, endpoints, provider, server
from tests.lab.dns import ServeZones, resolver_at
from tests.lab.validating import fake_validating_resolver

OFFICE = provider(
    "office",
    server("imap://outlook.office365.com:993/tls"),
    status=Status.OAUTH_ONLY,
    payload=AccountPayload.EXCHANGE,
    pattern="protection.outlook.com",
)
WORKSPACE = provider(
    "workspace",
    server("imap://imap.gmail.com:993/tls"),
    server("smtp://smtp.gmail.com:587/starttls"),
    status=Status.APP_PASSWORD,
    pattern="aspmx.l.google.com",
)
HOSTER = provider("hoster", server("imap://imap.hoster.test:993/tls"), pattern="hoster.test")
CATALOGUE = FakeCatalogue(mx={"protection.outlook.com": OFFICE, "aspmx.l.google.com": WORKSPACE, "hoster.test": HOSTER})

ZONE = """
spf-and-cname.test.               MX 10 mx0a.pphosted.com.
spf-and-cname.test.               TXT "v=spf1 ip4:192.0.2.1 ?include:spf.protection.outlook.com -all"
autodiscover.spf-and-cname.test.  CNAME Autodiscover.Outlook.Com.
spf-and-proof.test.               MX 10 mx.unknown.test.
spf-and-proof.test.               TXT "V=SPF1 include:_spf.google.com ~all"
spf-and-proof.test.               TXT "google-site-verification=abc"
tie.test.                         MX 10 mx0a.pphosted.com.
tie.test.                         TXT "v=spf1 include:_spf.google.com include:spf.protection.outlook.com -all"
tie.test.                         TXT "MS=ms12345678"
tie.test.                         TXT "google-site-verification=abc"
one.test.                         MX 10 eu-smtp-inbound-1.mimecast.com.
one.test.                         TXT "MS=ms12345678"
notspf.test.                      MX 10 mx0a.pphosted.com.
notspf.test.                      TXT "spf: include:spf.protection.outlook.com"
notspf.test.                      TXT "v=spf1 include:spf.protection.outlook.com.evil.test"
notspf.test.                      TXT "XMS=ms1"
autodiscover.notspf.test.         CNAME autodiscover.outlook.com.evil.test.
clear.test.                       MX 10 mx.hoster.test.
clear.test.                       TXT "v=spf1 include:spf.protection.outlook.com -all"
autodiscover.clear.test.          CNAME autodiscover.outlook.com.
nomail.test.                      TXT "v=spf1 include:spf.protection.outlook.com -all"
autodiscover.nomail.test.         CNAME autodiscover.outlook.com.
nullmx.test.                      MX 0 .
nullmx.test.                      TXT "v=spf1 include:spf.protection.outlook.com -all"
autodiscover.nullmx.test.         CNAME autodiscover.outlook.com.
mixed.test.                       MX 10 mx0a.pphosted.com.
mixed.test.                       MX 20 mx.hoster.test.
"""


@pytest.fixture(scope="module")
def dns(serve_zones: ServeZones) -> str:
    return serve_zones({".": ZONE, "broken.test": ""})


def ask(dns: str, domain: str) -> Answer:
    source = HintSource(resolver=resolver_at(dns), catalogue=CATALOGUE, clock=StillClock())
    return asyncio.run(source.find(Address.parse(f"you@{domain}")))


def ask_mx(dns: str, domain: str) -> Answer:
    source = MxSource(resolver=resolver_at(dns), catalogue=CATALOGUE, clock=StillClock())
    return asyncio.run(source.find(Address.parse(f"you@{domain}")))


@pytest.mark.servers
@pytest.mark.parametrize(
    ("domain", "advised", "found"),
    [
        ("spf-and-cname.test", OFFICE, ["imap://outlook.office365.com:993/tls"]),
        ("spf-and-proof.test", WORKSPACE, ["imap://imap.gmail.com:993/tls", "smtp://smtp.gmail.com:587/starttls"]),
    ],
)
def test_two_traces_of_one_provider_are_a_hint_of_little_trust(
    dns: str, domain: str, advised: object, found: list[str]
) -> None:
    answer = ask(dns, domain)
    assert (endpoints(answer), {one.tier for one in answer.candidates}) == (found, {Tier.T4})
    assert answer.advice == getattr(advised, "advice", None)
    assert [notice.code for notice in answer.notices] == ["provider_hint"]
    assert answer.candidates[0].sources[0].detail.count(" and ") == 1


@pytest.mark.servers
@pytest.mark.parametrize(("domain", "notices"), [("one.test", 1), ("tie.test", 2)])
def test_one_trace_or_two_providers_alike_are_told_and_not_followed(dns: str, domain: str, notices: int) -> None:
    answer = ask(dns, domain)
    assert (answer.candidates, answer.advice) == ((), None)
    assert [notice.code for notice in answer.notices] == ["weak_provider_hint"] * notices


@pytest.mark.servers
@pytest.mark.parametrize("domain", ["notspf.test", "clear.test", "nomail.test", "nullmx.test", "nobody.test"])
def test_no_trace_a_clear_mx_or_no_mail_at_all_is_no_hint(dns: str, domain: str) -> None:
    assert ask(dns, domain) == Answer(kind="hint")


@pytest.mark.servers
def test_an_authenticated_trace_is_noted_and_trusted_no_more(dns: str) -> None:
    with fake_validating_resolver(dns) as validating:
        (found,) = ask(validating, "spf-and-cname.test").candidates
    assert (found.sources[0].dnssec, found.tier) == (True, Tier.T4)


@pytest.mark.servers
def test_a_dns_failure_is_passed_on(dns: str) -> None:
    with pytest.raises(ResolverProblem):
        ask(dns, "broken.test")


# --- filters ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("mx0a-001.pphosted.com", "Proofpoint"),
        ("PPHOSTED.COM.", "Proofpoint"),
        ("d1.a.ess.barracudanetworks.com", "Barracuda"),
        ("eu-smtp-inbound-2.mimecast.com", "Mimecast"),
        ("firm.in.tmes.trendmicro.eu", "Trend Micro"),
        ("mx01.hornetsecurity.com", "Hornetsecurity"),
        ("notpphosted.com", None),
        ("www.trendmicro.com", None),
        ("pphosted.com.evil.test", None),
        ("", None),
    ],
)
def test_a_filter_is_known_by_its_name_at_a_label_boundary(host: str, name: str | None) -> None:
    assert (gateway(host), is_gateway(host)) == (name, name is not None)


@pytest.mark.servers
def test_the_mx_of_a_filter_names_nobody_even_if_the_catalogue_would(dns: str) -> None:
    catalogue = FakeCatalogue(mx={"pphosted.com": HOSTER})
    source = MxSource(resolver=resolver_at(dns), catalogue=catalogue, clock=StillClock())
    answer = asyncio.run(source.find(Address.parse("you@spf-and-cname.test")))
    assert (answer.candidates, [notice.code for notice in answer.notices]) == ((), ["mx_filter"])


@pytest.mark.servers
def test_an_mx_behind_a_filter_still_names_its_provider(dns: str) -> None:
    answer = ask_mx(dns, "mixed.test")
    assert endpoints(answer) == ["imap://imap.hoster.test:993/tls"]
    assert [notice.code for notice in answer.notices] == ["mx_filter"]
