"""How something spreads over many: a few first, then waves, and a stop before a mistake reaches everybody."""

from collections.abc import Iterator
from dataclasses import dataclass

from profilegen.errors import UsageProblem


@dataclass(frozen=True, slots=True, kw_only=True)
class Waves:
    """
    `canary` first, then waves of `percent` of all, up to `max_failures` percent of failures.

    A share of failures is judged once `enough` came to an end, so that one unlucky device is no pattern; in the canary
    every failure is one. Raises UsageProblem `bad_waves` for numbers that reach nobody.
    """

    canary: int = 5
    percent: float = 10.0
    max_failures: float = 3.0
    enough: int = 20

    def __post_init__(self) -> None:
        if self.canary < 0 or not 0 < self.percent <= 100 or not 0 <= self.max_failures <= 100:
            raise UsageProblem(
                "These waves reach nobody.",
                hint="Write --canary as a number, and --wave and --max-failures as percent up to 100.",
                code="bad_waves",
            )

    def sizes(self, total: int) -> Iterator[int]:
        """Yield the size of the canary, if there is one, and of each wave until `total` is reached."""
        left, size = total, self.canary
        while left > 0:
            if size > 0:
                yield min(left, size)
                left -= size
            size = self._wave(total)

    def end_of_stage(self, *, attempted: int, total: int) -> int:
        """Return with how many in all the canary or wave ends in which so many have been tried."""
        waves = max(0, -(-(attempted - self.canary) // self._wave(total)))
        return min(total, self.canary + waves * self._wave(total))

    def must_stop(self, *, failed: int, ended: int, in_canary: bool) -> bool:
        """Return whether so many failures among those that came to an end forbid to go on."""
        if failed == 0 or in_canary:
            return failed > 0
        return ended >= self.enough and 100 * failed >= self.max_failures * ended

    def _wave(self, total: int) -> int:
        return max(1, int(total * self.percent / 100))
