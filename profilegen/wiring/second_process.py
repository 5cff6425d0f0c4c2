"""
A second process for fleets that keep one busy for long: `python -m profilegen.wiring.second_process`.

It is told by its standard input what to count, answers on its standard output, and changes nothing.
"""

import asyncio
import os
import pickle  # between two processes of this program, over a pipe that nobody else holds
import signal
import sys
from dataclasses import dataclass, field

from profilegen.errors import ProfilegenError
from profilegen.fleet.evidence import Moment
from profilegen.fleet.tally import Tally
from profilegen.flow.fleet.planning import Survey
from profilegen.ports.fleet import SeatQuery
from profilegen.wiring.house import House


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What the second process counts."""

    house: House = field(repr=False)
    query: SeatQuery
    survey: Survey
    moment: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondProcess:
    """Implements `flow.fleet.planning.SecondCounter` with one more Python on this machine."""

    house: House

    async def tally(self, query: SeatQuery, survey: Survey, moment: Moment) -> Tally | None:
        """Return what the seats of a query come to, None if the process did not finish; raises what it raised."""
        part = Part(house=_bare(self.house), query=query, survey=survey, moment=moment)
        answer = await _answer(pickle.dumps(part))
        found = pickle.loads(answer) if answer else None  # noqa: S301 - our own child's
        if isinstance(found, ProfilegenError):
            raise found
        return found if isinstance(found, Tally) else None


def second_process(house: House) -> SecondProcess | None:
    """Return a second process where there is a processor for it."""
    return SecondProcess(house=house) if (os.cpu_count() or 1) > 1 else None


def _bare(house: House) -> House:
    """Return a house as it was opened: what it made since is made again, and nothing that counts needs the PIN."""
    return House(
        loaded=house.loaded, home_path=house.home_path, cache_path=house.cache_path, extra_anchors=house.extra_anchors
    )


async def _answer(question: bytes) -> bytes:
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", __name__),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError:
        return b""
    try:
        answer, _ = await process.communicate(question)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return answer if process.returncode == 0 else b""


# --- the other side ---------------------------------------------------------------------------------------------


async def _count(part: Part) -> Tally:
    from profilegen.profile.wish import LookupWish
    from profilegen.wiring.fleet import FleetParts, open_store

    house = part.house
    store = await open_store(house)
    try:
        # everything was looked up, and no server is asked
        lookup, finder = LookupWish(offline=True), house.finders.offline
        parts = FleetParts(house=house, store=store, connectors={}, finder=finder, lookup=lookup, signer=None)
        return await parts.planner.tally(part.query, part.survey, part.moment)
    finally:
        await store.close()


def main() -> None:
    """Count what standard input asks for."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process ends this one
    part = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the process that started this one
    found: Tally | ProfilegenError
    try:
        found = asyncio.run(_count(part))
    except ProfilegenError as problem:
        found = problem
    sys.stdout.buffer.write(pickle.dumps(found))


if __name__ == "__main__":
    main()
