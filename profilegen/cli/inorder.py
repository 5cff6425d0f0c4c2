"""Much work at once, its results in the order of the questions, and never more than a window of it in memory."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable
from typing import Any, TypeVar

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")


async def in_order(
    items: Iterable[ItemT], work: Callable[[ItemT], Coroutine[Any, Any, ResultT]], *, window: int
) -> AsyncGenerator[ResultT, None]:
    """
    Yield the result of each item as soon as it and all before it are there, working on up to `window` at once.

    Items are drawn only as there is room. An exception of the work comes out at its item's turn; whatever ends the
    iteration early cancels what is still under way and waits for it.
    """
    under_way: deque[asyncio.Task[ResultT]] = deque()
    try:
        for item in items:
            if len(under_way) >= window:
                yield await under_way[0]
                under_way.popleft()
            under_way.append(asyncio.create_task(work(item)))
            while under_way and under_way[0].done():
                yield under_way.popleft().result()
        while under_way:
            yield await under_way[0]
            under_way.popleft()
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
