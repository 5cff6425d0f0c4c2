"""The linter's verdict on a profile as one finding of a test-send."""

from datetime import datetime

from profilegen.profile.findings import LintFinding, Severity
from profilegen.profile.lint import lint
from profilegen.profile.read import read
from profilegen.profile.types import Delivery, Platform
from profilegen.report import Finding, Outcome

CHECK = "profile.lint"

_ABOUT_SIGNATURE = "PG50"
"""A test-send looks at the profile before it is signed; its signature is another question."""

IN_THE_CLEAR = frozenset({"PG313"})
"""
A password in the clear: written only where the operator insists, and sending works all the same. Moot for a profile
that will be encrypted.
"""

_CAUSES = {
    "PG305": "tls_required_not_used",
    "PG306": "tls_required_not_used",
    "PG307": "tls_required_not_used",
    "PG308": "auth_not_configured",
    "PG309": "auth_not_configured",
    "PG310": "auth_not_configured",
}


def lint_finding(
    data: bytes, *, delivery: Delivery, platform: Platform, now: datetime, moot: frozenset[str] = frozenset()
) -> Finding:
    """Return pass, warn or fail with every rule that speaks, the gravest first; `moot` rules are not asked."""
    every = lint(read(data), delivery=delivery, platform=platform, now=now, anchors=())
    asked = (finding for finding in every if finding.rule not in moot)
    findings = [finding for finding in asked if not finding.rule.startswith(_ABOUT_SIGNATURE)]
    grave = [finding for finding in findings if finding.severity is Severity.ERROR]
    errors = [finding for finding in grave if finding.rule not in IN_THE_CLEAR]
    warnings = [finding for finding in findings if finding.severity is Severity.WARNING or finding in grave]
    if errors:
        cause = next((_CAUSES[finding.rule] for finding in errors if finding.rule in _CAUSES), None)
        return Finding(
            check=CHECK, outcome=Outcome.FAIL, detail=_words(errors), cause=cause, remedy=errors[0].hint or None
        )
    if warnings:
        return Finding(check=CHECK, outcome=Outcome.WARN, detail=_words(warnings))
    return Finding(check=CHECK, outcome=Outcome.PASS, detail="no rule objects")


def _words(findings: list[LintFinding]) -> str:
    return "; ".join(f"{finding.rule} {finding.message}" for finding in findings)
