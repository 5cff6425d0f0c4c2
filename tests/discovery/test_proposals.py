"""Names from a certificate that is for somebody else: which of them are proposed."""

import asyncio

import pytest

from profilegen.discovery.proposals import MAX_NAMES, CertificateNames
from profilegen.errors import ResolverProblem
from profilegen.net.hosts import FixedHosts
from profilegen.settings.candidates import Answer, ProbeResult, Tier
from profilegen.settings.ranking import place
from profilegen.settings.servers import Server
from tests.discovery.world import answer, endpoints, server

HERE, ELSEWHERE = ("127.0.0.1", "127.0.0.2"), ("127.0.0.3",)
IMAP = server("imap://mail.example.test:993/tls")
SMTP = server("smtp://mail.example.test:587/starttls")


class CountingHosts(FixedHosts):
    """A resolver that remembers what it was asked."""

    def __init__(self, table: dict[str, tuple[str, ...]]) -> None:
        super().__init__(table)
        self.asked: list[str] = []

    async def addresses(self, host: str) -> tuple[str, ...]:
        self.asked.append(host)
        return await super().addresses(host)


def propose(hosts: FixedHosts, *names: str, of: Server = IMAP, ok: bool = False) -> Answer:
    probes = {place(of): ProbeResult(ok=ok, blocked_by=None if ok else "tls.hostname", certificate_names=names)}
    candidates = answer("srv", Tier.T3, of).candidates
    return asyncio.run(CertificateNames(resolver=hosts).propose(candidates, probes))


def test_a_name_with_an_address_in_common_is_proposed_with_little_trust_and_the_same_login() -> None:
    hosts = FixedHosts({"mail.example.test": HERE, "imap.hoster.com": HERE[1:], "other.hoster.com": ELSEWHERE})
    found = propose(hosts, "other.hoster.com", "gone.hoster.com", "imap.hoster.com")
    assert endpoints(found) == ["imap://imap.hoster.com:993/tls"]
    (candidate,) = found.candidates
    assert (candidate.tier, candidate.usable, candidate.server.username) == (Tier.T4, False, IMAP.username)
    said = "mail.example.test presents a certificate for imap.hoster.com, which has the same address"
    assert (candidate.sources[0].kind, candidate.sources[0].detail) == ("certificate", said)


@pytest.mark.parametrize(
    ("of", "expected"), [(IMAP, "imap://imap.hoster.com:993/tls"), (SMTP, "smtp://smtp.hoster.com:587/starttls")]
)
def test_a_wildcard_stands_for_the_usual_name_of_the_protocol(of: Server, expected: str) -> None:
    table = dict.fromkeys(("mail.example.test", "imap.hoster.com", "smtp.hoster.com"), HERE)
    assert endpoints(propose(FixedHosts(table), "*.hoster.com", of=of)) == [expected]


def test_a_wildcard_may_stand_for_the_label_people_use() -> None:
    table = {"mail.example.test": HERE, "mail.hoster.com": HERE}
    assert endpoints(propose(FixedHosts(table), "*.hoster.com")) == ["imap://mail.hoster.com:993/tls"]


@pytest.mark.parametrize("name", ["127.0.0.1", "::1", "co.uk", "*.co.uk", "*.com", "", "*", "a b.hoster.com"])
def test_addresses_and_names_that_belong_to_strangers_are_not_even_looked_up(name: str) -> None:
    hosts = CountingHosts({"mail.example.test": HERE, name: HERE, "imap.co.uk": HERE, "imap.com": HERE})
    found = propose(hosts, name)
    assert found.candidates == ()
    assert set(hosts.asked) <= {"mail.example.test", "a b.hoster.com"}


def test_a_certificate_with_many_names_costs_few_questions() -> None:
    hosts = CountingHosts({"mail.example.test": HERE})
    propose(hosts, *(f"customer{number}.hoster.com" for number in range(500)))
    assert len(hosts.asked) == 1 + MAX_NAMES


def test_where_nothing_mismatches_nothing_is_asked() -> None:
    hosts = CountingHosts({})
    assert propose(hosts).candidates == ()
    assert propose(hosts, ok=True).candidates == ()
    assert hosts.asked == []


class NoNames(FixedHosts):
    """A resolver whose name servers do not answer."""

    async def addresses(self, host: str) -> tuple[str, ...]:
        raise ResolverProblem(f"{host}: no name server answered.", hint="-")


def test_names_that_cannot_be_looked_up_are_not_proposed() -> None:
    assert propose(NoNames({}), "imap.hoster.com").candidates == ()
