"""The geometry of plots as SVG paths: numbers in, coordinates out; words and colours are the page's business."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

WIDTH, HEIGHT = 720, 220
LEFT, RIGHT, TOP, BOTTOM = 56, 8, 8, 26
"""Space for what is written beside the plot, in the units of the viewBox."""
_STEPS = (
    *(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60, 180, 360, 720)),
    *(timedelta(days=days) for days in (1, 2, 7, 14, 30, 90, 365)),
)
_MOST_TICKS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A mark at an axis: where, and what stands there."""

    at: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """One band of a stacked course; `path` is the `d` of an SVG path."""

    name: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A stacked course over time, the first band at the bottom."""

    areas: tuple[Area, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One rectangle; `name` says what it stands for, `count` how much that is."""

    name: str
    x: float
    y: float
    width: float
    height: float
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """Upright bars side by side, with the marks of the scale."""

    bars: tuple[Bar, ...]
    up: tuple[Tick, ...]


def course(
    points: Sequence[tuple[datetime, Mapping[str, int]]], names: Sequence[str], until: datetime
) -> Course | None:
    """Return counts over time from the first point on, each holding until the next is known; None without any point."""
    if not points:
        return None
    since = points[0][0]
    top = max(1, *(sum(counts.values()) for _, counts in points))
    ends = [*(at for at, _ in points[1:]), until]
    areas = []
    for number, name in enumerate(names):
        upper, lower = list[str](), list[str]()
        for (at, counts), end in zip(points, ends, strict=True):
            below = sum(counts.get(other, 0) for other in names[:number])
            low, high = _up(below, top), _up(below + counts.get(name, 0), top)
            left, right = _across(at, since, until), _across(end, since, until)
            upper += [f"{left:.1f} {high:.1f}", f"{right:.1f} {high:.1f}"]
            lower += [f"{left:.1f} {low:.1f}", f"{right:.1f} {low:.1f}"]
        areas.append(Area(name=name, path=f"M{'L'.join([*upper, *reversed(lower)])}Z"))
    return Course(areas=tuple(areas), across=_time_ticks(since, until), up=_count_ticks(top))


def histogram(counts: Sequence[tuple[str, int]]) -> Bars:
    """Return one upright bar per class."""
    top = max(1, *(count for _, count in counts))
    room = (WIDTH - LEFT - RIGHT) / len(counts)
    bars = tuple(
        Bar(
            name=name,
            x=round(LEFT + number * room + room * 0.12, 1),
            y=round(_up(count, top), 1),
            width=round(room * 0.76, 1),
            height=round(_up(0, top) - _up(count, top), 1),
            count=count,
        )
        for number, (name, count) in enumerate(counts)
    )
    return Bars(bars=bars, up=_count_ticks(top))


def shares(counts: Mapping[str, int], names: Sequence[str], most: int) -> tuple[Bar, ...]:
    """Return one lying bar cut into parts, as long as its sum is against `most`; 100 by 10 units."""
    place, parts = 0.0, []
    for name in names:
        width = 100 * counts.get(name, 0) / max(1, most)
        if width:
            parts.append(Bar(name=name, x=round(place, 3), y=0, width=round(width, 3), height=10, count=counts[name]))
        place += width
    return tuple(parts)


def _across(at: datetime, since: datetime, until: datetime) -> float:
    whole = max((until - since).total_seconds(), 1.0)
    return LEFT + (WIDTH - LEFT - RIGHT) * min(1.0, max(0.0, (at - since).total_seconds() / whole))


def _up(count: int, top: int) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - count / top)


def _count_ticks(top: int) -> tuple[Tick, ...]:
    marks = sorted({0, top // 2, top}) if top > 1 else [0, 1]
    return tuple(Tick(at=round(_up(mark, top), 1), text=f"{mark:,}") for mark in marks)


def _time_ticks(since: datetime, until: datetime) -> tuple[Tick, ...]:
    span = until - since
    step = next((step for step in _STEPS if span / step <= _MOST_TICKS), _STEPS[-1])
    form = "%H:%M" if step < timedelta(days=1) else "%d %b"
    midnight = since.replace(hour=0, minute=0, second=0, microsecond=0)
    first = midnight + step * -(-(since - midnight) // step)
    count = max(0, (until - first) // step + 1)
    times = (first + step * number for number in range(min(count, 2 * _MOST_TICKS)))
    return tuple(Tick(at=round(_across(at, since, until), 1), text=f"{at:{form}}") for at in times)
