"""What the linter says: one finding per fault, named by a stable rule id."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """`error`: will not install or makes a wrong account; `warning`: works but bites; `info`: good to know."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class LintFinding:
    """One fault. `path` is where ("PayloadContent[0].EmailAddress", "" for the file); no text ever holds a secret."""

    rule: str
    severity: Severity
    path: str
    message: str
    hint: str
