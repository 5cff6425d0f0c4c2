"""
What every connector does alike that brings signed profiles to devices, against the laboratory of each.

KMFDDM is not among them: it puts no profile on a device but declares its accounts, so that there is no PayloadUUID to
hold, no profile to lose and no order whose answer comes back; what it does instead is in test_kmfddm.py.
"""

import asyncio
import os
import traceback
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial

import pytest

from profilegen.errors import ConfigProblem, NetworkProblem, NotPossible
from profilegen.fleet.capabilities import Answers
from profilegen.fleet.seen import CommandState, Enrollment, Inventory
from profilegen.ports.mdm import EventKind, InstallOrder, LookOrder, MdmConnector, Receipt, RemoveOrder
from profilegen.report import Outcome
from tests.lab.mdm.nano import Storage
from tests.lab.mdm.samples import Sample, sample
from tests.mdm.worlds import World, closing, micro_world, nano_world, nanohub_world

WORLDS: dict[str, Callable[[], AbstractContextManager[World]]] = {
    "nano": nano_world,
    "nano on PostgreSQL": partial(nano_world, Storage.SQL),
    "nanohub": nanohub_world,
    "micro": micro_world,
}


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    real = [name for name in ("nano", "micro") if os.environ.get(f"{name.upper()}MDM_URL")]
    if real and request.param not in real:
        pytest.skip("only real servers are asked")
    with WORLDS[request.param]() as made:
        yield made


def within(world: World, body: Callable[[MdmConnector], Awaitable[None]], *, key: str | None = None) -> None:
    async def run() -> None:
        async with closing(world.connector(key=key)) as connector:
            await body(connector)

    asyncio.run(run())


def install(enrollment: Enrollment, profile: Sample, command: str) -> InstallOrder:
    return InstallOrder(
        command=command,
        enrollment=enrollment,
        identifier=profile.identifier,
        uuid=profile.uuid,
        revision=profile.revision,
        name=profile.identifier,
        signed=profile.signed,
        unsigned=profile.unsigned,
    )


async def seen(world: World, connector: MdmConnector, enrollment: Enrollment, command: str) -> Inventory:
    """Look at an enrollment until its answer is there, whichever way this server gives it."""
    world.news(connector)
    (answer,) = await connector.look([LookOrder(command=command, enrollment=enrollment)])
    if isinstance(answer, Inventory):
        return answer
    world.deliver()
    inventories = [event.inventory for event in world.news(connector) if event.command == command]
    (inventory,) = [inventory for inventory in inventories if inventory is not None]
    return inventory


def test_a_profile_gets_to_the_device_it_is_for_and_to_no_other(world: World) -> None:
    ann, ben = world.enrol(1), world.enrol(2)
    profile = sample("ann")

    async def body(connector: MdmConnector) -> None:
        (receipt,) = await connector.install([install(ann, profile, world.command("install-1"))])
        assert (receipt.command, receipt.already) == (world.command("install-1"), False)
        assert receipt.state in world.accepted
        world.deliver()
        assert world.held(ann) == {profile.identifier: profile.uuid}
        assert world.held(ben) == {}

    within(world, body)


def test_only_a_look_after_the_install_shows_the_wanted_revision(world: World) -> None:
    ann = world.enrol(1)
    profile = sample("ann")

    async def body(connector: MdmConnector) -> None:
        before = await seen(world, connector, ann, world.command("look-1"))
        assert (before.complete, before.profiles) == (True, ())
        await connector.install([install(ann, profile, world.command("install-1"))])
        world.deliver()
        after = await seen(world, connector, ann, world.command("look-2"))
        (installed,) = after.profiles
        assert (installed.identifier, installed.revision) == (profile.identifier, profile.revision)
        if connector.capabilities.reports_uuid:
            assert (installed.uuid, installed.mail_uuids) == (profile.uuid, (profile.mail_uuid,))
        if connector.capabilities.reports_signer:
            assert installed.signer_sha256 is not None
            assert installed.signer_not_after is not None
        assert after.collected_at > before.collected_at

    within(world, body)


