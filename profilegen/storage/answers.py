"""What lookups found, kept for as long as it may be."""

import hashlib
import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from profilegen.ports import Clock, Question
from profilegen.settings.candidates import Resolution
from profilegen.storage.state import State

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_RECALL = "SELECT resolution FROM answer WHERE domain = ? AND question = ? AND kept_at <= ? AND expires_at > ?"
_FORGET_OLD = "DELETE FROM answer WHERE expires_at <= ?"
_KEEP = "INSERT OR REPLACE INTO answer (domain, question, resolution, kept_at, expires_at) VALUES (?, ?, ?, ?, ?)"


class SqliteAnswerStore:
    """
    A `ports.AnswerStore` in the state file; raises what `State` raises.

    `world` names all that an answer depends on beside its question: another release, another resolver, other trust
    anchors never see this one's answers.
    """

    def __init__(self, *, state: State, clock: Clock, world: str) -> None:
        self._state = state
        self._clock = clock
        self._world = world

    async def recall(self, question: Question) -> Resolution | None:
        """Return the answer kept for this question; one this release cannot read counts as none."""
        from pydantic import ValidationError

        now = _seconds(self._clock.now())
        with self._state.reading() as connection:
            row = connection.execute(_RECALL, (question.address.domain, self._key(question), now, now)).fetchone()
        try:
            return None if row is None else _codec().validate_json(row[0])
        except ValidationError:
            return None

    async def keep(self, question: Question, resolution: Resolution, lifetime: timedelta) -> None:
        """Keep an answer, and forget all whose time is over."""
        now = self._clock.now()
        row = (
            question.address.domain,
            self._key(question),
            _codec().dump_json(resolution).decode(),
            _seconds(now),
            _seconds(now + lifetime),
        )
        with self._state.transaction() as connection:
            connection.execute(_FORGET_OLD, (_seconds(now),))
            connection.execute(_KEEP, row)

    def _key(self, question: Question) -> str:
        text = json.dumps([self._world, asdict(question)], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()


@cache
def _codec() -> "TypeAdapter[Resolution]":
    from pydantic import TypeAdapter

    return TypeAdapter(Resolution)


def _seconds(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp())
