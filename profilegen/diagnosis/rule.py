"""One rule for reading replies."""

import re
from dataclasses import dataclass

from profilegen.diagnosis.causes import Cause

ENVELOPE = "mail_from rcpt_to data"
LOGIN = "auth imap_login"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A reply fits if every given part fits; an empty part fits everything. `login`: whether one was presented."""

    cause: Cause
    words: re.Pattern[str] | None = None
    stages: tuple[str, ...] = ()
    codes: tuple[int, ...] = ()
    enhanced: tuple[str, ...] = ()
    login: bool | None = None


def rule(
    cause: Cause,
    words: str = "",
    *,
    stages: str = "",
    codes: tuple[int, ...] = (),
    enhanced: str = "",
    login: bool | None = None,
) -> Rule:
    """Return a rule; `words` is a regular expression, `stages` and `enhanced` are lists with spaces between."""
    return Rule(
        cause=cause,
        words=re.compile(words) if words else None,
        stages=tuple(stages.split()),
        codes=codes,
        enhanced=tuple(enhanced.split()),
        login=login,
    )
