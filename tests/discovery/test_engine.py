"""The engine: what is asked, when it stops waiting, what is probed, and what the answer is called."""

import asyncio
import random
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from profilegen.address import Address
from profilegen.discovery.autoconfig import AutoconfigSource
from profilegen.discovery.catalogue import CatalogueSource
from profilegen.discovery.engine import Budgets, Discovery
from profilegen.discovery.mx import MxSource
from profilegen.discovery.srv import SrvSource
from profilegen.errors import NetworkProblem, ResolverProblem, UsageProblem
from profilegen.net.http import HttpsClient
from profilegen.net.resolver import DnsResolver
from profilegen.ports import Prober, Question, Resolver, SettingsSource
from profilegen.settings.candidates import Answer, Notice, Resolution, Status, Tier
from tests.discovery.world import (
    HANGS,
    YOU,
    FakeCatalogue,
    FakeProber,
    ForbiddenProber,
    StillClock,
    failing,
    forbidden,
    hanging,
    knowing,
    means,
    provider,
    saying,
    server,
)
from tests.lab.certificates import Authority
from tests.lab.dns import ServeZones, resolver_at
from tests.lab.https import Reply, ServeHttps, pages

IMAP = server("imap://imap.example.test:993/tls")
SMTP = server("smtp://smtp.example.test:587/starttls")
SMTPS = server("smtp://smtp.example.test:465/tls")


def lookup(
    sources: Sequence[SettingsSource],
    prober: Prober | None = None,
    *,
    address: str = "you@example.test",
    question: Question | None = None,
    budgets: Budgets | None = None,
) -> Resolution:
    engine = Discovery(sources=sources, means=means(prober or FakeProber()), budgets=budgets)
    return asyncio.run(engine.resolve(question or Question(address=Address.parse(address))))


def chosen(resolution: Resolution) -> tuple[str | None, str | None]:
    return tuple(  # type: ignore[return-value]  # exactly two
        None if found is None else found.server.endpoint for found in (resolution.incoming, resolution.outgoing)
    )


# --- what is asked ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("you@localhost", "single_label"),
        ("you@tt", "single_label"),
        ("you@printer.local", "special_use_domain"),
        ("you@mail.internal", "special_use_domain"),
        ("you@abc.onion", "special_use_domain"),
        ("you@a.invalid", "special_use_domain"),
        ("you@2.0.192.in-addr.arpa", "special_use_domain"),
        ("you@co.uk", "public_suffix"),
    ],
)
def test_a_domain_that_must_not_be_asked_about_is_refused_without_a_question(address: str, code: str) -> None:
    resolution = lookup([forbidden("catalogue")], ForbiddenProber(), address=address)
    assert (resolution.status, [notice.code for notice in resolution.notices]) == (Status.REFUSED, [code])


@pytest.mark.parametrize("address", ["you@company.co.uk", "you@example.test", "you@mail.example"])
def test_other_domains_are_asked_about(address: str) -> None:
    assert lookup([knowing("catalogue", Tier.T1, IMAP, SMTP)], address=address).status is Status.OK


def test_offline_asks_the_catalogue_alone_and_sends_no_packet() -> None:
    sources: list[SettingsSource] = [
        knowing("catalogue", Tier.T1, IMAP, SMTP),
        *map(forbidden, ("mx", "srv", "autoconfig")),
    ]
    resolution = lookup(sources, ForbiddenProber(), question=Question(address=YOU, offline=True))
    assert (resolution.status, chosen(resolution)) == (Status.OK, (IMAP.endpoint, SMTP.endpoint))


def test_offline_an_unknown_domain_is_not_found() -> None:
    sources: list[SettingsSource] = [CatalogueSource(catalogue=FakeCatalogue()), forbidden("mx")]
    assert lookup(sources, ForbiddenProber(), question=Question(address=YOU, offline=True)).status is Status.NOT_FOUND


def test_offline_a_refused_domain_is_still_refused() -> None:
    question = Question(address=Address.parse("you@co.uk"), offline=True)
    assert lookup([CatalogueSource(catalogue=FakeCatalogue())], question=question).status is Status.REFUSED


def test_naming_sources_asks_only_these() -> None:
    sources: list[SettingsSource] = [forbidden("catalogue"), knowing("srv", Tier.T3, IMAP, SMTP)]
    assert lookup(sources, question=Question(address=YOU, sources=("srv",))).status is Status.OK


def test_an_unknown_source_is_a_usage_problem() -> None:
    with pytest.raises(UsageProblem) as caught:
        lookup([forbidden("srv")], question=Question(address=YOU, sources=("serv",)))
    assert caught.value.code == "unknown_source"


# --- budgets ---------------------------------------------------------------------------------------------


def test_a_source_beyond_the_budget_is_reported_and_stopped() -> None:
    late = hanging("autoconfig")
    resolution = lookup([late, CatalogueSource(catalogue=FakeCatalogue())], budgets=Budgets(sources=0.05))
    assert (resolution.status, resolution.timed_out) == (Status.UNREACHABLE, ("autoconfig",))
    assert late.stopped


