"""Our resolver against a real Knot server, and against servers that do not answer."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from profilegen.errors import ConfigProblem, ResolverProblem
from profilegen.net.hosts import FixedHosts
from profilegen.net.resolver import DnsResolver
from profilegen.ports import MxRecord, SrvRecord
from tests.lab.dns import ServeZones, resolver_at
from tests.lab.validating import fake_validating_resolver

ZONE = """
both.test.        A     127.0.0.11
both.test.        A     127.0.0.12
both.test.        AAAA  ::1
alias.test.       CNAME hop.test.
hop.test.         CNAME both.test.
lonely.test.      TXT   "no address here"
mail.test.        MX    20 second.mail.test.
mail.test.        MX    10 B.mail.test.
mail.test.        MX    10 a.mail.test.
null.test.        MX    0 .
_imaps._tcp.mail.test. SRV 0 1 993 IMAP.mail.test.
_pop3s._tcp.mail.test. SRV 0 0 0 .
text.test.        TXT   "v=one; " "joined"
"""


@pytest.fixture(scope="module")
def server(serve_zones: ServeZones) -> str:
    return serve_zones({".": ZONE, "broken.test": ""})


@pytest.mark.servers
def test_addresses_of_both_families_are_returned_ipv6_first(server: str) -> None:
    found = asyncio.run(resolver_at(server).addresses("both.test"))
    assert (found[0], sorted(found[1:])) == ("::1", ["127.0.0.11", "127.0.0.12"])


@pytest.mark.servers
def test_aliases_are_followed(server: str) -> None:
    assert "::1" in asyncio.run(resolver_at(server).addresses("alias.test"))


@pytest.mark.servers
@pytest.mark.parametrize("host", ["nobody.test", "lonely.test", "a..test", "x" * 64 + ".test"])
def test_a_host_without_addresses_is_empty_and_no_error(server: str, host: str) -> None:
    assert asyncio.run(resolver_at(server).addresses(host)) == ()


@pytest.mark.servers
def test_mx_records_come_by_preference_then_name(server: str) -> None:
    assert asyncio.run(resolver_at(server).mx("mail.test")).records == (
        MxRecord(preference=10, host="a.mail.test"),
        MxRecord(preference=10, host="b.mail.test"),
        MxRecord(preference=20, host="second.mail.test"),
    )


@pytest.mark.servers
def test_the_null_mx_has_an_empty_host(server: str) -> None:
    assert asyncio.run(resolver_at(server).mx("null.test")).records == (MxRecord(preference=0, host=""),)


@pytest.mark.servers
def test_srv_targets_are_lower_case_and_the_root_is_empty(server: str) -> None:
    resolver = resolver_at(server)
    imaps = asyncio.run(resolver.srv("_imaps._tcp.mail.test")).records
    assert imaps == (SrvRecord(priority=0, weight=1, port=993, target="imap.mail.test"),)
    assert asyncio.run(resolver.srv("_pop3s._tcp.mail.test")).records[0].target == ""


@pytest.mark.servers
def test_the_strings_of_a_txt_record_are_joined(server: str) -> None:
    assert asyncio.run(resolver_at(server).txt("text.test")).records == ("v=one; joined",)


@pytest.mark.servers
def test_a_cname_is_told_and_not_followed_in_lower_case(server: str) -> None:
    resolver = resolver_at(server)
    assert asyncio.run(resolver.cname("alias.test")) == "hop.test"
    assert asyncio.run(resolver.cname("both.test")) is None
    assert asyncio.run(resolver.cname("nobody.test")) is None


@pytest.mark.servers
def test_servfail_is_a_problem_and_not_an_empty_answer(server: str) -> None:
    with pytest.raises(ResolverProblem) as caught:
        asyncio.run(resolver_at(server).mx("broken.test"))
    assert caught.value.code == "dns_unavailable"


@pytest.mark.servers
def test_an_unsigned_answer_is_not_authenticated(server: str) -> None:
    assert not asyncio.run(resolver_at(server).mx("mail.test")).authenticated


@pytest.mark.servers
def test_the_ad_bit_of_a_validating_resolver_on_this_machine_is_recorded(server: str) -> None:
    with fake_validating_resolver(server) as validating:
        assert asyncio.run(resolver_at(validating).mx("mail.test")).authenticated


def test_a_silent_server_is_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("profilegen.net.resolver.TRY_SECONDS", 0.1)
    with _silent_server() as server, pytest.raises(ResolverProblem) as caught:
        asyncio.run(resolver_at(server).addresses("both.test"))
    assert caught.value.code == "dns_timeout"


def test_literals_and_localhost_are_answered_without_a_question() -> None:
    with _silent_server() as server:
        resolver = resolver_at(server)
        assert asyncio.run(resolver.addresses("192.0.2.1")) == ("192.0.2.1",)
        assert asyncio.run(resolver.addresses("2001:DB8::1")) == ("2001:db8::1",)
        assert "127.0.0.1" in asyncio.run(resolver.addresses("LOCALHOST."))


@pytest.mark.parametrize("text", ["", "dns.example.com", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:70000", "[::1]:x"])
def test_a_bad_name_server_is_a_configuration_problem(text: str) -> None:
    with pytest.raises(ConfigProblem):
        DnsResolver([text])


@pytest.mark.parametrize("text", ["127.0.0.1", "127.0.0.1:5353", "::1", "[::1]", "[::1]:5353"])
def test_a_name_server_is_an_address_with_an_optional_port(text: str) -> None:
    DnsResolver([text])


def test_fixed_hosts_know_their_table_and_nothing_else() -> None:
    hosts = FixedHosts({"Mail.Example": ("127.0.0.1",)})
    assert asyncio.run(hosts.addresses("mail.example")) == ("127.0.0.1",)
    assert asyncio.run(hosts.addresses("other.example")) == ()
    assert asyncio.run(hosts.mx("mail.example")).records == ()
    assert asyncio.run(hosts.cname("mail.example")) is None


@contextmanager
def _silent_server() -> Iterator[str]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{udp.getsockname()[1]}"
