"""What a person does with a profile: one row per family of devices, read from `templates/steps/LANGUAGE.toml`."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from profilegen.errors import MachineProblem, UsageProblem
from profilegen.profile.types import Platform


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSteps:
    """The steps for one family of devices, still as Jinja2 templates."""

    id: str
    name: str
    platform: Platform
    steps: tuple[str, ...]

    def filled(self, *, file: str, address: str, outgoing: str, password: str) -> tuple[str, ...]:
        """Return the steps as sentences."""
        from jinja2 import Environment, StrictUndefined

        world = Environment(undefined=StrictUndefined, autoescape=False)  # noqa: S701 - plain text for a terminal
        values = {"file": file, "address": address, "outgoing": outgoing, "password": password}
        return tuple(world.from_string(step).render(values).strip() for step in self.steps)


def read_steps(path: Path) -> tuple[DeviceSteps, ...]:
    """Read one language's file, newest device first; raises MachineProblem if it is missing or broken."""
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8"))["device"]
        return tuple(
            DeviceSteps(id=row["id"], name=row["name"], platform=Platform(row["platform"]), steps=tuple(row["steps"]))
            for row in rows
        )
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise MachineProblem(
            f"The installation steps in {path} cannot be read: {exc}.",
            hint="Install profilegen again.",
            code="resources",
        ) from exc


def steps_for(rows: tuple[DeviceSteps, ...], platform: Platform, device: str | None) -> DeviceSteps:
    """Return the row of a device id, or the newest of the platform; raises UsageProblem for an unknown id."""
    for row in rows:
        if row.id == device or (device is None and row.platform is platform):
            return row
    known = ", ".join(row.id for row in rows)
    raise UsageProblem(f'There is no device "{device}".', hint=f"The devices are: {known}.", code="unknown_device")
