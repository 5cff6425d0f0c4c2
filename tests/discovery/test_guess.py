"""Guessing: what is tried, in which order, and that only what proves itself comes back."""

import asyncio

import pytest

from profilegen.address import Address
from profilegen.discovery.guess import GuessSource
from profilegen.errors import NetworkProblem, ResolverProblem
from profilegen.net.hosts import FixedHosts
from profilegen.net.tls import tls_contexts
from profilegen.ports import Prober, Resolver
from profilegen.probe.prober import ServerProber
from profilegen.report import Report
from profilegen.settings.candidates import Answer, Tier
from profilegen.settings.servers import Protocol, Security, Server
from tests.discovery.world import HANGS, YOU, FakeProber, ForbiddenProber, StillClock, endpoints
from tests.lab.mail import DOMAIN, MailLab
from tests.probe.world import HASTY, SystemClock

BOTH = (Protocol.IMAP, Protocol.SMTP)
HERE = ("127.0.0.1",)
ALL = dict.fromkeys(("imap.example.test", "mail.example.test", "smtp.example.test", "example.test"), HERE)
EXPECTED = [
    "imap://imap.example.test:993/tls",
    "imap://imap.example.test:143/starttls",
    "imap://mail.example.test:993/tls",
    "imap://mail.example.test:143/starttls",
    "imap://example.test:993/tls",
    "imap://example.test:143/starttls",
    "smtp://smtp.example.test:587/starttls",
    "smtp://smtp.example.test:465/tls",
    "smtp://mail.example.test:587/starttls",
    "smtp://mail.example.test:465/tls",
    "smtp://example.test:587/starttls",
    "smtp://example.test:465/tls",
]


def guess(hosts: Resolver, prober: Prober, *, protocols: tuple[Protocol, ...] = BOTH, seconds: float = 10.0) -> Answer:
    source = GuessSource(resolver=hosts, prober=prober, clock=StillClock(), label=lambda: "nobody", seconds=seconds)
    return asyncio.run(source.guess(YOU, protocols))


def test_the_usual_names_and_ports_with_tls_in_the_usual_order() -> None:
    answer = guess(FixedHosts(ALL), FakeProber())
    assert endpoints(answer) == EXPECTED
    assert {(one.tier, one.probe is not None and one.probe.ok) for one in answer.candidates} == {(Tier.T6, True)}
    assert {one.server.security for one in answer.candidates} == set(Security)
    assert [notice.code for notice in answer.notices] == ["guessed"]


def test_only_what_is_asked_for_and_exists_is_tried() -> None:
    prober = FakeProber()
    answer = guess(FixedHosts({"mail.example.test": HERE}), prober, protocols=(Protocol.SMTP,))
    assert endpoints(answer) == ["smtp://mail.example.test:587/starttls", "smtp://mail.example.test:465/tls"]
    assert sorted(prober.examined) == ["mail.example.test:465/tls", "mail.example.test:587/starttls"]
    assert guess(FixedHosts({}), ForbiddenProber()) == Answer(kind="guess")
    assert guess(FixedHosts(ALL), ForbiddenProber(), protocols=(Protocol.POP,)) == Answer(kind="guess")


def test_what_does_not_pass_does_not_come_back() -> None:
    failing = {one.partition("://")[2]: "tls.hostname" for one in EXPECTED[1:]}
    answer = guess(FixedHosts(ALL), FakeProber(failing))
    assert endpoints(answer) == EXPECTED[:1]
    everything = {one.partition("://")[2]: "connect" for one in EXPECTED}
    assert guess(FixedHosts(ALL), FakeProber(everything)) == Answer(kind="guess")


def test_names_that_only_a_wildcard_answers_for_come_last() -> None:
    wild = {**ALL, "nobody.example.test": HERE, "mail.example.test": ("127.0.0.2",)}
    assert endpoints(guess(FixedHosts(wild), FakeProber(), protocols=(Protocol.IMAP,))) == [
        *EXPECTED[2:4],
        *EXPECTED[:2],
        *EXPECTED[4:6],
    ]


def test_a_server_that_gives_no_verdict_in_time_is_left_out() -> None:
    answer = guess(FixedHosts(ALL), FakeProber({"imap.example.test:993/tls": HANGS}), seconds=0.1)
    assert endpoints(answer) == EXPECTED[1:]


class _NoNetwork:
    """A prober on a machine without a route."""

    async def examine(self, server: Server) -> Report:  # noqa: ARG002 - the port's
        raise NetworkProblem("There is no route.", hint="-", code="network_unreachable")


class _NoNames(FixedHosts):
    """A resolver whose name servers do not answer."""

    async def addresses(self, host: str) -> tuple[str, ...]:  # noqa: ARG002 - the port's
        raise ResolverProblem("No name server answered.", hint="-")


def test_a_world_that_cannot_be_asked_is_no_guess() -> None:
    assert guess(FixedHosts(ALL), _NoNetwork()) == Answer(kind="guess")
    assert guess(_NoNames({}), ForbiddenProber()) == Answer(kind="guess")


class _OneFails(FixedHosts):
    """A resolver that cannot look one name up, and gives no answer about the others."""

    async def addresses(self, host: str) -> tuple[str, ...]:
        if host.startswith("nobody."):
            return ()
        if host.startswith("imap."):
            raise ResolverProblem("No name server answered.", hint="-")
        await asyncio.Event().wait()
        raise AssertionError


def test_a_name_that_cannot_be_looked_up_leaves_no_other_question_running() -> None:
    async def left() -> int:
        source = GuessSource(
            resolver=_OneFails({}), prober=ForbiddenProber(), clock=StillClock(), label=lambda: "nobody"
        )
        assert await source.guess(YOU, BOTH) == Answer(kind="guess")
        return len(asyncio.all_tasks()) - 1

    assert asyncio.run(left()) == 0


@pytest.mark.servers
def test_a_real_server_is_found_by_its_certificate_and_one_with_another_name_is_not(mail_lab: MailLab) -> None:
    table = {
        f"mail.good.{DOMAIN}": mail_lab.hosts[f"good.{DOMAIN}"],
        f"good.{DOMAIN}": mail_lab.hosts[f"good.{DOMAIN}"],
    }
    hosts = FixedHosts(table)
    tls = tls_contexts((mail_lab.ca_pem,))
    prober = ServerProber(resolver=hosts, tls=tls, clock=SystemClock(), patience=HASTY)
    source = GuessSource(resolver=hosts, prober=prober, clock=StillClock(), label=lambda: "nobody")
    answer = asyncio.run(source.guess(Address.parse(f"you@good.{DOMAIN}"), BOTH))
    assert endpoints(answer) == [
        f"imap://good.{DOMAIN}:993/tls",
        f"imap://good.{DOMAIN}:143/starttls",
        f"smtp://good.{DOMAIN}:587/starttls",
        f"smtp://good.{DOMAIN}:465/tls",
    ]
