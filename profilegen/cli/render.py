"""Answers as people read them."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from profilegen.cli.output import COLOURS, MARKS, print_table, say, table
from profilegen.diagnosis.levels import ENDPOINT_CHECKS
from profilegen.report import Finding, Outcome
from profilegen.settings.candidates import Candidate, Notice, Resolution, Status
from profilegen.settings.servers import Security

if TYPE_CHECKING:
    from rich.table import Table

STATUS_WORDS = {
    Status.OK: "settings found",
    Status.APP_PASSWORD: "settings found; needs an app password",
    Status.OAUTH_ONLY: "signs in with OAuth only",
    Status.NO_IMAP: "offers no IMAP or POP",
    Status.SEND_ONLY: "only sends",
    Status.DEAD: "the provider has closed down",
    Status.UNTRUSTED: "found, but nobody trustworthy says so",
    Status.REFUSED: "not looked up: no public mail domain, or nothing encrypted is offered",
    Status.NOT_FOUND: "no source knows it",
    Status.UNREACHABLE: "could not be asked; try again",
    Status.INVALID: "no mail address",
}
_SECURITY = {Security.TLS: "TLS", Security.STARTTLS: "STARTTLS"}


def show_resolution(resolution: Resolution, *, everything: bool = False) -> None:
    """Print the settings of one address: both directions, who said so, what else to know."""
    say(f"{resolution.address.display}: {STATUS_WORDS[resolution.status]}")
    rows = table()
    for direction, candidate in (("incoming", resolution.incoming), ("outgoing", resolution.outgoing)):
        if candidate is not None:
            rows.add_row(f"  {direction}", *candidate_words(candidate))
    for candidate in resolution.alternatives if everything else ():
        rows.add_row("  or", *candidate_words(candidate))
    if rows.row_count:
        print_table(rows)
    if resolution.payload is not None:
        say(f"  account type: {resolution.payload}")
    for conflict in resolution.conflicts:
        say(f"  ! {conflict.direction}: {conflict.said_by} says {conflict.other} instead of {conflict.chosen}")
    if resolution.timed_out:
        say(f"  ! no answer in time: {', '.join(resolution.timed_out)}")
    show_notices(resolution.notices)


def candidate_words(candidate: Candidate) -> tuple[str, str, str, str]:
    """Return server, security, user name and sources of a candidate."""
    server = candidate.server
    said = ", ".join(dict.fromkeys(f"{source.kind}: {source.detail}" for source in candidate.sources))
    return f"{server.host}:{server.port}", _SECURITY[server.security], server.username, f"{candidate.tier.name} {said}"


def show_notices(notices: Iterable[Notice]) -> None:
    """Print notices, each once."""
    for notice in dict.fromkeys(notices):
        say(f"  ! {notice.text}{f' ({notice.url})' if notice.url else ''}")


def notice_document(notice: Notice) -> dict[str, str | None]:
    """Return a notice as the contract prints it."""
    return {"code": notice.code, "text": notice.text, "url": notice.url}


def finding_document(finding: Finding) -> dict[str, Any]:
    """Return a finding of a test-send as the contract prints it; `ms` in milliseconds."""
    return {
        "check": finding.check,
        "outcome": str(finding.outcome),
        "detail": finding.detail,
        "ms": None if finding.ms is None else round(finding.ms, 1),
        "cause": finding.cause,
        "remedy": finding.remedy,
    }


def show_findings(findings: Sequence[Finding]) -> None:
    """Print findings as a table; what was not reached is folded into one line per reason."""
    rows = table()
    for finding in findings:
        if finding.outcome is not Outcome.SKIP:
            _add_row(rows, finding)
    if rows.row_count:
        print_table(rows)
    skipped: dict[str, list[str]] = {}
    for finding in findings:
        if finding.outcome is Outcome.SKIP:
            skipped.setdefault(finding.detail, []).append(finding.check)
    for reason, checks in skipped.items():
        named = ", ".join(checks) if len(checks) <= 3 else f"{checks[0]} … {checks[-1]} ({len(checks)} checks)"
        say(f"  {MARKS['skip']} {named}: {reason}")


def show_summary(findings: Sequence[Finding]) -> None:
    """Print findings on one screen: the endpoint checks that passed are one line per direction."""
    for direction in ("outgoing", "incoming"):
        sound = [finding for finding in findings if _is_sound_endpoint(finding, direction)]
        if sound:
            checks = ", ".join(finding.check.removeprefix(f"{direction}.") for finding in sound)
            say(f"  {MARKS['pass']} {direction}: {checks}")
    show_findings([finding for finding in findings if not _is_sound_endpoint(finding)])


def _is_sound_endpoint(finding: Finding, direction: str | None = None) -> bool:
    where, _, check = finding.check.partition(".")
    return finding.outcome is Outcome.PASS and check in ENDPOINT_CHECKS and direction in (None, where)


def _add_row(rows: "Table", finding: Finding) -> None:
    from rich.text import Text

    rows.add_row(" ", Text(MARKS[finding.outcome], style=COLOURS[finding.outcome]), finding.check, Text(finding.detail))
    if finding.remedy and finding.outcome is Outcome.FAIL:
        rows.add_row(" ", "", "", Text(f"→ {finding.remedy}", style="bold"))
