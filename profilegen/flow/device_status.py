"""Whether a person's device sends: decided from what was sent to them and what was seen of them since."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from profilegen.diagnosis.observation import Observation
from profilegen.flow.refusals import cause_and_remedy
from profilegen.ports.sending import UNLUCKY, DeliveryState, DeviceProof, Sending

MESSAGE = "message"
"""A proof by a message to the check mailbox."""
LOG = "log"
"""A proof by a line of a server's log: somebody with this login sent something, from whatever device."""
CLOCKS = timedelta(minutes=5)
"""How far the clocks of two servers may be apart."""


class DeviceState(StrEnum):
    """How it stands with one person."""

    SENDS = "sends"
    SILENT = "silent"
    UNCERTAIN = "uncertain"
    REFUSED = "refused"
    BOUNCED = "bounced"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonStatus:
    """
    How it stands with one person.

    `sent` is the delivery it is about, `proof` the sign that the device sends since. `silent_since` is when something
    was last sent to or seen of somebody who is not known to send; `detail` says why it is no plain yes. What a server
    refused or returned has a `cause`, a label of `diagnosis.causes`, and a `remedy`, unless nobody knows.
    """

    state: DeviceState
    accounts: tuple[str, ...]
    sent: Sending
    proof: DeviceProof | None = None
    silent_since: datetime | None = None
    detail: str = ""
    cause: str | None = None
    remedy: str | None = None


class People:
    """Everybody something was sent to, with the newest line of each channel."""

    def __init__(self, sendings: Iterable[Sending]) -> None:
        self._lines: dict[str, list[Sending]] = {}
        for sending in sendings:
            self._lines.setdefault(sending.person, []).append(sending)

    @property
    def names(self) -> tuple[str, ...]:
        """The keys of all people, sorted as the ledger sorts them."""
        return tuple(self._lines)

    def lines(self, person: str) -> Sequence[Sending]:
        """Return the newest line of every channel of a person, none for somebody unknown."""
        return self._lines.get(person, [])

    def accounts(self, person: str) -> tuple[str, ...]:
        """Return the accounts of a person."""
        return tuple(dict.fromkeys(account for line in self.lines(person) for account in line.accounts))

    @property
    def all_accounts(self) -> frozenset[str]:
        """The accounts of everybody."""
        return frozenset(account for lines in self._lines.values() for line in lines for account in line.accounts)

    @property
    def first_at(self) -> datetime | None:
        """When the oldest line was written, None if nothing was ever sent."""
        return min((line.at for lines in self._lines.values() for line in lines), default=None)


def person_status(
    lines: Sequence[Sending], proofs: Sequence[DeviceProof], doubtful: Sequence[DeviceProof], *, since: datetime | None
) -> PersonStatus:
    """
    Decide how it stands with one person, given the newest line of every channel and what was seen.

    `doubtful` are messages whose sender their server calls false; nothing seen before `since` counts, nor before the
    newest revision was first delivered.
    """
    sent = delivery_of(lines)
    accounts = tuple(dict.fromkeys(account for line in lines for account in line.accounts))
    begin = sent.at - CLOCKS
    counted = begin if since is None else max(begin, since)
    proof = _newest(proofs, MESSAGE, counted)
    if proof is None and sent.state not in UNLUCKY:
        proof = _newest(proofs, LOG, counted)
    if proof is not None:
        return PersonStatus(state=DeviceState.SENDS, accounts=accounts, sent=sent, proof=proof)
    state, detail = _without_proof(sent, [one for one in doubtful if one.seen_at >= counted])
    if state in (DeviceState.REFUSED, DeviceState.BOUNCED):
        cause, remedy = cause_and_remedy(Observation(text=detail))
        return PersonStatus(state=state, accounts=accounts, sent=sent, detail=detail, cause=cause, remedy=remedy)
    quiet = max([sent.at, *(old.seen_at for old in proofs if old.seen_at >= begin)])
    return PersonStatus(state=state, accounts=accounts, sent=sent, silent_since=quiet, detail=detail)


def delivery_of(lines: Sequence[Sending]) -> Sending:
    """Return the line that counts: of the newest revision the first that was delivered, else tried, else refused."""
    revision = max(lines, key=lambda line: line.at).revision
    same = sorted((line for line in lines if line.revision == revision), key=lambda line: line.at)
    order = (DeliveryState.DELIVERED, DeliveryState.TRYING)
    return next((line for state in order for line in same if line.state is state), same[-1])


def _newest(proofs: Iterable[DeviceProof], kind: str, begin: datetime) -> DeviceProof | None:
    fresh = (proof for proof in proofs if proof.kind == kind and proof.seen_at >= begin)
    return max(fresh, key=lambda proof: proof.seen_at, default=None)


def _without_proof(sent: Sending, doubtful: Sequence[DeviceProof]) -> tuple[DeviceState, str]:
    if doubtful:
        words = max(doubtful, key=lambda proof: proof.seen_at).detail
        return DeviceState.UNCERTAIN, f"a message came {words}, but its server says that the sender is false"
    if sent.state is DeliveryState.TRYING:
        return DeviceState.UNCERTAIN, sent.detail or "the delivery was cut off; nobody knows whether it arrived"
    if sent.state is DeliveryState.DELIVERED:
        return DeviceState.SILENT, ""
    return DeviceState.BOUNCED if sent.state is DeliveryState.BOUNCED else DeviceState.REFUSED, sent.detail
