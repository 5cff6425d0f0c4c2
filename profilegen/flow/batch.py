"""Many people, one after the other: canary and waves, and an end where too much goes wrong."""

from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from profilegen.errors import MachineProblem, NotPossible, ProfilegenError, UsageProblem
from profilegen.flow.consignment import Consignee
from profilegen.flow.sending import Halt, Way, unfit
from profilegen.flow.sendvalues import SendOrder, SendState, Sent
from profilegen.mailing.people import FEW, Person
from profilegen.ports.sending import RehearsalLog
from profilegen.settings.waves import Waves


class Refusals:
    """How many deliveries went wrong so far; `waves` None: they stop nothing."""

    def __init__(self, waves: Waves | None) -> None:
        self._waves = waves
        self._attempted = 0
        self._failed = 0

    def count(self, sent: Sent, total: int) -> NotPossible | None:
        """Count one of `total` in; returns why nobody else may be written to, None while they may."""
        self._attempted += sent.tried
        self._failed += sent.tried and not sent.ok
        if self._waves is None or not sent.tried or not self._must_stop(self._waves, total):
            return None
        return NotPossible(
            f"Stopped: of {self._attempted} deliveries {self._failed} went wrong, and the limit is "
            f"{self._waves.max_failures:g} % of a stage.",
            hint="Look at the causes. Running the same again goes on with whoever is left, the unlucky ones last.",
            code="too_many_refusals",
        )

    def _must_stop(self, waves: Waves, total: int) -> bool:
        """Count refusals against the whole present stage: it is left as soon as its end could not be better."""
        end = waves.end_of_stage(attempted=self._attempted, total=total)
        return waves.must_stop(failed=self._failed, ended=end, in_canary=self._attempted <= waves.canary)


class Batch:
    """One run over many people; `stopped` says why it ended early, None while it did not."""

    def __init__(self, way: Way, order: SendOrder, waves: Waves | None) -> None:
        self.stopped: ProfilegenError | None = None
        self._way = way
        self._order = order
        self._refusals = Refusals(waves)

    async def run(self, consignees: Sequence[Consignee]) -> AsyncGenerator[Sent, None]:
        """Yield the line about every person, in order; of a stopped batch the rest as not sent."""
        for consignee in consignees:
            if self.stopped is not None:
                yield _not_sent(consignee, self.stopped)
                continue
            try:
                sent = await self._way.go(consignee, self._order)
            except Halt as halt:
                self.stopped, sent = halt.problem, halt.sent
            except MachineProblem as problem:  # a full disk or an unusable key is the same for the next one
                self.stopped, sent = problem, unfit(consignee, problem)
            self.stopped = self.stopped or self._refusals.count(sent, len(consignees))
            yield sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsals:
    """Who was in a rehearsal lately enough; a change of what is sent to a person makes it a new one."""

    log: RehearsalLog
    digest: Callable[[bytes], str]

    async def demand(self, people: Iterable[Person], channel: str, since: datetime) -> None:
        """Raise UsageProblem `rehearse_first` if more than 20 of these people were in no rehearsal since then."""
        fresh = len(await self.unseen(people, channel, since))
        if fresh > FEW:
            hint = "Run the same with --rehearse first: it renders every mail and sends the first one to you."
            raise rehearse_first(fresh, hint=hint)

    async def unseen(self, people: Iterable[Person], channel: str, since: datetime) -> frozenset[str]:
        """Return the keys of those who were in no rehearsal since then."""
        known = await self.log.rehearsed(channel, since)
        return frozenset(person.key for person in people if self._digest(person) not in known)

    async def note(self, people: Iterable[Person], channel: str, at: datetime) -> None:
        """Remember that these people were in a rehearsal."""
        await self.log.note(channel, [self._digest(person) for person in people], at)

    def _digest(self, person: Person) -> str:
        return self.digest(person.fingerprint.encode("utf-8", "surrogatepass"))


def rehearse_first(people: int, *, hint: str) -> UsageProblem:
    """Return the refusal to write to so many people whose mail nobody has looked at."""
    return UsageProblem(f"{people} people would get mail that nobody has looked at.", hint=hint, code="rehearse_first")


def unlucky_last(consignees: Iterable[Consignee], unlucky: frozenset[str]) -> tuple[Consignee, ...]:
    """Return everybody, those who were refused before at the end: they must not stop the others again."""
    return tuple(sorted(consignees, key=lambda one: one.person.key in unlucky))


def _not_sent(consignee: Consignee, reason: ProfilegenError) -> Sent:
    return Sent(person=consignee.person, state=SendState.NOT_SENT, detail=f"Not sent. {reason.message}")
