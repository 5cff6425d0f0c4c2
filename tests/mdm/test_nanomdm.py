"""NanoMDM's own rules, each of which was measured on a running one."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace

import pytest

from profilegen.errors import NetworkProblem, NotPossible
from profilegen.fleet.seat import EnrollmentChannel
from profilegen.fleet.seen import CommandState, Enrollment
from profilegen.mdm.nanomdm import NanoMdm
from profilegen.ports.mdm import Event, EventKind, LookAt, LookOrder
from profilegen.profile.types import Platform
from tests.lab.mdm.device import failed
from tests.lab.mdm.home import HMAC_KEY
from tests.lab.mdm.hooks import WebhookFaults, signature
from tests.lab.mdm.httpd import Response
from tests.lab.mdm.nano import Storage
from tests.lab.mdm.samples import sample, signed, signer_expiring
from tests.mdm.test_connector_contract import install
from tests.mdm.worlds import NanoWorld, closing, nano_world

ours = pytest.mark.skipif("os.environ.get('NANOMDM_URL')", reason="this reaches into the test server")


@pytest.fixture
def world() -> Iterator[NanoWorld]:
    with nano_world() as made:
        yield made


def within(world: NanoWorld, body: Callable[[NanoMdm], Awaitable[None]]) -> None:
    async def run() -> None:
        connector = world.connector()
        async with closing(connector):
            await body(connector)

    asyncio.run(run())


def answers(news: list[Event], command: str) -> list[CommandState | None]:
    return [event.state for event in news if event.command == command]


@ours
def test_a_push_that_fails_is_not_a_command_that_was_refused(world: NanoWorld) -> None:
    assert world.server is not None
    ann, profile = world.enrol(1), sample("ann")
    world.server.faults.push_certificate = "retrieving push cert: not found"

    async def body(connector: NanoMdm) -> None:
        (receipt,) = await connector.install([install(ann, profile, "c-1")])
        assert receipt.state is CommandState.UNPUSHED
        assert (receipt.errors[0].domain, receipt.errors[0].text) == ("APNs", "retrieving push cert: not found")
        assert await connector.wake([ann]) == (ann.id,)
        world.server.faults.push_certificate = None  # type: ignore[union-attr] # checked above
        assert await connector.wake([ann]) == ()
        world.deliver()
        assert world.held(ann) == {profile.identifier: profile.uuid}
        assert [command for _, command in world.server.enqueued] == ["c-1"]  # type: ignore[union-attr] # as above

    within(world, body)


@ours
def test_a_push_that_apple_refuses_for_one_device_is_that_devices_alone(world: NanoWorld) -> None:
    assert world.server is not None
    ann, ben = world.enrol(1), world.enrol(2)
    world.server.faults.unpushable = {ann.id}

    async def body(connector: NanoMdm) -> None:
        orders = [install(one, sample("ann"), f"c-{one.id}") for one in (ann, ben)]
        receipts = await connector.install(orders)
        assert [receipt.state for receipt in receipts] == [CommandState.UNPUSHED, CommandState.QUEUED]
        assert await connector.wake([ann, ben]) == (ann.id,)

    within(world, body)


@ours
def test_a_command_that_exists_is_queued_and_pushed_once_more() -> None:
    for storage in Storage:
        with nano_world(storage) as world:
            assert world.server is not None
            ann = world.enrol(1)

            async def body(connector: NanoMdm, world: NanoWorld = world, ann: Enrollment = ann) -> None:
                assert world.server is not None
                world.server.faults.push_certificate = "broken"
                order = install(ann, sample("ann"), "c-1")
                await connector.install([order])
                (again,) = await connector.install([order])
                assert (again.state, again.already) == (CommandState.UNPUSHED, True)
                world.server.faults.push_certificate = None
                (third,) = await connector.install([order])
                assert (third.state, third.already) == (CommandState.QUEUED, True)
                assert world.server.pushed == [ann.id]

            within(world, body)


@ours
def test_an_id_the_database_does_not_know_is_a_failure_of_its_order_alone() -> None:
    with nano_world(Storage.SQL) as world:
        ann, stranger = world.enrol(1), world.stranger()

        async def body(connector: NanoMdm) -> None:
            orders = [install(one, sample("ann"), f"c-{one.id}") for one in (stranger, ann)]
            receipts = await connector.install(orders)
            assert [receipt.state for receipt in receipts] == [CommandState.FAILED, CommandState.QUEUED]
            assert "foreign key" in receipts[0].errors[0].text

        within(world, body)


@ours
@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Response(status=500, body=b'{"command_error": "pq: sorry, too many clients already"}'), "server_error"),
        (Response(status=500, body=b"<html>Internal Server Error</html>"), "server_error"),
        (Response(status=200, body=b"<html>Welcome</html>"), "bad_answer"),
        (Response(status=200, body=b"[" * 100_000), "bad_answer"),
    ],
)
def test_what_is_no_answer_of_nanomdm_is_never_taken_for_queued(world: NanoWorld, answer: Response, code: str) -> None:
    ann = world.enrol(1)

    async def body(connector: NanoMdm) -> None:
        assert world.server is not None
        world.server.faults.statuses = [answer]
        with pytest.raises(NetworkProblem) as caught:
            await connector.install([install(ann, sample("ann"), "c-1")])
        assert caught.value.code == code

    within(world, body)


@ours
def test_commands_for_one_device_never_overlap_and_those_for_others_do(world: NanoWorld) -> None:
    assert world.server is not None
    ann, ben = world.enrol(1), world.enrol(2)
    inside: list[str] = []
    together: list[frozenset[str]] = []

    def meanwhile(ids: Sequence[str]) -> None:
        inside.extend(ids)
        time.sleep(0.005)
        assert len(set(inside)) == len(inside), "two commands for one device at once"
        together.append(frozenset(inside))
        inside.remove(ids[0])

    world.server.faults.meanwhile = meanwhile

    async def body(connector: NanoMdm) -> None:
        orders = [install(one, sample("ann"), f"c-{one.id}-{number}") for number in range(6) for one in (ann, ben)]
        looks = [LookOrder(command=f"l-{number}", enrollment=ann) for number in range(6)]
        receipts, looked = await asyncio.gather(connector.install(orders), connector.look(looks))
        assert len(receipts) + len(looked) == 18
        assert frozenset({ann.id, ben.id}) in together

    within(world, body)


@ours
def test_a_lost_command_gets_no_answer_though_the_device_was_there(world: NanoWorld) -> None:
    assert world.server is not None
    ann = world.enrol(1)
    world.server.faults.swallow = lambda _id, _command: True

    async def body(connector: NanoMdm) -> None:
        (receipt,) = await connector.install([install(ann, sample("ann"), "c-1")])
        assert receipt.state is CommandState.QUEUED
        world.deliver()
        news = world.news(connector)
        assert [event.kind for event in news] == [EventKind.SEEN]
        assert answers(news, "c-1") == []

    within(world, body)


def test_a_locked_device_waits_and_is_asked_again_by_itself(world: NanoWorld) -> None:
    ann = world.enrol(1)
    phone = world.devices[ann.id]

    async def body(connector: NanoMdm) -> None:
        phone.locked = True
        await connector.install([install(ann, sample("ann"), world.command("c-1"))])
        world.deliver()
        assert answers(world.news(connector), world.command("c-1")) == [CommandState.WAITING]
        phone.locked = False
        world.deliver()
        assert answers(world.news(connector), world.command("c-1")) == [CommandState.ACKNOWLEDGED]

    within(world, body)


def test_an_error_brings_its_chain(world: NanoWorld) -> None:
    ann = world.enrol(1)
    inner = {"ErrorCode": 1000, "ErrorDomain": "MCProfileErrorDomain", "LocalizedDescription": "Malformed"}
    world.devices[ann.id].fail_install = failed("MCInstallationErrorDomain", 4000, "No", inner)["ErrorChain"]

    async def body(connector: NanoMdm) -> None:
        await connector.install([install(ann, sample("ann"), world.command("c-1"))])
        world.deliver()
        (event,) = [event for event in world.news(connector) if event.command == world.command("c-1")]
        assert event.state is CommandState.FAILED
        assert [(link.domain, link.code, link.text) for link in event.errors] == [
            ("MCInstallationErrorDomain", 4000, "No"),
            ("MCProfileErrorDomain", 1000, "Malformed"),
        ]

    within(world, body)


def test_a_restored_device_is_told_by_its_authenticate_and_a_tally_of_one(world: NanoWorld) -> None:
    ann = world.enrol(1)
    phone = world.devices[ann.id]

    async def body(connector: NanoMdm) -> None:
        await connector.install([install(ann, sample("ann"), world.command("c-1"))])
        phone.restore()
        world.deliver()
        news = world.news(connector)
        assert [event.kind for event in news] == [EventKind.AUTHENTICATED, EventKind.ENROLLED, EventKind.SEEN]
        assert (news[1].enrollment.tally, news[1].enrollment.enrolled_at) == (1, news[1].at)
        assert world.held(ann) == {}
        phone.token_update(phone.channel)
        (again,) = world.news(connector)
        assert (again.kind, again.enrollment.tally, again.enrollment.enrolled_at) == (EventKind.ENROLLED, 2, None)

    within(world, body)


def test_a_device_that_leaves_is_no_longer_active(world: NanoWorld) -> None:
    ann = world.enrol(1)
    assert ann.active
    world.devices[ann.id].check_out()
    (event,) = world.news(world.connector())
    assert (event.kind, event.enrollment.active) == (EventKind.CHECKED_OUT, False)


def test_a_check_in_tells_what_the_device_is(world: NanoWorld) -> None:
    mac = world.mac(1)
    connector = world.connector()
    told = world.news(connector)[0].enrollment
    assert (told.id, told.serial, told.platform) == (mac.udid, mac.serial, Platform.MACOS)
    assert (told.os_version, told.build, told.model) == ("15.1", "24B83", "Mac14,7")
    channel = mac.log_in("ann", "Ann Example")
    mac.token_update(channel)
    (user,) = world.news(connector)
    assert (user.enrollment.id, user.enrollment.parent) == (mac.user_id(channel), mac.udid)
    assert (user.enrollment.channel, user.enrollment.sign_ins) == (EnrollmentChannel.USER, ("ann", "Ann Example"))


def test_mail_on_a_mac_goes_to_the_channel_of_the_user(world: NanoWorld) -> None:
    mac = world.mac(1)
    mac.token_update(mac.log_in("ann"))
    connector = world.connector()
    news = world.news(connector)
    device, user = news[1].enrollment, news[-1].enrollment

    async def body(connector: NanoMdm) -> None:
        await connector.install(
            [install(device, sample("ann"), world.command("c-1")), install(user, sample("ann"), world.command("c-2"))]
        )
        world.deliver()
        told = world.news(connector)
        assert answers(told, world.command("c-1")) == [CommandState.FAILED]
        assert answers(told, world.command("c-2")) == [CommandState.ACKNOWLEDGED]
        await connector.look(
            [
                LookOrder(command=world.command("l-1"), enrollment=device),
                LookOrder(command=world.command("l-2"), enrollment=user),
            ]
        )
        world.deliver()
        told = world.news(connector)
        shown = {event.command: event.inventory for event in told if event.inventory is not None}
        assert (shown[world.command("l-1")].profiles, shown[world.command("l-1")].complete) == ((), True)
        (installed,) = shown[world.command("l-2")].profiles
        assert (installed.managed, installed.mail_uuids) == (None, (sample("ann").mail_uuid,))
        assert shown[world.command("l-2")].enrollment == mac.user_id(mac.users[0])

    within(world, body)


def test_a_device_says_its_version_when_asked(world: NanoWorld) -> None:
    ann = world.enrol(1)
    world.devices[ann.id].update_os("18.2", "22C152")

    async def body(connector: NanoMdm) -> None:
        await connector.look([LookOrder(command=world.command("l-1"), enrollment=ann, at=LookAt.DEVICE)])
        world.deliver()
        (event,) = [event for event in world.news(connector) if event.command == world.command("l-1")]
        assert (event.enrollment.os_version, event.enrollment.build) == ("18.2", "22C152")
        assert event.inventory is None

    within(world, body)


def test_a_profile_installed_by_hand_is_seen_beside_ours(world: NanoWorld) -> None:
    ann, profile = world.enrol(1), sample("twin")
    world.devices[ann.id].install_by_hand(signed(profile.unsigned, signer_expiring(9)))

    async def body(connector: NanoMdm) -> None:
        await connector.install([install(ann, sample("ann"), world.command("c-1"))])
        world.deliver()
        await connector.look([LookOrder(command=world.command("l-1"), enrollment=ann)])
        world.deliver()
        (inventory,) = [event.inventory for event in world.news(connector) if event.inventory is not None]
        managed = {one.identifier: one.managed for one in inventory.profiles}
        assert managed == {"com.example.profile.ann": True, "com.example.profile.twin": False}
        ends = {one.identifier: one.signer_not_after for one in inventory.profiles}
        ann_ends, twin_ends = ends["com.example.profile.ann"], ends["com.example.profile.twin"]
        assert ann_ends is not None
        assert twin_ends is not None
        assert twin_ends < ann_ends

    within(world, body)


@ours
def test_events_may_come_twice_and_in_any_order_and_are_recognised() -> None:
    with nano_world() as world:
        assert world.server is not None
        assert world.server.webhook is not None
        world.server.webhook.faults = WebhookFaults(twice=1.0)
        connector = world.connector()
        world.phone(1)
        news = world.news(connector)
        assert [event.kind for event in news] == [EventKind.AUTHENTICATED] * 2 + [EventKind.ENROLLED] * 2
        assert len({event.id for event in news}) == 2
        world.server.webhook.faults = WebhookFaults(overtaken=1.0)
        world.phone(2)
        assert [event.kind for event in world.news(connector)] == [EventKind.ENROLLED, EventKind.AUTHENTICATED]
        world.server.webhook.faults = WebhookFaults(lose=1.0)
        world.phone(3)
        assert world.news(connector) == []
        assert len(world.server.webhook.lost) == 2


@ours
def test_a_receiver_that_is_out_of_order_is_told_once_and_never_again() -> None:
    with nano_world() as world:
        assert world.server is not None
        assert world.server.webhook is not None
        world.received.status = 500
        world.phone(1)
        world.settle()
        assert world.server.webhook.refused == [500, 500]
        assert len(world.received.calls) == 2


def test_a_call_changed_on_the_way_is_refused(world: NanoWorld) -> None:
    world.phone(1)
    world.settle()
    headers, body = world.received.calls[0]
    connector = world.connector()
    assert len(connector.events(headers, body)) == 1
    with pytest.raises(NotPossible) as caught:
        connector.events(headers, body.replace(b"Authenticate", b"TokenUpdate "))
    assert caught.value.code == "bad_signature"


@ours
def test_an_id_with_room_for_tricks_is_refused_here(world: NanoWorld) -> None:
    assert world.server is not None
    ann = world.enrol(1)

    async def body(connector: NanoMdm) -> None:
        assert world.server is not None
        for id_ in (f"{ann.id},{ann.id}", f"{ann.id}?nopush=1", "../pushcert", "", f"{ann.id}/x"):
            (receipt,) = await connector.install([install(replace(ann, id=id_), sample("ann"), "c-1")])
            assert receipt.state is CommandState.FAILED
        assert world.server.enqueued == []

    within(world, body)


def test_the_signature_of_the_test_server_is_what_the_documents_say() -> None:
    # HMAC-SHA256 of an empty body under this key, computed with: openssl dgst -sha256 -hmac nanomdm-test-hmac -binary
    assert signature(b"", HMAC_KEY) == "drXzIX7wIaLs4qunoN6KuSzKijC3oKDAhexlk4hT5E0="
