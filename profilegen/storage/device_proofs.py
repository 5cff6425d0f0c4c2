"""The proofs that devices send, of everybody at once; `SqliteSendLedger` has those of one person, in the same table."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta

from profilegen.ports.sending import DeviceProof
from profilegen.storage.state import State

_ADD = "INSERT OR IGNORE INTO device_proof (person, kind, seen_at, detail) VALUES (?, ?, ?, ?)"
_ALL = "SELECT person, kind, seen_at, detail FROM device_proof ORDER BY seen_at DESC, id DESC"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SqliteProofBook:
    """A `ports.check_mailbox.ProofBook` in the state file; raises what `State` raises."""

    def __init__(self, *, state: State) -> None:
        self._state = state

    async def everybodys(self) -> Mapping[str, tuple[DeviceProof, ...]]:
        """Return the proofs of every person who has any, newest first."""
        found: dict[str, list[DeviceProof]] = {}
        with self._state.reading() as connection:
            for person, kind, seen_at, detail in connection.execute(_ALL):
                moment = _EPOCH + timedelta(microseconds=seen_at)
                proof = DeviceProof(person=person, kind=kind, seen_at=moment, detail=detail)
                found.setdefault(person, []).append(proof)
        return {person: tuple(proofs) for person, proofs in found.items()}

    async def add(self, proofs: Collection[DeviceProof]) -> None:
        """Append those that do not stand there already, all or none, durable on return."""
        if not proofs:
            return
        with self._state.transaction() as connection:
            connection.executemany(_ADD, [_values(proof) for proof in proofs])


def _values(proof: DeviceProof) -> tuple[str, str, int, str]:
    return proof.person, proof.kind, (proof.seen_at - _EPOCH) // timedelta(microseconds=1), proof.detail
