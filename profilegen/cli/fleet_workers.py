"""`fleet apply --workers`: who does the work, and who receives the webhooks meanwhile."""

import contextlib
from collections.abc import AsyncIterator

from profilegen.cli.fleet_session import FleetSession
from profilegen.cli.output import note
from profilegen.errors import MachineProblem
from profilegen.flow.fleet.repair import Crew
from profilegen.wiring.fleet import FleetParts


@contextlib.asynccontextmanager
async def crew_of(session: FleetSession, parts: FleetParts, *, workers: bool) -> AsyncIterator[Crew | None]:
    """Yield who looks and pushes, None for this process, with webhooks received while the block runs."""
    if not workers:
        async with session.listening(parts):
            yield None
        return
    from profilegen.workers.crew import queued_crew

    async with contextlib.AsyncExitStack() as stack:
        crew = await stack.enter_async_context(queued_crew(parts, session.per_second))
        try:
            await stack.enter_async_context(session.listening(parts))
        except MachineProblem as problem:
            if problem.code != "port_taken":
                raise
            note("profilegen: webhooks are received by another process on this machine.")
        yield crew
