"""One mailbox that stands in for its domain: what it may stand for, and that it never stays behind."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.address import Address
from profilegen.errors import AddressProblem
from profilegen.settings.candidates import Candidate, Notice, Resolution, Source, Status, Tier
from profilegen.settings.clientconfig import ConfigServer, concrete
from profilegen.settings.servers import Auth, Protocol, Security
from profilegen.settings.spelling import spelling_notices
from profilegen.settings.standin import STAND_IN, for_person, stand_in_of

DOMAIN = "example.test"
PARTS = ("%EMAILLOCALPART%", "%EMAILADDRESS%", "%EMAILDOMAIN%", ".", "-", "+", "u", "mail.", "@", "\\")


def template(username: str, host: str = "imap.example.test") -> ConfigServer:
    return ConfigServer(
        protocol=Protocol.IMAP,
        host=host,
        port=993,
        security=Security.TLS,
        auth=(Auth.PASSWORD,),
        username=username,
    )


def answer(asked: Address, server: ConfigServer) -> Resolution:
    """Return what a lookup of one address finds where the domain publishes this template."""
    source = Source(kind="autoconfig", detail="published by the domain", url=f"https://{asked.domain}/")
    candidate = Candidate(server=concrete(server, asked), sources=(source,), tier=Tier.T2)
    notices = (Notice(code="note", text=f"Log in as {candidate.server.username}."), *spelling_notices(asked))
    return Resolution(address=asked, status=Status.OK, incoming=candidate, alternatives=(candidate,), notices=notices)


def addresses() -> st.SearchStrategy[Address]:
    quoted = st.from_regex(r'"[ -!#-\[\]-~]{1,20}"', fullmatch=True)
    plain = st.text(st.characters(min_codepoint=33, exclude_categories=("Cs", "Cc", "Z")), min_size=1, max_size=20)
    hard = st.sampled_from(
        ["imap", "example.test", "%EMAILDOMAIN%", "fred+tag", "Fred.O'Neil", "a%2Eb", "\\1", "jürgen"]
    )

    def parsed(local: str) -> Address | None:
        try:
            return Address.parse(f"{local}@{DOMAIN}")
        except AddressProblem:
            return None

    return st.one_of(quoted, plain, hard).map(parsed).filter(bool)  # type: ignore[return-value]  # None is out


@given(address=addresses(), username=st.lists(st.sampled_from(PARTS), min_size=1, max_size=5).map("".join))
def test_the_shared_answer_made_out_to_a_person_is_the_answer_about_that_person(
    address: Address, username: str
) -> None:
    shared = answer(stand_in_of(DOMAIN), template(username))
    assert for_person(shared, address) == answer(address, template(username))


@given(
    address=addresses(),
    username=st.text(min_size=1, max_size=40),
    wrap=st.sampled_from(["{}", "x{}", "{}%40d", "{}{}"]),
)
def test_nothing_of_the_stand_in_stays_in_what_a_person_logs_in_with(
    address: Address, username: str, wrap: str
) -> None:
    echoed = username + wrap.replace("{}", STAND_IN)
    candidate = Candidate(server=replace(concrete(template("u"), address), username=echoed), sources=(), tier=Tier.T2)
    mine = for_person(Resolution(address=stand_in_of(DOMAIN), status=Status.OK, incoming=candidate), address)
    if mine is not None:
        assert mine.incoming is not None
        assert mine.incoming.server.username == username + wrap.replace("{}", address.local)


@pytest.mark.parametrize(
    ("username", "host"),
    [
        (STAND_IN.upper(), "imap.example.test"),
        (f"{STAND_IN[:8]}@example.test", "imap.example.test"),
        (f"{STAND_IN}+{STAND_IN.title()}", "imap.example.test"),
        ("%EMAILADDRESS%", "%EMAILLOCALPART%.example.test"),
    ],
    ids=["upper case", "cut off", "one of two changed", "host of its own"],
)
def test_an_answer_that_depends_on_the_mailbox_in_another_way_is_nobodys(username: str, host: str) -> None:
    shared = answer(stand_in_of(DOMAIN), template(username, host))
    assert for_person(shared, Address.parse("fred@example.test")) is None


def test_an_alternative_that_depends_on_the_mailbox_counts_too() -> None:
    shared = answer(stand_in_of(DOMAIN), template("%EMAILADDRESS%"))
    other = Candidate(server=concrete(template(STAND_IN.upper()), shared.address), sources=(), tier=Tier.T3)
    assert for_person(replace(shared, alternatives=(other,)), Address.parse("fred@example.test")) is None


def test_sources_tell_what_was_really_asked() -> None:
    asked = Source(kind="autoconfig", detail="-", url=f"https://example.test/?emailaddress={STAND_IN}")
    shared = answer(stand_in_of(DOMAIN), template("%EMAILADDRESS%"))
    assert shared.incoming is not None
    shared = replace(shared, incoming=replace(shared.incoming, sources=(asked,)))
    mine = for_person(shared, Address.parse("fred@example.test"))
    assert mine is not None
    assert mine.incoming is not None
    assert mine.incoming.sources == (asked,)
