"""Fleet against a replay server built from public documentation, never run against a server."""

import asyncio
import plistlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from profilegen.errors import NetworkProblem, NotPossible
from profilegen.fleet.seat import EnrollmentChannel
from profilegen.fleet.seen import CommandState, Inventory
from profilegen.mdm.client import FixedKey, bearer
from profilegen.mdm.fleetdm import FleetDm
from profilegen.ports.mdm import InstallOrder, LookOrder
from profilegen.profile.types import Platform
from profilegen.report import Outcome
from profilegen.secret import Secret
from tests.lab.mdm.replay import serving
from tests.lab.mdm.replay.fleetdm import API, TOKEN, FleetReplay, host, uploaded
from tests.mdm.hosting import Clockwork, client, enrolled, install, listed, looks, profile, removal

ONE, TWO = "1:UDID-00000001", "2:UDID-00000002"
MAC = enrolled("3:UDID-00000003:user", channel=EnrollmentChannel.USER, platform=Platform.MACOS)
VARIABLE = b"$FLEET_VAR_HOST_END_USER_IDP_USERNAME"


@pytest.fixture
def fleet() -> FleetReplay:
    return FleetReplay(hosts=[host(1), host(2), host(3, "darwin")])


def within(fleet: FleetReplay, body: Callable[[FleetDm, Clockwork], Awaitable[Any]], token: str = TOKEN) -> Any:
    async def run(base: str) -> Any:
        clock = Clockwork()
        connector = FleetDm(
            name="office",
            client=client(base, FixedKey(bearer(Secret(text=token))), clock),
            clock=clock,
            timing=clock.timing,
            team="4",
        )
        try:
            return await body(connector, clock)
        finally:
            await connector.close()

    with serving(fleet) as base:
        return asyncio.run(run(base))


def installed(fleet: FleetReplay, *orders: InstallOrder) -> Any:
    return within(fleet, lambda connector, _: connector.install(orders))


def template(to: Any = MAC, **changes: Any) -> InstallOrder:
    content = profile("you@example.com", Platform.MACOS, **changes).content.replace(b"you@example.com", VARIABLE)
    return replace(install(to), unsigned=content)


def test_a_profile_goes_to_one_device_as_a_signed_command(fleet: FleetReplay) -> None:
    order = install(ONE)

    (receipt,) = installed(fleet, order)

    assert (receipt.state, receipt.already) == (CommandState.QUEUED, False)
    assert fleet.calls() == [f"POST {API}/commands/run"]
    assert fleet.devices == {"UDID-00000001": {order.identifier: order.signed}}
    assert fleet.ran[0]["CommandUUID"] == order.command


def test_a_command_fleet_knows_is_not_given_again(fleet: FleetReplay) -> None:
    order = install(ONE)
    fleet.asleep = {"UDID-00000001"}
    installed(fleet, order)

    (waiting,) = installed(fleet, order)
    fleet.results[order.command] = [{"host_uuid": "UDID-00000001", "status": "NotNow", "result": ""}]
    (not_now,) = installed(fleet, order)

    assert len(fleet.ran) == 1
    assert (waiting.state, waiting.already) == (CommandState.QUEUED, True)
    assert (not_now.state, not_now.already) == (CommandState.WAITING, True)


def test_an_inventory_is_the_devices_own_list_whatever_fleet_says(fleet: FleetReplay) -> None:
    """Fleet says verified; the device has nothing."""
    order = install(ONE)
    installed(fleet, order)
    fleet.devices["UDID-00000001"].clear()

    lost, empty = within(fleet, lambda connector, _: connector.look(looks(ONE, TWO)))
    installed(fleet, replace(order, command="ANOTHER"))
    there = within(fleet, lambda connector, _: connector.look((LookOrder(command="l2", enrollment=enrolled(ONE)),)))

    assert isinstance(lost, Inventory)
    assert (lost.complete, lost.profiles, empty.profiles) == (True, (), ())
    assert (there[0].profiles[0].revision, there[0].profiles[0].uuid) == (order.revision, order.uuid)
    assert not [one.path for one in fleet.asked if "configuration_profiles" in one.path]