def test_once_both_directions_are_known_the_rest_gets_the_grace_only() -> None:
    sources: list[SettingsSource] = [hanging("autoconfig"), knowing("catalogue", Tier.T1, IMAP, SMTP)]
    resolution = lookup(sources, budgets=Budgets(sources=3600, grace=0.05))
    assert (resolution.status, resolution.timed_out) == (Status.OK, ("autoconfig",))


def test_a_catalogue_entry_that_ends_the_search_is_not_waited_for_either() -> None:
    known = FakeCatalogue(domains={"example.test": provider("closed", status=Status.NO_IMAP)})
    sources: list[SettingsSource] = [hanging("srv"), CatalogueSource(catalogue=known)]
    assert lookup(sources, ForbiddenProber(), budgets=Budgets(sources=3600, grace=0.05)).status is Status.NO_IMAP


@pytest.mark.parametrize(
    ("problem", "timed_out"),
    [
        (ResolverProblem("No name server answered.", hint="-", code="dns_timeout"), ("srv",)),
        (NetworkProblem("It is broken.", hint="-", code="http_server_error"), ()),
    ],
)
def test_a_source_that_cannot_be_asked_makes_nothing_found_unreachable(
    problem: ResolverProblem | NetworkProblem, timed_out: tuple[str, ...]
) -> None:
    resolution = lookup([failing("srv", problem), CatalogueSource(catalogue=FakeCatalogue())])
    assert (resolution.status, resolution.timed_out) == (Status.UNREACHABLE, timed_out)
    assert resolution.notices == (Notice(code="source_failed", text=f"srv: {problem.message}"),)


def test_a_source_that_cannot_be_asked_does_not_spoil_a_trusted_answer() -> None:
    unasked = failing("srv", ResolverProblem("No name server answered.", hint="-"))
    assert lookup([unasked, knowing("autoconfig", Tier.T2, IMAP, SMTP)]).status is Status.OK


def test_a_bug_in_a_source_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        lookup([failing("srv", ZeroDivisionError()), hanging("mx")])


def test_a_probe_beyond_the_budget_has_failed_and_is_reported() -> None:
    prober = FakeProber({IMAP.endpoint: HANGS})
    resolution = lookup([knowing("srv", Tier.T3, IMAP, SMTP)], prober, budgets=Budgets(probe=0.05))
    assert (resolution.status, resolution.timed_out) == (Status.UNREACHABLE, ("probe",))
    assert resolution.incoming is not None
    assert resolution.incoming.probe is not None
    assert resolution.incoming.probe.blocked_by == "timeout"


# --- probes ----------------------------------------------------------------------------------------------


def test_587_wins_when_it_passes_and_nothing_else_is_probed() -> None:
    prober = FakeProber()
    resolution = lookup([knowing("srv", Tier.T3, IMAP, SMTPS, SMTP)], prober)
    assert chosen(resolution) == (IMAP.endpoint, SMTP.endpoint)
    assert sorted(prober.examined) == sorted([IMAP.endpoint, SMTP.endpoint])


def test_465_wins_when_587_does_not_pass() -> None:
    prober = FakeProber({SMTP.endpoint: "connect"})
    resolution = lookup([knowing("srv", Tier.T3, IMAP, SMTPS, SMTP)], prober)
    assert (resolution.status, chosen(resolution)) == (Status.OK, (IMAP.endpoint, SMTPS.endpoint))


def test_at_most_three_servers_of_a_direction_are_probed() -> None:
    servers = [server(f"imap://imap{number}.example.test:993/tls") for number in range(5)]
    prober = FakeProber({one.endpoint: "connect" for one in servers})
    lookup([knowing("srv", Tier.T3, *servers)], prober)
    assert len(prober.examined) == 3


def test_an_out_of_bailiwick_server_is_not_even_connected_to() -> None:
    resolution = lookup([knowing("srv", Tier.T4, IMAP, SMTP)], ForbiddenProber())
    assert (resolution.status, chosen(resolution)) == (Status.UNTRUSTED, (IMAP.endpoint, SMTP.endpoint))


def test_without_probe_a_single_source_of_tier_3_is_untrusted() -> None:
    source = knowing("srv", Tier.T3, IMAP, SMTP)
    assert lookup([source], ForbiddenProber(), question=Question(address=YOU, probe=False)).status is Status.UNTRUSTED
    assert lookup([source]).status is Status.OK


def test_a_dead_file_of_the_domain_loses_to_the_mx_that_works() -> None:
    left_over = server("imap://mail.example.test:993/tls"), server("smtp://mail.example.test:587/starttls")
    sources: list[SettingsSource] = [knowing("autoconfig", Tier.T2, *left_over), knowing("mx", Tier.T3, IMAP, SMTP)]
    resolution = lookup(sources, FakeProber({one.endpoint: "connect" for one in left_over}))
    assert (resolution.status, chosen(resolution)) == (Status.OK, (IMAP.endpoint, SMTP.endpoint))
    assert [(found.direction, found.other, found.said_by) for found in resolution.conflicts] == [
        ("incoming", "mail.example.test:993/tls", "autoconfig"),
        ("outgoing", "mail.example.test:587/starttls", "autoconfig"),
    ]


