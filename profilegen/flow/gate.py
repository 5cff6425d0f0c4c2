"""The gate: nothing is delivered that was not verified lately, unless somebody says why."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from profilegen.diagnosis.coverage import Cover, Policy, best_cover, is_fresh
from profilegen.diagnosis.evidence import EndpointPair
from profilegen.errors import NotPossible, UsageProblem
from profilegen.ports import Allowance, Clock, EvidenceLog
from profilegen.settings.durations import duration_text

REMEMBERED = timedelta(seconds=30)
"""How long one look at the evidence is enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """
    Whether one account may be delivered.

    `account` is `Address.account`; `cover` the best fresh evidence even where it is not enough, None without any;
    `allowed_because` the words of whoever takes responsibility, only where they were needed.
    """

    account: str
    needed: int
    cover: Cover | None
    allowed_because: str | None = None

    @property
    def level(self) -> int:
        """The level that is proved freshly enough, 0 for none."""
        return self.cover.level if self.cover is not None else 0

    @property
    def verified(self) -> bool:
        """True if the evidence alone is enough."""
        return self.level >= self.needed

    @property
    def admitted(self) -> bool:
        """True if it may be delivered."""
        return self.verified or self.allowed_because is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """
    What stands between a finished profile and its delivery; it asks what is known and tests nothing itself.

    Many people share a few servers: what is known of a pair of them holds for `REMEMBERED`.
    """

    log: EvidenceLog
    policy: Policy
    clock: Clock
    _lately: dict[EndpointPair, tuple[datetime, Cover | None]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    async def admit(self, account: str, pair: EndpointPair | None, *, allowed_because: str | None = None) -> Admission:
        """
        Return whether an account may be delivered; a reason that was needed is recorded before this returns.

        `pair` None: an account that signs in with OAuth on the device has no servers of ours and needs no proof. Raises
        UsageProblem `no_reason` for a reason without words.
        """
        if allowed_because is not None:
            refuse_empty_reason(allowed_because)
        needed = 0 if pair is None else self.policy.min_level
        cover = None if pair is None else await self._cover(pair)
        admission = Admission(account=account, needed=needed, cover=cover)
        if admission.verified or allowed_because is None:
            return admission
        allowance = Allowance(
            account=account, reason=allowed_because, level=admission.level, allowed_at=self.clock.now()
        )
        await self.log.allow(allowance)
        return Admission(account=account, needed=needed, cover=cover, allowed_because=allowed_because)

    async def _cover(self, pair: EndpointPair) -> Cover | None:
        now, max_age = self.clock.now(), self.policy.max_age
        asked_at, cover = self._lately.get(pair, (now - REMEMBERED, None))
        grown_old = cover is not None and not is_fresh(cover.evidence, max_age=max_age, now=now)
        if grown_old or not timedelta(0) <= now - asked_at < REMEMBERED:
            cover = best_cover(pair, await self.log.about(pair, now - max_age), max_age=max_age, now=now)
            self._lately[pair] = (now, cover)
        return cover

    def refuse(self, admissions: Iterable[Admission]) -> None:
        """Raise NotPossible `unverified` if one of them may not be delivered, naming the first."""
        refused = [admission for admission in admissions if not admission.admitted]
        if not refused:
            return
        first = refused[0]
        more = f", nor for {len(refused) - 1} more" if len(refused) > 1 else ""
        raise NotPossible(
            f"Level {first.needed} is not proved for {first.account}{more}: level {first.level} is what was verified "
            f"within {duration_text(self.policy.max_age)}.",
            hint="Run profilegen canary run, or profilegen test with the person's password, or take responsibility: "
            "--allow-unverified REASON.",
            code="unverified",
        )


def refuse_empty_reason(reason: str) -> None:
    """Raise UsageProblem `no_reason` for a reason without words."""
    if not reason.strip():
        raise UsageProblem(
            "--allow-unverified needs a reason; it is recorded with the profile.",
            hint='Write --allow-unverified "server moves tonight".',
            code="no_reason",
        )
