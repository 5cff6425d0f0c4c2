"""Where things are on each family of devices, read from `templates/steps/devices.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from profilegen.errors import MachineProblem, UsageProblem
from profilegen.profile.types import Platform

Way = tuple[str, ...]
"""The names of a menu's levels, in English."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRow:
    """
    One family of devices; `since` is the first version it holds for, `source` and `checked` say where and when the
    ways were read.
    """

    id: str
    name: str
    platform: Platform
    since: str
    facts: frozenset[str]
    menus: Mapping[str, Way]
    source: str
    checked: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices:
    """All rows, newest first, and the names that are the same everywhere."""

    rows: tuple[DeviceRow, ...]
    names: Mapping[str, Way]

    def row(self, platform: Platform, device: str | None) -> DeviceRow:
        """Return the row of a device id, or the newest of the platform; raises UsageProblem `unknown_device`."""
        for row in self.rows:
            if row.platform is platform and device in (row.id, None):
                return row
        known = ", ".join(row.id for row in self.rows if row.platform is platform)
        raise UsageProblem(
            f'There is no device "{device}".', hint=f"The devices here are: {known}.", code="unknown_device"
        )


def read_devices(path: Path) -> Devices:
    """Read all rows; raises MachineProblem if the file is missing or broken."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        return Devices(
            rows=tuple(_row(row) for row in document["device"]),
            names={key: tuple(way) for key, way in document["names"].items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
        raise MachineProblem(
            f"The menus in {path} cannot be read: {exc}.", hint="Install profilegen again.", code="resources"
        ) from exc


def _row(row: Mapping[str, object]) -> DeviceRow:
    facts, menus = row["facts"], row["menu"]
    if not isinstance(facts, list) or not isinstance(menus, dict):
        raise TypeError("facts must be a list and menu a table")
    return DeviceRow(
        id=str(row["id"]),
        name=str(row["name"]),
        platform=Platform(str(row["platform"])),
        since=str(row["since"]),
        facts=frozenset(facts),
        menus={key: tuple(way) for key, way in menus.items()},
        source=str(row["source"]),
        checked=date.fromisoformat(str(row["checked"])),
    )
