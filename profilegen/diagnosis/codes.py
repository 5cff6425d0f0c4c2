"""Reply codes (RFC 5321) and enhanced codes (RFC 3463) in a text."""

import re

LARGEST = 65536
"""Characters of any input that are looked at."""

_CODE = re.compile(r"(?<![\d.:#])#?([245]\d\d)(?=[ \-:,)'\"]|$)[ \-:,'\"b]{0,5}#?([245]\.\d{1,3}\.\d{1,3})?(?![\d.])")
_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_BEFORE_A_CODE = (":", ";", "=", "said", "code", "error", "smtp", "status", "refused", "with", "got", "server")


def codes_in(text: str) -> tuple[int | None, str | None]:
    """Return the reply code and the enhanced code (RFC 3463) a text carries; None for what is not there."""
    enhanced = _ENHANCED.search(text[:LARGEST])
    return code_in(text[:LARGEST]), enhanced[1] if enhanced else None


def code_in(text: str) -> int | None:
    """Return the reply code a text carries; ports, addresses and hoped-for successes are none."""
    bare = None
    for match in _CODE.finditer(text):
        if match.start() == 0:
            return int(match[1])
        if match[1][0] == "2":  # inside a text a success is what somebody hoped for
            continue
        if match[2]:
            return int(match[1])
        if bare is None and _announced(text, match.start()):
            bare = int(match[1])
    return bare


def _announced(text: str, place: int) -> bool:
    before = text[max(0, place - 24) : place].rstrip(" #\"'([{").lower()
    return before.endswith(
        (":", "said", "code", "error", "smtp", "status", "refused", "\n", "with", "got", "server", ";", "=")
    )