def test_a_newer_revision_takes_the_place_of_the_older(world: World) -> None:
    ann = world.enrol(1)
    old, new = sample("ann"), sample("ann", version=2)

    async def body(connector: MdmConnector) -> None:
        await connector.install([install(ann, old, world.command("install-1"))])
        world.deliver()
        await connector.install([install(ann, new, world.command("install-2"))])
        world.deliver()
        assert world.held(ann) == {new.identifier: new.uuid}

    within(world, body)


def test_a_lost_profile_is_missing_in_the_next_complete_inventory_and_can_be_installed_again(world: World) -> None:
    ann = world.enrol(1)
    profile = sample("ann")

    async def body(connector: MdmConnector) -> None:
        await connector.install([install(ann, profile, world.command("install-1"))])
        world.deliver()
        world.lose(ann, profile.identifier)
        lost = await seen(world, connector, ann, world.command("look-1"))
        assert (lost.complete, lost.profiles) == (True, ())
        await connector.install([install(ann, profile, world.command("install-2"))])
        world.deliver()
        assert (await seen(world, connector, ann, world.command("look-2"))).profiles != ()

    within(world, body)


def test_the_same_order_twice_is_one_order_while_it_waits(world: World) -> None:
    ann = world.enrol(1)
    profile = sample("ann")

    async def body(connector: MdmConnector) -> None:
        order = install(ann, profile, world.command("install-1"))
        await connector.install([order])
        world.settle()  # a real MicroMDM takes a command first and queues it a moment later
        (again,) = await connector.install([order])
        assert again.state in world.accepted
        assert again.already
        world.news(connector)
        world.deliver()
        answered = [event for event in world.news(connector) if event.command == world.command("install-1")]
        assert [event.state for event in answered] in ([], [CommandState.ACKNOWLEDGED])

    within(world, body)


def test_what_is_removed_is_gone_and_removing_it_again_is_no_error(world: World) -> None:
    ann = world.enrol(1)
    profile = sample("ann")

    async def body(connector: MdmConnector) -> None:
        await connector.install([install(ann, profile, world.command("install-1"))])
        world.deliver()
        for number in (1, 2):
            world.news(connector)
            order = RemoveOrder(
                command=world.command(f"remove-{number}"), enrollment=ann, identifier=profile.identifier
            )
            (receipt,) = await connector.remove([order])
            assert receipt.state in (*world.accepted, CommandState.ACKNOWLEDGED)
            world.deliver()
            assert world.held(ann) == {}
            answers = [event for event in world.news(connector) if event.command == order.command]
            assert {(event.state, event.errors) for event in answers} <= {(CommandState.ACKNOWLEDGED, ())}

    within(world, body)


def test_one_impossible_order_leaves_the_others_of_its_batch_alone(world: World) -> None:
    ann, ben = world.enrol(1), world.enrol(2)
    nobody = replace(ann, id="no such thing,at/all")
    profiles = [sample("ann"), sample("nobody"), sample("ben")]

    async def body(connector: MdmConnector) -> None:
        orders = [
            install(one, profile, world.command(f"install-{profile.identifier}"))
            for one, profile in zip((ann, nobody, ben), profiles, strict=True)
        ]
        receipts = await connector.install(orders)
        assert [receipt.command for receipt in receipts] == [order.command for order in orders]
        states = [receipt.state for receipt in receipts]
        assert {states[0], states[2]} <= set(world.accepted)
        assert states[1] is CommandState.FAILED
        assert receipts[1].errors[0].text
        world.deliver()
        assert (list(world.held(ann)), list(world.held(ben))) == ([profiles[0].identifier], [profiles[2].identifier])

    within(world, body)


def test_a_wrong_key_is_a_fault_of_the_configuration_and_is_shown_nowhere(world: World) -> None:
    ann = world.enrol(1)

    async def body(connector: MdmConnector) -> None:
        with pytest.raises(ConfigProblem) as caught:
            await connector.install([install(ann, sample("ann"), world.command("install-1"))])
        assert caught.value.code == "key_refused"
        shown = "".join(traceback.format_exception(caught.value)) + caught.value.hint + repr(vars(connector))
        assert "a-wrong-key" not in shown
        assert world.held(ann) == {}

    within(world, body, key="a-wrong-key")


