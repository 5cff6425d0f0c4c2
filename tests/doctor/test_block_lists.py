"""Block lists of addresses and of mail domains, served by a name server of the tests' own."""

import asyncio
from pathlib import Path

import pytest

from profilegen.net.resolver import DnsResolver
from profilegen.probe.reputation import BlockLists, Reputation
from profilegen.report import Finding
from tests.cli.conftest import Cli, cli
from tests.cli.test_fix_lab import ALICE
from tests.lab.dns import ServeZones, resolver_at
from tests.lab.mail import DOMAIN, MailLab
from tests.lab.zone import SRV, zone

__all__ = ["cli"]  # the fixture

pytestmark = pytest.mark.servers

ZONES = {
    # RFC 5782 section 5: an honest list of domains names TEST and never INVALID
    "dbl.test": 'test A 127.0.1.2\nlab.test A 127.0.1.2\nlab.test TXT "seen in spam"\n',
    "yes.test": "* A 127.0.1.2\n",
    "closed.test": "* A 127.255.255.254\n",
    "parked.test": "* A 192.0.2.80\n",
    "broken.test": "",
    "bl.test": '9.2.0.192 A 127.0.0.2\n9.2.0.192 TXT "spam was seen"\n2.0.0.127 A 127.0.0.2\n',
    "empty.test": "www A 192.0.2.80\n",
    "quiet.test": "test A 127.255.255.254\n",
    "old.test": "2.0.0.127 A 127.0.0.2\n",
}


@pytest.fixture(scope="module")
def resolver(serve_zones: ServeZones) -> DnsResolver:
    return resolver_at(serve_zones(ZONES))


def listings(resolver: DnsResolver, lists: BlockLists, *domains: str) -> tuple[Finding, ...]:
    reputation = Reputation(resolver=resolver, reverse=resolver, lists=lists)
    return asyncio.run(reputation.listings(("192.0.2.9",), domains))


def test_a_listed_domain_is_named_with_the_lists_own_reason(resolver: DnsResolver) -> None:
    [listed, clean] = listings(resolver, BlockLists(domains=("dbl.test.",)), DOMAIN, "example.com")

    assert (listed.check, listed.outcome, listed.cause) == ("rhsbl.dbl.test", "fail", "content_rejected")
    assert listed.detail == "The domain lab.test is listed (127.0.1.2): seen in spam"
    assert (clean.outcome, clean.detail) == ("pass", "The domain example.com is not listed.")


@pytest.mark.parametrize(
    ("name", "outcome", "why"),
    [
        ("yes.test", "skip", "yes to everything"),
        ("closed.test", "skip", "does not answer this resolver"),
        ("parked.test", "skip", "No block list answers"),  # no answer out of 127.0.0.0/8 is one of a list
        ("empty.test", "skip", "No block list answers"),
        ("quiet.test", "skip", "does not answer this resolver"),
        ("old.test", "pass", "not listed"),  # a list of domains with the entry for addresses only
        ("broken.test", "skip", ""),
    ],
)
def test_a_list_that_cannot_be_believed_accuses_nobody(
    resolver: DnsResolver, name: str, outcome: str, why: str
) -> None:
    [finding] = listings(resolver, BlockLists(domains=(name,)), DOMAIN)

    assert finding.outcome == outcome
    assert why in finding.detail


def test_addresses_and_domains_are_asked_each_at_its_own_lists(resolver: DnsResolver) -> None:
    found = listings(resolver, BlockLists(addresses=("bl.test",), domains=("dbl.test",)), DOMAIN)

    assert [(one.check, one.cause) for one in found] == [
        ("dnsbl.bl.test", "ip_blacklisted"),
        ("rhsbl.dbl.test", "content_rejected"),
    ]


def test_the_number_of_questions_is_bounded(resolver: DnsResolver) -> None:
    many = BlockLists(domains=("dbl.test",) * 20)

    assert len(listings(resolver, many, *(f"d{number}.example" for number in range(20)))) == 8 * 4


