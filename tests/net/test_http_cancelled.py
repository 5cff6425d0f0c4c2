"""A question that is called off leaves no connection behind, wherever it was."""

import asyncio
import gc

import pytest

from profilegen.net.hosts import FixedHosts
from profilegen.net.http import HttpsClient
from tests.lab.certificates import Authority


@pytest.mark.parametrize("turns", [1, 2, 5, 20, 100])
def test_a_question_called_off_in_the_handshake_closes_its_connection(
    silent_443: str, authority: Authority, turns: int
) -> None:
    client = HttpsClient(resolver=FixedHosts({"silent.test": (silent_443,)}), trust=authority.trust)

    async def story() -> None:
        asking = asyncio.create_task(client.get("https://silent.test/"))
        for _ in range(turns):
            await asyncio.sleep(0.001)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)

    asyncio.run(story())
    gc.collect()  # an open connection would warn here, and warnings are errors
