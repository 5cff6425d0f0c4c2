"""The history in memory: the same references, numbers and rules as in the tables."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from profilegen.fleet.seat import Seat
from profilegen.ports.fleet import HistoryLine
from profilegen.storage.fleet.names import (
    found_by,
    names_of,
    owner,
    references,
    with_references,
    without_references,
    words_of,
)
from profilegen.storage.fleet.values import clean, fold


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    """A line with references in its sentences; `seat` and `person` are numbers of names."""

    line: HistoryLine
    seat: int | None
    person: int | None
    mentions: frozenset[int]


class MemoryHistory:
    """Lines, names and the terms names are found by."""

    def __init__(self) -> None:
        self._lines: list[_Stored] = []
        self._texts: list[str] = []
        self._numbers: dict[str, int] = {}
        self._terms: dict[str, set[int]] = defaultdict(set)

    def append(
        self, lines: Sequence[HistoryLine], seats: Iterable[Seat], devices: Mapping[str, Iterable[str | None]]
    ) -> None:
        """Append lines about these seats and devices."""
        names = names_of(lines, seats, devices)
        for text in sorted(names.terms):
            number = self._number(text)
            for term in names.terms[text]:
                self._terms[term].add(number)
        self._lines.extend(self._stored(line, names.of(line)) for line in lines)

    def read(self, since: datetime | None, who: str | None) -> Iterator[HistoryLine]:
        """Yield lines, oldest first."""
        wanted = None if who is None else self._terms.get(fold(who), set())
        for stored in sorted(self._lines, key=lambda one: one.line.at):
            if (since is None or stored.line.at >= since) and (wanted is None or wanted & stored.mentions):
                yield self._shown(stored)

    def known_addresses(self, person: str) -> set[str]:
        """Return the addresses the names of a person are found by."""
        mine = self._terms.get(owner(person), set())
        return {
            term
            for term, numbers in self._terms.items()
            if "@" in term and not term.startswith(owner("")) and numbers & mine
        }

    def forget(self, person: str, words: set[str], pseudonym: str) -> tuple[set[str], int]:
        """Rename a person's names; return what they were, and how many lines hold one."""
        mine = self._terms.get(owner(person), set())
        found = {number for word in words for number in self._terms.get(word, ()) if fold(self._texts[number]) in words}
        forgotten = {number for number in mine | found if self._numbers.get(self._texts[number]) == number}
        texts = {self._texts[number] for number in forgotten}
        for numbers in self._terms.values():
            numbers.difference_update(forgotten)
        for number in forgotten:
            del self._numbers[self._texts[number]]
            self._texts[number] = pseudonym
            self._terms[fold(pseudonym)].add(number)
        return texts, sum(bool(stored.mentions & forgotten) for stored in self._lines)

    def _number(self, text: str) -> int:
        if text not in self._numbers:
            self._numbers[text] = len(self._texts)
            self._texts.append(text)
        return self._numbers[text]

    def _stored(self, line: HistoryLine, words: Sequence[str]) -> _Stored:
        why = with_references(line.why, words, self._number)
        outcome = with_references(line.outcome, words, self._number)
        names = [None if name is None else self._number(clean(name)) for name in (line.seat, line.person)]
        named = [*names, None if line.enrollment is None else self._number(clean(line.enrollment))]
        mentions = {*references(why), *references(outcome), *(number for number in named if number is not None)}
        line = replace(line, why=why, outcome=outcome, actor=clean(line.actor))
        return _Stored(line=line, seat=names[0], person=names[1], mentions=frozenset(mentions))

    def _shown(self, stored: _Stored) -> HistoryLine:
        line, name_of = stored.line, self._texts.__getitem__
        return replace(
            line,
            why=without_references(line.why, name_of),
            outcome=without_references(line.outcome, name_of),
            seat=None if stored.seat is None else name_of(stored.seat),
            person=None if stored.person is None else name_of(stored.person),
            enrollment=None if line.enrollment is None else clean(line.enrollment),
        )


def called(person: str, seats: Iterable[Seat], addresses: set[str]) -> set[str]:
    """Return what a person is called, case-folded."""
    words = {fold(person), *addresses}
    for seat in seats:
        words |= {fold(word) for word in words_of(seat)} | found_by(seat)
    return words
