"""
One mailbox that stands in for all of its domain, so that a domain is asked about once and nobody by name. Pure.

A domain's settings differ from person to person in the user name alone, and what is in a user name comes from the
address. So the question is asked about an invented mailbox, and in the answer its local part is exchanged for that of
each person: no answer holds anything of another person, because nobody else's address was ever part of the question.
"""

from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import TypeVar

from profilegen.address import Address
from profilegen.settings.candidates import Candidate, Resolution, Source
from profilegen.settings.document import SettingsDocument
from profilegen.settings.spelling import spelling_notices

STAND_IN = "q7c1e0b52mailbox"
"""
A local part nobody has, so that it is found again wherever it was put.

Lower-case letters and digits alone: it looks the same in a host name, in a URL and after percent-encoding.
"""

_TRACE = STAND_IN[:8]

ValueT = TypeVar("ValueT")


def stand_in_of(domain: str) -> Address:
    """Return the mailbox that stands in for all mailboxes of a domain."""
    return Address(local=STAND_IN, domain=domain)


def for_person(shared: Resolution, address: Address) -> Resolution | None:
    """
    Return the answer about the stand-in as it is for one address of its domain.

    None if it holds for nobody but the stand-in, so that the person has to be asked about: a host name depends on the
    mailbox (then its probe proves nothing for another one), or a user name holds a changed or cut-off form of it.
    Sources stay as they are: they tell what was really asked and said.
    """
    if any(_depends_on_mailbox(candidate) for candidate in _candidates(shared)):
        return None
    personal = _exchanged(shared, address.local)
    notices = tuple(dict.fromkeys((*personal.notices, *spelling_notices(address))))
    return replace(personal, address=address, notices=notices)


def document_for_person(shared: SettingsDocument, address: Address) -> SettingsDocument:
    """
    Return settings of the stand-in as they are for one address of its domain.

    Only for settings made of a resolution that `for_person` accepts.
    """
    notices = tuple(dict.fromkeys((*shared.notices, *spelling_notices(address))))
    return replace(_exchanged(shared, address.local), address=address, notices=notices)


def _candidates(resolution: Resolution) -> list[Candidate]:
    chosen = [found for found in (resolution.incoming, resolution.outgoing) if found is not None]
    return [*chosen, *resolution.alternatives]


def _depends_on_mailbox(candidate: Candidate) -> bool:
    left_over = candidate.server.username.replace(STAND_IN, "")
    return any(_TRACE in text.casefold() for text in (candidate.server.host, left_over))


def _exchanged(value: ValueT, local: str) -> ValueT:
    """Return the value with the stand-in's local part exchanged in every text inside it, sources excepted."""
    changed: object = value
    if isinstance(value, str) and not isinstance(value, Enum):
        changed = value.replace(STAND_IN, local)
    elif isinstance(value, tuple):
        changed = tuple(_exchanged(item, local) for item in value)
    elif is_dataclass(value) and not isinstance(value, type | Source):
        inside = {field.name: getattr(value, field.name) for field in fields(value)}
        changed = replace(value, **{name: _exchanged(item, local) for name, item in inside.items()})
    return changed  # type: ignore[return-value]  # each branch returns what it was given