def test_a_server_that_asks_for_time_gets_it_and_one_that_asks_forever_is_left_alone(world: World) -> None:
    ann = world.enrol(1)

    async def body(connector: MdmConnector) -> None:
        world.overload(2)
        (receipt,) = await connector.install([install(ann, sample("ann"), world.command("install-1"))])
        assert receipt.state in world.accepted
        world.overload(100)
        with pytest.raises(NetworkProblem) as caught:
            await connector.install([install(ann, sample("ann", version=2), world.command("install-2"))])
        assert caught.value.code == "overloaded"
        world.overload(0)

    within(world, body)


def test_devices_that_cannot_be_pushed_are_named(world: World) -> None:
    ann, stranger = world.enrol(1), world.stranger()

    async def body(connector: MdmConnector) -> None:
        try:
            missed = await connector.wake([ann, stranger])
        except NetworkProblem:
            if not os.environ.get("MICROMDM_URL"):
                raise
            pytest.skip("MicroMDM hangs up on a push without a push certificate")
        assert stranger.id in missed
        assert ann.id not in missed or len(world.accepted) > 1
        assert await connector.wake([]) == ()

    within(world, body)


def test_an_install_touches_the_devices_it_names(world: World) -> None:
    ann, ben = world.enrol(1), world.enrol(2)

    async def body(connector: MdmConnector) -> None:
        orders = [
            install(one, sample("ann"), world.command(f"install-{number}"))
            for number, one in enumerate((ann, ben, ann))
        ]
        assert await connector.touched_by(orders) == 2

    within(world, body)


def test_the_devices_are_listed_where_the_server_has_a_list(world: World) -> None:
    ann = world.enrol(1)

    async def body(connector: MdmConnector) -> None:
        if connector.capabilities.lists_devices:
            listed = {one.udid: one async for one in connector.enrollments()}
            assert (listed[ann.udid].serial, listed[ann.udid].active) == (ann.serial, True)
            return
        with pytest.raises(NotPossible) as caught:
            connector.enrollments()
        assert caught.value.code == "no_device_list"

    within(world, body)


def test_a_probe_reads_only_and_says_what_works(world: World) -> None:
    ann = world.enrol(1)

    async def body(connector: MdmConnector) -> None:
        findings = await connector.probe()
        assert findings
        assert {finding.outcome for finding in findings} == {Outcome.PASS}
        world.deliver()
        assert world.held(ann) == {}

    within(world, body)


def test_a_probe_with_a_wrong_key_says_so(world: World) -> None:
    async def body(connector: MdmConnector) -> None:
        failed = [finding for finding in await connector.probe() if finding.outcome is Outcome.FAIL]
        assert [finding.check for finding in failed] == ["mdm.key"]

    within(world, body, key="a-wrong-key")


def test_a_call_that_does_not_come_from_the_server_is_refused(world: World) -> None:
    connector = world.connector()
    if connector.capabilities.answers is not Answers.WEBHOOK:
        pytest.skip("this server tells nothing by webhook")
    with pytest.raises(NotPossible) as caught:
        connector.events({"x-hmac-signature": "AAAA", "authorization": "Basic eDp5"}, b"{}")
    assert caught.value.code == "bad_signature"


def test_an_answer_tells_its_command_and_what_became_of_it(world: World) -> None:
    ann = world.enrol(1)
    profile = sample("ann")

    async def body(connector: MdmConnector) -> None:
        receipts = await connector.install([install(ann, profile, world.command("install-1"))])
        assert all(isinstance(receipt, Receipt) for receipt in receipts)
        world.news(connector)
        world.deliver()
        news = world.news(connector)
        if connector.capabilities.answers is Answers.WEBHOOK:
            (event,) = [event for event in news if event.kind is EventKind.ANSWERED]
            assert (event.command, event.state, event.errors) == (
                world.command("install-1"),
                CommandState.ACKNOWLEDGED,
                (),
            )
            assert (event.enrollment.id, event.enrollment.mdm) == (ann.id, connector.name)

    within(world, body)
