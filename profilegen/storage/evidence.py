"""What test-sends proved, append only."""

import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from profilegen.diagnosis.evidence import Endpoint, EndpointPair, Evidence, Failure, UsernameForm
from profilegen.ports import Allowance
from profilegen.settings.servers import Auth, Protocol, Security
from profilegen.storage.state import State

_FIELDS = ("protocol", "host", "port", "security", "auth", "username")
_COLUMNS = (
    *(f"{direction}_{field}" for direction in ("incoming", "outgoing") for field in _FIELDS),
    *("level", "level_asked", "tested_at", "canary"),
)
_APPEND = f"INSERT INTO evidence ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608 - names of ours
_APPEND_FAILURE = 'INSERT INTO evidence_failure (evidence_id, position, "check", cause) VALUES (?, ?, ?, ?)'
_ABOUT = """
SELECT * FROM evidence
WHERE ((outgoing_host = ? AND outgoing_port = ?) OR (incoming_host = ? AND incoming_port = ?)) AND tested_at >= ?
ORDER BY id DESC
"""
_LAST = "SELECT * FROM evidence WHERE canary = ? ORDER BY id DESC LIMIT 1"
_FAILURES = 'SELECT "check", cause FROM evidence_failure WHERE evidence_id = ? ORDER BY position'
_ALLOW = "INSERT INTO allowed_unverified (account, reason, level, allowed_at) VALUES (?, ?, ?, ?)"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SqliteEvidenceLog:
    """A `ports.EvidenceLog` in the state file; raises what `State` raises."""

    def __init__(self, *, state: State) -> None:
        self._state = state

    async def about(self, pair: EndpointPair, since: datetime) -> tuple[Evidence, ...]:
        """Return everything since then that touches either server, newest first."""
        incoming, outgoing = pair.incoming, pair.outgoing
        places = (outgoing.host, outgoing.port, incoming.host, incoming.port)
        with self._state.reading() as connection:
            connection.row_factory = sqlite3.Row
            return _read(connection, connection.execute(_ABOUT, (*places, _microseconds(since))).fetchall())

    async def last(self, canary: str) -> Evidence | None:
        """Return the newest evidence of one canary."""
        with self._state.reading() as connection:
            connection.row_factory = sqlite3.Row
            return next(iter(_read(connection, connection.execute(_LAST, (canary,)).fetchall())), None)

    async def record(self, evidence: Evidence) -> None:
        """Append one piece of evidence with all its failures, durable on return."""
        values = (
            *_endpoint_values(evidence.pair.incoming),
            *_endpoint_values(evidence.pair.outgoing),
            evidence.level,
            evidence.level_asked,
            _microseconds(evidence.tested_at),
            evidence.canary,
        )
        with self._state.transaction() as connection:
            evidence_id = connection.execute(_APPEND, values).lastrowid
            failures = [
                (evidence_id, position, failure.check, failure.cause)
                for position, failure in enumerate(evidence.failures)
            ]
            connection.executemany(_APPEND_FAILURE, failures)

    async def allow(self, allowance: Allowance) -> None:
        """Append why something was delivered without proof, durable on return."""
        values = (allowance.account, allowance.reason, allowance.level, _microseconds(allowance.allowed_at))
        with self._state.transaction() as connection:
            connection.execute(_ALLOW, values)


def _endpoint_values(endpoint: Endpoint) -> tuple[str | int | None, ...]:
    texts = (_text(endpoint.security), _text(endpoint.auth), str(endpoint.username))
    return (str(endpoint.protocol), endpoint.host, endpoint.port, *texts)


def _text(word: Security | Auth | None) -> str | None:
    return None if word is None else str(word)


def _read(connection: sqlite3.Connection, rows: Iterable[sqlite3.Row]) -> tuple[Evidence, ...]:
    return tuple(_evidence(row, connection.execute(_FAILURES, (row["id"],)).fetchall()) for row in rows)


def _evidence(row: sqlite3.Row, failures: Iterable[sqlite3.Row]) -> Evidence:
    return Evidence(
        pair=EndpointPair(incoming=_endpoint(row, "incoming"), outgoing=_endpoint(row, "outgoing")),
        level=row["level"],
        level_asked=row["level_asked"],
        tested_at=_EPOCH + timedelta(microseconds=row["tested_at"]),
        failures=tuple(Failure(check=failure["check"], cause=failure["cause"]) for failure in failures),
        canary=row["canary"],
    )


def _endpoint(row: sqlite3.Row, direction: str) -> Endpoint:
    protocol, host, port, security, auth, username = (row[f"{direction}_{field}"] for field in _FIELDS)
    return Endpoint(
        protocol=Protocol(protocol),
        host=host,
        port=port,
        security=None if security is None else Security(security),
        auth=None if auth is None else Auth(auth),
        username=UsernameForm(username),
    )


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)
