"""What waits in a mail queue, and whether it grows."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from profilegen.diagnosis.maillog.line import printable
from profilegen.report import Finding, Outcome

GROWS_FROM = 50
"""Messages of the last hour that still wait; fewer are an ordinary day."""
LARGE = 1_000
MOST_SENDERS = 10_000
LONGEST_ENTRY = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One message in a queue; `arrived` None if nobody knows when."""

    sender: str
    arrived: datetime | None
    recipients: int = 1
    reason: str = ""


def read_postqueue(lines: Iterable[str]) -> Iterator[Waiting]:
    """Yield the messages of `postqueue -j` (one JSON object per line, Postfix 3.1); what is none is passed over."""
    for line in lines:
        if len(line) > LONGEST_ENTRY:
            continue
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(entry, dict) and "queue_id" in entry:
            yield _waiting(entry)


def judge_queue(queue: Iterable[Waiting], *, now: datetime) -> tuple[Finding, ...]:
    """Return how much waits, whether it grows, and whose it is."""
    total = recent = 0
    oldest: datetime | None = None
    senders: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for message in queue:
        total += 1
        if message.arrived is not None:
            recent += message.arrived > now - timedelta(hours=1)
            oldest = message.arrived if oldest is None else min(oldest, message.arrived)
        for counter, word in ((senders, message.sender), (reasons, message.reason)):
            if word and (word in counter or len(counter) < MOST_SENDERS):
                counter[word] += 1
    if not total:
        return (Finding(check="queue.size", outcome=Outcome.PASS, detail="Nothing waits."),)
    return (_size(total, oldest, now, reasons), _growth(recent, total), _senders(senders, total))


def _size(total: int, oldest: datetime | None, now: datetime, reasons: Counter[str]) -> Finding:
    since = f", the oldest for {_age(now - oldest)}" if oldest else ""
    why = f"; most often because: {reasons.most_common(1)[0][0]}" if reasons else ""
    outcome = Outcome.WARN if total >= LARGE else Outcome.PASS
    return Finding(check="queue.size", outcome=outcome, detail=f"{_messages(total)}{since}{why}.")


def _growth(recent: int, total: int) -> Finding:
    grows = recent >= GROWS_FROM and recent * 2 >= total
    words = "The queue grows: " if grows else ""
    detail = f"{words}{recent} of {_messages(total)} came within the last hour."
    return Finding(check="queue.growth", outcome=Outcome.FAIL if grows else Outcome.PASS, detail=detail)


def _senders(senders: Counter[str], total: int) -> Finding:
    listed = ", ".join(f"{sender} {count}" for sender, count in senders.most_common(5)) or "nobody is named"
    top = senders.most_common(1)[0][1] if senders else 0
    one_sided = top >= GROWS_FROM and top * 2 >= total
    outcome = Outcome.WARN if one_sided else Outcome.PASS
    return Finding(check="queue.senders", outcome=outcome, detail=f"Most wait from: {listed}.")


def _waiting(entry: dict[str, object]) -> Waiting:
    recipients = entry.get("recipients")
    listed = [item for item in recipients if isinstance(item, dict)] if isinstance(recipients, list) else []
    reason = next((str(item["delay_reason"]) for item in listed if item.get("delay_reason")), "")
    return Waiting(
        sender=_word(entry.get("sender")) or "<>",
        arrived=_time(entry.get("arrival_time")),
        recipients=max(len(listed), 1),
        reason=_word(reason),
    )


def _word(value: object) -> str:
    return printable(value[:200]) if isinstance(value, str) else ""


def _time(value: object) -> datetime | None:
    try:
        return datetime.fromtimestamp(value, UTC) if isinstance(value, int) else None
    except (ValueError, OverflowError, OSError):
        return None


def _messages(count: int) -> str:
    return f"{count} message" if count == 1 else f"{count} messages"


def _age(age: timedelta) -> str:
    hours = age.total_seconds() / 3600
    return (
        f"{hours / 24:.0f} days" if hours >= 48 else f"{hours:.0f} hours" if hours >= 2 else f"{hours * 60:.0f} minutes"
    )
