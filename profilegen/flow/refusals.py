"""What `explain` makes of a server's no."""

from profilegen.diagnosis.explain import explain
from profilegen.diagnosis.observation import Observation


def cause_and_remedy(seen: Observation) -> tuple[str | None, str | None]:
    """Return the likely cause as its label, and what the admin, else the server's owner, should do; None if unsure."""
    explanation = explain(seen)
    if explanation.unsure:
        return None, None
    best = explanation.causes[0]
    return str(best.cause), best.remedy.admin or best.remedy.server or None
