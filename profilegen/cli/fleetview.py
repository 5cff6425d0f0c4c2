"""How the fleet is shown: counts, a plan, a table of outcomes; and the same as JSON."""

from collections.abc import Iterable, Mapping
from typing import Any

from profilegen.cli.output import error_document, note, print_table, say, table
from profilegen.cli.templateview import show_paces, show_templates, templates_document
from profilegen.fleet.changes import FieldChange
from profilegen.fleet.drift import Action, State
from profilegen.fleet.tally import RIGHT, Tally
from profilegen.flow.fleet.importing import Imported
from profilegen.flow.fleet.planning import DomainPlan, Plan
from profilegen.flow.fleet.repair import Outcome
from profilegen.flow.fleet.values import Judged

WORDS = {
    State.OK: "right, as a fresh inventory shows",
    State.PASSWORD_UNKNOWN: "installed; whether the device still has the password is not known",
    State.SIGNER_EXPIRING: "right, its signature ends soon",
    State.TWIN: "right, and a second mail profile beside it",
    State.UNREPORTED: "there as far as is told; nothing shows which revision",
    State.STALE: "holds another revision",
    State.MOVED: "the account was changed on the device",
    State.MISSING: "the profile is gone",
    State.BY_HAND: "installed by hand, outside the MDM",
    State.UNKNOWN: "not known: to be looked at",
    State.RE_ENROLLED: "enrolled again, a restore perhaps: to be looked at",
    State.OS_UPDATED: "system updated: to be looked at",
    State.IN_FLIGHT: "under way",
    State.WAITING: "waiting: the device is locked and comes back by itself",
    State.SILENT: "checked in and left the command without an answer",
    State.OFFLINE: "offline",
    State.FAILED: "the device refused it",
    State.WRONG_PERSON: "the device is somebody else's",
    State.UNCONFIRMED: "the MDM does not say whose device it is",
    State.NOT_ENROLLED: "not in the MDM",
    State.NEEDS_SIGN_IN: "the person has to sign in on the Mac first",
    State.RETIRING: "to be removed",
    State.RETIRED: "removed",
}
MARKS = {
    Action.NONE: "✓",
    Action.INSTALL: "+",
    Action.REMOVE: "−",
    Action.LOOK: "?",
    Action.WAIT: "…",
    Action.PERSON: "!",
}


def seat_document(judged: Judged) -> dict[str, Any]:
    """Return one seat as JSON: what it is, how it stands, what was seen and when."""
    seat, sight = judged.seat, judged.view.sight
    inventory, enrollment = sight.inventory, sight.enrollment
    return {
        "address": str(seat.mailboxes[0].address),
        "addresses": [str(mailbox.address) for mailbox in seat.mailboxes],
        "person": seat.person,
        "mdm": seat.mdm,
        "udid": seat.udid,
        "serial": seat.serial,
        "channel": str(seat.channel),
        "group": seat.group,
        "state": str(judged.judgement.state),
        "action": str(judged.judgement.action),
        "why": judged.judgement.why,
        "secret_route": str(seat.route),
        "identifier": seat.expected_identifier,
        "revision": seat.wanted.revision if seat.wanted else None,
        "installed": judged.judgement.state in INSTALLED_STATES,
        "sends_since": _time(sight.sends_since),
        "last_seen": _time(enrollment.last_seen if enrollment else None),
        "inventory_at": _time(inventory.collected_at if inventory else None),
        "os_version": enrollment.os_version if enrollment else None,
    }


INSTALLED_STATES = frozenset({State.OK, State.PASSWORD_UNKNOWN, State.SIGNER_EXPIRING, State.TWIN})


def tally_document(tally: Tally) -> dict[str, Any]:
    """Return the counts as JSON."""
    return {
        "seats": tally.total,
        "wrong": tally.wrong,
        "states": {str(state): count for state, count in sorted(tally.states.items())},
        "actions": {str(action): count for action, count in sorted(tally.actions.items())},
        "to_ask": tally.to_ask,
        "examples": [
            {
                "address": str(example.seat.mailboxes[0].address),
                "mdm": example.seat.mdm,
                "device": example.seat.udid or example.seat.serial,
                "state": str(example.judgement.state),
                "why": example.judgement.why,
            }
            for examples in tally.examples.values()
            for example in examples
        ],
    }


def plan_document(plan: Plan, seconds: Mapping[str, float]) -> dict[str, Any]:
    """Return a plan as JSON; `seconds` is how long servers with a pace need at least."""
    return {
        "plan": plan.id,
        "empty": plan.is_empty,
        **tally_document(plan.tally),
        "installs": dict(plan.tally.installs),
        "seconds": dict(seconds),
        **templates_document(plan.survey.templates),
        "domains": [_domain_document(domain) for domain in plan.survey.domains],
    }


def outcome_document(outcome: Outcome) -> dict[str, Any]:
    """Return the end of a repair as JSON."""
    return {
        "plan": outcome.plan,
        "ok": outcome.tally.wrong == 0,
        "pushed": outcome.pushed,
        "stopped": outcome.stopped,
        "refused": outcome.refused.count,
        "not_given_out": [{"seat": line.seat, "why": line.outcome} for line in outcome.refused.lines],
        **tally_document(outcome.tally),
    }


def import_document(imported: Imported) -> dict[str, Any]:
    """Return what an import did as JSON; bad rows beyond the first thousand are only counted."""
    tally = imported.tally
    return {
        "added": tally.added,
        "changed": tally.changed,
        "same": tally.same,
        "gone": tally.gone,
        "bad_rows": imported.bad_count,
        "bad": [{"row": bad.row, "address": bad.address, "error": error_document(bad.problem)} for bad in imported.bad],
        "unclear_sign_ins": imported.unclear_count,
        "unclear": [
            {"enrollment": each.enrollment, "device": each.device, "sign_ins": list(each.sign_ins)}
            for each in imported.unclear
        ],
    }


