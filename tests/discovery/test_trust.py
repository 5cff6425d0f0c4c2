"""What the catalogue adds to a foreign host, what a confirmation changes, and that it is remembered."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from profilegen.discovery.engine import Budgets, Discovery
from profilegen.discovery.knowledge import completed
from profilegen.discovery.override import OverrideSource
from profilegen.discovery.trust import TrustingFinder, confirmed
from profilegen.ports import Question, SettingsSource, Trust
from profilegen.settings.candidates import AccountPayload, Notice, Resolution, Status, Tier
from profilegen.settings.servers import Auth
from tests.discovery.world import (
    NOON,
    YOU,
    FakeCatalogue,
    FakeProber,
    ForbiddenProber,
    answer,
    endpoints,
    forbidden,
    hanging,
    knowing,
    means,
    provider,
    server,
)

KNOWN = provider(
    "fastpost",
    server("imap://imap.fastpost.com:993/tls", username="you+login"),
    server("smtp://smtp.fastpost.com:465/tls"),
    server("smtp://smtp.fastpost.com:587/starttls"),
    status=Status.APP_PASSWORD,
    notices=(Notice(code="app_password_required", text="Make an app password."),),
)
HOSTS = FakeCatalogue(hosts={"imap.fastpost.com": KNOWN, "smtp.fastpost.com": KNOWN})
FOREIGN = (server("imap://imap.fastpost.com:143/starttls"), server("smtp://smtp.fastpost.com:587/starttls"))


# --- the catalogue's knowledge of a host -------------------------------------------------------------------


def test_a_known_host_brings_its_login_its_ports_and_the_advice_and_keeps_the_trust_of_who_named_it() -> None:
    found = asyncio.run(completed(answer("srv", Tier.T4, *FOREIGN), YOU, HOSTS))
    assert endpoints(found) == ["imap://imap.fastpost.com:993/tls", "smtp://smtp.fastpost.com:587/starttls"]
    assert [(one.server.username, one.tier, one.provider) for one in found.candidates] == [
        ("you+login", Tier.T4, "fastpost"),
        ("you@example.test", Tier.T4, "fastpost"),
    ]
    assert found.advice == KNOWN.advice
    assert found.candidates[0].sources[0].detail == "srv; login as the catalogue knows imap.fastpost.com: Fastpost"


def test_an_unknown_host_another_protocol_and_the_catalogues_own_answer_stay_as_they_are() -> None:
    for kind, known in (
        ("srv", answer("srv", Tier.T3, server("imap://imap.example.test:993/tls"))),
        ("srv", answer("srv", Tier.T3, server("pop3://imap.fastpost.com:995/tls"))),
        ("mx", answer("mx", Tier.T3, *FOREIGN)),
        ("override", answer("override", Tier.T0, *FOREIGN)),
    ):
        assert asyncio.run(completed(known, YOU, HOSTS)) == known, kind


def test_what_a_source_says_about_the_account_is_not_overwritten() -> None:
    own = replace(KNOWN.advice, provider="own")
    found = asyncio.run(completed(answer("autoconfig", Tier.T2, *FOREIGN, advice=own), YOU, HOSTS))
    assert found.advice == own


def search(*trust: str, catalogue: FakeCatalogue = HOSTS, prober: FakeProber | None = None) -> Resolution:
    around = means(prober or FakeProber(), catalogue=catalogue)
    engine = Discovery(sources=[knowing("srv", Tier.T4, *FOREIGN)], means=around)
    return asyncio.run(engine.resolve(Question(address=YOU, trust=trust)))


def test_a_foreign_host_that_takes_no_password_says_so_whoever_named_it() -> None:
    closed = replace(
        KNOWN,
        servers=(server("imap://imap.fastpost.com:993/tls", auth=(Auth.OAUTH2,)),),
        advice=replace(KNOWN.advice, status=Status.OAUTH_ONLY, payload=AccountPayload.EXCHANGE),
    )
    found = search(catalogue=FakeCatalogue(hosts={"imap.fastpost.com": closed}))
    assert (found.status, found.payload) == (Status.OAUTH_ONLY, AccountPayload.EXCHANGE)


# --- confirming ------------------------------------------------------------------------------------------


def test_unconfirmed_it_is_untrusted_and_says_what_to_do() -> None:
    found = search()
    assert (found.status, [notice.code for notice in found.notices]) == (
        Status.UNTRUSTED,
        ["app_password_required", "confirm_domain", "confirm_domain"],
    )
    assert "--trust fastpost.com" in found.notices[1].text


def test_what_to_confirm_is_also_said_where_somebody_else_did_not_answer() -> None:
    sources = [knowing("srv", Tier.T4, *FOREIGN), hanging("autoconfig")]
    engine = Discovery(sources=sources, means=means(FakeProber()), budgets=Budgets(sources=0.05))
    found = asyncio.run(engine.resolve(Question(address=YOU)))
    assert found.status is Status.UNREACHABLE
    assert "confirm_domain" in [notice.code for notice in found.notices]


def test_confirmed_it_is_probed_and_used_with_what_the_catalogue_knows() -> None:
    prober = FakeProber()
    found = search("fastpost.com", prober=prober)
    assert (found.status, found.provider) == (Status.APP_PASSWORD, "fastpost")
    assert sorted(prober.examined) == ["imap.fastpost.com:993/tls", "smtp.fastpost.com:587/starttls"]
    assert found.incoming is not None
    assert (found.incoming.tier, found.incoming.confirmed) == (Tier.T4, True)


def test_a_confirmation_does_not_make_a_bad_server_good() -> None:
    failing = FakeProber({"imap.fastpost.com:993/tls": "tls.chain"})
    assert search("fastpost.com", prober=failing).status is Status.UNTRUSTED


@pytest.mark.parametrize("trust", ["post.com", "imap.fastpost.com", "com", "example.test"])
def test_another_domain_confirms_nothing(trust: str) -> None:
    assert search(trust).status is Status.UNTRUSTED


@pytest.mark.parametrize("tier", [Tier.T5, Tier.T6])
def test_what_was_heard_in_clear_text_or_guessed_cannot_be_confirmed(tier: Tier) -> None:
    found = confirmed(answer("plain-autoconfig", tier, *FOREIGN), ("fastpost.com",))
    assert not any(candidate.usable for candidate in found.candidates)


class FakeTrustStore:
    """Implements `ports.TrustStore` in memory."""

    def __init__(self) -> None:
        self.pairs: set[tuple[str, str]] = set()

    async def trusted(self, domain: str) -> tuple[str, ...]:
        return tuple(sorted(provider for mail, provider in self.pairs if mail == domain))

    async def confirm(self, domain: str, provider: str) -> None:
        self.pairs.add((domain, provider))

    async def forget(self, domain: str, provider: str | None) -> int:
        gone = {pair for pair in self.pairs if pair[0] == domain and provider in (None, pair[1])}
        self.pairs -= gone
        return len(gone)

    async def all(self) -> tuple[Trust, ...]:
        return tuple(Trust(domain=one, provider=other, confirmed=NOON) for one, other in sorted(self.pairs))


class FakeFinder:
    """Implements `ports.Finder` and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Question] = []

    async def resolve(self, question: Question) -> Resolution:
        self.asked.append(question)
        return Resolution(address=question.address, status=Status.NOT_FOUND)


