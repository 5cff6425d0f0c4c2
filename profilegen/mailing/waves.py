"""A few people first, then more and more: a mistake of ours must not reach everybody."""

from dataclasses import dataclass

from profilegen.errors import UsageProblem

FEW = 20
"""People up to whom a batch needs neither rehearsal nor waves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waves:
    """
    How a batch goes out: `canary` people, then waves of `percent` of all, up to `max_failures` percent of refusals.

    Raises UsageProblem `bad_waves` for numbers that make no batch.
    """

    canary: int = 5
    percent: int = 10
    max_failures: int = 3

    def __post_init__(self) -> None:
        if self.canary < 1 or not 1 <= self.percent <= 100 or not 1 <= self.max_failures <= 100:
            raise UsageProblem(
                "These waves make no batch.",
                hint="Write at least --canary 1, and --wave and --max-failures as percent from 1 to 100.",
                code="bad_waves",
            )

    def end_of_stage(self, *, attempted: int, total: int) -> int:
        """Return with how many people in all the stage ends in which so many have been tried."""
        wave = max(1, total * self.percent // 100)
        stages_after = max(0, -(-(attempted - self.canary) // wave))
        return min(total, self.canary + stages_after * wave)

    def must_stop(self, *, attempted: int, failed: int, total: int) -> bool:
        """
        Return whether refusals have reached the limit.

        They are counted against everybody up to the end of the present stage, so that a stage is left as soon as its
        end could not be better.
        """
        return failed > 0 and failed * 100 >= self.max_failures * self.end_of_stage(attempted=attempted, total=total)
