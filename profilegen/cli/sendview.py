"""What became of everybody's profile, as people and machines read it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from profilegen.cli.output import complain, error_document, note, print_json, print_table, say, table
from profilegen.errors import ProfilegenError
from profilegen.flow.sendvalues import SendState, Sent
from profilegen.mailing.guide import Occasion
from profilegen.mailing.people import SharedRecovery
from profilegen.settings.roster import BadRow

SHOWN = 20
"""People up to whom a table holds everybody; of more only those somebody has to look after."""

_MARKS = {SendState.UNCERTAIN: "?", SendState.NOT_SENT: "–", SendState.ALREADY: "=", SendState.REHEARSED: "✓"}
_WORDS = {
    SendState.DELIVERED: "delivered",
    SendState.ALREADY: "delivered before",
    SendState.REHEARSED: "rehearsed",
    SendState.UNCERTAIN: "uncertain",
    SendState.REFUSED: "refused",
    SendState.BOUNCED: "bounced",
    SendState.FAILED: "failed",
    SendState.UNFIT: "not possible",
    SendState.NOT_SENT: "not sent",
}


@dataclass(slots=True, kw_only=True)  # counts while the batch runs
class Tally:
    """What is left of a batch when it is over: numbers, and the lines that are worth a look."""

    people: int
    bad_rows: Sequence[BadRow] = ()
    shared: Sequence[SharedRecovery] = ()
    files: tuple[PurePath, ...] = ()
    stopped: ProfilegenError | None = None
    counts: Counter[SendState] = field(default_factory=Counter)
    shown: list[Sent] = field(default_factory=list)

    def add(self, sent: Sent) -> None:
        """Count one line, and keep it if it will be shown."""
        self.counts[sent.state] += 1
        if self.people <= SHOWN or (not sent.ok and sent.state is not SendState.NOT_SENT):
            self.shown.append(sent)

    @property
    def ok(self) -> bool:
        """True if nobody has to be looked after."""
        good = (SendState.DELIVERED, SendState.ALREADY, SendState.REHEARSED)
        return not self.bad_rows and sum(self.counts[state] for state in good) == self.people


@dataclass(frozen=True, slots=True, kw_only=True)
class SendView:
    """Shows a run while it goes on and at its end: JSON Lines for a roster, one object for one person, or a table."""

    channel: str
    occasion: Occasion
    many: bool
    as_json: bool

    def begin(self, bad: Iterable[BadRow], shared: Iterable[SharedRecovery]) -> None:
        """Say what is known before anything is sent."""
        show_shared(shared)
        if self.as_json:
            for row in bad:
                print_json(bad_row_document(row, self.channel, self.occasion))

    def line(self, sent: Sent) -> None:
        """Show the line about one person; raises what stood in the way of a single one."""
        if not self.many and sent.problem is not None:
            raise sent.problem
        if self.as_json:
            print_json(sent_document(sent, self.channel, self.occasion))

    def end(self, tally: Tally) -> None:
        """Show what became of everybody."""
        if not self.as_json:
            show_tally(tally)
        elif self.many:
            print_json(summary_document(tally))


def sent_document(sent: Sent, channel: str, occasion: Occasion) -> dict[str, Any]:
    """Return the JSON object of one person."""
    person = sent.person
    return {
        "person": person.key,
        "name": person.name,
        "row": person.row,
        "accounts": [str(account) for account in person.accounts],
        "channel": channel,
        "occasion": str(occasion),
        "ok": sent.ok,
        "state": str(sent.state),
        "detail": sent.detail,
        "recipient": None if sent.recipient is None else str(sent.recipient.address),
        "recipient_is": None if sent.recipient is None else str(sent.recipient.kind),
        "identifier": sent.identifier,
        "revision": sent.revision,
        "verified": sent.verified,
        "allowed_because": sent.allowed_because,
        "cause": sent.cause,
        "remedy": sent.remedy,
        "path": sent.path,
        "error": None if sent.problem is None else error_document(sent.problem),
    }


def bad_row_document(bad: BadRow, channel: str, occasion: Occasion) -> dict[str, Any]:
    """Return the JSON object of a row of the roster that cannot be used."""
    return {
        "person": None,
        "row": bad.row,
        "accounts": [] if bad.address is None else [bad.address],
        "channel": channel,
        "occasion": str(occasion),
        "ok": False,
        "state": str(SendState.UNFIT),
        "detail": bad.problem.message,
        "error": error_document(bad.problem),
    }


def summary_document(tally: Tally) -> dict[str, Any]:
    """Return the last JSON line of a batch."""
    summary = {
        "people": tally.people,
        "bad_rows": len(tally.bad_rows),
        "ok": tally.ok,
        **{str(state): tally.counts[state] for state in SendState},
        "stopped": None if tally.stopped is None else error_document(tally.stopped),
        "shared_recovery": [{"address": str(one.address), "people": list(one.people)} for one in tally.shared],
        "files": [str(path) for path in tally.files],
    }
    return {"summary": summary}


def show_shared(shared: Iterable[SharedRecovery]) -> None:
    """Say before anything is sent which mailbox would get the profiles of several people."""
    for one in shared:
        people = ", ".join(one.people[:5]) + (" …" if len(one.people) > 5 else "")
        note(f"profilegen: {one.address} is the recovery address of {len(one.people)} people: {people}")


def show_tally(tally: Tally) -> None:
    """Print the table, the numbers, and what is to be done."""
    if tally.shown or tally.bad_rows:
        rows = table("", "person", "to", "", "")
        for bad in tally.bad_rows:
            rows.add_row("✗", f"row {bad.row}: {bad.address or ''}", "", "not possible", bad.problem.message)
        for sent in tally.shown:
            mark = _MARKS.get(sent.state, "✓" if sent.ok else "✗")
            rows.add_row(mark, sent.person.key, str(sent.address or ""), _WORDS[sent.state], _told(sent))
        print_table(rows)
    say(_numbers(tally))
    for path in tally.files:
        say(f"  {path}")
    for remedy in dict.fromkeys(sent.remedy for sent in tally.shown if sent.remedy):
        note(f"  → {remedy}")
    if tally.stopped is not None:
        complain(tally.stopped)


def _told(sent: Sent) -> str:
    cause = f"{sent.cause}: " if sent.cause else ""
    because = f" (without proof, because: {sent.allowed_because})" if sent.allowed_because else ""
    hint = f" {sent.problem.hint}" if sent.problem is not None else ""
    return f"{cause}{sent.detail}{hint}{because}"


def _numbers(tally: Tally) -> str:
    parts = [f"{tally.counts[state]} {_WORDS[state]}" for state in SendState if tally.counts[state]]
    if tally.bad_rows:
        rows = "1 row" if len(tally.bad_rows) == 1 else f"{len(tally.bad_rows)} rows"
        parts.append(f"{rows} that cannot be used")
    people = "1 person" if tally.people == 1 else f"{tally.people} people"
    return f"{people}: {', '.join(parts) or 'nobody'}."
