"""
The JSON of a lookup, both ways.

`resolution_document` makes what `profilegen lookup` prints; `parse_settings` reads that, or what a person wrote in the
same shape, back into values; `apply_overrides` changes single fields of them.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from profilegen.address import Address, shorten
from profilegen.errors import SettingsProblem, UsageProblem
from profilegen.settings.candidates import AccountPayload, Candidate, Conflict, Notice, Resolution, Source, Status
from profilegen.settings.fields import Fields
from profilegen.settings.jsontext import BadJson, json_values, refuse_long_lines
from profilegen.settings.serverfields import (
    DAV_FIELDS,
    SERVER_FIELDS,
    dav_server_document,
    read_dav_server,
    read_server,
    server_document,
)
from profilegen.settings.servers import SECURITY_OF_PORT, DavServer, Protocol, Server

SETTABLE = (
    *(f"{direction}.{field}" for direction in ("incoming", "outgoing") for field in SERVER_FIELDS),
    *("name", "organization", "identifier_prefix"),
    *(f"{service}.{field}" for service in ("caldav", "carddav") for field in DAV_FIELDS),
)
"""The keys `apply_overrides` knows."""

_PROVENANCE = ("tier", "probe", "sources")


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsDocument:
    """
    The settings of one address as a settings file gives them; a direction that is not resolved is None.

    `organization` and `identifier_prefix` are for this profile alone, before any configured value.
    """

    address: Address
    status: Status = Status.OK
    payload: AccountPayload | None = None
    incoming: Server | None = None
    outgoing: Server | None = None
    notices: tuple[Notice, ...] = ()
    name: str | None = None
    organization: str | None = None
    identifier_prefix: str | None = None
    aliases: tuple[Address, ...] = ()
    caldav: DavServer | None = None
    carddav: DavServer | None = None


# --- values -> JSON ---------------------------------------------------------------------------------------


def resolution_document(resolution: Resolution) -> dict[str, object]:
    """Return the object `profilegen lookup --json` prints for one address, its keys in the order of the contract."""
    return {
        "address": str(resolution.address),
        "domain": resolution.address.domain,
        "status": str(resolution.status),
        "payload": None if resolution.payload is None else str(resolution.payload),
        "incoming": None if resolution.incoming is None else candidate_document(resolution.incoming),
        "outgoing": None if resolution.outgoing is None else candidate_document(resolution.outgoing),
        "alternatives": [candidate_document(candidate) for candidate in resolution.alternatives],
        "conflicts": [_conflict_document(conflict) for conflict in resolution.conflicts],
        "timed_out": list(resolution.timed_out),
        "notices": [_notice_document(notice) for notice in resolution.notices],
    }


def candidate_document(candidate: Candidate) -> dict[str, object]:
    """Return one direction: the server, how far to trust it, what a probe said and who named it."""
    probe = candidate.probe
    failure = {} if probe is None or probe.ok else {"blocked_by": probe.blocked_by, "detail": probe.detail}
    return {
        **server_document(candidate.server),
        "tier": candidate.tier.name,
        "probe": None if probe is None else {"ok": probe.ok, **failure},
        "sources": [_source_document(source) for source in candidate.sources],
    }


def _source_document(source: Source) -> dict[str, object]:
    return {
        "kind": source.kind,
        "detail": source.detail,
        "url": source.url,
        "fetched": None if source.fetched is None else _utc(source.fetched),
        "sha256": source.sha256,
        "dnssec": source.dnssec,
    }


def _conflict_document(conflict: Conflict) -> dict[str, object]:
    return {
        "direction": conflict.direction,
        "chosen": conflict.chosen,
        "other": conflict.other,
        "said_by": conflict.said_by,
    }


def _notice_document(notice: Notice) -> dict[str, object]:
    return {"code": notice.code, "text": notice.text, "url": notice.url}


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").removesuffix("+00:00") + "Z"


# --- JSON -> values ---------------------------------------------------------------------------------------


def parse_settings(text: str) -> tuple[SettingsDocument, ...]:
    """
    Return the settings of every address in a file: one object, an array of them, or JSON Lines.

    A server needs `host`, `port` and `security`; where they are not given `protocol` is imap or smtp, `auth` a password
    and `username` the address. A field of a server that lookup does not print becomes a notice. Objects whose status is
    `invalid` carry nothing and are left out. Raises AddressProblem for what is no address, SettingsProblem for all
    else, naming address and field.
    """
    found: dict[str, SettingsDocument] = {}
    for values in _objects(text):
        if values.get("status") == Status.INVALID:
            continue
        document = _read_document(values)
        if document.address.account in found:
            raise _unreadable(f"{document.address} appears twice in it")
        found[document.address.account] = document
    if not found:
        raise _unreadable("it holds no settings")
    return tuple(found.values())


def _objects(text: str) -> Iterator[dict[str, object]]:
    try:
        refuse_long_lines(text)
        for value in json_values(text.removeprefix("\ufeff")):
            for item in value if isinstance(value, list) else [value]:
                if not isinstance(item, dict):
                    raise BadJson("it holds something else than objects")
                yield item
    except BadJson as problem:
        raise _unreadable(str(problem)) from None


def _read_document(values: Mapping[str, object]) -> SettingsDocument:
    written = values.get("address")
    if not isinstance(written, str):
        raise _unreadable('an object in it has no "address"')
    address = Address.parse(written)
    top = Fields(owner=str(address), path="", values=values)
    incoming, outgoing = top.inner("incoming"), top.inner("outgoing")
    caldav, carddav = top.inner("caldav"), top.inner("carddav")
    return SettingsDocument(
        address=address,
        status=top.choice("status", Status) or Status.OK,
        payload=top.choice("payload", AccountPayload),
        incoming=None if incoming is None else read_server(incoming, address, (Protocol.IMAP, Protocol.POP)),
        outgoing=None if outgoing is None else read_server(outgoing, address, (Protocol.SMTP,)),
        notices=(*_read_notices(top), *_unknown(incoming), *_unknown(outgoing)),
        name=top.text("name"),
        organization=top.text("organization"),
        identifier_prefix=top.text("identifier_prefix"),
        aliases=top.addresses("aliases"),
        caldav=None if caldav is None else read_dav_server(caldav, address),
        carddav=None if carddav is None else read_dav_server(carddav, address),
    )


def _read_notices(top: Fields) -> Iterator[Notice]:
    for notice in top.objects("notices"):
        yield Notice(code=notice.text("code") or "notice", text=notice.prose("text") or "", url=notice.text("url"))


def _unknown(fields: Fields | None) -> Iterator[Notice]:
    if fields is None:
        return
    for key in sorted(fields.values.keys() - {*SERVER_FIELDS, *_PROVENANCE}):
        yield Notice(code="unknown_setting", text=f'"{fields.path}{shorten(key)}" is no setting and was not used.')


def _unreadable(reason: str) -> SettingsProblem:
    return SettingsProblem(
        f"The settings file cannot be used: {reason}.",
        hint="Write what profilegen lookup prints: one object, an array of objects, or one object per line.",
    )


# --- overrides --------------------------------------------------------------------------------------------


def apply_overrides(document: SettingsDocument, overrides: Mapping[str, str]) -> SettingsDocument:
    """
    Return the settings with single fields changed, for example {"outgoing.host": "smtp.example.com"}.

    A new well-known port brings its own TLS mode unless `security` is changed too; `auth` is a comma list. A direction
    that was not resolved can be given whole. Raises UsageProblem for an unknown key, SettingsProblem for a value that
    cannot be right.
    """
    for key in overrides:
        if key not in SETTABLE:
            known = ", ".join(SETTABLE)
            raise UsageProblem(f'There is no setting "{shorten(key)}".', hint=f"The settings are: {known}.")
    values = settings_document(document)
    for group in ("incoming", "outgoing", "caldav", "carddav"):
        values[group] = _merge(values[group], _fields_of(group, overrides))
    values.update({key: text for key, text in overrides.items() if "." not in key})
    return _read_document(values)


def settings_document(document: SettingsDocument) -> dict[str, object]:
    """Return the JSON object `parse_settings` reads back into the same values."""
    return {
        "address": str(document.address),
        "status": str(document.status),
        "payload": None if document.payload is None else str(document.payload),
        "incoming": None if document.incoming is None else server_document(document.incoming),
        "outgoing": None if document.outgoing is None else server_document(document.outgoing),
        "notices": [_notice_document(notice) for notice in document.notices],
        "name": document.name,
        "organization": document.organization,
        "identifier_prefix": document.identifier_prefix,
        "aliases": [str(alias) for alias in document.aliases],
        "caldav": None if document.caldav is None else dav_server_document(document.caldav),
        "carddav": None if document.carddav is None else dav_server_document(document.carddav),
    }


def _fields_of(group: str, overrides: Mapping[str, str]) -> dict[str, object]:
    texts = {key.removeprefix(f"{group}."): text for key, text in overrides.items() if key.startswith(f"{group}.")}
    fields: dict[str, object] = {key: _typed(key, text) for key, text in texts.items()}
    mode = {str(port): str(mode) for port, mode in SECURITY_OF_PORT.items()}.get(texts.get("port", ""))
    return {"security": mode, **fields} if mode and group in ("incoming", "outgoing") else fields


def _typed(field: str, text: str) -> object:
    if field == "port" and re.fullmatch("[0-9]{1,9}", text):
        return int(text)
    return [method.strip() for method in text.split(",")] if field == "auth" else text


def _merge(old: object, new: dict[str, object]) -> object:
    return {**old, **new} if isinstance(old, dict) else new or None
