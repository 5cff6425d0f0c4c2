"""What one provider file must satisfy beyond its schema: one small generator per rule, registered in `RULES`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from profilegen.address import a_label
from profilegen.catalogue.schema import Kind, ProviderFile, ServerEntry, Standing
from profilegen.errors import AddressProblem, SettingsProblem
from profilegen.settings.servers import SECURITY_OF_PORT, clean_host


class Rule(StrEnum):
    """The name of every finding of `profilegen providers check`."""

    SYNTAX = "syntax"
    SCHEMA = "schema"
    ID = "id"
    DUPLICATE_ID = "duplicate_id"
    DOMAIN = "domain"
    UNSORTED_DOMAINS = "unsorted_domains"
    DUPLICATE_DOMAIN = "duplicate_domain"
    MX_OVERLAP = "mx_overlap"
    HOST = "host"
    PORT_SECURITY = "port_security"
    PORT_25 = "port_25"
    PLACEHOLDER = "placeholder"
    USERNAME = "username"
    MISSING_DIRECTION = "missing_direction"
    UNUSED_SERVER = "unused_server"
    UNREACHABLE = "unreachable"
    MISSING_NOTICE = "missing_notice"
    STALE = "stale"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault of one file: the key it is at ("imap[0].port") and a sentence."""

    rule: Rule
    key: str
    message: str


PLACEHOLDERS = ("%EMAILADDRESS%", "%EMAILLOCALPART%", "%EMAILDOMAIN%")
_WELL_KNOWN = {"imap": (143, 993), "pop": (110, 995), "smtp": (465, 587)}
_WORKING = (Standing.OK, Standing.APP_PASSWORD, Standing.OAUTH_ONLY)
_GONE = (Standing.NO_IMAP, Standing.DEAD)


def servers(provider: ProviderFile) -> Iterator[tuple[str, str, ServerEntry]]:
    """Yield every server with its direction and its key ("imap[0]")."""
    for direction in _WELL_KNOWN:
        entries: tuple[ServerEntry, ...] = getattr(provider, direction)
        for place, entry in enumerate(entries):
            yield direction, f"{direction}[{place}]", entry


def _domains(provider: ProviderFile) -> Iterator[Fault]:
    for place, domain in enumerate(provider.domains):
        if not _is_domain(domain.removeprefix("*.")):
            message = f'"{domain}" is no mail domain in lower-case A-label form, or wildcard of one'
            yield Fault(rule=Rule.DOMAIN, key=f"domains[{place}]", message=message)
    for key, names in (("mx", provider.mx), ("mx_except", provider.mx_except)):
        for place, name in enumerate(names):
            if "*" in name or not _is_domain(name):
                message = f'"{name}" is no host name suffix; write the labels alone, like "mail.example.com"'
                yield Fault(rule=Rule.DOMAIN, key=f"{key}[{place}]", message=message)


def _order(provider: ProviderFile) -> Iterator[Fault]:
    for key, names in (("domains", provider.domains), ("mx", provider.mx)):
        wrong = next(((first, second) for first, second in pairwise(names) if first >= second), None)
        if wrong is not None:
            message = f'"{wrong[1]}" must stand before "{wrong[0]}", each name once'
            yield Fault(rule=Rule.UNSORTED_DOMAINS, key=key, message=message)


def _ports(provider: ProviderFile) -> Iterator[Fault]:
    for direction, key, entry in servers(provider):
        expected = SECURITY_OF_PORT.get(entry.port)
        if entry.port == 25:
            message = "port 25 is for mail between servers; a submission server listens on 587 or 465"
            yield Fault(rule=Rule.PORT_25, key=f"{key}.port", message=message)
        elif expected is not None and entry.port not in _WELL_KNOWN[direction]:
            message = f"port {entry.port} belongs to another protocol than {direction}"
            yield Fault(rule=Rule.PORT_SECURITY, key=f"{key}.port", message=message)
        elif expected is not None and entry.security is not expected:
            message = f"port {entry.port} speaks {expected}, not {entry.security}"
            yield Fault(rule=Rule.PORT_SECURITY, key=f"{key}.security", message=message)


def _placeholders(provider: ProviderFile) -> Iterator[Fault]:
    for _, key, entry in servers(provider):
        for name, text in (("host", entry.host), ("username", entry.username or "")):
            rest = text
            for placeholder in PLACEHOLDERS:
                rest = rest.replace(placeholder, "")
            if "%" in rest:
                message = f'"{text}" holds something else than {", ".join(PLACEHOLDERS)}'
                yield Fault(rule=Rule.PLACEHOLDER, key=f"{key}.{name}", message=message)


def _hosts(provider: ProviderFile) -> Iterator[Fault]:
    for _, key, entry in servers(provider):
        host = entry.host.replace("%EMAILDOMAIN%", "example.com")
        try:
            right = clean_host(host) == host and "." in host
        except SettingsProblem:
            right = "%" in host  # the placeholder rule speaks of it
        if not right:
            message = f'"{entry.host}" is no host name in lower case'
            yield Fault(rule=Rule.HOST, key=f"{key}.host", message=message)


def _usernames(provider: ProviderFile) -> Iterator[Fault]:
    relay = provider.kind is Kind.RELAY
    for _, key, entry in servers(provider):
        if entry.username is None and not relay:
            yield Fault(rule=Rule.USERNAME, key=f"{key}.username", message="the form of the user name is missing")
        elif relay and entry.username is not None and "%" in entry.username:
            message = "the user name of a relay is the customer's: leave it out, or write the fixed one"
            yield Fault(rule=Rule.USERNAME, key=f"{key}.username", message=message)


def _directions(provider: ProviderFile) -> Iterator[Fault]:
    needed = {"smtp"} if provider.kind is Kind.RELAY or provider.status is Standing.SEND_ONLY else {"smtp", "imap"}
    there = {"imap" if direction == "pop" else direction for direction, _, _ in servers(provider)}
    if provider.status in (*_WORKING, Standing.SEND_ONLY) and not provider.incomplete:
        for direction in sorted(needed - there):
            message = "no server for this direction; add one, or say incomplete = true or another status"
            yield Fault(rule=Rule.MISSING_DIRECTION, key=direction, message=message)
    unused = there if provider.status in _GONE else there - needed
    for direction in sorted(unused):
        message = f"kind {provider.kind} with status {provider.status} offers no such server"
        yield Fault(rule=Rule.UNUSED_SERVER, key=direction, message=message)


def _ways_in(provider: ProviderFile) -> Iterator[Fault]:
    named = bool(provider.domains or provider.mx)
    if provider.kind is Kind.MAILBOX and not named:
        message = "no mail domain and no MX name leads to this provider"
        yield Fault(rule=Rule.UNREACHABLE, key="domains", message=message)
    if provider.kind is Kind.RELAY and named:
        message = "a relay service is asked for by id; it has no mail domains and no MX names"
        yield Fault(rule=Rule.UNREACHABLE, key="domains", message=message)


def _advice(provider: ProviderFile) -> Iterator[Fault]:
    if provider.status is not Standing.OK and not provider.notices:
        message = f"status {provider.status} needs a notice that says what to do"
        yield Fault(rule=Rule.MISSING_NOTICE, key="notices", message=message)


RULES: tuple[Callable[[ProviderFile], Iterator[Fault]], ...] = (
    _domains,
    _order,
    _ports,
    _placeholders,
    _hosts,
    _usernames,
    _directions,
    _ways_in,
    _advice,
)
"""Every rule about a single file."""


def _is_domain(name: str) -> bool:
    try:
        return "." in name and a_label(name) == name
    except AddressProblem:
        return False
