"""What the doctor says: one document for machines, the page and the letter; and a screen for people."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from profilegen.cli.doctoranswer import SHOWN_TO_PEOPLE, Answer, voices
from profilegen.cli.output import MARKS, note, print_table, say, table
from profilegen.cli.render import finding_document
from profilegen.delivery.doctor import WrittenCure
from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.doctor.case import VANTAGE_WORDS, Vantage
from profilegen.diagnosis.doctor.comparison import Compared
from profilegen.diagnosis.doctor.cures import Cure, cures_for
from profilegen.diagnosis.doctor.diagnosis import Diagnosis, FoundCause
from profilegen.diagnosis.doctor.questions import QUESTION_WORDS
from profilegen.diagnosis.remedies import remedy_of
from profilegen.diagnosis.titles import TITLES
from profilegen.report import Finding, Report
from profilegen.settings.servers import Server

_OF_PROVIDER = ("id", "name", "support", "status_page", "max_size", "max_per_day")


def answer_document(answer: Answer) -> dict[str, Any]:
    """Return the JSON object of `doctor`; its shape is written down in docs/doctor.md."""
    case, proof = answer.examined.case, answer.examined.proof
    return {
        "address": str(case.address),
        "ok": answer.diagnosis.healthy,
        "unsure": answer.diagnosis.unsure,
        "status": str(case.status) if case.status is not None else None,
        "causes": [_cause_document(found, answer.cures) for found in answer.diagnosis.causes],
        "comparison": [_compared_document(row) for row in answer.diagnosis.compared],
        "right": list(_right(answer)),
        "tested": {
            "level": proof.level if proof is not None else 0,
            "level_asked": proof.level_asked if proof is not None else None,
            "endpoints": dict(proof.endpoints) if proof is not None else {},
            "stopped": answer.examined.problem.message if answer.examined.problem is not None else None,
        },
        "findings": list(_findings(answer)),
        "remedies": [_cure_document(cure) for cure in answer.cures],
        "voices": voices(answer),
        "questions": [
            {"question": str(question), "text": QUESTION_WORDS[question]}
            for question in answer.diagnosis.open_questions
        ],
        "profile": answer.command if Cure.PROFILE in answer.diagnosis.cures else None,
        "provider": _provider_document(answer.provider),
    }


def page_values(answer: Answer, now: datetime) -> dict[str, Any]:
    """Return what the page and the letter are filled with: the document, and what only people need."""
    document = answer_document(answer)
    for cause in document["causes"]:
        for clue in cause["evidence"]:
            clue["vantage_words"] = VANTAGE_WORDS[Vantage(clue["vantage"])]
    return {
        **document,
        "error": answer.examined.case.error,
        "examined": f"{now:%Y-%m-%d %H:%M} UTC",
        "transcript": [line for line in document["findings"] if line["outcome"] != "skip"],
    }


def show_answer(answer: Answer) -> None:
    """Print the one screen: what is wrong and how we know, what to do in which order, and who else can do something."""
    case, diagnosis = answer.examined.case, answer.diagnosis
    say(f"{case.address.display}: {'nothing wrong was found' if diagnosis.healthy else _headline(diagnosis)}")
    for found in diagnosis.causes[:SHOWN_TO_PEOPLE]:
        _show_cause(found)
    _show_comparison(diagnosis.compared)
    if proof := answer.examined.proof:
        say(f"  Tested from here with the right settings: level {proof.level} of {proof.level_asked} asked.")
    if answer.examined.problem is not None:
        say(f"  ! Not tested: {answer.examined.problem.message}")
    _show_cures(answer.cures)
    _show_voices(answer)
    if diagnosis.open_questions:
        say()
        say("It would help to know:")
        for question in diagnosis.open_questions:
            say(f"  ? {QUESTION_WORDS[question]}")
    if any(clue.vantage is Vantage.HERE for found in diagnosis.causes for clue in found.clues) or case.level:
        note("profilegen: what was tested from here is said about here, not about the phone.")


def _headline(diagnosis: Diagnosis) -> str:
    first = TITLES[diagnosis.causes[0].cause]
    return f"not sure; perhaps: {first}" if diagnosis.unsure else first


def _show_cause(found: FoundCause) -> None:
    say()
    say(f"{MARKS['fail']} {TITLES[found.cause]} ({found.cause.value}, {found.confidence:.0%})")
    for clue in found.clues:
        say(f"    {clue.detail} ({VANTAGE_WORDS[clue.vantage]})")


def _show_comparison(compared: Sequence[Compared]) -> None:
    if not compared:
        return
    say()
    rows = table("", "Field in Settings", "On the device", "Right")
    for row in compared:
        rows.add_row(MARKS["pass" if row.fits else "fail"], row.label, row.now, row.right)
    print_table(rows)


def _show_cures(cures: Sequence[WrittenCure]) -> None:
    for place, cure in enumerate(cures, start=1):
        say()
        say(f"{place}. {cure.title}")
        for step in cure.steps:
            say(f"   - {step}")
        say(f"   Can be lost: {cure.loses}")
        say(f"   Message in the Outbox: {cure.outbox}")


def _show_voices(answer: Answer) -> None:
    for who, lines in voices(answer).items():
        if who == "person" or not lines:
            continue
        say()
        say("Whoever looks after the devices:" if who == "admin" else "Whoever runs the mail server:")
        for line in lines:
            say(f"  - {line}")


def _provider_document(record: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if record is None else {key: record.get(key) for key in _OF_PROVIDER}


def _least_risky(cause: Cause, cures: Sequence[WrittenCure]) -> str:
    """Return what the person does first about one cause; `explain` knows no device and names the profile at once."""
    cure = next((cure for cure in cures if cure.cure in cures_for([cause], known=True)), None)
    return remedy_of(cause).user if cure is None or cure.cure is Cure.OUTSIDE else cure.title


def _cause_document(found: FoundCause, cures: Sequence[WrittenCure]) -> dict[str, Any]:
    cause: Cause = found.cause
    remedy = remedy_of(cause)
    return {
        "cause": cause.value,
        "title": TITLES[cause],
        "confidence": found.confidence,
        "evidence": [
            {
                "vantage": str(clue.vantage),
                "origin": str(clue.origin),
                "weight": round(clue.weight, 2),
                "detail": clue.detail,
            }
            for clue in found.clues
        ],
        "remedy": {"user": _least_risky(cause, cures), "admin": remedy.admin, "server": remedy.server},
    }


def _compared_document(row: Compared) -> dict[str, Any]:
    return {
        "field": row.field,
        "label": row.label,
        "now": row.now,
        "right": row.right,
        "fits": row.fits,
        "cause": row.cause.value if row.cause is not None else None,
    }


def _cure_document(cure: WrittenCure) -> dict[str, Any]:
    return {
        "cure": str(cure.cure),
        "title": cure.title,
        "steps": list(cure.steps),
        "loses": cure.loses,
        "outbox": cure.outbox,
    }


def _right(answer: Answer) -> Iterator[dict[str, Any]]:
    right = answer.examined.case.right
    servers: tuple[tuple[str, Server | None], ...] = (("outgoing", right.outgoing), ("incoming", right.incoming))
    for direction, server in servers:
        if server is not None:
            yield {
                "direction": direction,
                "host": server.host,
                "port": server.port,
                "security": str(server.security),
                "username": server.username,
            }


def _findings(answer: Answer) -> Iterator[dict[str, Any]]:
    case = answer.examined.case
    reports: tuple[tuple[str, Report], ...] = (
        ("right", case.right_report),
        ("device", case.current_report),
        ("lists", case.lists_report),
    )
    for settings, report in reports:
        for finding in report.findings:
            yield {"settings": settings, "vantage": "here", **_finding(finding)}


def _finding(finding: Finding) -> dict[str, Any]:
    return {**finding_document(finding), "reply": finding.reply}
