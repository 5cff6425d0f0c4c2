"""
What the operator says: one file per mail domain, believed before everybody else.

`example.com.json` is the object `profilegen lookup` prints, `example.com.xml` a clientConfig file. In the JSON the
address and user name of one mailbox stand for all of the domain; %EMAILADDRESS%, %EMAILLOCALPART% and %EMAILDOMAIN%
say the same without naming anybody.
"""

import hashlib
import json
import os
import re
import stat
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from profilegen.address import Address
from profilegen.errors import ConfigProblem, InputProblem, ProfilegenError, SettingsProblem, UsageProblem
from profilegen.settings.candidates import Advice, Answer, Candidate, Source, Status, Tier
from profilegen.settings.clientconfig import concrete, parse_client_config
from profilegen.settings.document import SettingsDocument, parse_settings
from profilegen.settings.jsontext import BadJson, json_value
from profilegen.settings.servers import Server

MAX_BYTES = 64 * 1024

_NAME = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*")
_UNDECIDED = (Status.UNTRUSTED, Status.NOT_FOUND, Status.UNREACHABLE, Status.INVALID)

_Said = tuple[Sequence[Server], Advice | None]
_Reader = Callable[[bytes, Address], _Said]


class OverrideSource:
    """
    Implements `ports.SettingsSource` over folders of files (tier 0); the first folder that knows a domain is believed.

    A folder that is missing knows nothing.
    """

    kind = "override"

    def __init__(self, *, folders: Sequence[Path]) -> None:
        self._folders = tuple(folders)

    async def find(self, address: Address) -> Answer:
        """Return the servers of the domain's file; raises ConfigProblem for a file that cannot be used."""
        if _NAME.fullmatch(address.domain) is None:
            return Answer(kind=self.kind)
        for folder in self._folders:
            for ending, read in ((".json", _from_json), (".xml", _from_xml)):
                path = folder / f"{address.domain}{ending}"
                file = _read(path)
                if file is not None:
                    return self._answer(file, _understood(file, address, read))
        return Answer(kind=self.kind)

    def _answer(self, file: "_File", said: _Said) -> Answer:
        servers, advice = said
        source = Source(
            kind=self.kind,
            detail=f"the operator's file {file.path.name}",
            fetched=file.changed,
            sha256=hashlib.sha256(file.data).hexdigest(),
        )
        candidates = tuple(
            Candidate(server=server, sources=(source,), tier=Tier.T0, order=order)
            for order, server in enumerate(servers)
        )
        return Answer(kind=self.kind, candidates=candidates, advice=advice)


def version_of(folders: Sequence[Path]) -> str:
    """Return a text that changes when a file in the folders does; what cannot be read counts as missing."""
    found = []
    for folder in folders:
        with suppress(OSError):
            found += [f"{file} {file.stat().st_mtime_ns} {file.stat().st_size}" for file in sorted(folder.iterdir())]
    return hashlib.sha256("\n".join(found).encode("utf-8", "surrogateescape")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """A file as it was read, and when somebody last changed it."""

    path: Path
    data: bytes
    changed: datetime


def _read(path: Path) -> _File | None:
    """Return a regular file, None if there is none; a pipe or device is refused before it can block."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise _problem(path, exc.strerror or str(exc)) from exc
    with os.fdopen(handle, "rb") as file:
        facts = os.fstat(file.fileno())
        if not stat.S_ISREG(facts.st_mode):
            raise _problem(path, "it is no regular file")
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise _problem(path, f"it is larger than {MAX_BYTES // 1024} KiB")
    return _File(path=path, data=data, changed=datetime.fromtimestamp(facts.st_mtime, UTC))


def _understood(file: _File, address: Address, read: _Reader) -> _Said:
    try:
        return read(file.data, address)
    except ProfilegenError as problem:
        raise _problem(file.path, problem.message.rstrip(".")) from problem
    except (BadJson, UnicodeDecodeError) as problem:
        raise _problem(file.path, str(problem)) from problem


def _from_json(data: bytes, address: Address) -> _Said:
    values = json_value(data.decode("utf-8-sig"))
    if not isinstance(values, dict):
        raise BadJson("it is no object")
    written = Address.parse(str(values.get("address", "")))
    if written.domain != address.domain:
        raise UsageProblem(f"its address is of {written.domain}, its name says {address.domain}", hint="Rename it.")
    made_out = json.dumps(_made_out(values, written, address))
    (document,) = parse_settings(made_out)
    return _servers(document), _advice(document)


def _made_out(values: dict[str, object], written: Address, address: Address) -> dict[str, object]:
    """Return the object for another mailbox of the same domain."""
    changed: dict[str, object] = {**values, "address": str(address)}
    if values.get("status") in _UNDECIDED:
        del changed["status"]  # the operator decides now
    for direction in ("incoming", "outgoing"):
        server = values.get(direction)
        if isinstance(server, dict) and isinstance(server.get("username"), str):
            changed[direction] = {**server, "username": _login(server["username"], written, address)}
    return changed


def _login(text: str, written: Address, address: Address) -> str:
    same = {str(written): str(address), written.local: address.local}
    names = {"ADDRESS": str(address), "LOCALPART": address.local, "DOMAIN": address.domain}
    return same.get(text) or re.sub("%EMAIL(ADDRESS|LOCALPART|DOMAIN)%", lambda match: names[match[1]], text)


def _servers(document: SettingsDocument) -> list[Server]:
    return [server for server in (document.incoming, document.outgoing) if server is not None]


def _advice(document: SettingsDocument) -> Advice | None:
    if document.status is Status.OK and document.payload is None and not document.notices:
        return None
    return Advice(
        provider=document.address.domain,
        status=document.status,
        payload=document.payload,
        notices=document.notices,
    )


def _from_xml(data: bytes, address: Address) -> _Said:
    config = parse_client_config(data)
    servers = []
    for found in config.servers:
        with suppress(SettingsProblem):  # a placeholder nobody knows: the next server may do
            servers.append(concrete(found, address))
    if not servers:
        raise InputProblem("it names no server a profile can use", hint="Servers need TLS and a password login.")
    return servers, None


def _problem(path: Path, reason: str) -> ConfigProblem:
    return ConfigProblem(
        f"The operator's file {path} cannot be used: {reason}.",
        hint="Mend it: the object profilegen lookup prints (.json), or a clientConfig file (.xml). Or remove it.",
        code="bad_override",
    )
