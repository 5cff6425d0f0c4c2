"""Orders side by side, and one after another where a server needs it."""

import asyncio
from collections import Counter

import pytest

from profilegen.errors import NotPossible
from profilegen.mdm.lanes import Lanes


class Work:
    """Counts how many orders are under way, per lane and in all."""

    def __init__(self) -> None:
        self.now: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.widest = 0
        self.done: list[str] = []

    async def __call__(self, order: str) -> str:
        lane = order[0]
        self.now[lane] += 1
        self.most[lane] = max(self.most[lane], self.now[lane])
        self.widest = max(self.widest, self.now.total())
        for _ in range(5):
            await asyncio.sleep(0)
        self.now[lane] -= 1
        self.done.append(order)
        return order.upper()


def test_one_lane_is_one_after_another_and_the_whole_no_wider_than_agreed() -> None:
    work = Work()
    orders = [f"{lane}{number}" for lane in "abcde" for number in range(4)]

    async def run() -> tuple[tuple[str, ...], tuple[str, ...]]:
        lanes = Lanes(3)
        first = lanes.run(orders, lane=lambda order: order[0], work=work)
        second = lanes.run(["a9"], lane=lambda order: order[0], work=work)
        return await asyncio.gather(first, second)

    results, more = asyncio.run(run())
    assert results == tuple(order.upper() for order in orders)
    assert more == ("A9",)
    assert set(work.most.values()) == {1}
    assert work.widest == 3
    assert [order for order in work.done if order[0] == "a"] == ["a0", "a1", "a2", "a3", "a9"]


def test_the_first_error_comes_out_as_it_is_and_stops_the_rest() -> None:
    work = Work()

    async def fail_at_b(order: str) -> str:
        if order == "b":
            raise NotPossible("No.", hint="None.", code="no")
        return await work(order)

    async def run() -> None:
        lanes = Lanes(1)
        with pytest.raises(NotPossible) as caught:
            await lanes.run(["a", "b", "c", "d"], lane=lambda order: order, work=fail_at_b)
        assert caught.value.code == "no"
        assert work.done == ["a"]
        assert await lanes.run(["e"], lane=lambda order: order, work=work) == ("E",)

    asyncio.run(run())
