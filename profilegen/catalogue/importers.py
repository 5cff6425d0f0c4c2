"""From Mozilla's clientConfig XML to provider files: the ISPDB, and what a provider publishes for autoconfig."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from profilegen.address import Address, a_label, shorten
from profilegen.catalogue.check import check_text
from profilegen.catalogue.files import write_new, write_replacing
from profilegen.catalogue.writer import to_toml
from profilegen.errors import AddressProblem, InputProblem, SettingsProblem
from profilegen.settings.clientconfig import (
    ClientConfig,
    ConfigServer,
    Defect,
    concrete,
    parse_client_config,
)
from profilegen.settings.servers import Auth, Protocol, Security
from profilegen.settings.xmltree import MAX_BYTES

_TABLES = {Protocol.IMAP: "imap", Protocol.POP: "pop", Protocol.SMTP: "smtp"}
_PUBLISHED = "config-v"  # every provider publishes under the same name, config-v1.1.xml
_WELL_KNOWN = {Protocol.IMAP: (143, 993), Protocol.POP: (110, 995), Protocol.SMTP: (465, 587)}
_EVERY_WELL_KNOWN = {port for ports in _WELL_KNOWN.values() for port in ports}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedProvider:
    """A provider file that is not written yet: its name, its text, and what a person should look at."""

    file: str
    text: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedFile:
    """A file that gave no provider, and why."""

    file: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """Everything an import found, by file name."""

    providers: tuple[ImportedProvider, ...]
    refused: tuple[RefusedFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who says so: the name of the source ("ispdb", "autoconfig"), its commit and its own date where known."""

    name: str
    commit: str | None = None
    date: str | None = None


def import_files(path: Path, origin: Origin, *, today: date) -> Import:
    """
    Read one XML file, or every `*.xml` of a folder; a bad file refuses only itself.

    Raises InputProblem if `path` is missing, cannot be read or holds no XML file.
    """
    try:
        paths = sorted(path.glob("*.xml")) if path.is_dir() else [path]
        contents = [(file.name, _bounded(file)) for file in paths]
    except OSError as exc:
        raise InputProblem(
            f"{path} cannot be read: {exc.strerror or exc}.", hint="Name a clientConfig file or a folder of them."
        ) from exc
    if not contents:
        raise InputProblem(f"{path} holds no *.xml file.", hint="Name the folder with the clientConfig files.")
    providers: list[ImportedProvider] = []
    refused: list[RefusedFile] = []
    for name, data in contents:
        try:
            providers.append(import_client_config(data, name=name, origin=origin, today=today))
        except InputProblem as problem:
            refused.append(RefusedFile(file=name, reason=problem.message))
    return Import(providers=tuple(providers), refused=tuple(refused))


def import_client_config(data: bytes, *, name: str, origin: Origin, today: date) -> ImportedProvider:
    """
    Return the provider file for one clientConfig; `name` is the name of the XML file.

    Raises InputProblem if the bytes are no clientConfig or name no mail domain.
    """
    config = parse_client_config(data)
    domains, notes = _domains(config)
    if not domains:
        raise InputProblem(
            f"{name} names no mail domain.", hint="Write the provider file by hand; docs/providers.md shows how."
        )
    provider_id = _slug(domains[0] if name.startswith(_PUBLISHED) else name.removesuffix(".xml"))
    provider: dict[str, Any] = {
        "id": provider_id,
        "name": shorten(config.name) or provider_id,
        "status": "ok",
        "checked": today,
        "domains": domains,
        "notices": list(_notices(config)),
        "sources": [{"name": origin.name, "entry": name, "commit": origin.commit, "date": origin.date}],
        "support": next((page.url for page in config.documentation if page.url.startswith("https://")), None),
    }
    servers, dropped = _servers(config.servers, domains[0])
    provider |= servers
    notes += [f"{server.protocol} {shorten(server.host)}: left out ({server.defect})" for server in config.dropped]
    notes += dropped
    notes += _settle(provider, config)
    text = to_toml(provider)
    file = f"{provider_id}.toml"
    notes += [f"{finding.key}: {finding.message}" for finding in check_text(file, text, today=today)]
    return ImportedProvider(file=file, text=text, notes=tuple(notes))