def test_a_dead_file_of_the_domain_does_not_hide_that_its_mx_wants_oauth() -> None:
    left_over = knowing("autoconfig", Tier.T2, server("imap://mail.example.test:993/tls"))
    office = provider("office", status=Status.OAUTH_ONLY, pattern="office.test")
    advising = saying(Answer(kind="mx", advice=office.advice))
    dead = FakeProber({"mail.example.test:993/tls": "dns"})
    assert lookup([left_over, advising], dead).status is Status.OAUTH_ONLY
    assert lookup([left_over, advising], FakeProber()).status is not Status.OAUTH_ONLY


# --- the whole, against real servers ---------------------------------------------------------------------

ZONE = """
example.test. A {web}
example.test. MX 10 mx.hoster.test.
_imaps._tcp.example.test. SRV 0 0 993 imap.example.test.
_submissions._tcp.example.test. SRV 0 0 465 smtp.example.test.
_submission._tcp.example.test. SRV 0 0 587 smtp.example.test.
_imap._tcp.none.test. SRV 0 0 0 .
_imaps._tcp.none.test. SRV 0 0 0 .
"""

CONFIG = b"""<clientConfig version="1.1"><emailProvider id="example.test">
  <incomingServer type="imap"><hostname>imap.example.test</hostname><port>993</port><socketType>SSL</socketType>
    <username>%EMAILLOCALPART%</username><authentication>password-cleartext</authentication></incomingServer>
</emailProvider></clientConfig>"""


def all_sources(resolver: Resolver, authority: Authority, catalogue: FakeCatalogue) -> list[SettingsSource]:
    clock = StillClock()
    return [
        CatalogueSource(catalogue=catalogue),
        AutoconfigSource(http=HttpsClient(resolver=resolver, trust=authority.trust), clock=clock),
        SrvSource(resolver=resolver, clock=clock),
        MxSource(resolver=resolver, catalogue=catalogue, clock=clock),
    ]


HOSTER = provider("hoster", server("imap://imap.hoster.test:993/tls"), pattern="hoster.test")


@pytest.mark.servers
def test_directions_may_come_from_different_sources_and_the_answer_is_the_same_every_time(
    serve_zones: ServeZones, serve_https: ServeHttps, authority: Authority
) -> None:
    path = "example.test/.well-known/autoconfig/mail/config-v1.1.xml"
    web = serve_https(authority.issue("example.test"), pages({path: Reply(body=CONFIG)}))
    resolver = resolver_at(serve_zones({".": ZONE.format(web=web.address)}))
    sources = all_sources(resolver, authority, FakeCatalogue(mx={"hoster.test": HOSTER}))
    first = lookup(sources)
    assert (first.status, chosen(first)) == (Status.OK, (IMAP.endpoint, SMTP.endpoint))
    assert first.incoming is not None
    assert first.outgoing is not None
    assert [source.kind for source in first.incoming.sources] == ["autoconfig", "srv"]
    assert (first.incoming.server.username, first.outgoing.server.username) == ("you", "you@example.test")
    assert [found.said_by for found in first.conflicts] == ["mx"]
    shuffler = random.Random(2)
    for _ in range(50):
        shuffler.shuffle(sources)
        assert lookup(sources) == first


@pytest.mark.servers
@pytest.mark.parametrize(("domain", "status"), [("none.test", Status.NO_IMAP), ("nobody.test", Status.NOT_FOUND)])
def test_nothing_found_is_told_apart_from_declared_none(
    serve_zones: ServeZones, authority: Authority, domain: str, status: Status
) -> None:
    resolver = resolver_at(serve_zones({".": ZONE.format(web="127.0.0.1")}))
    resolution = lookup(all_sources(resolver, authority, FakeCatalogue()), address=f"you@{domain}")
    assert (resolution.status, resolution.timed_out, chosen(resolution)) == (status, (), (None, None))


@pytest.mark.servers
def test_servfail_is_unreachable_and_not_not_found(serve_zones: ServeZones, authority: Authority) -> None:
    resolver = resolver_at(serve_zones({".": ZONE.format(web="127.0.0.1"), "broken.test": ""}))
    resolution = lookup(all_sources(resolver, authority, FakeCatalogue()), address="you@broken.test")
    assert resolution.status is Status.UNREACHABLE
    assert [notice.text.partition(":")[0] for notice in resolution.notices] == ["autoconfig", "srv", "mx"]


def test_a_silent_name_server_is_unreachable_with_everyone_timed_out(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("profilegen.net.resolver.TRY_SECONDS", 0.1)
    with _silent_server() as silent:
        resolution = lookup(all_sources(DnsResolver([silent]), authority, FakeCatalogue()))
    assert (resolution.status, resolution.timed_out) == (Status.UNREACHABLE, ("autoconfig", "srv", "mx"))


@contextmanager
def _silent_server() -> Iterator[str]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{udp.getsockname()[1]}"
