"""Which addresses strangers may make us talk to."""

import asyncio
import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.errors import NetworkProblem
from profilegen.net.hosts import FixedHosts
from profilegen.net.http import HttpsClient
from profilegen.net.policy import AddressPolicy, permitted
from tests.lab.certificates import Authority
from tests.lab.https import Reply, ServeHttps, always, pages, redirect

NAMES = ("example.test", "inside.test")
FORBIDDEN = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2001:0:7f00:1::",
    "2001:db8::1",
    "2002:7f00:1::",
    "fc00::1",
    "fe80::1",
    "fe80::1%1",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_what_is_not_public_is_allowed_at_home_and_to_no_stranger(address: str) -> None:
    assert AddressPolicy.ANY.allows(address)
    assert not AddressPolicy.PUBLIC.allows(address)


@pytest.mark.parametrize("address", ["9.9.9.9", "2620:fe::fe", "::ffff:9.9.9.9", "64:ff9b::909:909"])
def test_public_addresses_are_allowed(address: str) -> None:
    assert AddressPolicy.PUBLIC.allows(address)


@given(st.ip_addresses(v=4))
def test_writing_an_address_inside_ipv6_changes_nothing(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    mapped = str(ipaddress.IPv6Address((0xFFFF << 32) | number))
    translated = str(ipaddress.IPv6Address((0x64FF9B << 96) | number))
    verdicts = {AddressPolicy.PUBLIC.allows(text) for text in (str(address), mapped, translated)}
    assert len(verdicts) == 1


class Rebinding(FixedHosts):
    """A fake name server that gives the next answer each time it is asked (DNS rebinding)."""

    def __init__(self, **answers: list[str]) -> None:
        super().__init__({})
        self._answers = answers

    async def addresses(self, host: str) -> tuple[str, ...]:
        return (self._answers[host.partition(".")[0]].pop(0),)


class FakePublic:
    """Stands for `AddressPolicy.PUBLIC` in a world that is all loopback: one address is inside, all others public."""

    def __init__(self, inside: str) -> None:
        self._inside = inside

    def allows(self, address: str) -> bool:
        return address != self._inside


def code_of(client: HttpsClient, url: str) -> str:
    with pytest.raises(NetworkProblem) as caught:
        asyncio.run(client.get(url))
    return caught.value.code


def test_a_name_that_leads_inside_is_refused_before_a_connection(serve_https: ServeHttps, authority: Authority) -> None:
    server = serve_https(authority.issue(*NAMES), always(Reply(body=b"secret")))
    client = HttpsClient(
        resolver=Rebinding(example=[server.address]), trust=authority.trust, policy=AddressPolicy.PUBLIC
    )
    assert code_of(client, "https://example.test/") == "forbidden_address"
    assert server.asked == []


def test_every_redirect_is_judged_anew(serve_https: ServeHttps, authority: Authority) -> None:
    inside = serve_https(authority.issue(*NAMES), always(Reply(body=b"secret")))
    table = {"example.test/a": redirect("https://inside.test/"), "example.test/b": redirect("/c")}
    outside = serve_https(authority.issue(*NAMES), pages(table))
    for path, answers in (
        ("a", Rebinding(example=[outside.address], inside=[inside.address])),
        ("b", Rebinding(example=[outside.address, inside.address])),
    ):
        client = HttpsClient(resolver=answers, trust=authority.trust, policy=FakePublic(inside.address))  # type: ignore[arg-type] # a fake of the enumeration
        assert code_of(client, f"https://example.test/{path}") == "forbidden_address"
    assert inside.asked == []


def test_the_address_that_was_judged_is_the_one_that_is_asked(serve_https: ServeHttps, authority: Authority) -> None:
    outside = serve_https(authority.issue(*NAMES), always(Reply(body=b"outside")))
    inside = serve_https(authority.issue(*NAMES), always(Reply(body=b"secret")))
    resolver = Rebinding(example=[outside.address, inside.address])
    client = HttpsClient(resolver=resolver, trust=authority.trust, policy=FakePublic(inside.address))  # type: ignore[arg-type] # as above
    assert asyncio.run(client.get("https://example.test/")).body == b"outside"


def test_a_resolver_for_strangers_knows_public_addresses_only() -> None:
    hosts = FixedHosts({"a.test": ("127.0.0.1", "9.9.9.9", "::1")})
    assert asyncio.run(permitted(hosts, AddressPolicy.PUBLIC).addresses("a.test")) == ("9.9.9.9",)
    assert permitted(hosts, AddressPolicy.ANY) is hosts


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://169.254.169.254/latest",
    ],
)
def test_an_address_in_the_place_of_a_name_is_no_url_of_ours(authority: Authority, url: str) -> None:
    client = HttpsClient(resolver=Rebinding(), trust=authority.trust)
    assert code_of(client, url) == "bad_url"
