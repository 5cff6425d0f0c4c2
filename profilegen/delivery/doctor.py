"""The doctor's words: remedies per family of devices, the page for a ticket, the letter to the provider."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from profilegen.diagnosis.doctor.cures import Cure
from profilegen.errors import MachineProblem, UsageProblem
from profilegen.profile.types import Platform

if TYPE_CHECKING:
    from jinja2 import Environment


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenCure:
    """A remedy for one person: what to do step by step, what it can lose, and what becomes of the unsent message."""

    cure: Cure
    title: str
    steps: tuple[str, ...]
    loses: str
    outbox: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CureBook:
    """The remedies of one language, still as Jinja2 templates, and the menus of every family of devices."""

    remedies: Mapping[str, Mapping[str, Any]]
    menus: Mapping[str, Mapping[str, str]]

    def written(
        self, cures: Iterable[Cure], *, platform: Platform, device: str | None, values: Mapping[str, Any]
    ) -> tuple[WrittenCure, ...]:
        """Return the remedies as sentences; raises UsageProblem `unknown_device`."""
        name = self._device(platform, device)
        family = name.partition("-")[0]
        world = _world(autoescape=False)
        filled = {**values, "menu": self.menus[name]}
        return tuple(
            WrittenCure(
                cure=cure,
                title=row["title"],
                steps=tuple(world.from_string(step).render(filled).strip() for step in row[family]),
                loses=row["loses"],
                outbox=row["outbox"],
            )
            for cure, row in ((cure, self.remedies[cure]) for cure in cures)
        )

    def _device(self, platform: Platform, device: str | None) -> str:
        for name in self.menus:
            if name == device or (device is None and name.startswith(f"{platform}-")):
                return name
        raise UsageProblem(
            f'There is no device "{device}".', hint=f"The devices are: {', '.join(self.menus)}.", code="unknown_device"
        )


def read_cures(path: Path) -> CureBook:
    """Read one language's file, newest device first; raises MachineProblem if it is missing or broken."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        book = CureBook(remedies=document["remedy"], menus=document["menu"])
        missing = [
            cure for cure in Cure if not {"title", "loses", "outbox", "ios", "macos"} <= book.remedies[cure].keys()
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
        raise _broken(path, str(exc)) from exc
    if missing:
        raise _broken(path, f"{missing[0]} is not complete")
    return book


def page(template: Path, values: Mapping[str, Any]) -> bytes:
    """Return the self-contained HTML page; every value is escaped. Raises MachineProblem."""
    return _world(autoescape=True).from_string(_text(template)).render(values).encode()


def letter(template: Path, values: Mapping[str, Any]) -> str:
    """Return the letter as plain text; raises MachineProblem."""
    return _world(autoescape=False).from_string(_text(template)).render(values).strip() + "\n"


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise _broken(path, str(exc)) from exc


def _world(*, autoescape: bool) -> "Environment":
    from jinja2 import Environment, StrictUndefined

    return Environment(undefined=StrictUndefined, autoescape=autoescape)  # noqa: S701 - plain text where it is off


def _broken(path: Path, why: str) -> MachineProblem:
    return MachineProblem(f"{path} cannot be read: {why}.", hint="Install profilegen again.", code="resources")
