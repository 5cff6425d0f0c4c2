"""Reading answers: everything a server says is untrusted, so each value is taken as what it should be or not at all."""

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from profilegen.errors import NetworkProblem, NotPossible
from profilegen.fleet.seen import CommandState, ErrorLink
from profilegen.mdm.calls import Answer
from profilegen.ports.mdm import InstallOrder, LookOrder, Receipt, RemoveOrder

LONGEST_TEXT = 4096
"""Characters of one value; links to reports and to next pages are the longest."""

LONGEST_SAID = 300
"""Characters of a server's own words that are kept."""

_KEY_OR_BUSY = (401, 403, 429)
_WORDS = ("message", "description", "title", "reason", "detail", "error", "errors")

OrderT = TypeVar("OrderT", InstallOrder, RemoveOrder, LookOrder)


class _Refusal(Exception):
    """What a server said against one question; the cause of a NotPossible, and never seen by itself."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.status = status
        self.said = said


def accept(answer: Answer, *statuses: int) -> Answer:
    """
    Return the answer if its status is one of these.

    Raises NotPossible `refused` with the server's own words for other 4xx, else as `Answer.require`.
    """
    if answer.status not in statuses and 400 <= answer.status < 500 and answer.status not in _KEY_OR_BUSY:
        said = said_by(answer)
        raise NotPossible(
            f"{answer.place} was refused ({answer.status}): {said}",
            hint="Run mdm probe to see what works with this MDM.",
            code="refused",
        ) from _Refusal(answer.status, said)
    return answer.require(*statuses)


def receipted(server: str, act: Callable[[OrderT], Awaitable[Receipt]]) -> Callable[[OrderT], Awaitable[Receipt]]:
    """Return `act` so that an order that is refused becomes a failed receipt and stops no other."""

    async def work(order: OrderT) -> Receipt:
        try:
            return await act(order)
        except NotPossible as problem:
            if isinstance(problem.__cause__, _Refusal):
                return failed(order.command, server, problem.__cause__.said, problem.__cause__.status)
            return failed(order.command, server, problem.message)

    return work


def failed(command: str, server: str, why: str, status: int = 0) -> Receipt:
    """Return the receipt of an order that came to nothing; `status` is the server's own, 0 if the reason is ours."""
    return Receipt(
        command=command, state=CommandState.FAILED, errors=(ErrorLink(domain=server, code=status, text=why),)
    )


def said_by(answer: Answer) -> str:
    """Return a server's reason in one bounded line."""
    try:
        words = list(_words(json.loads(answer.body)))
    except (ValueError, RecursionError):
        words = [answer.body[: 4 * LONGEST_SAID].decode("utf-8", "replace")]
    text = " ".join("".join(c if c.isprintable() else " " for c in " ".join(words)).split())
    return text[:LONGEST_SAID] or f"status {answer.status} without a reason"


def _words(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value[:5]:
            yield from _words(item)
    elif isinstance(value, Mapping):
        for key in _WORDS:
            if key in value:
                yield from _words(value[key])


def tree(value: object) -> Mapping[str, Any]:
    """Return a JSON object, an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def rows(value: object, place: str) -> list[Mapping[str, Any]]:
    """Return a list of JSON objects; raises NetworkProblem `bad_answer` if it is none: a cut page is no short page."""
    if isinstance(value, list) and all(isinstance(item, dict) for item in value):
        return value
    raise NetworkProblem(
        f"{place} was answered without the list that belongs there.",
        hint="Try again; if it stays, the interface of this MDM has changed.",
        code="bad_answer",
    )


def text(value: object) -> str | None:
    """Return a text that says something, in one bounded line that no terminal acts on, or a whole number as text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        return None
    return "".join(c for c in value[:LONGEST_TEXT] if c.isprintable()).strip() or None


def upper(value: object) -> str | None:
    """Return a UDID or serial number as it is compared."""
    found = text(value)
    return None if found is None else found.upper()


def emails(*values: object) -> tuple[str, ...]:
    """Return the mail addresses among some values, lower-cased, each once."""
    found = (text(value) for value in values)
    return tuple(dict.fromkeys(value.lower() for value in found if value is not None and "@" in value))


def texts(*values: object) -> tuple[str, ...]:
    """Return the texts among some values, each once."""
    return tuple(dict.fromkeys(found for value in values if (found := text(value)) is not None))


def moment(value: object) -> datetime | None:
    """Return a time as servers write it (ISO 8601), aware; None for none, and for the year 1 that means none."""
    found = text(value)
    if found is None:
        return None
    try:
        read = datetime.fromisoformat(found.replace("Z", "+00:00"))
    except ValueError:
        return None
    aware = read if read.tzinfo is not None else read.replace(tzinfo=UTC)
    return aware if aware.year > 1970 else None
