"""How a repair spreads: a few first, then waves, and a stop before a fault reaches everybody."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Waves:
    """
    How many at a time: `canary` seats first, then `percent` of all per wave.

    `max_failures` is the share of failures, in percent of those that came to an end, beyond which everything stops; it
    is judged once `enough` came to an end, so that one unlucky device stops nothing but a canary.
    """

    canary: int = 5
    percent: float = 10.0
    max_failures: float = 3.0
    enough: int = 20

    def sizes(self, total: int) -> Iterator[int]:
        """Yield the size of each wave until `total` is reached."""
        left = total
        size = min(left, self.canary)
        while left > 0:
            if size > 0:
                yield size
                left -= size
            size = min(left, max(1, round(total * self.percent / 100)))

    def must_stop(self, *, failed: int, ended: int, in_canary: bool) -> bool:
        """Return whether what failed so far forbids to go on; in the canary every failure does."""
        if failed == 0:
            return False
        return in_canary or (ended >= self.enough and 100 * failed > self.max_failures * ended)
