"""Answers from the compiled catalogue: `ports.Catalogue` over one index file."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from profilegen.address import Address
from profilegen.catalogue.index import Index, KeyKind, Record, starred
from profilegen.errors import MachineProblem, SettingsProblem
from profilegen.ports import ProviderAnswer, RelayService
from profilegen.settings.candidates import AccountPayload, Advice, Notice, Status
from profilegen.settings.servers import Auth, Protocol, Security, Server

RELAY = "relay"
MAILBOX = "mailbox"
DIRECTIONS = {"imap": Protocol.IMAP, "pop": Protocol.POP, "smtp": Protocol.SMTP}
"""The server tables of a provider file and what they speak."""

_PLACEHOLDER = re.compile("%(EMAILADDRESS|EMAILLOCALPART|EMAILDOMAIN)%")


class FileCatalogue:
    """
    The catalogue in one index file, opened anew for every question, so there is nothing to close.

    All methods raise MachineProblem when the file is missing, damaged or holds an entry that cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    async def by_domain(self, address: Address) -> ProviderAnswer | None:
        """Return the provider of exactly this mail domain, else of the nearest explicit wildcard above it."""
        with Index(self._path) as index:
            for name in (address.domain, *(f"*.{parent}" for parent in _parents(address.domain))):
                record = index.find(KeyKind.DOMAIN, name)
                if record is not None:
                    return _answer(record, address, pattern=name if name != address.domain else None)
        return None

    async def by_mx(self, address: Address, mx_host: str) -> ProviderAnswer | None:
        """Return the provider whose MX pattern is this host or a parent of it, the longest pattern first."""
        host = mx_host.rstrip(".").lower()
        with Index(self._path) as index:
            for pattern in (host, *_parents(host)):
                record = index.find(KeyKind.MX, pattern)
                if record is not None:
                    return _answer(record, address, pattern=pattern)
        return None

    async def by_host(self, address: Address, host: str) -> ProviderAnswer | None:
        """Return the provider of this mail server; of several, the one whose customers bring their own domains."""
        with Index(self._path) as index:
            record = index.find(KeyKind.HOST, host.rstrip(".").lower())
            return None if record is None else _answer(record, address, pattern=None)

    async def relay(self, provider_id: str, username: str) -> RelayService | None:
        """
        Return a relay service by id, its servers with this user name.

        A name that a service fixes for everybody ("apikey") beats the one given.
        """
        record = self.record(provider_id)
        if record is None or record.get("kind") != RELAY:
            return None
        with _blaming(record):
            return _relay(record, username)

    async def relay_by_host(self, host: str, username: str) -> RelayService | None:
        """
        Return the relay service that runs this outgoing server, its servers with this user name.

        Of a service with a host per region also one in a region the catalogue does not name.
        """
        name = host.rstrip(".").lower()
        with Index(self._path) as index:
            exact = index.find(KeyKind.RELAY_HOST, name)
            if exact is not None:
                with _blaming(exact):
                    return _relay(exact, username)
            family = (index.find(KeyKind.RELAY_HOST, pattern) for pattern in starred(name))
            record = next((one for one in family if one is not None), None)
            if record is None:
                return None
            with _blaming(record):
                return _in_another_region(_relay(record, username), name)

    def record(self, provider_id: str) -> Record | None:
        """Return one provider with everything its file says."""
        with Index(self._path) as index:
            return index.find(KeyKind.ID, provider_id)

    def records(self) -> Iterator[Record]:
        """Yield every provider, by id."""
        with Index(self._path) as index:
            yield from index.records()


def _fill(template: str, address: Address) -> str:
    """One pass, so that a local part like "%EMAILDOMAIN%" stays what it is."""
    values = {"EMAILADDRESS": str(address), "EMAILLOCALPART": address.local, "EMAILDOMAIN": address.domain}
    return _PLACEHOLDER.sub(lambda match: values[match[1]], template)


def _parents(name: str) -> Iterator[str]:
    while "." in name:
        name = name.partition(".")[2]
        yield name


def _answer(record: Record, address: Address, *, pattern: str | None) -> ProviderAnswer:
    with _blaming(record):
        return ProviderAnswer(
            provider=record["id"],
            name=record["name"],
            advice=_advice(record),
            servers=tuple(_servers(record, address)),
            sha256=record["sha256"],
            checked=record["checked"],
            pattern=pattern,
        )


def _advice(record: Record) -> Advice:
    payload = record.get("payload")
    return Advice(
        provider=record["id"],
        status=Status(record["status"]),
        payload=AccountPayload(payload) if payload else None,
        notices=tuple(Notice(**notice) for notice in record.get("notices", ())),
    )


def _servers(record: Record, address: Address) -> Iterator[Server]:
    for direction, protocol in DIRECTIONS.items():
        for entry in record.get(direction, ()):
            yield _server(entry, protocol, _fill(entry["host"], address), _fill(entry["username"], address))


def _server(entry: Record, protocol: Protocol, host: str, username: str) -> Server:
    return Server(
        protocol=protocol,
        host=host,
        port=entry["port"],
        security=Security(entry["security"]),
        auth=tuple(Auth(name) for name in entry["auth"]),
        username=username,
    )


def _relay(record: Record, username: str) -> RelayService:
    return RelayService(
        id=record["id"],
        name=record["name"],
        outgoing=tuple(
            _server(entry, Protocol.SMTP, entry["host"], entry.get("username") or username) for entry in record["smtp"]
        ),
        spf=record.get("spf"),
        url=record.get("support"),
    )


def _in_another_region(service: RelayService, host: str) -> RelayService:
    """The name of a region stands in brackets behind the service's."""
    servers = tuple(replace(server, host=host) for server in service.outgoing)
    return replace(service, name=service.name.partition(" (")[0], outgoing=servers)


@contextmanager
def _blaming(record: Record) -> Iterator[None]:
    """An entry that cannot be used is a fault of the installation, and named."""
    try:
        yield
    except (KeyError, TypeError, ValueError, SettingsProblem) as exc:
        raise MachineProblem(
            f'The catalogue entry "{record.get("id")}" cannot be used: {type(exc).__name__} {exc}.',
            hint="Run `profilegen providers check` and correct what it names.",
            code="catalogue_unusable",
        ) from exc
