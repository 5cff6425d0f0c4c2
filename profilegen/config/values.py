"""
The configuration: a few values, where each came from, and nothing read before it is asked for.

Order: environment, `--config FILE`, `profilegen.toml` in the working directory, the user's config folder, default.
Options of a command stand above all of them and never pass through here.
"""

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from profilegen.errors import ConfigProblem

FILE_NAME = "profilegen.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """
    Every value there is; field names are the dotted keys with "_" for ".".

    `network_resolver` is "ip" or "ip:port"; `network_ca` a PEM file of further trust anchors; `domains` the mail
    domains this organisation may build for (empty: all); `discovery_overrides` a folder of settings files of the
    operator's own, one per mail domain.
    """

    organization: str | None = None
    identifier_prefix: str | None = None
    domains: tuple[str, ...] = ()
    network_resolver: str | None = None
    network_ca: str | None = None
    signing_key: str | None = None
    discovery_overrides: str | None = None


KEYS: dict[str, str] = {
    "organization": "organization",
    "identifier_prefix": "identifier_prefix",
    "domains": "domains",
    "network.resolver": "network_resolver",
    "network.ca": "network_ca",
    "signing.key": "signing_key",
    "discovery.overrides": "discovery_overrides",
}
"""Dotted key as people write it -> field of Config."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedConfig:
    """The configuration and, per dotted key, the place its value came from ("default" if nowhere)."""

    config: Config
    origins: Mapping[str, str]

    def value(self, key: str) -> str | tuple[str, ...] | None:
        """Return the effective value of a dotted key."""
        value: str | tuple[str, ...] | None = getattr(self.config, KEYS[key])
        return value


def load_config(*, environ: Mapping[str, str], config_file: Path | None, folders: Iterable[Path]) -> LoadedConfig:
    """
    Read every layer and merge them key by key.

    `folders` are searched in order for `profilegen.toml`; a missing one is fine, a missing `config_file` is not. Raises
    ConfigProblem for unreadable files, unknown keys and wrong types, naming the place.
    """
    layers = [_environment(environ)]
    if config_file is not None:
        layers.append(_file(config_file))
    layers.extend(_file(path) for path in (folder / FILE_NAME for folder in folders) if path.is_file())
    values: dict[str, str | tuple[str, ...]] = {}
    origins = dict.fromkeys(KEYS, "default")
    for layer in layers:
        for key, (value, origin) in layer.items():
            if key not in values:
                values[key], origins[key] = value, origin
    config = Config(**{KEYS[key]: value for key, value in values.items()})  # type: ignore[arg-type] # checked in _typed
    return LoadedConfig(config=config, origins=origins)


_Layer = dict[str, tuple[str | tuple[str, ...], str]]


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
        with path.open("rb") as file:
            document = tomllib.load(file)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else exc
        raise ConfigProblem(
            f"The configuration file {path} cannot be read: {reason}.", hint="Mend it or name another with --config."
        ) from exc
    return {key: (_typed(key, value, str(path)), f"file {path}") for key, value in _flatten(document)}


def _flatten(document: Mapping[str, object], prefix: str = "") -> Iterable[tuple[str, object]]:
    for name, value in document.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _from_text(key: str, text: str) -> object:
    if key != "domains":
        return text
    if text.lstrip().startswith("["):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return [part.strip() for part in text.split(",") if part.strip()]


def _typed(key: str, value: object, place: str) -> str | tuple[str, ...]:
    if key not in KEYS:
        raise ConfigProblem(
            f'"{key}" in {place} is no setting of profilegen.', hint=f"The settings are: {', '.join(KEYS)}."
        )
    if key == "domains":
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        raise ConfigProblem(f"{key} in {place} must be a list of domains.", hint='Write domains = ["example.com"].')
    if isinstance(value, str) and value:
        return value
    raise ConfigProblem(
        f"{key} in {place} must be a text that is not empty.", hint=f'Write {key} = "…" or leave it out.'
    )