def show_import(imported: Imported) -> None:
    """Print what an import did."""
    tally = imported.tally
    say(f"{tally.added} added, {tally.changed} changed, {tally.same} unchanged, {tally.gone} not in it any more")
    if tally.gone:
        say("  What is not in it stays as it is: retire it by name, or with fleet retire --gone.")
    for bad in imported.bad:
        note(f"row {bad.row}: {bad.address or ''} {bad.problem.message} {bad.problem.hint}")
    _note_rest(imported.bad_count, len(imported.bad), "bad rows")
    for each in imported.unclear:
        note(f"{each.device}: signed in as {', '.join(each.sign_ins)}, which is no mailbox; not imported")
    _note_rest(imported.unclear_count, len(imported.unclear), "unclear sign-ins")


def show_plan(plan: Plan, seconds: Mapping[str, float]) -> None:
    """Print a plan: what moved at the providers, the templates, the seats by state, then what would be done."""
    for domain in plan.survey.domains:
        _show_domain(domain)
    show_templates(plan.survey.templates)
    show_tally(plan.tally)
    say()
    installs, removals = plan.tally.actions[Action.INSTALL], plan.tally.actions[Action.REMOVE]
    looks, people = plan.tally.actions[Action.LOOK], plan.tally.actions[Action.PERSON]
    say(f"Plan {plan.id}: {installs} to install, {removals} to remove, {looks} to look at, {people} for a person.")
    show_paces(seconds)
    if plan.tally.to_ask:
        say(f"  {plan.tally.to_ask} people will have to type their password afterwards; nobody else can.")


def show_tally(tally: Tally) -> None:
    """Print the counts by state, and who is behind each that is not right."""
    if tally.total == 0:
        say("No seat is in it. Bring some with profilegen fleet import FILE, or fleet import --mdm NAME.")
        return
    rows = table("seats", "state", "meaning")
    for state, count in sorted(tally.states.items(), key=lambda item: (item[0] in RIGHT, -item[1])):
        rows.add_row(str(count), str(state), WORDS[state])
    print_table(rows)
    for state, examples in tally.examples.items():
        say()
        say(f"{state}: {WORDS[state]}")
        for example in examples:
            seat = example.seat
            mark = MARKS[example.judgement.action]
            device = f"{seat.serial or seat.udid} ({seat.mdm})"
            say(f"  {mark} {seat.mailboxes[0].address} on {device}: {example.judgement.why}")
        if tally.states[state] > len(examples):
            say(f"    and {tally.states[state] - len(examples)} more: fleet status --state {state}")


def show_outcome(outcome: Outcome) -> None:
    """Print the end of a repair."""
    show_tally(outcome.tally)
    say()
    say(f"Plan {outcome.plan}: {outcome.pushed} commands went out.")
    say(f"{outcome.tally.wrong} of {outcome.tally.total} seats are not right.")
    for line in outcome.refused.lines:
        note(f"{line.seat}: {line.outcome}")
    _note_rest(outcome.refused.count, len(outcome.refused.lines), "profiles not given out")
    if outcome.stopped:
        note(f"profilegen: stopped, because {outcome.stopped}.")
        note("  → See fleet status --state failed, mend it, and run apply again.")


def show_seats(seats: Iterable[Judged]) -> None:
    """Print seats one by one."""
    rows = table("address", "device", "mdm", "state", "sends", "why")
    for judged in seats:
        seat, sends = judged.seat, judged.view.sight.sends_since
        rows.add_row(
            str(seat.mailboxes[0].address),
            seat.serial or seat.udid or "",
            seat.mdm,
            str(judged.judgement.state),
            f"{sends:%Y-%m-%d}" if sends else "not known",
            judged.judgement.why,
        )
    print_table(rows)


def _show_domain(plan: DomainPlan) -> None:
    domain = plan.domain
    if domain.problem is not None:
        note(f"profilegen: {domain.name}: {domain.problem.message}\n  → {domain.problem.hint}")
    if plan.admission is not None and not plan.admission.admitted:
        note(
            f"profilegen: {domain.name}: its servers are proved to level {plan.admission.level}, "
            f"{plan.admission.needed} is needed.\n  → Run profilegen canary run {domain.name}."
        )
    if domain.changes:
        say(f"{domain.name} ({domain.seats} seats): {'followed' if plan.accepted else 'not followed'}")
        for change in domain.changes:
            say(f"  ~ {change.field}: {change.old} → {change.new}  ({change.weight})")
        say()


def _domain_document(plan: DomainPlan) -> dict[str, Any]:
    domain, admission = plan.domain, plan.admission
    return {
        "domain": domain.name,
        "seats": domain.seats,
        "version": domain.followed.version if domain.followed else None,
        "accepted": plan.accepted,
        "verified_level": admission.level if admission else None,
        "needed_level": admission.needed if admission else None,
        "changes": [_change_document(change) for change in domain.changes],
        "error": error_document(domain.problem) if domain.problem else None,
    }


def _change_document(change: FieldChange) -> dict[str, Any]:
    return {"field": change.field, "old": change.old, "new": change.new, "weight": str(change.weight)}


def _note_rest(count: int, named: int, what: str) -> None:
    if count > named:
        note(f"and {count - named} more {what}")


def _time(value: Any) -> str | None:
    return None if value is None else value.isoformat()
