import asyncio
from collections.abc import Iterator
from contextlib import aclosing

import pytest

from profilegen.cli.inorder import in_order


def test_results_come_in_the_order_of_the_items_whoever_is_done_first() -> None:
    async def work(number: int) -> int:
        for _ in range(7 * number % 5):
            await asyncio.sleep(0)
        return number

    async def story() -> list[int]:
        return [result async for result in in_order(range(50), work, window=7)]

    assert asyncio.run(story()) == list(range(50))


def test_items_are_drawn_only_as_there_is_room() -> None:
    drawn, most, under_way = 0, 0, 0

    def items() -> Iterator[int]:
        nonlocal drawn
        for number in range(1000):
            drawn = number
            yield number

    async def work(number: int) -> int:
        nonlocal most, under_way
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        return number

    async def story() -> None:
        async with aclosing(in_order(items(), work, window=10)) as results:
            async for result in results:
                assert drawn <= result + 10

    asyncio.run(story())
    assert (most, drawn) == (10, 999)


def test_a_result_does_not_wait_for_slower_ones_behind_it() -> None:
    async def work(number: int) -> int:
        if number:
            await asyncio.Event().wait()
        return number

    async def story() -> int:
        async with aclosing(in_order(range(5), work, window=5)) as results:
            return await anext(results)

    assert asyncio.run(story()) == 0


def test_an_exception_comes_at_its_turn_and_nothing_is_left_running() -> None:
    async def work(number: int) -> int:
        if number == 2:
            raise ZeroDivisionError
        if number > 2:
            await asyncio.Event().wait()
        return number

    async def story() -> tuple[list[int], int]:
        got = []
        with pytest.raises(ZeroDivisionError):
            async with aclosing(in_order(range(9), work, window=9)) as results:
                async for result in results:
                    got.append(result)  # noqa: PERF401 - what came before the exception is the point
        return got, len(asyncio.all_tasks())

    assert asyncio.run(story()) == ([0, 1], 1)