def test_a_confirmation_is_remembered_for_its_mail_domain_and_part_of_every_later_question() -> None:
    finder, store = FakeFinder(), FakeTrustStore()
    trusting = TrustingFinder(finder=finder, store=store)
    for trust in (("b.com",), ("a.com",), ()):
        asyncio.run(trusting.resolve(Question(address=YOU, trust=trust)))
    asyncio.run(trusting.resolve(Question(address=replace(YOU, domain="other.test"))))
    assert [question.trust for question in finder.asked] == [("b.com",), ("a.com", "b.com"), ("a.com", "b.com"), ()]
    assert store.pairs == {("example.test", "a.com"), ("example.test", "b.com")}


# --- the operator's word ------------------------------------------------------------------------------------

OWN = (server("imap://imap.own.test:993/tls"), server("smtp://smtp.own.test:587/starttls"))


def test_the_operator_is_believed_before_everybody_else() -> None:
    sources = [knowing("override", Tier.T0, *OWN), knowing("catalogue", Tier.T1, *FOREIGN)]
    engine = Discovery(sources=sources, means=means(FakeProber(), catalogue=HOSTS))
    found = asyncio.run(engine.resolve(Question(address=YOU)))
    assert found.status is Status.OK
    assert (found.incoming, found.outgoing) != (None, None)
    assert [one.server for one in (found.incoming, found.outgoing) if one is not None] == list(OWN)
    assert [conflict.said_by for conflict in found.conflicts] == ["catalogue", "catalogue"]


@pytest.mark.parametrize("offline", [True, False])
@pytest.mark.parametrize("domain", ["office.internal", "co.uk"])
def test_the_operator_may_speak_about_domains_nobody_else_is_asked_about(offline: bool, domain: str) -> None:
    sources = [knowing("override", Tier.T0, *OWN), forbidden("srv")]
    engine = Discovery(sources=sources, means=means(ForbiddenProber()))
    question = Question(address=replace(YOU, domain=domain), offline=offline)
    assert asyncio.run(engine.resolve(question)).status is Status.OK


def test_a_block_of_the_operator_ends_the_search(tmp_path: Path) -> None:
    (tmp_path / "example.test.json").write_text('{"address": "x@example.test", "status": "refused"}')
    sources: list[SettingsSource] = [OverrideSource(folders=[tmp_path]), knowing("catalogue", Tier.T1, *OWN)]
    engine = Discovery(sources=sources, means=means(ForbiddenProber()))
    found = asyncio.run(engine.resolve(Question(address=YOU)))
    assert (found.status, found.incoming, found.outgoing) == (Status.REFUSED, None, None)
