"""The report on the fleet for people and as JSON."""

from typing import Any

from profilegen.cli.fleetview import WORDS, show_tally, tally_document
from profilegen.cli.output import print_table, say, table
from profilegen.fleet.bands import Band, Installed, Sends
from profilegen.flow.fleet.reporting import FIXED_WITHIN, FleetReport, PlanLine
from profilegen.ports.fleet import HistoryKind
from profilegen.settings.durations import duration_text

INSTALLED_WORDS = {
    Installed.YES: "installed",
    Installed.OTHER: "another one is",
    Installed.NO: "not installed",
    Installed.NOT_KNOWN: "not known",
}
SENDS_WORDS = {
    Sends.YES: "sends",
    Sends.NOT_SINCE: "not seen to send since a restore",
    Sends.NOT_KNOWN: "never seen to send",
}
HAPPENED = {
    HistoryKind.FIXED: "repaired",
    HistoryKind.PUSH: "commands pushed",
    HistoryKind.ANSWER: "refused by a device",
    HistoryKind.ENROLLMENT: "enrolments and departures",
    HistoryKind.SENDS: "seen to send",
    HistoryKind.CONFIRMED: "confirmed by word",
    HistoryKind.INSTRUCTION: "instructions sent",
    HistoryKind.REMOVE: "removed",
    HistoryKind.FORGET: "forgotten",
}
"""What is worth a line of the report, in this order."""


def report_document(report: FleetReport) -> dict[str, Any]:
    """Return the report as JSON."""
    return {
        "since": report.since.isoformat(),
        "until": report.until.isoformat(),
        **tally_document(report.tally),
        "installed_and_sending": [
            {"installed": str(installed), "sends": str(sends), "seats": count}
            for (installed, sends), count in sorted(report.columns.items())
        ],
        "failures": [
            {"domain": one.domain, "code": one.code, "text": one.text, "seats": one.seats, "examples": one.examples}
            for one in sorted_failures(report)
        ],
        "mdms": {name: {str(band): counts[band] for band in Band} for name, counts in sorted(report.mdms.items())},
        "time_to_fix": [
            {"up_to_seconds": int(end.total_seconds()), "seats": report.fixed_within[number]}
            for number, end in enumerate(FIXED_WITHIN)
        ]
        + [{"up_to_seconds": None, "seats": report.fixed_within[len(FIXED_WITHIN)]}],
        "course": [
            {"at": point.at.isoformat(), "states": {str(state): count for state, count in point.states.items()}}
            for point in report.course
        ],
        "history": {str(kind): count for kind, count in sorted(report.happened.items())},
        "plans": [_plan_document(plan) for plan in report.plans.values()],
        "plans_left_out": report.left_out,
    }


def show_report(report: FleetReport) -> None:
    """Print the report."""
    say(f"The fleet from {report.since:%Y-%m-%d %H:%M} to {report.until:%Y-%m-%d %H:%M} UTC")
    say()
    show_tally(report.tally)
    _show_columns(report)
    _show_happened(report)
    _show_failures(report)
    _show_plans(report)


def fix_classes(report: FleetReport) -> list[tuple[str, int]]:
    """Return how many seats were repaired within which time, class by class."""
    names = [f"≤ {duration_text(end)}" for end in FIXED_WITHIN] + [f"> {duration_text(FIXED_WITHIN[-1])}"]
    return [(name, report.fixed_within[number]) for number, name in enumerate(names)]


def sorted_failures(report: FleetReport) -> list[Any]:
    """Return the kinds of failures, the most frequent first."""
    return sorted(report.failures.values(), key=lambda one: (-one.seats, one.domain, one.code))


def state_rows(report: FleetReport) -> list[tuple[str, int, str]]:
    """Return state, seats and meaning, the most frequent first."""
    counted = sorted(report.tally.states.items(), key=lambda item: (-item[1], item[0]))
    return [(str(state), count, WORDS[state]) for state, count in counted]


def _show_columns(report: FleetReport) -> None:
    say()
    rows = table("seats", "installed", "sending")
    for (installed, sends), count in sorted(report.columns.items(), key=lambda item: -item[1]):
        rows.add_row(str(count), INSTALLED_WORDS[installed], SENDS_WORDS[sends])
    print_table(rows)


def _show_happened(report: FleetReport) -> None:
    lines = [f"{report.happened[kind]} {words}" for kind, words in HAPPENED.items() if report.happened[kind]]
    say()
    say(f"In this time: {', '.join(lines) or 'nothing happened'}.")
    quick = [f"{count} {name}" for name, count in fix_classes(report) if count]
    if quick:
        say(f"From fault to repair: {', '.join(quick)}.")


def _show_failures(report: FleetReport) -> None:
    if not report.failures:
        return
    say()
    rows = table("seats", "refused with", "what the device says", "for example")
    for one in sorted_failures(report):
        rows.add_row(str(one.seats), f"{one.domain} {one.code}", one.text, ", ".join(one.examples))
    print_table(rows)


def _show_plans(report: FleetReport) -> None:
    if not report.plans:
        return
    say()
    rows = table("plan", "when", "who", "pushed", "what it moved")
    for plan in report.plans.values():
        moved = "; ".join(plan.moves) or (plan.stopped or "")
        back = f"  (fleet rollback {plan.id})" if plan.rolls_back else ""
        rows.add_row(plan.id, f"{plan.at:%Y-%m-%d %H:%M}", plan.actor, str(plan.pushed), f"{moved}{back}")
    print_table(rows)
    if report.left_out:
        say(f"{report.left_out} earlier plans are left out: ask with a shorter --since.")


def _plan_document(plan: PlanLine) -> dict[str, Any]:
    return {
        "plan": plan.id,
        "at": plan.at.isoformat(),
        "actor": plan.actor,
        "pushed": plan.pushed,
        "moves": plan.moves,
        "rolls_back": plan.rolls_back,
        "stopped": plan.stopped,
    }
