"""The device management servers a configuration names: one `[mdm.NAME]` each."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from profilegen.errors import ConfigProblem

PREFIX = "mdm."
_NAME = re.compile("[a-z0-9][a-z0-9_-]{0,31}")


class MdmKind(StrEnum):
    """Which product it is."""

    NANOMDM = "nanomdm"
    MICROMDM = "micromdm"
    KMFDDM = "kmfddm"
    JAMF = "jamf"
    FLEET = "fleet"
    SIMPLEMDM = "simplemdm"
    INTUNE = "intune"
    FOLDER = "folder"


KEYS = ("key_env", "key_file")
WEBHOOK = ("listen", "webhook_key_env", "webhook_key_file")
CREDENTIALS = (
    *("credentials_folder", "credentials_url", "credentials_lifetime", "credentials_authentication"),
    "passwords_folder",
)
ENCRYPTED = ("device_certificates", "passwords_folder")
"""For servers that hand profiles on as they are, even encrypted ones."""
COMMON = ("kind", "rate", "ca")

FIELDS: Mapping[MdmKind, tuple[str, ...]] = {
    MdmKind.NANOMDM: ("url", "user", "api_path", *KEYS, *WEBHOOK, *ENCRYPTED),
    MdmKind.MICROMDM: ("url", *KEYS, *WEBHOOK, *ENCRYPTED),
    MdmKind.KMFDDM: ("url", "user", "api_path", *KEYS, "nanomdm", *CREDENTIALS),
    MdmKind.JAMF: ("url", "client_id", *KEYS, *WEBHOOK),
    MdmKind.FLEET: ("url", "team", *KEYS, *ENCRYPTED),
    MdmKind.SIMPLEMDM: ("url", *KEYS, *WEBHOOK),
    MdmKind.INTUNE: ("url", "login_url", "tenant", "client_id", "group", *KEYS),
    MdmKind.FOLDER: ("folder",),
}
"""The fields of each product, beside `kind`, `rate` and `ca`."""

NEEDED: Mapping[MdmKind, tuple[str, ...]] = {
    MdmKind.NANOMDM: ("url",),
    MdmKind.MICROMDM: ("url",),
    MdmKind.KMFDDM: ("url", "nanomdm"),
    MdmKind.JAMF: ("url", "client_id"),
    MdmKind.FLEET: ("url",),
    MdmKind.SIMPLEMDM: (),
    MdmKind.INTUNE: ("tenant", "client_id"),
    MdmKind.FOLDER: ("folder",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MdmConfig:
    """
    One server: its name, its product, and its values by field.

    No secret is in it: `key_env` and `key_file` say where the key is. `origin` is where `kind` was written.
    """

    name: str
    kind: MdmKind
    values: Mapping[str, str]
    origin: str

    def get(self, field: str) -> str | None:
        """Return a field's value, None if it is not set."""
        return self.values.get(field)

    def problem(self, field: str, reason: str, hint: str) -> ConfigProblem:
        """Return the error about one of its fields."""
        return ConfigProblem(f"mdm.{self.name}.{field} ({self.origin}) {reason}.", hint=hint, code="bad_mdm")

    @property
    def rate(self) -> float | None:
        """Requests per second at most, None for the product's own; raises ConfigProblem."""
        text = self.get("rate")
        if text is None:
            return None
        try:
            rate = float(text)
        except ValueError:
            rate = 0.0
        if not 0 < rate < 100_000:
            raise self.problem("rate", f'is "{text}"', "Write a number of requests per second, like rate = 5.")
        return rate

    @property
    def listen(self) -> tuple[str, int] | None:
        """Where its webhooks arrive, as address and port; raises ConfigProblem."""
        text = self.get("listen")
        if text is None:
            return None
        host, colon, port = text.rpartition(":")
        if not colon or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536 or not host:
            raise self.problem("listen", f'is "{text}"', 'Write listen = "127.0.0.1:9000".')
        return host.strip("[]"), int(port)


def mdm_configs(values: Mapping[str, str], origins: Mapping[str, str]) -> dict[str, MdmConfig]:
    """
    Return the servers that dotted keys (`mdm.NAME.FIELD`) describe; `origins` says where each key was written.

    Raises ConfigProblem `bad_mdm` naming key and place.
    """
    by_name: dict[str, dict[str, str]] = {}
    for key, value in values.items():
        name, dot, field = key.removeprefix(PREFIX).partition(".")
        if not dot or not _NAME.fullmatch(name):
            raise ConfigProblem(
                f'"{key}" ({origins[key]}) is no server.',
                hint='Write [mdm.acme] and below it kind = "nanomdm".',
                code="bad_mdm",
            )
        by_name.setdefault(name, {})[field] = value
    return {name: _config(name, fields, origins) for name, fields in sorted(by_name.items())}


def _config(name: str, fields: Mapping[str, str], origins: Mapping[str, str]) -> MdmConfig:
    some = next(iter(fields))
    place = origins[f"{PREFIX}{name}.{'kind' if 'kind' in fields else some}"]
    kinds = ", ".join(MdmKind)
    if fields.get("kind") not in tuple(MdmKind):
        raise ConfigProblem(
            f"mdm.{name}.kind ({place}) names no product that is known.",
            hint=f"The kinds are: {kinds}.",
            code="bad_mdm",
        )
    config = MdmConfig(name=name, kind=MdmKind(fields["kind"]), values=dict(fields), origin=place)
    known = (*COMMON, *FIELDS[config.kind])
    for field in fields:
        if field not in known:
            origin = origins[f"{PREFIX}{name}.{field}"]
            raise ConfigProblem(
                f"mdm.{name}.{field} ({origin}) is no setting of {config.kind}.",
                hint=f"Its settings are: {', '.join(known)}.",
                code="bad_mdm",
            )
    for field in NEEDED[config.kind]:
        if field not in fields:
            raise config.problem(field, "is missing", f'Add {field} = "…" below [mdm.{name}].')
    return config
