"""
Names in the history: lines refer to them by number, so that forgetting a person changes names and never a line.

A *name* is whatever can tell who somebody is: a seat's key, a person, an address or a name inside a sentence. Its
*terms* are what it is found by, without case; one of a kind of its own says whose it is, and with whom it is forgotten.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from profilegen.fleet.seat import Seat
from profilegen.ports.fleet import HistoryLine
from profilegen.storage.fleet.values import clean, fold

_OPEN, _CLOSE, _ZERO = "\ue000", "\ue001", 0xE010
_REFERENCE = re.compile(f"{_OPEN}([{chr(_ZERO)}-{chr(_ZERO + 9)}]+){_CLOSE}")
_DIGITS = {ord(str(digit)): chr(_ZERO + digit) for digit in range(10)}
_BACK = {_ZERO + digit: str(digit) for digit in range(10)}
_OURS = re.compile("[\ue000-\ue01f]")
_ADDRESS = re.compile(r"[^\s<>\"'(),:;\[\]\ue000-\ue01f]+@[^\W_](?:[\w.-]*[^\W_])?")
_SHORTEST = 3
"""Letters; shorter names are left in sentences, where they would be found in every other word."""


def owner(person: str) -> str:
    """Return the term of names that are a person's own; nobody can ask for it, as questions begin with no blank."""
    return f"\x1e{fold(person)}"


@dataclass(slots=True, kw_only=True)  # filled row by row
class Names:
    """
    What the lines of one batch name: every name with its terms, and the words to look for per seat and person.

    `owners` are the owner terms of words.
    """

    terms: dict[str, set[str]]
    words: dict[str, set[str]]
    owners: dict[str, set[str]]

    def of(self, line: HistoryLine) -> list[str]:
        """Return the words a line's sentences may hold, the longest first."""
        words = {*self.words.get(line.seat or "", ()), *self.words.get(line.person or "", ())}
        return sorted(words, key=lambda word: (-len(word), word))


def names_of(lines: Sequence[HistoryLine], seats: Iterable[Seat], devices: Mapping[str, Iterable[str | None]]) -> Names:
    """
    Return the names in lines; `seats` are those they are about, or whose person they are about.

    `devices` holds UDID and serial number of the enrollments they are about, by enrollment id.
    """
    names = Names(terms=defaultdict(set), words=defaultdict(set), owners=defaultdict(set))
    for line in lines:
        person = {fold(line.person), owner(line.person)} if line.person is not None else set()
        for name in (line.seat, line.person):
            if name is not None:
                names.terms[clean(name)] |= {fold(name), *person}
        if line.enrollment is not None:
            named = {fold(word) for word in devices.get(line.enrollment, ()) if word is not None}
            names.terms[clean(line.enrollment)] |= {fold(line.enrollment), *named}
    for seat in seats:
        _add_seat(names, seat)
    for line in lines:
        _add_sentences(names, line)
    return names


def _add_seat(names: Names, seat: Seat) -> None:
    found = found_by(seat) | {owner(seat.person)}
    device = {fold(word) for word in (seat.udid, seat.serial) if word is not None}
    words = words_of(seat)
    for name in (seat.key, seat.person):
        if name in names.terms:
            names.terms[name] |= found | (device if name == seat.key else set())
            names.words[name] |= words
    for word in words:
        names.owners[word].add(owner(seat.person))


def _add_sentences(names: Names, line: HistoryLine) -> None:
    text = f"{line.why}\n{line.outcome}"
    for word in names.of(line):
        if word in text:
            names.terms[word] |= {fold(word), *names.owners[word]}
    for word in _ADDRESS.findall(text):
        names.terms[clean(word)] |= {fold(word)}


def found_by(seat: Seat) -> set[str]:
    """Return person, mailboxes and aliases of a seat as terms."""
    addresses = [mailbox.address for mailbox in seat.mailboxes]
    addresses += [alias for mailbox in seat.mailboxes for alias in mailbox.aliases]
    return {fold(seat.person), *(one.account.casefold() for one in addresses)}


def words_of(seat: Seat) -> set[str]:
    """Return everything in a seat that names its person, as it may be written in a sentence."""
    words = {seat.person, seat.name, seat.user, str(seat.recovery_email or "")}
    for mailbox in seat.mailboxes:
        words |= {str(mailbox.address), mailbox.address.account, mailbox.name, mailbox.username}
        words |= {mailbox.outgoing_username, *map(str, mailbox.aliases)}
    return {word for word in words if word is not None and len(word) >= _SHORTEST}


def with_references(text: str, words: Sequence[str], number_of: Callable[[str], int]) -> str:
    """Return a sentence with a reference for every name in it."""
    text = _OURS.sub("\ufffd", clean(text))
    for word in words:
        if word in text:
            text = text.replace(word, _reference(number_of(word)))
    if "@" not in text:
        return text
    return _ADDRESS.sub(lambda match: _reference(number_of(match.group())), text)


def references(text: str) -> list[int]:
    """Return the numbers of the names in a stored sentence."""
    return [int(number.translate(_BACK)) for number in _REFERENCE.findall(text)] if _OPEN in text else []


def without_references(text: str, name_of: Callable[[int], str]) -> str:
    """Return a stored sentence with its names."""
    if _OPEN not in text:
        return text
    return _REFERENCE.sub(lambda match: name_of(int(match.group(1).translate(_BACK))), text)


def _reference(number: int) -> str:
    return f"{_OPEN}{str(number).translate(_DIGITS)}{_CLOSE}"