@pytest.fixture
def listed(
    cli: Cli, mail_lab: MailLab, serve_zones: ServeZones, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Cli:
    """The command line, in a world whose lists name the lab's domain."""
    resolver = serve_zones(ZONES | {DOMAIN: zone(mail_lab, SRV)})
    monkeypatch.setenv("PROFILEGEN_NETWORK__RESOLVER", resolver)
    (tmp_path / "ca.pem").write_bytes(mail_lab.ca_pem)
    monkeypatch.setenv("PROFILEGEN_NETWORK__CA", str(tmp_path / "ca.pem"))
    return cli


def test_the_doctor_names_a_listed_domain_only_where_a_list_is_configured(
    listed: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    unasked = listed("doctor", ALICE, "--json")
    monkeypatch.setenv("PROFILEGEN_REVIEW__RHSBL", "dbl.test")
    asked = listed("doctor", ALICE, "--json")

    assert (unasked.status, unasked.document["causes"]) == (0, [])
    [cause] = asked.document["causes"]
    assert (asked.status, cause["cause"], cause["evidence"][0]["origin"]) == (1, "content_rejected", "block_list")
    assert "seen in spam" in cause["evidence"][0]["detail"]
    assert asked.document["remedies"][0]["cure"] == "outside"


def test_the_review_asks_about_the_domains_that_are_named(listed: Cli) -> None:
    own = listed("relay", f"good.{DOMAIN}", "--domain", DOMAIN, "--rhsbl", "dbl.test", "--json")
    other = listed("relay", f"good.{DOMAIN}", "--domain", "example.com", "--rhsbl", "dbl.test", "--json")

    found = {one["detail"]: one["outcome"] for one in own.document["findings"] if one["check"] == "rhsbl.dbl.test"}
    assert found == {"The domain lab.test is listed (127.0.1.2): seen in spam": "fail"}
    assert "delist" in {advice["id"] for advice in own.document["advice"]}
    assert [one["outcome"] for one in other.document["findings"] if one["check"] == "rhsbl.dbl.test"] == ["pass"]


def test_a_misspelled_list_of_addresses_says_of_nobody_that_he_is_not_listed(resolver: DnsResolver) -> None:
    reputation = Reputation(
        resolver=resolver, reverse=resolver, lists=BlockLists(addresses=("bl.test", "empty.test", "bll.test"))
    )

    found = asyncio.run(reputation.listings(("192.0.2.8", "2001:db8::8"), ()))

    no_list = "answers under this name: the entry that every list has for tests is missing."
    assert [(one.check, one.outcome, one.detail) for one in found[:4]] == [
        ("dnsbl.bl.test", "pass", "192.0.2.8 is not listed."),
        ("dnsbl.bl.test", "skip", f"No block list of IPv6 addresses {no_list}"),
        ("dnsbl.empty.test", "skip", f"No block list {no_list}"),
        ("dnsbl.empty.test", "skip", f"No block list of IPv6 addresses {no_list}"),
    ]
    assert [one.outcome for one in found[4:]] == ["skip", "skip"]


class Counting(DnsResolver):
    """A resolver that remembers the names whose addresses it was asked for."""

    def __init__(self, server: str) -> None:
        super().__init__([server])
        self.asked: list[str] = []

    async def addresses(self, host: str) -> tuple[str, ...]:
        self.asked.append(host)
        return await super().addresses(host)


def test_the_entry_for_tests_is_asked_once_however_many_are_not_listed(serve_zones: ServeZones) -> None:
    resolver = Counting(serve_zones(ZONES))
    reputation = Reputation(resolver=resolver, reverse=resolver, lists=BlockLists(addresses=("bl.test",)))

    found = asyncio.run(reputation.listings(("192.0.2.7", "192.0.2.8", "192.0.2.9"), ()))

    assert [one.outcome for one in found] == ["pass", "pass", "fail"]
    assert resolver.asked.count("2.0.0.127.bl.test") == 1


@pytest.mark.parametrize("name", ["not a zone", "bl"])
def test_what_is_no_zone_is_not_taken_for_a_list_that_says_no(resolver: DnsResolver, name: str) -> None:
    [finding] = listings(resolver, BlockLists(addresses=(name,)))

    assert finding.outcome == "skip"
    assert finding.detail == f'"{name}" is not the zone of a block list.'
