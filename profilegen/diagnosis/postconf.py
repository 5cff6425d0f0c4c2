"""
What a Postfix is configured to do, read from what `postconf` prints, and what is wrong with it.

Sources: postconf(5) for the meaning of every parameter, master(5) for the services and their `-o` overrides.
"""

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from profilegen.diagnosis.causes import Cause
from profilegen.report import Finding, Outcome

MOST_BYTES = 4 * 1024 * 1024

_PARAMETER = re.compile(r"(?P<name>[A-Za-z]\w{0,100})\s*=\s*(?P<value>.*)")
_OVERRIDE = re.compile(r"(?P<service>\S+)/(?P<type>inet|unix|unix-dgram|fifo|pass)/(?P<name>\w+)\s*=\s*(?P<value>.*)")
_SERVICE = re.compile(r"(?P<name>\S+)\s+(?P<type>inet|pass)\s+(?:\S+\s+){5}(?P<command>\S+)")
_PORTS = {"smtp": 25, "submission": 587, "submissions": 465, "smtps": 465, "urd": 465}
_ASK_SENDER = (
    "reject_sender_login_mismatch",
    "reject_authenticated_sender_login_mismatch",
    "reject_known_sender_login_mismatch",
)
_ENDS_RELAYING = ("reject_unauth_destination", "defer_unauth_destination", "reject", "defer", "defer_if_permit")
_LIMITS = ("smtpd_client_message_rate_limit", "smtpd_client_recipient_rate_limit", "smtpd_client_auth_rate_limit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One listening smtpd: its name in master.cf, its port (None: a name we do not know), what applies to it."""

    name: str
    port: int | None
    settings: Mapping[str, str]

    def words(self, name: str) -> list[str]:
        """Return a parameter as a list."""
        return [word for word in re.split(r"[,\s]+", self.settings.get(name, "")) if word]

    @property
    def takes_logins(self) -> bool:
        """True if people can log in here."""
        return self.settings.get("smtpd_sasl_auth_enable") == "yes"

    @property
    def submission(self) -> bool:
        """True for a port that is for people and not for other servers."""
        return self.port in (465, 587, 2525) or (self.port is None and self.takes_logins)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostfixSettings:
    """Everything `postconf` says: main.cf, and the smtpd services of master.cf with it."""

    main: Mapping[str, str]
    services: tuple[Service, ...]

    @property
    def domains(self) -> frozenset[str]:
        """The mail domains it names itself; those in tables are not known here."""
        names = ("mydestination", "virtual_mailbox_domains", "virtual_alias_domains", "relay_domains", "mydomain")
        words = (word.lower() for name in names for word in re.split(r"[,\s]+", self.main.get(name, "")))
        return frozenset(word for word in words if re.fullmatch(r"(?:[a-z0-9-]+\.)+[a-z0-9-]*[a-z][a-z0-9-]*", word))

    @property
    def log_file(self) -> str | None:
        """Where it writes its own log (`maillog_file`, Postfix 3.4), None if it leaves that to syslog."""
        return self.main.get("maillog_file") or None

    @property
    def plain_port(self) -> int | None:
        """Return 25 if only port 25 logs as plain "postfix/smtpd", None if that name stands for several ports."""
        unnamed = {service.port for service in self.services if "syslog_name" not in service.settings}
        return 25 if not self.services or unnamed <= {25} else None


def read_postconf(main: str, overrides: str = "", services: str = "") -> PostfixSettings:
    """
    Read the output of `postconf`, `postconf -P` and `postconf -M`, or a main.cf in place of the first.

    Lines that are none of these are passed over; without services, port 25 with main.cf is all there is.
    """
    common = _parameters(main)
    own: dict[str, dict[str, str]] = {}
    for line in overrides.splitlines():
        if match := _OVERRIDE.fullmatch(line.strip()):
            own.setdefault(match["service"], {})[match["name"]] = match["value"].strip()
    listening = [
        Service(name=match["name"], port=_port(match["name"]), settings={**common, **own.get(match["name"], {})})
        for match in map(_SERVICE.match, services.splitlines())
        if match and match["command"] == "smtpd"
    ]
    return PostfixSettings(main=common, services=tuple(listening))


def judge_postfix(settings: PostfixSettings) -> tuple[Finding, ...]:
    """Return what is right and wrong, one finding per check and service that has something to say."""
    services = settings.services or (Service(name="smtp", port=25, settings=settings.main),)
    findings = [judge(settings.main) for judge in (_networks, _size, _banner, _limits, _valid_senders)]
    for service in services:
        findings += [found for judge in _SERVICE_JUDGES if (found := judge(service)) is not None]
    return tuple(findings)


# --- the whole server ------------------------------------------------------------------------------------


def _networks(main: Mapping[str, str]) -> Finding:
    wide = _wide_networks(main)
    if wide:
        detail = f"mynetworks lets whole networks send without a login: {', '.join(wide)}."
        return _finding("networks", Outcome.FAIL, detail, Cause.OPEN_RELAY)
    return _finding("networks", Outcome.PASS, f"mynetworks = {main.get('mynetworks') or '(empty)'}")


def _wide_networks(settings: Mapping[str, str]) -> list[str]:
    return [word for word in re.split(r"[,\s]+", settings.get("mynetworks", "")) if _is_wide(word)]


def _is_wide(word: str) -> bool:
    """More than a /24 (IPv6: /48) of the public internet, or more than a private range can be."""
    try:
        network = ipaddress.ip_network(word.strip("[]").replace("]/", "/").replace("[", ""), strict=False)
    except ValueError:
        return False
    if network.version == 6:
        return network.prefixlen < 48 and not network.is_private
    return network.prefixlen < 8 or (network.prefixlen < 24 and not network.is_private)


def _size(main: Mapping[str, str]) -> Finding:
    limit = main.get("message_size_limit", "")
    if not limit.isdigit():
        return _finding("size", Outcome.SKIP, "message_size_limit is not known.")
    if int(limit) == 0:
        return _finding("size", Outcome.WARN, "message_size_limit is 0: messages of any size fill the disk.")
    return _finding("size", Outcome.PASS, f"message_size_limit announces {int(limit):,} bytes.")


def _banner(main: Mapping[str, str]) -> Finding:
    banner = main.get("smtpd_banner", "")
    if "mail_version" in banner:
        return _finding("banner", Outcome.WARN, f"smtpd_banner tells the version to everybody: {banner}")
    return _finding("banner", Outcome.PASS, f"smtpd_banner = {banner}")


def _limits(main: Mapping[str, str]) -> Finding:
    unset = [name for name in _LIMITS if main.get(name, "0") == "0"]
    if unset:
        detail = f"No limit on what one client may send or try: {', '.join(unset)} = 0."
        return _finding("rate_limit", Outcome.WARN, detail)
    return _finding("rate_limit", Outcome.PASS, ", ".join(f"{name} = {main[name]}" for name in _LIMITS))


def _valid_senders(main: Mapping[str, str]) -> Finding:
    words = re.split(
        r"[,\s]+", " ".join(main.get(f"smtpd_{name}_restrictions", "") for name in ("sender", "recipient"))
    )
    if main.get("smtpd_reject_unlisted_sender") == "yes" or "reject_unlisted_sender" in words:
        return _finding("valid_senders", Outcome.PASS, "Our own senders must exist.")
    detail = "smtpd_reject_unlisted_sender = no: addresses of ours that do not exist may send."
    return _finding("valid_senders", Outcome.WARN, detail)


# --- one service -----------------------------------------------------------------------------------------


def _relay(service: Service) -> Finding | None:
    words = service.words("smtpd_relay_restrictions") + service.words("smtpd_recipient_restrictions")
    if not words:
        return None
    before: list[str] = []
    for word in words:
        if word in _ENDS_RELAYING:
            break
        before.append(word)
    else:
        return _of(
            service, "relay", Outcome.FAIL, "nothing ends relaying (reject_unauth_destination).", Cause.OPEN_RELAY
        )
    if any(word == "permit" for word in before):
        return _of(service, "relay", Outcome.FAIL, "permits everybody before it refuses anybody.", Cause.OPEN_RELAY)
    wide = _wide_networks(service.settings) if "permit_mynetworks" in before else []
    if wide:
        return _of(service, "relay", Outcome.FAIL, f"relays for {', '.join(wide)} (mynetworks).", Cause.OPEN_RELAY)
    if any(word in ("check_sender_access", "check_helo_access") for word in before):
        detail = "lets mail through by its sender or HELO name, which anybody can write (check_sender_access)."
        return _of(service, "relay", Outcome.FAIL, detail, Cause.OPEN_RELAY)
    return _of(service, "relay", Outcome.PASS, f"{', '.join(before) or 'nobody'} may relay.")


def _tls(service: Service) -> Finding | None:
    wrapped = service.settings.get("smtpd_tls_wrappermode") == "yes"
    level = service.settings.get("smtpd_tls_security_level", "")
    if wrapped or level == "encrypt":
        return _of(service, "tls", Outcome.PASS, "encryption is required.")
    if level == "may":
        outcome = Outcome.WARN if service.submission else Outcome.PASS
        return _of(service, "tls", outcome, "encryption is possible and not required.")
    cause = Cause.STARTTLS_NOT_OFFERED
    return _of(service, "tls", Outcome.FAIL, f'no encryption (smtpd_tls_security_level = "{level}").', cause)


def _auth_in_clear(service: Service) -> Finding | None:
    if not service.takes_logins:
        return None
    required = service.settings.get("smtpd_tls_wrappermode") == "yes" or (
        service.settings.get("smtpd_tls_security_level") == "encrypt"
    )
    if required or service.settings.get("smtpd_tls_auth_only") == "yes":
        return _of(service, "auth_in_clear", Outcome.PASS, "passwords are taken over TLS only.")
    return _of(service, "auth_in_clear", Outcome.FAIL, "takes passwords in clear text (smtpd_tls_auth_only = no).")


def _sender_login(service: Service) -> Finding | None:
    if not service.takes_logins:
        return None
    names = ("client", "helo", "sender", "relay", "recipient", "data")
    words = [word for name in names for word in service.words(f"smtpd_{name}_restrictions")]
    if not any(word in _ASK_SENDER for word in words):
        detail = "whoever logs in may send as anybody (reject_sender_login_mismatch is missing)."
        return _of(service, "sender_login", Outcome.FAIL, detail)
    if not service.settings.get("smtpd_sender_login_maps"):
        detail = "smtpd_sender_login_maps is empty, so nobody owns any address."
        return _of(service, "sender_login", Outcome.WARN, detail)
    return _of(service, "sender_login", Outcome.PASS, "senders are checked against the login.")


_SERVICE_JUDGES: tuple[Callable[[Service], Finding | None], ...] = (_relay, _tls, _auth_in_clear, _sender_login)


# --- reading ---------------------------------------------------------------------------------------------


def _parameters(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in _logical_lines(text[:MOST_BYTES].splitlines()):
        if match := _PARAMETER.fullmatch(line):
            found[match["name"]] = " ".join(match["value"].split())
    return found


def _logical_lines(lines: Iterable[str]) -> list[str]:
    """Join lines that begin with white space to the one before (main.cf)."""
    joined: list[str] = []
    for line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line[0].isspace() and joined:
            joined[-1] += " " + line.strip()
        else:
            joined.append(line.rstrip())
    return joined


def _port(name: str) -> int | None:
    last = name.rpartition(":")[2]
    return int(last) if last.isascii() and last.isdigit() and len(last) < 6 else _PORTS.get(last)


def _finding(check: str, outcome: Outcome, detail: str, cause: Cause | None = None) -> Finding:
    return Finding(check=f"postfix.{check}", outcome=outcome, detail=detail[:600], cause=cause)


def _of(service: Service, check: str, outcome: Outcome, detail: str, cause: Cause | None = None) -> Finding:
    return _finding(check, outcome, f"{service.name}: {detail}", cause)
