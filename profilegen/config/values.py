"""
The configuration: a few values, where each came from, and nothing read before it is asked for.

Order: environment, `--config FILE`, `profilegen.toml` in the working directory, the user's config folder, default.
Options of a command stand above all of them and never pass through here.
"""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from profilegen.config.mdm import PREFIX, MdmConfig, mdm_configs
from profilegen.errors import ConfigProblem, UsageProblem
from profilegen.settings.durations import duration_text, parse_duration

FILE_NAME = "profilegen.toml"
_PORT = (range(1, 65536), "a port")
_NUMBERS = {"policy.min_level": (range(1, 5), "a level from 1 to 4"), "send.port": _PORT, "check.port": _PORT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """
    Every value there is; field names are the dotted keys with "_" for ".".

    `network_resolver` is "ip" or "ip:port"; `network_ca` a PEM file of further trust anchors; `domains` the mail
    domains this organisation may build for (empty: all); `discovery_overrides` a folder of settings files of the
    operator's own, one per mail domain; `discovery_ispdb_url` the base URL of the database that `--source ispdb` asks;
    `policy_min_level` (1-4) must be proved, at most `policy_max_age` ago, before anything is delivered.
    Our own mail goes through `send_server` on `send_port` with `send_security` ("starttls" or "tls"), where
    `send_username` (None: `send_from`) logs in, and comes from the address `send_from`.
    People's pages are hosted below the URL `send_base_url`.
    The check mailbox is read by IMAP from `check_server` (None: looked up) on `check_port` as `check_username` (None:
    its address), its password in the environment variable `check_password_env` or the file `check_password_file`.
    A device that leaves a command unanswered for `fleet_answer_within` is woken again, one not seen for
    `fleet_offline_after` is offline; `fleet_database` (None: a file in the home) is a PostgreSQL URL without password.
    """

    organization: str | None = None
    identifier_prefix: str | None = None
    domains: tuple[str, ...] = ()
    network_resolver: str | None = None
    network_ca: str | None = None
    signing_key: str | None = None
    discovery_overrides: str | None = None
    review_dnsbl: tuple[str, ...] = ()
    review_rhsbl: tuple[str, ...] = ()
    discovery_ispdb_url: str | None = None
    policy_min_level: int = 1
    policy_max_age: timedelta = timedelta(days=7)
    brand_name: str | None = None
    brand_logo: str | None = None
    brand_support_phone: str | None = None
    brand_support_email: str | None = None
    brand_support_hours: str | None = None
    brand_language: str = "en"
    brand_reply_to: str | None = None
    brand_check_mailbox: str | None = None
    send_server: str | None = None
    send_port: int = 587
    send_security: str | None = None
    send_username: str | None = None
    send_from: str | None = None
    send_base_url: str | None = None
    check_server: str | None = None
    check_port: int = 993
    check_username: str | None = None
    check_password_env: str | None = None
    check_password_file: str | None = None
    fleet_answer_within: timedelta = timedelta(minutes=10)
    fleet_offline_after: timedelta = timedelta(days=14)
    fleet_database: str | None = None
    fleet_database_password_file: str | None = None


KEYS: dict[str, str] = {
    "organization": "organization",
    "identifier_prefix": "identifier_prefix",
    "domains": "domains",
    "network.resolver": "network_resolver",
    "network.ca": "network_ca",
    "signing.key": "signing_key",
    "discovery.overrides": "discovery_overrides",
    "discovery.ispdb_url": "discovery_ispdb_url",
    "policy.min_level": "policy_min_level",
    "policy.max_age": "policy_max_age",
    "review.dnsbl": "review_dnsbl",
    "review.rhsbl": "review_rhsbl",
    "brand.name": "brand_name",
    "brand.logo": "brand_logo",
    "brand.support_phone": "brand_support_phone",
    "brand.support_email": "brand_support_email",
    "brand.support_hours": "brand_support_hours",
    "brand.language": "brand_language",
    "brand.reply_to": "brand_reply_to",
    "brand.check_mailbox": "brand_check_mailbox",
    "send.server": "send_server",
    "send.port": "send_port",
    "send.security": "send_security",
    "send.username": "send_username",
    "send.from": "send_from",
    "send.base_url": "send_base_url",
    "check.server": "check_server",
    "check.port": "check_port",
    "check.username": "check_username",
    "check.password_env": "check_password_env",
    "check.password_file": "check_password_file",
    "fleet.answer_within": "fleet_answer_within",
    "fleet.offline_after": "fleet_offline_after",
    "fleet.database": "fleet_database",
    "fleet.database_password_file": "fleet_database_password_file",
}
"""Dotted key as people write it -> field of Config."""

_DURATIONS = ("policy.max_age", "fleet.answer_within", "fleet.offline_after")
_LISTS = ("domains", "review.dnsbl", "review.rhsbl")

Value = str | int | timedelta | tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedConfig:
    """
    The configuration and, per dotted key, the place its value came from ("default" if nowhere).

    `origins` has every key of KEYS, and those of the servers that are configured (`mdm.NAME.FIELD`).
    """

    config: Config
    origins: Mapping[str, str]
    mdm: Mapping[str, MdmConfig] = field(default_factory=dict)

    def value(self, key: str) -> str | tuple[str, ...] | None:
        """Return the effective value of a dotted key of `origins` as people write it."""
        if key.startswith(PREFIX):
            name, field_name = key.removeprefix(PREFIX).split(".", 1)
            return self.mdm[name].get(field_name)
        value: Value | None = getattr(self.config, KEYS[key])
        if isinstance(value, timedelta):
            return duration_text(value)
        return str(value) if isinstance(value, int) else value


def load_config(*, environ: Mapping[str, str], config_file: Path | None, folders: Iterable[Path]) -> LoadedConfig:
    """
    Read every layer and merge them key by key.

    `folders` are searched in order for `profilegen.toml`; a missing one is fine, a missing `config_file` is not. Raises
    ConfigProblem for unreadable files, unknown keys and wrong types, naming the place.
    """
    layers = [_environment(environ)]
    if config_file is not None:
        layers.append(_file(config_file))
    layers.extend(_file(path) for path in (folder / FILE_NAME for folder in folders) if _is_there(path))
    values: dict[str, Value] = {}
    origins = dict.fromkeys(KEYS, "default")
    for layer in layers:
        for key, (value, origin) in layer.items():
            if key not in values:
                values[key], origins[key] = value, origin
    servers = {key: str(values.pop(key)) for key in list(values) if key.startswith(PREFIX)}
    mdm = mdm_configs(servers, origins)
    config = Config(**{KEYS[key]: value for key, value in values.items()})  # type: ignore[arg-type] # checked in _typed
    return LoadedConfig(config=config, origins=origins, mdm=mdm)


def _is_there(path: Path) -> bool:
    """Say no where this user may not look, as in the home of another one after `su`."""
    try:
        return path.is_file()
    except OSError:
        return False


_Layer = dict[str, tuple[Value, str]]


def _environment(environ: Mapping[str, str]) -> _Layer:
    layer: _Layer = {}
    for name in sorted(environ):
        key = name.removeprefix("PROFILEGEN_").lower().replace("__", ".")
        if not name.startswith("PROFILEGEN_") or (key not in KEYS and "." not in key):
            continue
        layer[key] = (_typed(key, _from_text(key, environ[name]), name), f"environment {name}")
    return layer


def _file(path: Path) -> _Layer:
    try:
        text = path.read_text(encoding="utf-8")
        document = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else exc
        raise ConfigProblem(
            f"The configuration file {path} cannot be read: {reason}.", hint="Mend it or name another with --config."
        ) from exc
    return {
        key: (_typed(key, value, str(path)), f"file {path}{_line_of(text, key)}") for key, value in _flatten(document)
    }


def _line_of(text: str, key: str) -> str:
    """Return ":LINE" of a server's setting: a file may name many that look alike; nothing for other keys."""
    section, _, field = key.rpartition(".")
    if not key.startswith(PREFIX):
        return ""
    inside = False
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip().startswith("["):
            inside = line.strip().replace(" ", "").startswith(f"[{section}]")
        elif inside and line.split("=", 1)[0].strip() == field:
            return f":{number}"
    return ""


def _flatten(document: Mapping[str, object], prefix: str = "") -> Iterable[tuple[str, object]]:
    for name, value in document.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _from_text(key: str, text: str) -> object:
    if key in _NUMBERS and text.isascii() and text.isdigit() and len(text) < 6:
        return int(text)
    if key not in _LISTS:
        return text
    if text.lstrip().startswith("["):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return [part.strip() for part in text.split(",") if part.strip()]


def _typed(key: str, value: object, place: str) -> Value:
    if key.startswith(PREFIX):
        return _of_server(key, value, place)
    if key not in KEYS:
        raise ConfigProblem(
            f'"{key}" in {place} is no setting of profilegen.', hint=f"The settings are: {', '.join(KEYS)}."
        )
    if key in _LISTS:
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        hint = f'Write {key.rpartition(".")[2]} = ["example.com"].'
        raise ConfigProblem(f"{key} in {place} must be a list of domains.", hint=hint)
    if key in _NUMBERS:
        return _number(key, value, place)
    if not isinstance(value, str) or not value:
        raise ConfigProblem(
            f"{key} in {place} must be a text that is not empty.", hint=f'Write {key} = "…" or leave it out.'
        )
    _refuse_password(key, value, place)
    return _duration(key, value, place) if key in _DURATIONS else value


def _refuse_password(key: str, value: str, place: str) -> None:
    """Refuse a URL with a password, without a word of it: values are shown, logged and passed on."""
    if not re.search(r"//[^/?@]*:[^/]*@|[?&]password=", value):
        return
    hint = "Take it out; for a server the key goes into a variable or a file: key_env or key_file."
    if key == "fleet.database":
        hint = "Take it out, and put it into a file for fleet.database_password_file, PGPASSWORD or ~/.pgpass."
    raise ConfigProblem(f"{key} in {place} holds a password.", hint=hint, code="password_in_url")


def _of_server(key: str, value: object, place: str) -> str:
    if isinstance(value, str | int | float) and not isinstance(value, bool) and str(value):
        _refuse_password(key, str(value), place)
        return str(value)
    raise ConfigProblem(f"{key} in {place} must be a text or a number.", hint=f'Write {key.rpartition(".")[2]} = "…".')


def _number(key: str, value: object, place: str) -> int:
    allowed, words = _NUMBERS[key]
    if isinstance(value, int) and not isinstance(value, bool) and value in allowed:
        return value
    raise ConfigProblem(
        f"{key} in {place} must be {words}.",
        hint=f"Write a number from {allowed[0]} to {allowed[-1]}, or leave {key} out.",
    )


def _duration(key: str, value: str, place: str) -> timedelta:
    try:
        return parse_duration(value)
    except UsageProblem as problem:
        raise ConfigProblem(f"{key} in {place}: {problem.message}", hint=problem.hint) from problem