def write_providers(imported: Iterable[ImportedProvider], folder: Path, *, overwrite: bool = False) -> tuple[Path, ...]:
    """
    Write each file in one step and return the paths.

    Raises InputProblem at the first that exists already (unless `overwrite`), OutputProblem if one cannot be written.
    """
    write = write_replacing if overwrite else write_new
    paths = [(folder / provider.file, provider.text.encode("utf-8")) for provider in imported]
    for path, data in paths:
        write(data, path)
    return tuple(path for path, _ in paths)


def _bounded(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9.-]+", "-", name.lower()).strip("-.")[:64].strip("-.") or "provider"


def _domains(config: ClientConfig) -> tuple[list[str], list[str]]:
    domains: set[str] = set()
    notes: list[str] = []
    for domain in config.domains:
        try:
            name = a_label(domain)
        except AddressProblem:
            name = ""
        if "." in name:
            domains.add(name)
        else:
            notes.append(f'domain "{shorten(domain)}": left out (no mail domain)')
    return sorted(domains), notes


def _servers(found: tuple[ConfigServer, ...], domain: str) -> tuple[dict[str, list[dict[str, Any]]], list[str]]:
    """The tables of a provider file, preferred connection first, and a note for every server that is left out."""
    tables: dict[str, list[dict[str, Any]]] = {}
    notes: list[str] = []
    for server in sorted(found, key=_preference):
        flaw = _flaw(server, domain)
        if flaw is None:
            tables.setdefault(_TABLES[server.protocol], []).append(_entry(server))
        else:
            notes.append(f"{server.protocol} {shorten(server.host)}:{server.port}: left out ({flaw})")
    return tables, notes


def _preference(server: ConfigServer) -> tuple[bool, bool]:
    """587 with STARTTLS first for outgoing mail, else TLS from the first byte; equals stay in the file's order."""
    submission = server.protocol is Protocol.SMTP and server.port == 587 and server.security is Security.STARTTLS
    return not submission, server.security is not Security.TLS


def _flaw(server: ConfigServer, domain: str) -> str | None:
    if server.port in _EVERY_WELL_KNOWN and server.port not in _WELL_KNOWN[server.protocol]:
        return f"port {server.port} belongs to another protocol"
    try:
        concrete(server, Address(local="you", domain=domain))
    except SettingsProblem as problem:
        return problem.message.rstrip(".")
    return None


def _entry(server: ConfigServer) -> dict[str, Any]:
    return {
        "host": server.host if "%" in server.host else server.host.lower().rstrip("."),
        "port": server.port,
        "security": str(server.security),
        "auth": [str(auth) for auth in server.auth],
        "username": server.username,
    }


def _notices(config: ClientConfig) -> Iterator[dict[str, str | None]]:
    if config.enable is not None:
        url = config.enable.url if config.enable.url.startswith("https://") else None
        text = "Access for mail programs is off at first: switch it on in the settings of the web mail."
        yield {"code": "enable_imap_first", "text": text, "url": url}
    if any(server.defect is Defect.PLAIN_TEXT for server in config.dropped) and not config.servers:
        yield {
            "code": "no_tls_offered",
            "text": "The known servers take passwords in plain text only, so none is offered.",
        }


def _settle(provider: dict[str, Any], config: ClientConfig) -> list[str]:
    """Status and completeness follow from the servers that are left."""
    incoming = [*provider.get("imap", ()), *provider.get("pop", ())]
    if incoming and all(entry["auth"] == [Auth.OAUTH2] for entry in incoming):
        provider["status"] = "oauth_only"
        text = "This provider takes no passwords from mail programs; sign-in happens on its own page."
        provider["notices"].append({"code": "oauth_sign_in", "text": text})
    if incoming and provider.get("smtp"):
        return []
    provider["incomplete"] = True
    missing = "incoming" if not incoming else "outgoing"
    count = len(config.servers) + len(config.dropped)
    return [f"no {missing} server is left of {count}; the file says incomplete = true"]
