"""The line about one person: what became of their profile, and why."""

from dataclasses import replace

from profilegen.diagnosis.observation import Observation, Stage
from profilegen.flow.refusals import cause_and_remedy
from profilegen.flow.sendvalues import Prepared, SendOrder, SendState, Sent
from profilegen.mailing.guide import Occasion
from profilegen.ports.sending import Delivered, DeliveryState, Sending


def standing_line(prepared: Prepared, line: Sending, order: SendOrder) -> Sent:
    """Return the line about a person to whom an earlier delivery stands in the way of another."""
    when = f"{line.at:%Y-%m-%d %H:%M} UTC"
    what = "revision" if order.occasion is Occasion.INSTALL else "page"
    state, words, cause, remedy = SendState.ALREADY, f"This {what} was delivered on {when}.", None, None
    if line.state is DeliveryState.TRYING:
        state = SendState.UNCERTAIN
        broke = line.detail or "Something broke while it was under way; it may have arrived."
        words = f"{broke} That was on {when}. Repeat it with --again."
    elif line.state is DeliveryState.BOUNCED:
        state = SendState.BOUNCED
        words = f"It went out on {when} and came back: {line.detail} Write elsewhere, or repeat it with --again."
        cause, remedy = cause_and_remedy(Observation(text=line.detail))
    sent = line_about(prepared, order, state, words)
    return replace(sent, verified=None, allowed_because=None, cause=cause, remedy=remedy)


def line_about(prepared: Prepared, order: SendOrder, state: SendState, detail: str) -> Sent:
    """Return the line about a person whose profile or page was prepared."""
    gated = order.occasion.carries_profile
    return Sent(
        person=prepared.person,
        state=state,
        detail=detail,
        recipient=prepared.recipient,
        identifier=prepared.goods.identifier,
        revision=prepared.goods.revision,
        verified=prepared.verified if gated else None,
        allowed_because=order.allowed_because if gated and not prepared.verified else None,
    )


def explained_line(sent: Sent, delivered: Delivered, port: int | None) -> Sent:
    """Return the line with what `explain` says of a reply at this port of the submission server."""
    seen = Observation(
        stage=None if delivered.stage is None else Stage(delivered.stage),
        text=delivered.detail,
        code=delivered.code,
        enhanced=delivered.enhanced,
        login=True,
        accepted=True,
        tls=True,
        port=port,
    )
    cause, remedy = cause_and_remedy(seen)
    return replace(sent, cause=cause, remedy=remedy)
