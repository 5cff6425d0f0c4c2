"""How templates and the pace of servers are shown in a plan."""

from collections.abc import Mapping
from typing import Any

from profilegen.cli.output import note, say
from profilegen.fleet.tally import EXAMPLES
from profilegen.flow.fleet.templating import Placing, TemplateBook
from profilegen.flow.fleet.values import Connectors, connector_of

WORTH_SAYING = 60
"""Seconds; what takes less is not announced."""


def paces(installs: Mapping[str, int], connectors: Connectors) -> dict[str, float]:
    """
    Return for how many seconds each server is busy at least with so many installations, where it sets a pace.

    Raises ConfigProblem `unknown_mdm`.
    """
    known = {name: connector_of(connectors, name).capabilities.seconds_for(n) for name, n in installs.items()}
    return {name: seconds for name, seconds in known.items() if seconds is not None}


def show_paces(seconds: Mapping[str, float]) -> None:
    """Print which servers will take long."""
    for name, needed in sorted(seconds.items()):
        if needed >= WORTH_SAYING:
            say(f"  {name} takes {needed / 60:.0f} minutes for that at least, at the pace it allows.")


def templates_document(book: TemplateBook) -> dict[str, Any]:
    """Return the templates of a plan as JSON, and whom none can serve."""
    return {
        "templates": [_placing_document(placing) for placing in book.placings],
        "not_served": [
            {"address": str(one.seat.mailboxes[0].address), "mdm": one.seat.mdm, "why": one.why}
            for one in book.refused.values()
        ],
    }


def show_templates(book: TemplateBook) -> None:
    """Print the templates of a plan, and whom none can serve."""
    for placing in book.placings:
        template = placing.template
        variables = ", ".join(template.variables)
        say(f"{placing.name} on {placing.mdm}: one template for {len(template.seats)} seats, with {variables}")
    if book.placings:
        say("  A template is placed once and reaches its whole group at once; nobody gets it in waves.")
        say()
    for refused in list(book.refused.values())[:EXAMPLES]:
        note(f"profilegen: {refused.seat.mailboxes[0].address} on {refused.seat.mdm}: no template; {refused.why}.")
    if len(book.refused) > EXAMPLES:
        note(f"and {len(book.refused) - EXAMPLES} more without a template")


def _placing_document(placing: Placing) -> dict[str, Any]:
    template = placing.template
    return {
        "mdm": placing.mdm,
        "name": placing.name,
        "identifier": template.identifier,
        "revision": template.revision,
        "seats": len(template.seats),
        "variables": list(template.variables),
    }
