"""What is said before the first person gets anything: who would get the profiles of several people."""

import asyncio
from collections.abc import Iterator
from pathlib import PurePath

import pytest

from profilegen.address import Address
from profilegen.cli.sendees import Sendees
from profilegen.cli.sendrun import OpenedWay, Run
from profilegen.cli.sendview import SendView, Tally
from profilegen.flow.consignment import Consignee, ProfileFile
from profilegen.flow.sendvalues import SendOrder, SendState, Sent
from profilegen.mailing.brand import Brand
from profilegen.mailing.guide import Occasion
from profilegen.mailing.people import Person
from profilegen.ports.sending import Delivered, DeliveryState, Parcel
from tests.storage.ledgers import MemoryLedger

HOME = Address.parse("home@private.test")


class FakeMeans:
    """A fake of the mail: notes what stands on the screen when the first person is dealt with."""

    def __init__(self, capfd: pytest.CaptureFixture[str]) -> None:
        self._capfd = capfd
        self.seen: list[str] = []

    async def open(self) -> OpenedWay:
        return OpenedWay(way=self, channel=self)

    async def go(self, consignee: Consignee, order: SendOrder) -> Sent:
        self.seen.append(self._capfd.readouterr().err)
        return Sent(person=consignee.person, state=SendState.DELIVERED, detail=order.channel, tried=True)

    async def deliver(self, parcel: Parcel) -> Delivered:
        return Delivered(state=DeliveryState.DELIVERED, detail=parcel.person)

    async def finish(self) -> None:
        """Nothing is left to remember."""

    async def close(self) -> tuple[PurePath, ...]:
        return ()

    async def done(self, tally: Tally) -> None:
        """Nothing is remembered of the whole."""

    def after(self) -> None:
        """Nothing is left to say."""


def people() -> Iterator[Consignee]:
    for name in ("anna", "ben"):
        address = Address.parse(f"{name}@example.com")
        person = Person(key=name, accounts=(address,), name=None, recovery=HOME)
        yield Consignee(person=person, what=ProfileFile(name=name, data=b""))


def test_a_recovery_address_of_several_people_is_named_before_anybody_gets_anything(
    capfd: pytest.CaptureFixture[str],
) -> None:
    means = FakeMeans(capfd)
    run = Run(
        order=SendOrder(channel="email", brand=Brand(name="Example Works")),
        sendees=Sendees(consignees=tuple(people()), bad=()),
        ledger=MemoryLedger(),
        waves=None,
        means=means,
        view=SendView(channel="email", occasion=Occasion.INSTALL, many=True, as_json=False),
    )

    tally = asyncio.run(run.whole())

    assert tally.counts == {SendState.DELIVERED: 2}
    assert "home@private.test is the recovery address of 2 people: anna, ben" in means.seen[0]
