"""A batch over many people: who is tried, and where it stops."""

import asyncio
from collections import Counter
from dataclasses import dataclass

import pytest

from profilegen.address import Address
from profilegen.flow.batch import Batch
from profilegen.flow.consignment import Consignee, ProfileFile
from profilegen.flow.sendvalues import SendOrder, SendState, Sent
from profilegen.mailing.brand import Brand
from profilegen.mailing.people import Person
from profilegen.settings.waves import Waves

PEOPLE = 200
ORDER = SendOrder(channel="email", brand=Brand(name="Example"))


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeWay:
    """Refuses the people with these numbers."""

    refused: frozenset[str]

    async def go(self, consignee: Consignee, order: SendOrder) -> Sent:
        del order
        bad = consignee.person.key in self.refused
        state = SendState.REFUSED if bad else SendState.DELIVERED
        return Sent(person=consignee.person, state=state, detail="", tried=True)

    async def finish(self) -> None:
        pass


def outcome(waves: Waves | None, *refused: int) -> Counter[SendState]:
    account = Address.parse("you@example.com")
    what = ProfileFile(name="a.mobileconfig", data=b"")
    people = [
        Consignee(person=Person(key=str(number), accounts=(account,)), what=what) for number in range(1, PEOPLE + 1)
    ]
    batch = Batch(FakeWay(refused=frozenset(map(str, refused))), ORDER, waves)

    async def run() -> Counter[SendState]:
        return Counter([sent.state async for sent in batch.run(people)])

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("refused", "tried"),
    [
        ((1,), 1),  # in the canary
        ((6,), 6),  # of a wave that ends with 25
        ((45,), PEOPLE),  # of a stage that ends with 45
        ((45, 46), 46),
        ((191, 192, 193, 194, 195), PEOPLE),
        ((190, 191, 192, 193, 194, 195), 195),
    ],
)
def test_a_batch_stops_when_its_stage_cannot_stay_below_the_limit(refused: tuple[int, ...], tried: int) -> None:
    seen = outcome(Waves(canary=5, percent=10, max_failures=3, enough=1), *refused)
    assert seen == Counter(
        {
            SendState.DELIVERED: tried - len(refused),
            SendState.REFUSED: len(refused),
            **({SendState.NOT_SENT: PEOPLE - tried} if tried < PEOPLE else {}),
        }
    )


def test_without_waves_everybody_is_tried() -> None:
    assert outcome(None, *range(1, 101)) == {SendState.DELIVERED: 100, SendState.REFUSED: 100}