def test_a_sleeping_device_is_waited_for_a_while_and_a_late_one_is_heard(fleet: FleetReplay) -> None:
    fleet.asleep = {"UDID-00000001"}

    async def body(connector: FleetDm, clock: Clockwork) -> Any:
        first = await connector.look(looks(ONE))
        slept = list(clock.slept)
        fleet.asleep.clear()
        fleet.results.clear()
        return first, slept, await connector.look(looks(ONE))

    (first,), slept, (second,) = within(fleet, body)

    assert first.state is CommandState.QUEUED
    assert slept == [1.0, 2.0, 4.0, 8.0, 15.0]
    assert isinstance(second, Inventory)


def test_the_users_of_a_mac_are_not_looked_at_through_the_device(fleet: FleetReplay) -> None:
    order = LookOrder(command="l", enrollment=MAC)

    (answer,) = within(fleet, lambda connector, _: connector.look((order,)))

    assert isinstance(answer, Inventory)
    assert not answer.complete
    assert fleet.ran == []


def test_removing_what_is_not_there_counts_as_removed(fleet: FleetReplay) -> None:
    order = removal(ONE, None, "com.example.gone")

    (first,) = within(fleet, lambda connector, _: connector.remove([order]))
    (second,) = within(fleet, lambda connector, _: connector.remove([order]))

    assert first.state is CommandState.QUEUED
    assert (second.state, second.errors) == (CommandState.ACKNOWLEDGED, ())


def test_a_persons_own_profile_never_goes_to_a_team(fleet: FleetReplay) -> None:
    (receipt,) = installed(fleet, install(MAC))

    assert receipt.state is CommandState.FAILED
    assert "everybody" in receipt.errors[0].text
    assert fleet.calls() == []


def test_a_template_goes_up_once_and_unsigned_though_a_signed_form_is_at_hand(fleet: FleetReplay) -> None:
    others = [replace(MAC, id=f"{number}:UDID-{number:08d}:user") for number in (4, 5)]
    orders = [template(), *(template(one) for one in others)]

    touched = within(fleet, lambda connector, _: connector.touched_by(orders))
    receipts = installed(fleet, *orders)

    assert [one.state for one in receipts] == [CommandState.QUEUED] * 3
    assert fleet.calls() == [f"POST {API}/configuration_profiles"]
    sent = fleet.asked[-1]
    assert (uploaded(sent, "profile"), uploaded(sent, "team_id")) == (orders[0].unsigned, b"4")
    assert touched == 3


def test_a_template_that_is_right_is_sent_to_the_one_host_again(fleet: FleetReplay) -> None:
    installed(fleet, template())
    fleet.asked.clear()
    again = template()

    touched = within(fleet, lambda connector, _: connector.touched_by([again]))
    (receipt,) = installed(fleet, again)
    fleet.says = "pending"
    (known,) = installed(fleet, again)

    uuid = next(iter(fleet.profiles))
    assert fleet.calls() == [f"POST {API}/hosts/3/configuration_profiles/{uuid}/resend"]
    assert (touched, receipt.already, known.already) == (1, False, True)


@pytest.mark.parametrize("can_patch", [True, False])
def test_a_changed_template_keeps_its_identifier(fleet: FleetReplay, can_patch: bool) -> None:
    fleet.can_patch = can_patch
    installed(fleet, template())
    changed = template(display_name="Somebody Else")

    touched = within(fleet, lambda connector, _: connector.touched_by([changed]))
    installed(fleet, changed)

    (kept,) = fleet.profiles.values()
    assert kept == changed.unsigned
    assert plistlib.loads(kept)["PayloadIdentifier"] == changed.identifier
    assert touched == 3
    methods = [one.split()[0] for one in fleet.calls()]
    assert methods == (["POST", "PATCH"] if can_patch else ["POST", "PATCH", "DELETE", "POST"])


def test_a_taken_identifier_is_found_on_a_later_page_and_changed_in_place(fleet: FleetReplay) -> None:
    for number in range(5):
        fleet.profiles[f"a{number}"] = plistlib.dumps({"PayloadIdentifier": f"other.{number}"})
    order = template()
    fleet.profiles["mine"] = plistlib.dumps({"PayloadIdentifier": order.identifier})
    fleet.breaks("GET", f"{API}/configuration_profiles", 200, body=b'{"profiles": []}')

    (receipt,) = installed(fleet, order)

    assert receipt.state is CommandState.QUEUED
    assert fleet.profiles["mine"] == order.unsigned
    assert [one.split()[0] for one in fleet.calls()] == ["POST", "PATCH"]


