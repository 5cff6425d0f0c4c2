"""Findings in the form that CI systems read: SARIF 2.1.0 (OASIS Standard, 27 March 2020)."""

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

from profilegen.profile.findings import LintFinding, Severity
from profilegen.profile.lint.fleet import FleetRule
from profilegen.profile.lint.rule import Rule

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def sarif_log(
    judged: Iterable[tuple[str, Sequence[LintFinding]]], rules: Sequence[Rule | FleetRule], version: str
) -> dict[str, Any]:
    """Return the SARIF log of one run over files (names with /, relative where possible) and their findings."""
    places = {rule.id: index for index, rule in enumerate(rules)}
    driver = {
        "name": "profilegen",
        "version": version,
        "rules": [
            {
                "id": rule.id,
                "shortDescription": {"text": rule.summary},
                "defaultConfiguration": {"level": _LEVELS[rule.severity]},
            }
            for rule in rules
        ],
    }
    results = [_result(file, finding, places[finding.rule]) for file, findings in judged for finding in findings]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(file: str, finding: LintFinding, rule_index: int) -> dict[str, Any]:
    location: dict[str, Any] = {
        # The parts of a profile have no lines where it is signed; its first line stands for the file.
        "physicalLocation": {"artifactLocation": {"uri": quote(file)}, "region": {"startLine": 1}}
    }
    if finding.path:
        location["logicalLocations"] = [{"fullyQualifiedName": finding.path}]
    return {
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "level": _LEVELS[finding.severity],
        "message": {"text": " ".join(part for part in (finding.message, finding.hint) if part)},
        "locations": [location],
        "partialFingerprints": {"rulePath/v1": f"{finding.rule}:{finding.path}"},
    }
