"""What went to whom, whose devices were seen to send, and who was in a rehearsal: append only."""

import json
import sqlite3
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from profilegen.ports.sending import UNLUCKY, DeliveryState, DeviceProof, Sending
from profilegen.storage.state import State

_COLUMNS = (
    *("person", "name", "accounts", "identifier", "revision", "channel", "recipient", "token", "state", "detail", "at"),
)
_APPEND = f"INSERT INTO sending ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608 - names of ours
_LATEST = "SELECT * FROM sending WHERE person = ? AND channel = ? AND revision = ? ORDER BY id DESC LIMIT 1"
_NEWEST = "SELECT * FROM sending WHERE person = ? AND channel = ? ORDER BY id DESC LIMIT 1"
_MAILED = "SELECT DISTINCT token, recipient FROM sending WHERE recipient IS NOT NULL"
_PAGE = """
SELECT * FROM sending
WHERE id IN (SELECT MAX(id) FROM sending WHERE (person, channel) > (?, ?) GROUP BY person, channel
             ORDER BY person, channel LIMIT ?)
ORDER BY person, channel
"""
_UNLUCKY = """
SELECT person FROM sending
WHERE id IN (SELECT MAX(id) FROM sending WHERE channel = ? GROUP BY person) AND state IN (?, ?, ?)
"""
_BY_TOKEN = "SELECT * FROM sending WHERE token = ? ORDER BY id DESC LIMIT 1"  # noqa: S105 - a query
_PROVE = "INSERT OR IGNORE INTO device_proof (person, kind, seen_at, detail) VALUES (?, ?, ?, ?)"
_PROOFS = "SELECT * FROM device_proof WHERE person = ? ORDER BY seen_at DESC, id DESC"
_REHEARSED = "SELECT DISTINCT digest FROM rehearsal WHERE channel = ? AND at >= ?"
_NOTE = "INSERT INTO rehearsal (channel, digest, at) VALUES (?, ?, ?)"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_AT_ONCE = 500
"""Lines read at once: nobody waits for a connection while they are looked at."""


class SqliteSendLedger:
    """A `ports.sending.SendLedger` in the state file; raises what `State` raises."""

    def __init__(self, *, state: State) -> None:
        self._state = state

    async def record(self, sending: Sending) -> None:
        """Append one line, durable on return."""
        with self._state.transaction() as connection:
            connection.execute(_APPEND, _values(sending))

    async def claim(
        self, sending: Sending, *, over: Collection[DeliveryState], since: datetime | None = None
    ) -> Sending | None:
        """Append one line unless the newest one about the same stands in the way; return that one then."""
        with self._state.transaction() as connection:
            standing = _latest(connection, sending.person, sending.revision, sending.channel)
            if standing is not None and standing.stands_in_the_way(over, since):
                return standing
            connection.execute(_APPEND, _values(sending))
        return None

    async def latest(self, person: str, revision: str, channel: str) -> Sending | None:
        """Return the newest line about this person, revision and channel."""
        with self._state.reading() as connection:
            return _latest(connection, person, revision, channel)

    async def everything(self) -> AsyncIterator[Sending]:
        """Yield the newest line of every person and channel, sorted by person."""
        place = ("", "")
        while page := self._page(place):
            for sending in page:
                yield sending
            place = (page[-1].person, page[-1].channel)

    async def unlucky(self, channel: str) -> frozenset[str]:
        """Return the people whose newest line in a channel says that they did not get it."""
        bad = (str(state) for state in UNLUCKY)
        with self._state.reading() as connection:
            return frozenset(person for (person,) in connection.execute(_UNLUCKY, (channel, *bad)))

    async def by_token(self, tokens: Sequence[str]) -> tuple[Sending, ...]:
        """Return the newest line for each of these tokens that is known."""
        with self._state.reading() as connection:
            connection.row_factory = sqlite3.Row
            found = [connection.execute(_BY_TOKEN, (token,)).fetchone() for token in dict.fromkeys(tokens)]
        return tuple(sending_of(row) for row in found if row is not None)

    async def mailed(self) -> Mapping[str, str]:
        """Return the recipient of every delivery that had one, by its token."""
        with self._state.reading() as connection:
            return dict(connection.execute(_MAILED).fetchall())

    async def amend(self, sending: Sending, *, over: Collection[DeliveryState]) -> bool:
        """Append what became of an earlier delivery; the newest one to this person stays the newest."""
        with self._state.transaction() as connection:
            known = _latest(connection, sending.person, sending.revision, sending.channel)
            if known is None or known.token != sending.token or known.state not in over:
                return False
            newest = sending_of(connection.execute(_NEWEST, (sending.person, sending.channel)).fetchone())
            connection.execute(_APPEND, _values(sending))
            if newest.token != sending.token:
                connection.execute(_APPEND, _values(newest))
        return True

    async def prove(self, proof: DeviceProof) -> None:
        """Append a proof unless it stands there already, durable on return."""
        with self._state.transaction() as connection:
            connection.execute(_PROVE, (proof.person, proof.kind, _microseconds(proof.seen_at), proof.detail))

    async def proofs(self, person: str) -> tuple[DeviceProof, ...]:
        """Return what proves that this person's device sends, newest first."""
        with self._state.reading() as connection:
            connection.row_factory = sqlite3.Row
            rows = connection.execute(_PROOFS, (person,)).fetchall()
        return tuple(
            DeviceProof(person=row["person"], kind=row["kind"], seen_at=_moment(row["seen_at"]), detail=row["detail"])
            for row in rows
        )

    def _page(self, after: tuple[str, str]) -> list[Sending]:
        with self._state.reading() as connection:
            connection.row_factory = sqlite3.Row
            return [sending_of(row) for row in connection.execute(_PAGE, (*after, _AT_ONCE))]


class SqliteRehearsalLog:
    """A `ports.sending.RehearsalLog` in the state file; raises what `State` raises."""

    def __init__(self, *, state: State) -> None:
        self._state = state

    async def rehearsed(self, channel: str, since: datetime) -> frozenset[str]:
        """Return every digest that was in a rehearsal of this channel since then."""
        with self._state.reading() as connection:
            return frozenset(digest for (digest,) in connection.execute(_REHEARSED, (channel, _microseconds(since))))

    async def note(self, channel: str, digests: Collection[str], at: datetime) -> None:
        """Append the digests of one rehearsal, all or none, durable on return."""
        with self._state.transaction() as connection:
            connection.executemany(_NOTE, [(channel, digest, _microseconds(at)) for digest in digests])


def _latest(connection: sqlite3.Connection, person: str, revision: str, channel: str) -> Sending | None:
    connection.row_factory = sqlite3.Row
    row = connection.execute(_LATEST, (person, channel, revision)).fetchone()
    return None if row is None else sending_of(row)


def _values(sending: Sending) -> tuple[str | int | None, ...]:
    return (
        sending.person,
        sending.name,
        json.dumps(list(sending.accounts)),
        sending.identifier,
        sending.revision,
        sending.channel,
        sending.recipient,
        sending.token,
        str(sending.state),
        sending.detail,
        _microseconds(sending.at),
    )


def sending_of(row: sqlite3.Row) -> Sending:
    """Return a row of `sending` as a value."""
    return Sending(
        person=row["person"],
        name=row["name"],
        accounts=tuple(json.loads(row["accounts"])),
        identifier=row["identifier"],
        revision=row["revision"],
        channel=row["channel"],
        recipient=row["recipient"],
        token=row["token"],
        state=DeliveryState(row["state"]),
        detail=row["detail"],
        at=_moment(row["at"]),
    )


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)