def test_too_many_resends_are_waited_out_and_all_of_them_arrive(fleet: FleetReplay) -> None:
    installed(fleet, template())
    fleet.breaks("POST", f"{API}/hosts/3", 429, headers={"Retry-After": "30"}, times=2)

    async def body(connector: FleetDm, clock: Clockwork) -> Any:
        return await connector.install([template()]), clock.slept

    (receipt,), slept = within(fleet, body)

    assert receipt.state is CommandState.QUEUED
    assert slept == [30.0, 30.0]


def test_one_refused_command_leaves_the_others_alone_and_shows_fleets_words(fleet: FleetReplay) -> None:
    fleet.breaks("POST", f"{API}/commands/run", 422, body=b'{"errors": [{"name": "x", "reason": "no such host"}]}')
    orders = [install(ONE), install("no such thing"), install(TWO)]

    receipts = installed(fleet, *orders)

    assert sorted(one.state for one in receipts) == [CommandState.FAILED, CommandState.FAILED, CommandState.QUEUED]
    assert "no such host" in {one.errors[0].text for one in receipts if one.errors and one.errors[0].code == 422}


def test_a_command_whose_answer_got_lost_is_found_again(fleet: FleetReplay) -> None:
    fleet.breaks("POST", f"{API}/commands/run", 503, acts=True)
    order = install(ONE)

    with pytest.raises(NetworkProblem):
        installed(fleet, order)
    (receipt,) = installed(fleet, order)

    assert len(fleet.ran) == 1
    assert (receipt.state, receipt.already) == (CommandState.ACKNOWLEDGED, True)


def test_hosts_come_page_by_page_apple_devices_only(fleet: FleetReplay) -> None:
    fleet.hosts = [host(number, "ubuntu" if number % 2 else "ios") for number in range(1, 251)] + [host(300, "darwin")]

    found = within(fleet, lambda connector, _: listed(connector))

    assert len(found) == 125 + 2
    assert (found[0].id, found[0].emails, found[0].sign_ins) == (TWO, ("user2@example.com",), ("User2@example.com",))
    assert [one.channel for one in found[-2:]] == [EnrollmentChannel.DEVICE, EnrollmentChannel.USER]
    assert [one.query.get("after") for one in fleet.asked] == [None, "100", "200"]


def test_what_a_browser_was_signed_in_with_does_not_say_whose_a_host_is(fleet: FleetReplay) -> None:
    mapping = [
        {"email": "eve@example.com", "source": "google_chrome_profiles"},
        {"email": "me@x.org", "source": "custom"},
    ]
    fleet.hosts = [host(1, device_mapping=mapping), host(2, device_mapping=mapping[:1])]

    one, two = within(fleet, lambda connector, _: listed(connector))

    assert (one.emails, one.sign_ins) == (("me@x.org",), ())
    assert two.emails == ()


def test_a_cut_page_is_an_error(fleet: FleetReplay) -> None:
    fleet.breaks("GET", f"{API}/hosts", 200, body=b'{"hosts": [{"id": 1}, ')

    with pytest.raises(NetworkProblem) as caught:
        within(fleet, lambda connector, _: listed(connector))
    assert caught.value.code == "bad_answer"


def test_a_probe_reads_only_and_names_a_wrong_key(fleet: FleetReplay) -> None:
    findings = within(fleet, lambda connector, _: connector.probe())
    wrong = within(fleet, lambda connector, _: connector.probe(), token="wrong")

    assert fleet.calls() == []
    assert [one.check for one in findings[:3]] == ["mdm.key", "mdm.devices", "mdm.profiles"]
    assert {one.outcome for one in findings[:3]} == {Outcome.PASS}
    assert wrong[0].outcome is Outcome.FAIL


def test_webhooks_say_nothing_here(fleet: FleetReplay) -> None:
    async def read(connector: FleetDm, _: Clockwork) -> None:
        with pytest.raises(NotPossible) as caught:
            connector.events({}, b"{}")
        assert caught.value.code == "bad_event"
        assert await connector.wake([MAC]) == (MAC.id,)

    within(fleet, read)
