"""Looking at the best servers without any credential, one after the other until one of each direction passes."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from profilegen.diagnosis.causes import Cause
from profilegen.discovery.tasks import run_all
from profilegen.errors import WorldProblem
from profilegen.ports import Prober
from profilegen.report import Finding, Outcome, Report
from profilegen.settings.candidates import ProbeResult
from profilegen.settings.ranking import Place, place
from profilegen.settings.servers import Server


@dataclass(slots=True, kw_only=True)  # it fills while servers are being looked at
class Probed:
    """What the probes said so far; `timed_out`: a server was silent, or the time for all of them was up."""

    results: dict[Place, ProbeResult] = field(default_factory=dict)
    timed_out: bool = False


async def probe(directions: Sequence[Sequence[Server]], prober: Prober, *, seconds: float, into: Probed) -> None:
    """Look at the servers of all directions at once, those of one direction in turn until one passes."""
    in_time = await run_all((_in_turn(servers, prober, into) for servers in directions), seconds=seconds)
    into.timed_out = into.timed_out or not in_time


async def _in_turn(servers: Sequence[Server], prober: Prober, probed: Probed) -> None:
    """A probe that is cut off has failed."""
    for server in servers:
        probed.results[place(server)] = ProbeResult(ok=False, detail="no verdict in time", blocked_by="timeout")
        result, silent = await _examine(server, prober)
        probed.results[place(server)] = result
        probed.timed_out = probed.timed_out or silent
        if result.ok:
            return


async def _examine(server: Server, prober: Prober) -> tuple[ProbeResult, bool]:
    """Return what a probe said, and whether the server was silent."""
    try:
        report = await prober.examine(server)
    except WorldProblem as problem:
        return ProbeResult(ok=False, detail=problem.message, blocked_by=problem.code), False
    failure = report.first_failure
    if failure is None:
        return ProbeResult(ok=report.ok), False
    result = ProbeResult(
        ok=False, detail=failure.detail, blocked_by=failure.check, certificate_names=_other_names(report, failure)
    )
    return result, failure.cause == Cause.CONNECT_TIMEOUT


def _other_names(report: Report, failure: Finding) -> tuple[str, ...]:
    """Return the names of a certificate that is sound but for somebody else."""
    failures = sum(finding.outcome is Outcome.FAIL for finding in report.findings)
    return failure.names if failure.check == "tls.hostname" and failures == 1 else ()
