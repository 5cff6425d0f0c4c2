"""Canaries and their runs as people and machines read them."""

from collections.abc import Sequence
from typing import Any

from profilegen.cli.output import MARKS, note, print_table, say, table
from profilegen.cli.render import finding_document
from profilegen.diagnosis.coverage import Policy, is_fresh
from profilegen.diagnosis.evidence import Evidence
from profilegen.flow.values import CanaryRun
from profilegen.ports import Canary, Clock


def canary_document(canary: Canary) -> dict[str, Any]:
    """Return the JSON object of a canary; nothing secret is in it."""
    return {
        "domain": canary.domain,
        "address": str(canary.address),
        "settings": "looked up" if canary.settings is None else "stored",
        "added_at": f"{canary.added_at:%Y-%m-%dT%H:%M:%SZ}",
    }


def evidence_document(evidence: Evidence) -> dict[str, Any]:
    """Return the JSON object of one piece of evidence."""
    pair = evidence.pair
    return {
        "canary": evidence.canary,
        "level": evidence.level,
        "level_asked": evidence.level_asked,
        "tested_at": f"{evidence.tested_at:%Y-%m-%dT%H:%M:%SZ}",
        "endpoints": {"outgoing": str(pair.outgoing), "incoming": str(pair.incoming)},
        "username": {"outgoing": str(pair.outgoing.username), "incoming": str(pair.incoming.username)},
        "failed": [{"check": failure.check, "cause": failure.cause} for failure in evidence.failures],
    }


def listed_document(canary: Canary, last: Evidence | None, policy: Policy, clock: Clock) -> dict[str, Any]:
    """Return the JSON object of a canary with what it proved last."""
    return {
        **canary_document(canary),
        "last": None if last is None else evidence_document(last),
        "fresh": last is not None and is_fresh(last, max_age=policy.max_age, now=clock.now()),
    }


def show_list(known: Sequence[tuple[Canary, Evidence | None]], policy: Policy, clock: Clock) -> None:
    """Print the canaries as a table, each with what it proved last."""
    if not known:
        say("There is no canary yet; add one with canary add DOMAIN --address ADDRESS --password-file FILE.")
        return
    rows = table("domain", "address", "settings", "level", "tested", "")
    for canary, last in known:
        settings = "looked up" if canary.settings is None else "stored"
        if last is None:
            rows.add_row(canary.domain, str(canary.address), settings, MARKS["skip"], "never", "")
            continue
        fresh = is_fresh(last, max_age=policy.max_age, now=clock.now())
        words = f"failed at {last.failures[0].check}" if last.failures else "fresh" if fresh else "too old"
        tested = f"{last.tested_at:%Y-%m-%d %H:%M} UTC"
        rows.add_row(canary.domain, str(canary.address), settings, str(last.level), tested, words)
    print_table(rows)


def run_document(run: CanaryRun) -> dict[str, Any]:
    """Return the JSON object of one run, its findings as `profilegen test` prints them."""
    return {
        "domain": run.canary.domain,
        "address": str(run.canary.address),
        "ok": run.ok,
        "level": run.level,
        "level_asked": run.level_asked,
        "tested_at": f"{run.tested_at:%Y-%m-%dT%H:%M:%SZ}",
        "endpoints": dict(run.endpoints),
        "findings": [finding_document(finding) for finding in run.report.findings],
    }


def show_runs(runs: Sequence[CanaryRun], left: Sequence[Canary]) -> None:
    """Print a table of what was run, and on stderr what failed and what was left out for it."""
    rows = table("", "domain", "level", "outgoing", "incoming", "")
    for run in runs:
        failure = run.report.first_failure
        words = "" if run.ok else f"{failure.check}: {failure.detail}" if failure else "not proved"
        places = (run.endpoints["outgoing"], run.endpoints["incoming"])
        rows.add_row(
            MARKS["pass" if run.ok else "fail"], run.canary.domain, f"{run.level} of {run.level_asked}", *places, words
        )
    for canary in left:
        rows.add_row(MARKS["skip"], canary.domain, "", "", "", "not run")
    print_table(rows)
    for run in runs:
        if not run.ok:
            failure = run.report.first_failure
            note(f"profilegen: the canary {run.canary.address} failed.")
            note(f"  → {(failure and failure.remedy) or 'See profilegen canary run --json for every check.'}")
