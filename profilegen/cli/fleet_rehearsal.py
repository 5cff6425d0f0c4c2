"""`fleet apply --instruct email`: what is asked before anything is pushed, and its rehearsal."""

from dataclasses import replace

from profilegen.cli.fleet_instruct import Instruct, InstructOptions, RehearsalOptions, care_of, mail_channel, send_order
from profilegen.cli.output import print_json, say
from profilegen.cli.send_mail import operator_of
from profilegen.cli.send_options import ServerPassword
from profilegen.errors import UsageProblem
from profilegen.flow.batch import Batch
from profilegen.flow.fleet.carefully import Asked, asked_in
from profilegen.flow.fleet.values import RepairOrder
from profilegen.flow.sendvalues import Sent
from profilegen.wiring.fleet import FleetParts


def refuse_without_mail(people: InstructOptions, rehearsal: RehearsalOptions) -> None:
    """Raise UsageProblem `no_mail` for a rehearsal or a rate of nothing, `bad_rate` for one that is none."""
    people.refuse_idle()
    if rehearsal.rehearse and people.instruct is not Instruct.EMAIL:
        raise UsageProblem("Only mail is rehearsed.", hint="Say --instruct email.", code="no_mail")


async def rehearse(
    parts: FleetParts,
    people: InstructOptions,
    rehearsal: RehearsalOptions,
    password: ServerPassword,
    order: RepairOrder,
) -> tuple[Sent, ...]:
    """Render the instruction of everybody who may be told and send the first one to the operator; nothing is pushed."""
    from profilegen.flow.sending import Rehearsing
    from profilegen.wiring.sending import Dispatch

    dispatch = Dispatch.of(parts.house)
    operator = operator_of(dispatch, rehearsal.to_operator)
    mail, _ = await mail_channel(dispatch, people, password)
    channel = dispatch.rehearsal(mail, operator, None)
    preparation = dispatch.preparation(parts.tailor.flow)
    way = Rehearsing(preparation=preparation, packing=dispatch.packing, channel=channel)
    asked = await _asked(parts, order)
    batch = Batch(way, replace(send_order(dispatch, Instruct.EMAIL), allowed_because=order.allowed_because), None)
    try:
        sent = tuple([one async for one in batch.run(asked.perhaps)])
    finally:
        await channel.close()
    if batch.stopped is not None:
        raise batch.stopped
    await care_of(dispatch, parts, order.waves).note(one.person for one in asked.perhaps)
    return sent


def show_rehearsal(sent: tuple[Sent, ...], *, as_json: bool) -> None:
    """Say what was rendered, and whose mail could not be."""
    unfit = [one for one in sent if not one.ok]
    if as_json:
        lines = [{"person": one.person.key, "why": one.detail} for one in unfit]
        print_json({"rehearsed": len(sent) - len(unfit), "unfit": lines})
        return
    say(f"Instructions rendered: {len(sent) - len(unfit)}; the first one went to you. Nothing was pushed.")
    for one in unfit:
        say(f"  ! {one.person.key}: {one.detail}")


async def _asked(parts: FleetParts, order: RepairOrder) -> Asked:
    survey = await parts.planner.with_templates(await parts.planner.survey(order.acceptance))
    return await asked_in(parts.planner, parts.tailor, order.query, survey, parts.moment(order.proof_since))
