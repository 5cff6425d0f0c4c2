"""The report on the fleet as one HTML page that needs nothing else."""

from collections import Counter
from typing import Any

from profilegen.cli.fleet_reportview import (
    HAPPENED,
    INSTALLED_WORDS,
    SENDS_WORDS,
    fix_classes,
    sorted_failures,
    state_rows,
)
from profilegen.config.resources import find_resources
from profilegen.fleet.bands import BANDS, Band
from profilegen.flow.fleet.reporting import FleetReport

BAND_WORDS = {
    Band.RIGHT: "right",
    Band.ALMOST: "installed, something is left to do",
    Band.OPEN: "under way, or to be looked at",
    Band.AWAY: "out of reach",
    Band.WRONG: "wrong",
}


def fleet_page(report: FleetReport) -> bytes:
    """Return the page; raises MachineProblem if its template cannot be used."""
    from profilegen.delivery.doctor import page

    return page(find_resources().templates / "fleet" / "report.html.j2", _values(report))


def _values(report: FleetReport) -> dict[str, Any]:
    from profilegen.delivery import plots

    bands = [str(band) for band in Band]
    # what is right is left out: a thousand of it would hide the one that is not
    points = [(point.at, {**_bands_of(point.states), str(Band.RIGHT): 0}) for point in report.course]
    drawn = [str(band) for band in (Band.WRONG, Band.ALMOST, Band.OPEN, Band.AWAY)]
    largest = max((counts.total() for counts in report.mdms.values()), default=0)
    return {
        "report": report,
        "plots": plots,
        "band_words": {str(band): words for band, words in BAND_WORDS.items()},
        "now": Counter({str(band): count for band, count in _bands_of(report.tally.states).items()}),
        "course": plots.course(points, drawn, report.until),
        "fixing": plots.histogram(fix_classes(report)),
        "repaired": report.fixed_within.total(),
        "mdms": [
            (name, counts.total(), plots.shares({str(band): n for band, n in counts.items()}, bands, largest))
            for name, counts in sorted(report.mdms.items())
        ],
        "states": state_rows(report),
        "columns": [
            (INSTALLED_WORDS[installed], SENDS_WORDS[sends], count)
            for (installed, sends), count in sorted(report.columns.items(), key=lambda item: -item[1])
        ],
        "happened": [(words, report.happened[kind]) for kind, words in HAPPENED.items() if report.happened[kind]],
        "failures": sorted_failures(report),
    }


def _bands_of(states: Counter[Any]) -> dict[str, int]:
    counts = Counter[str]()
    for state, count in states.items():
        counts[str(BANDS[state])] += count
    return dict(counts)
