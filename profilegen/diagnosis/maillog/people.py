"""Who of our own people cannot send, told from whoever only pretends to be one of them."""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from profilegen.address import Address
from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.maillog.bounded import Few
from profilegen.diagnosis.maillog.event import Happened, LogEvent
from profilegen.errors import AddressProblem

MOST_TROUBLES = 20_000
MOST_CLIENTS = 20_000
MOST_ACCOUNTS = 50_000
SPRAYING = 4
"""From so many different addresses without one login, a client is guessing or forging."""

_DEVICE_HELO = re.compile(r"\[[0-9A-Fa-f.:]{2,45}\]|\[IPv6:[0-9A-Fa-f:.]+\]|smtpclient\.apple", re.IGNORECASE)
_NOT_OUR_FAULT = frozenset({Cause.RECIPIENT_UNKNOWN, Cause.RECIPIENT_SYNTAX, Cause.RECIPIENT_MAILBOX_FULL, Cause.OK})


class Trouble(StrEnum):
    """What is wrong with somebody's device."""

    NOT_LOGGED_IN = "not_logged_in"
    LOGIN_FAILED = "login_failed"
    REFUSED = "refused"
    PORT_25 = "port_25"
    OLD_HOST = "old_host"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """
    One trouble of one of our addresses (a user name, where the log has nothing better).

    `clients` are the addresses it came from, newest last, `reply` the last refusal, `worked` when this address last
    logged in and sent or read mail from anywhere, `forged` why this is probably somebody else, None if it is not.
    """

    address: str
    trouble: Trouble
    cause: Cause | None
    count: int
    first: datetime | None
    last: datetime | None
    clients: tuple[str, ...]
    port: int | None
    reply: str
    worked: datetime | None
    forged: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """
    What is known of our own people: mail domains in A-label form, and host names no longer in use.

    With `domains` nobody else is ours; without, the `likely` ones and those of everybody who logs in are.
    """

    domains: frozenset[str] = frozenset()
    likely: frozenset[str] = frozenset()
    old_hosts: frozenset[str] = frozenset()


@dataclass(slots=True, kw_only=True)  # counts while the log is read
class _Count:
    count: int = 0
    first: datetime | None = None
    last: datetime | None = None
    clients: dict[str, datetime | None] = field(default_factory=dict)
    newest: LogEvent | None = None
    order: int = 0
    inward: int = 0
    device: bool = False

    def add(self, event: LogEvent, *, inward: bool) -> None:
        self.count += 1
        self.first = self.first or event.when
        self.last = event.when or self.last
        self.newest = event
        self.inward += inward
        self.device = self.device or bool(_DEVICE_HELO.fullmatch(event.helo))
        self.clients.pop(event.client, None)
        self.clients[event.client] = event.when
        if len(self.clients) > 8:
            del self.clients[next(iter(self.clients))]


