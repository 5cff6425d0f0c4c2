"""
Templates: one profile for many people, with the MDM's own variables where their names and addresses stand.

    planned = plan_templates(candidates, dialect=INTUNE, mdm="office", identifier_prefix="com.example")

Nobody is put under a template on trust: for every seat the template is rendered with what the MDM has on record, and
the accounts of the result must be, byte for byte, those of the profile that was built for this seat alone.
"""

import hashlib
import plistlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from profilegen.fleet.seat import Seat
from profilegen.fleet.seen import Enrollment
from profilegen.fleet.variables import Dialect, Record, record_of
from profilegen.profile import identity
from profilegen.profile.plist import Payload, dump
from profilegen.profile.types import Platform
from profilegen.secret import Secret

_IDENTITY = ("PayloadIdentifier", "PayloadUUID")
_PASSWORDS = ("IncomingPassword", "OutgoingPassword", "Password", "CalDAVPassword", "CardDAVPassword")
_UNESCAPED = frozenset("<>&\"'")
_CERTIFICATE = "com.apple.security."
_MOVES = ("HostName", "Host", "PortNumber", "Port", "UseSSL", "ServerAuthentication", "Organization", "DisplayName")
"""Endings of keys that move with the provider or are for people's eyes: no part of what a template *is*."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A seat, the enrollment it goes to as the MDM knows it, and the profile built for it alone (unsigned)."""

    seat: Seat
    enrollment: Enrollment
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """
    One profile for all of `seats` (keys), never signed.

    `identifier` stays the same when the provider's servers move, so that an update replaces; `variables` are those in
    `content`.
    """

    identifier: str
    uuid: str
    revision: str
    platform: Platform
    variables: tuple[str, ...]
    seats: tuple[str, ...]
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unserved:
    """A seat no template can serve, and why, as a sentence without full stop."""

    seat: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplatePlan:
    """Templates by identifier, those with more seats first, and who is left."""

    templates: tuple[Template, ...]
    unserved: tuple[Unserved, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shaped:
    """A candidate with its accounts as they stand (`own`) and with variables in them (`general`)."""

    candidate: Candidate
    record: Record
    own: tuple[Payload, ...] = field(repr=False)
    general: tuple[Payload, ...] = field(repr=False)


def plan_templates(
    candidates: Sequence[Candidate], *, dialect: Dialect, mdm: str, identifier_prefix: str
) -> TemplatePlan:
    """Return the fewest templates that serve these seats of one MDM, and everybody they cannot serve."""
    groups: dict[bytes, list[_Shaped]] = defaultdict(list)
    unserved: list[Unserved] = []
    for candidate in candidates:
        shaped = _shape(candidate, dialect)
        if isinstance(shaped, Unserved):
            unserved.append(shaped)
        else:
            groups[_place(candidate.seat) + b"".join(map(_bytes, shaped.general))].append(shaped)
    templates: dict[str, Template] = {}
    for members in sorted(groups.values(), key=len, reverse=True):
        template = _template(members, dialect, mdm, identifier_prefix)
        if template.identifier in templates:
            why = "its servers differ from those of the others at this domain; give these people a group of their own"
            unserved += [Unserved(seat=shaped.candidate.seat.key, why=why) for shaped in members]
            continue
        served, left = _proved(template, members, dialect)
        unserved += left
        if served.seats:
            templates[template.identifier] = served
    return TemplatePlan(templates=tuple(templates.values()), unserved=tuple(sorted(unserved, key=lambda one: one.seat)))


def accounts_of(content: bytes) -> tuple[bytes, ...]:
    """
    Return what a profile sets up on a device, payload by payload, as canonical property lists.

    Identifiers and UUIDs of the payloads are left out: they say which account it is, not what is in it.
    """
    return tuple(map(_bytes, _accounts(content)))


# --- from one person's profile to everybody's ---------------------------------------------------------------


def _shape(candidate: Candidate, dialect: Dialect) -> "_Shaped | Unserved":
    seat, record = candidate.seat, record_of(candidate.enrollment)
    own = tuple(_accounts(candidate.content))
    general = tuple(_general(payload, dialect, record) for payload in own)
    why = _obstacle(seat, own, general, record)
    if why is not None:
        return Unserved(seat=seat.key, why=why)
    return _Shaped(candidate=candidate, record=record, own=own, general=general)


def _obstacle(seat: Seat, own: Sequence[Payload], general: Sequence[Payload], record: Record) -> str | None:
    """Return why this seat cannot be served, None if nothing is in the way yet."""
    if any(key in payload for payload in own for key in _PASSWORDS):
        return "a password stands in its profile, which must reach one device only"
    if not record:
        return "the MDM has no address and no name on record for this device"
    if any(character in _UNESCAPED for value in record.values() for character in value):
        return "its name or address holds a character that breaks XML where the MDM fills it in"
    left = (key for payload in general for key, value in payload.items() if _is_personal(seat, key, value))
    key = next(left, None)
    return None if key is None else f"{key} is its own, and the MDM has no variable that gives it"


def _is_personal(seat: Seat, key: str, value: object) -> bool:
    """Return whether something of the person is still written out in a value."""
    if not isinstance(value, str):
        return False
    mine = {text.casefold() for text in _personal_values(seat)}
    if key.startswith("Payload"):  # "Mail you@example.com": words of ours around an address
        return bool({text for text in mine if "@" in text} & set(value.casefold().split()))
    return bool(mine & {value.casefold(), *value.casefold().split(",")})


def _personal_values(seat: Seat) -> Iterator[str]:
    for mailbox in seat.mailboxes:
        yield from (mailbox.address.account, mailbox.address.display, mailbox.address.local)
        yield from (value for value in (mailbox.name, mailbox.username, mailbox.outgoing_username) if value)
        yield from (str(alias) for alias in mailbox.aliases)


def _general(payload: Payload, dialect: Dialect, record: Record) -> Payload:
    """Return a payload with variables for whatever the MDM itself would fill in there."""
    values = [(record[fact], variable) for variable, fact in dialect.facts if fact in record]
    return {key: _with_variables(value, values) for key, value in payload.items()}


def _with_variables(value: Any, values: Sequence[tuple[str, str]]) -> Any:
    if not isinstance(value, str):
        return value
    for known, variable in values:
        if value.casefold() == known.casefold():
            return variable
    whole = [(known, variable) for known, variable in values if "@" in known]
    for known, variable in whole:  # "Mail you@example.com", "you@example.com,alias@example.com"
        value = value.replace(known, variable)
    return value


# --- the template itself ------------------------------------------------------------------------------------


def _template(members: Sequence[_Shaped], dialect: Dialect, mdm: str, prefix: str) -> Template:
    seat, general = members[0].candidate.seat, members[0].general
    key = f"template:{mdm}:{seat.domain}:{seat.platform}:{seat.group or ''}:{_what_it_is(seat, general)}"
    identifier = identity.top_identifier(prefix, key)
    top = plistlib.loads(members[0].candidate.content)
    tree: Payload = {name: value for name, value in top.items() if name in _KEPT}
    tree |= {
        "PayloadIdentifier": identifier,
        "PayloadDisplayName": f"Mail {seat.domain}",
        "PayloadDescription": f"Mail settings for {seat.domain}.",
        "PayloadContent": [_identified(payload, identifier, number) for number, payload in enumerate(general)],
    }
    uuid = identity.content_uuid(_bytes(tree))
    revision = identity.revision_of(uuid)
    tree |= {"PayloadUUID": uuid, "PayloadDescription": f"{tree['PayloadDescription']} Revision {revision}."}
    content = _bytes(tree)
    return Template(
        identifier=identifier,
        uuid=uuid,
        revision=revision,
        platform=seat.platform,
        variables=dialect.variables_in(content),
        seats=(),
        content=content,
    )


_KEPT = ("PayloadType", "PayloadVersion", "PayloadOrganization", "PayloadScope", "TargetDeviceType", "RemovalDate")


def _what_it_is(seat: Seat, general: Sequence[Payload]) -> str:
    """Return what tells one template of a domain from another, and stays when the provider's servers move."""
    accounts = (payload for payload in general if not payload["PayloadType"].startswith(_CERTIFICATE))
    fixed = [{key: value for key, value in payload.items() if not key.endswith(_MOVES)} for payload in accounts]
    relays = [mailbox.outgoing or "" for mailbox in seat.mailboxes]
    return hashlib.sha256(b"".join(map(_bytes, fixed)) + repr(relays).encode()).hexdigest()[:16]


def _identified(payload: Payload, identifier: str, number: int) -> Payload:
    name = f"{identifier}.{number}"
    return payload | {"PayloadIdentifier": name, "PayloadUUID": identity.inner_uuid(name)}


def _proved(template: Template, members: Sequence[_Shaped], dialect: Dialect) -> tuple[Template, tuple[Unserved, ...]]:
    """Return the template with the seats it was proved for, and those it gives other accounts than they should have."""
    served, left = [], []
    for shaped in members:
        rendered = dialect.render(template.content, shaped.record)
        if accounts_of(rendered) == tuple(map(_bytes, shaped.own)):
            served.append(shaped.candidate.seat.key)
        else:
            why = "filled in with the MDM's record the template gives another account than the roster asks for"
            left.append(Unserved(seat=shaped.candidate.seat.key, why=why))
    return replace(template, seats=tuple(served)), tuple(left)


def _place(seat: Seat) -> bytes:
    return f"{seat.domain} {seat.platform} {seat.group or ''} ".encode()


def _accounts(content: bytes) -> Iterator[Payload]:
    for payload in plistlib.loads(content)["PayloadContent"]:
        yield {key: value for key, value in payload.items() if key not in _IDENTITY}


def _bytes(tree: Payload) -> bytes:
    return dump(tree, Secret.reveal)
