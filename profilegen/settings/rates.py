"""How often something may happen, as people write it: 5/s, 30/m."""

import re

from profilegen.address import shorten
from profilegen.errors import UsageProblem

FASTEST = 1000.0

_WRITTEN = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)/([smh])")
_SECONDS = {"s": 1, "m": 60, "h": 3600}


def parse_rate(text: str) -> float:
    """
    Return how many times per second, for a number with "/s", "/m" or "/h" such as "10/s".

    Raises UsageProblem `bad_rate` for anything else, for nothing at all and for more than 1000 per second.
    """
    written = _WRITTEN.fullmatch(text.strip())
    rate = float(written[1]) / _SECONDS[written[2]] if written else 0.0
    if not 0 < rate <= FASTEST:
        raise UsageProblem(
            f'"{shorten(text)}" is no rate.', hint="Write a number with /s, /m or /h, like 10/s.", code="bad_rate"
        )
    return rate
