"""All sources at once, within a budget; then the best servers are probed and the pure core decides."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from profilegen.address import Address
from profilegen.discovery.refusal import refusal
from profilegen.errors import UsageProblem, WorldProblem
from profilegen.ports import Prober, Question, SettingsSource
from profilegen.settings.candidates import Answer, Notice, ProbeResult, Resolution, Status
from profilegen.settings.ranking import Place, place
from profilegen.settings.servers import Server
from profilegen.settings.verdict import is_settled, resolve, worth_probing

_OFFLINE = ("override", "catalogue")
_TIMEOUTS = ("timeout", "connect_timeout", "dns_timeout")


@dataclass(frozen=True, slots=True, kw_only=True)
class Budgets:
    """Seconds: for all sources, for the rest once both directions are known, and for all probes."""

    sources: float = 8.0
    grace: float = 1.0
    probe: float = 12.0


@dataclass(slots=True, kw_only=True)  # it fills while the sources are being asked
class _Heard:
    """What the sources said so far."""

    answers: list[Answer] = field(default_factory=list)
    timed_out: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


class Discovery:
    """
    Implements `ports.Finder` over `sources`; their order does not matter, their tiers do.

    Without a prober nothing is probed.
    """

    def __init__(
        self, *, sources: Sequence[SettingsSource], prober: Prober | None, budgets: Budgets | None = None
    ) -> None:
        self._sources = tuple(sources)
        self._prober = prober
        self._budgets = budgets or Budgets()

    async def resolve(self, question: Question) -> Resolution:
        """
        Return the resolution; a world that does not answer is the status `unreachable`, not an error.

        `offline` asks the catalogue alone and sends no packet. Raises UsageProblem for a source that does not exist.
        """
        if question.offline:
            # No refused domain has a catalogue entry, so the public suffix list, slow to read, can wait for a miss.
            known = await self._look_up(question)
            if known.status is not Status.NOT_FOUND:
                return known
        refused = refusal(question.address.domain)
        if refused is not None:
            return Resolution(address=question.address, status=Status.REFUSED, notices=(refused,))
        return await self._look_up(question)

    async def _look_up(self, question: Question) -> Resolution:
        heard = await self._ask(self._asked(question), question.address)
        probes: dict[Place, ProbeResult] = {}
        if question.probe and not question.offline and self._prober is not None:
            probes = await self._probe(heard, self._prober)
        return resolve(question.address, heard.answers, probes=probes, timed_out=heard.timed_out, failed=heard.failed)

    def _asked(self, question: Question) -> list[SettingsSource]:
        known = {source.kind for source in self._sources}
        wanted = known if question.sources is None else set(question.sources)
        if unknown := sorted(wanted - known):
            raise UsageProblem(
                f'There is no source named "{unknown[0]}".',
                hint=f"Known sources: {', '.join(sorted(known))}.",
                code="unknown_source",
            )
        return [
            source
            for source in self._sources
            if source.kind in wanted and (source.kind in _OFFLINE or not question.offline)
        ]

    async def _ask(self, sources: Sequence[SettingsSource], address: Address) -> _Heard:
        heard = _Heard()
        tasks = {asyncio.create_task(source.find(address)): source.kind for source in sources}
        try:
            pending = await self._collect(tasks, heard)
            heard.timed_out += [tasks[task] for task in pending]
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return heard

    async def _collect(self, tasks: "Mapping[asyncio.Task[Answer], str]", heard: _Heard) -> "set[asyncio.Task[Answer]]":
        """Fill `heard` until all have answered or the budget is spent; return those that have not answered."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + self._budgets.sources
        settled = False
        pending = set(tasks)
        while pending:
            done, pending = await asyncio.wait(
                pending, timeout=max(0.0, deadline - clock()), return_when=asyncio.FIRST_COMPLETED
            )
            if not done:
                break
            for task in done:
                _listen(task, tasks[task], heard)
            if not settled and is_settled(heard.answers):
                settled = True
                deadline = min(deadline, clock() + self._budgets.grace)
        return pending

    async def _probe(self, heard: _Heard, prober: Prober) -> dict[Place, ProbeResult]:
        probes: dict[Place, ProbeResult] = {}
        try:
            async with asyncio.timeout(self._budgets.probe), asyncio.TaskGroup() as group:
                for servers in worth_probing(heard.answers):
                    group.create_task(_probe_in_turn(servers, prober, probes))
        except TimeoutError:
            heard.timed_out.append("probe")
        return probes


async def _probe_in_turn(servers: Sequence[Server], prober: Prober, probes: dict[Place, ProbeResult]) -> None:
    """Probe until one passes; a probe cut off by the budget has failed."""
    for server in servers:
        probes[place(server)] = ProbeResult(ok=False, detail="no verdict in time", blocked_by="timeout")
        result = await _examine(server, prober)
        probes[place(server)] = result
        if result.ok:
            return


async def _examine(server: Server, prober: Prober) -> ProbeResult:
    try:
        report = await prober.examine(server)
    except WorldProblem as problem:
        return ProbeResult(ok=False, detail=problem.message, blocked_by=problem.code)
    failure = report.first_failure
    if failure is not None:
        return ProbeResult(ok=False, detail=failure.detail, blocked_by=failure.check)
    return ProbeResult(ok=report.ok)


def _listen(task: "asyncio.Task[Answer]", kind: str, heard: _Heard) -> None:
    try:
        heard.answers.append(task.result())
    except WorldProblem as problem:
        notice = Notice(code="source_failed", text=f"{kind}: {problem.message}")
        heard.answers.append(Answer(kind=kind, notices=(notice,)))
        late = problem.code in _TIMEOUTS
        (heard.timed_out if late else heard.failed).append(kind)