class PeopleTally:
    """Counts events; memory is bounded, and `left_out` says how many troubles found no room."""

    def __init__(self, ours: Ours) -> None:
        self._ours = ours
        self._counts: dict[tuple[str, Trouble, Cause | None], _Count] = {}
        self._worked: dict[str, datetime | None] = {}
        self._worked_from: dict[tuple[str, str], int] = {}
        self._order = 0
        self._good_clients = Few(MOST_CLIENTS)
        self._faces: dict[str, Few] = {}
        self._causes: dict[tuple[object, ...], Cause | None] = {}
        self.left_out = 0

    def add(self, event: LogEvent) -> None:
        """Count one event."""
        self._order += 1  # seconds are too coarse to tell what came first
        if event.what is Happened.LOGGED_IN:
            self._works(event)
        elif event.what is Happened.LOGIN_FAILED and event.address:
            self._fails(event, Trouble.LOGIN_FAILED)
        elif event.what is Happened.REFUSED and event.address:
            self._fails(event, Trouble.REFUSED if event.login else Trouble.NOT_LOGGED_IN)

    def people(self) -> tuple[Person, ...]:
        """Return every trouble of ours that is not over, the newest first; those that look forged are marked."""
        ours = self._ours.domains or (self._domains_seen() | self._ours.likely)
        found = [
            self._person(self._whole(address, ours), trouble, cause, count)
            for (address, trouble, cause), count in self._counts.items()
            if self._is_ours(self._whole(address, ours), ours) and not self._is_over(address, trouble, count)
        ]
        found.sort(key=lambda person: (-(person.last.timestamp() if person.last else 0), person.address))
        return tuple(found)

    # --- counting ---------------------------------------------------------------------------------------

    def _works(self, event: LogEvent) -> None:
        account = _account(event.address)
        if not account:
            return
        self._good_clients.add(event.client)
        if account in self._worked or len(self._worked) < MOST_ACCOUNTS:
            self._worked[account] = event.when
        place = (account, event.client)
        if place in self._worked_from or len(self._worked_from) < MOST_ACCOUNTS:
            self._worked_from[place] = self._order
        if event.port == 25:
            self._count(account, Trouble.PORT_25, None, event)
        if event.host.lower() in self._ours.old_hosts:
            self._count(account, Trouble.OLD_HOST, Cause.WRONG_SERVER_HOST, event)

    def _fails(self, event: LogEvent, trouble: Trouble) -> None:
        account = _account(event.address)
        stranger = "@" in account and bool(self._ours.domains) and not self._is_ours(account, self._ours.domains)
        if not account or stranger:
            return
        cause = self._cause(event)
        if cause in _NOT_OUR_FAULT:
            return
        if event.client not in self._faces and len(self._faces) < MOST_CLIENTS:
            self._faces[event.client] = Few(SPRAYING)
        if event.client in self._faces:
            self._faces[event.client].add(account)
        self._count(account, trouble, cause, event)

    def _count(self, account: str, trouble: Trouble, cause: Cause | None, event: LogEvent) -> None:
        key = (account, trouble, cause)
        count = self._counts.get(key)
        if count is None:
            if len(self._counts) >= MOST_TROUBLES and account not in self._worked:
                self.left_out += 1
                return
            count = self._counts[key] = _Count()
        same = event.recipient.rpartition("@")[2].lower() == account.rpartition("@")[2]
        count.add(event, inward=same and bool(event.recipient))
        count.order = self._order

    def _cause(self, event: LogEvent) -> Cause | None:
        """Return the cause; the same reply with other names in it is judged once."""
        key = (event.stage, re.sub(r"<[^>]*>", "<>", event.text), event.what, event.login, event.tls)
        if key not in self._causes:
            if len(self._causes) > 4096:
                self._causes.clear()
            self._causes[key] = event.cause
        return self._causes[key]

    # --- judging ----------------------------------------------------------------------------------------

    def _domains_seen(self) -> frozenset[str]:
        """Whoever logs in belongs to us, and so does their domain."""
        return frozenset(account.rpartition("@")[2] for account in self._worked if "@" in account)

    def _is_ours(self, address: str, ours: Collection[str]) -> bool:
        return address in self._worked or ("@" in address and address.rpartition("@")[2] in ours)

    def _whole(self, name: str, ours: Collection[str]) -> str:
        """Return the address behind a user name without domain, if somebody has logged in under it; else the name."""
        wholes = () if "@" in name else (f"{name}@{domain}" for domain in sorted(ours))
        return next((whole for whole in wholes if whole in self._worked), name)

    def _is_over(self, address: str, trouble: Trouble, count: _Count) -> bool:
        """A trouble is over if the same address has since logged in from the client that had it last."""
        if trouble in (Trouble.REFUSED, Trouble.PORT_25, Trouble.OLD_HOST):
            return False
        return self._worked_from.get((address, next(reversed(count.clients))), 0) > count.order

    def _person(self, address: str, trouble: Trouble, cause: Cause | None, count: _Count) -> Person:
        return Person(
            address=address,
            trouble=trouble,
            cause=cause,
            count=count.count,
            first=count.first,
            last=count.last,
            clients=tuple(client for client in count.clients if client),
            port=count.newest.port if count.newest else None,
            reply=count.newest.text if count.newest else "",
            worked=self._worked.get(address),
            forged=self._forged(address, trouble, count),
        )

    def _forged(self, address: str, trouble: Trouble, count: _Count) -> str | None:
        if trouble in (Trouble.REFUSED, Trouble.PORT_25, Trouble.OLD_HOST):
            return None  # somebody logged in
        if any(client in self._good_clients for client in count.clients):
            return None
        if any(len(self._faces.get(client, ())) >= SPRAYING for client in count.clients):
            return f"its client has tried {SPRAYING} or more of our addresses and never logged in"
        if (
            trouble is Trouble.NOT_LOGGED_IN
            and count.inward == count.count
            and count.newest
            and count.newest.port == 25
        ):
            return "it wrote only to our own addresses on port 25, as forgers of senders do"
        if address in self._worked or count.device:
            return None
        return "nobody has logged in under this address, nor from its client"


def roster_addresses(people: Iterable[Person]) -> tuple[Address, ...]:
    """
    Return the mailboxes that a new profile would help, each once, in the order of the list.

    Left out is what looks forged, what is no address, and what a spreadsheet would run as a formula.
    """
    found: dict[str, Address] = {}
    for person in people:
        if person.forged is not None or person.address[:1] in tuple("=+-@|"):
            continue
        try:
            address = Address.parse(person.address)
        except AddressProblem:
            continue
        found.setdefault(address.account, address)
    return tuple(found.values())


def troubles_of(people: Iterable[Person]) -> Counter[Trouble]:
    """Return how many people have each trouble."""
    return Counter(person.trouble for person in people if person.forged is None)


def _account(text: str) -> str:
    """Return an address, or a user name as it was typed, as one key; "" for what can be neither."""
    try:
        return Address.parse(text).account
    except AddressProblem:
        name = text.strip().lower()
        return "" if not name or "@" in name or len(name) > 64 or any(char.isspace() for char in name) else name
