"""One test-send after the other, and what they prove together."""

from collections.abc import Sequence
from dataclasses import dataclass

from profilegen.diagnosis.coverage import Cover
from profilegen.diagnosis.levels import reached_level
from profilegen.flow.canaries import Helpers
from profilegen.flow.trial import endpoints_of
from profilegen.flow.values import Proof
from profilegen.ports import Progress, Trial, Verifier
from profilegen.report import Finding, Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A test-send to make, and the canaries that may stand in where it has no password."""

    trial: Trial
    helpers: Helpers | None = None


async def try_out(
    attempts: Sequence[Attempt], level: int, *, verifier: Verifier, lint: Finding, progress: Progress
) -> Proof:
    """
    Return what all attempts prove together: as much as the weakest.

    The person's servers are always looked at as they are now; a canary adds only what needs a login.
    """
    report, levels, covers = Report((lint,)), [level], list[Cover]()
    for attempt in attempts:
        findings = await verifier.verify(attempt.trial, progress)
        reached = reached_level(findings)
        report += findings
        if attempt.helpers is not None and 1 <= reached < level:
            stand_in = await attempt.helpers.stand_in(attempt.trial, progress)
            report += Report(stand_in.findings)
            if stand_in.cover is not None:
                covers.append(stand_in.cover)
                reached = max(reached, stand_in.cover.level)
        levels.append(reached)
    return Proof(
        report=report,
        level=min(levels),
        level_asked=level,
        endpoints=endpoints_of([attempt.trial for attempt in attempts]),
        covers=tuple(covers),
    )
