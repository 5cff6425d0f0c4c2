"""Baselines: findings that are known and accepted, so that only new ones are reported."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from profilegen.errors import InputProblem
from profilegen.profile.findings import LintFinding

VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Known:
    """One accepted finding: the file (relative to the baseline, with /), the rule and the place in the profile."""

    file: str
    rule: str
    path: str


def known_finding(file: str, finding: LintFinding) -> Known:
    """Return a finding as a baseline remembers it: wording and values may change, place and rule may not."""
    return Known(file=file, rule=finding.rule, path=finding.path)


def parse_baseline(data: bytes) -> frozenset[Known]:
    """Return what a baseline file accepts; raises InputProblem `bad_baseline`."""
    try:
        document = json.loads(data)
        if document["version"] != VERSION:
            raise ValueError("another version")
        return frozenset(
            Known(file=str(entry["file"]), rule=str(entry["rule"]), path=str(entry["path"]))
            for entry in document["known"]
        )
    except (ValueError, KeyError, TypeError, RecursionError) as exc:
        raise InputProblem(
            "The baseline cannot be read: it is not what --write-baseline writes.",
            hint="Write it anew with profilegen check … --baseline FILE --write-baseline.",
            code="bad_baseline",
        ) from exc


def baseline_text(known: Iterable[Known]) -> str:
    """Return a baseline file, sorted so that it can live in version control."""
    entries = [{"file": one.file, "rule": one.rule, "path": one.path} for one in sorted(set(known))]
    return json.dumps({"version": VERSION, "known": entries}, indent=1, ensure_ascii=False) + "\n"
