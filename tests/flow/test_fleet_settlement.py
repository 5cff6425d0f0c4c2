"""Which changes of a provider a fleet follows by itself, and which only where somebody says so."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.address import Address
from profilegen.fleet.changes import Weight, changes_between
from profilegen.flow.fleet.settlement import Acceptance, Domain, Settlement
from profilegen.ports import Question
from profilegen.ports.fleet import SettingsVersion
from profilegen.profile.wish import LookupWish
from profilegen.settings.candidates import Candidate, Resolution, Status, Tier
from profilegen.settings.document import SettingsDocument
from profilegen.settings.servers import Auth, Protocol, Security, Server
from profilegen.storage.fleet.memory import MemoryFleetStore
from tests.fleet.making import NOW
from tests.flow.fleet_world import HandClock, employ, seat_of


def _server(protocol: Protocol, host: str, port: int, **changes: Any) -> Server:
    server = Server(
        protocol=protocol,
        host=host,
        port=port,
        security=Security.TLS,
        auth=(Auth.PASSWORD,),
        username="you@example.com",
    )
    return replace(server, **changes)


OLD = SettingsDocument(
    address=Address.parse("you@example.com"),
    status=Status.OK,
    payload=None,
    incoming=_server(Protocol.IMAP, "imap.example.com", 993),
    outgoing=_server(Protocol.SMTP, "smtp.example.com", 465),
    name="Example Mail",
)
COSMETIC = replace(OLD, name="Example Mail & More")
EFFECTIVE = replace(OLD, outgoing=_server(Protocol.SMTP, "smtp2.example.com", 465))
IDENTITY = replace(OLD, incoming=_server(Protocol.POP, "pop.example.com", 995))
ALL = Acceptance(cosmetic=True, identity=True, held=True)


def domain(found: SettingsDocument | None, *, held: bool = False, settled: bool = True) -> Domain:
    followed = SettingsVersion(domain="example.com", version=3, document=OLD, known_since=NOW, held=held)
    changes = () if found is None or not settled else changes_between(OLD, found)
    return Domain(name="example.com", seats=1, followed=followed if settled else None, found=found, changes=changes)


@pytest.mark.parametrize(
    ("found", "weight", "by_itself", "needs"),
    [
        (OLD, None, False, None),
        (COSMETIC, Weight.COSMETIC, False, Acceptance(cosmetic=True)),
        (EFFECTIVE, Weight.EFFECTIVE, True, Acceptance()),
        (IDENTITY, Weight.IDENTITY, False, Acceptance(identity=True)),
        (replace(EFFECTIVE, name="also this"), Weight.EFFECTIVE, True, Acceptance()),
        (replace(IDENTITY, name="also this"), Weight.IDENTITY, False, Acceptance(identity=True)),
    ],
)
def test_effective_changes_are_followed_and_all_others_where_somebody_says_so(
    found: SettingsDocument, weight: Weight | None, by_itself: bool, needs: Acceptance | None
) -> None:
    assert domain(found).weight is weight
    assert Acceptance().takes(domain(found)) is by_itself
    if needs is not None:
        assert needs.takes(domain(found))
    else:
        assert not ALL.takes(domain(found))


@pytest.mark.parametrize("found", [COSMETIC, EFFECTIVE, IDENTITY])
def test_after_a_rollback_nothing_is_followed_until_somebody_says_so(found: SettingsDocument) -> None:
    assert not Acceptance(cosmetic=True, identity=True).takes(domain(found, held=True))
    assert ALL.takes(domain(found, held=True))


ACCEPTANCES = st.builds(Acceptance, cosmetic=st.booleans(), identity=st.booleans(), held=st.booleans())


@given(ACCEPTANCES, st.sampled_from([OLD, COSMETIC, EFFECTIVE, IDENTITY]), st.booleans())
def test_whoever_accepts_more_never_follows_less(acceptance: Acceptance, found: SettingsDocument, held: bool) -> None:
    if acceptance.takes(domain(found, held=held)):
        assert ALL.takes(domain(found, held=held))


@given(ACCEPTANCES)
def test_what_was_never_settled_is_and_what_was_not_found_replaces_nothing(acceptance: Acceptance) -> None:
    assert acceptance.takes(domain(IDENTITY, settled=False))
    assert not acceptance.takes(domain(None))
    assert not acceptance.takes(domain(None, settled=False))


@dataclass(frozen=True, slots=True)
class _Finder:
    """A fake lookup: the domain names another server for each mailbox."""

    async def resolve(self, question: Question) -> Resolution:
        server = _server(Protocol.IMAP, f"{question.address.local}.mail.example.com", 993)
        found = Candidate(server=server, sources=(), tier=Tier.T1)
        return Resolution(address=question.address, status=Status.OK, incoming=found, outgoing=found)


async def _settled_personally() -> list[Domain]:
    store = MemoryFleetStore()
    await employ(store, seat_of(1))
    settlement = Settlement(finder=_Finder(), store=store, lookup=LookupWish(), clock=HandClock())
    return [each async for each in settlement.survey()]


def test_servers_that_differ_from_mailbox_to_mailbox_are_said_with_both_ways_out() -> None:
    (found,) = asyncio.run(_settled_personally())
    assert found.found is None
    assert found.problem is not None
    assert found.problem.code == "personal_settings"
    assert "example.com.json in the folder discovery.overrides" in found.problem.message
    assert "profilegen build --roster" in found.problem.message
