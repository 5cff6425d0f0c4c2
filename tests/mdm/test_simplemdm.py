"""SimpleMDM against a replay server built from public documentation, never run against an account."""

import asyncio
import json
from base64 import b64encode
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from profilegen.errors import ConfigProblem, NetworkProblem, NotPossible
from profilegen.fleet.seat import Effective, EnrollmentChannel
from profilegen.fleet.seen import CommandState, Inventory
from profilegen.flow.fleet.giving import give
from profilegen.mdm.client import FixedKey, basic
from profilegen.mdm.simplemdm import CAPABILITIES, PER_SECOND, SimpleMdm
from profilegen.ports.mdm import EventKind, InstallOrder
from profilegen.profile.types import Platform
from profilegen.report import Outcome
from profilegen.secret import Secret
from profilegen.storage.fleet.memory import MemoryFleetStore
from tests.lab.mdm.replay import serving
from tests.lab.mdm.replay.simplemdm import KEY, SimpleReplay, device
from tests.mdm.hosting import Clockwork, client, enrolled, install, listed, looks, profile, removal

CUSTOM = "/api/v1/custom_configuration_profiles"
HOOK = Secret(text="key-of-the-hook")


@pytest.fixture
def simple() -> SimpleReplay:
    return SimpleReplay(devices=[device(7, email="You@example.com", full_name="You"), device(8)])


def within(
    simple: SimpleReplay, body: Callable[[SimpleMdm, Clockwork], Awaitable[Any]], key: str = KEY, **options: Any
) -> Any:
    async def run(base: str) -> Any:
        clock = Clockwork()
        api = client(f"{base}/api/v1", FixedKey(basic(key, Secret(text=""))), clock, **options)
        connector = SimpleMdm(name="office", client=api, clock=clock, webhook_key=HOOK)
        try:
            return await body(connector, clock)
        finally:
            await connector.close()

    with serving(simple) as base:
        return asyncio.run(run(base))


def installed(simple: SimpleReplay, *orders: InstallOrder) -> Any:
    return within(simple, lambda connector, _: connector.install(orders))


def given(simple: SimpleReplay, *orders: InstallOrder) -> Any:
    return within(simple, lambda connector, clock: give(connector, orders, MemoryFleetStore(), clock))


def test_a_profile_is_uploaded_once_assigned_to_one_device_and_comes_again_after_system_updates(
    simple: SimpleReplay,
) -> None:
    order = install("7")

    (receipt,) = installed(simple, order)

    assert simple.calls() == [f"POST {CUSTOM}", f"POST {CUSTOM}/101/devices/7"]
    assert (receipt.state, receipt.already) == (CommandState.QUEUED, False)
    assert receipt.effective == Effective(identifier="com.unwiredmdm.101", remote_id="101")
    kept = simple.profiles[101]
    assert (kept["data"], kept["reinstall_after_os_update"], kept["user_scope"]) == (order.unsigned, True, False)
    assert not kept["attribute_support"]


def test_mail_on_a_mac_goes_to_its_user(simple: SimpleReplay) -> None:
    installed(simple, install(enrolled("7:user", channel=EnrollmentChannel.USER, platform=Platform.MACOS)))

    assert simple.profiles[101]["user_scope"]
    assert simple.assigned == {(101, 7)}


def test_a_changed_profile_is_changed_in_place_by_a_form_and_touches_all_it_is_assigned_to(
    simple: SimpleReplay,
) -> None:
    """A PATCH in JSON is answered with 500 by this server."""
    (first,) = installed(simple, install("7"))
    installed(simple, install("8", effective=first.effective))
    changed = install("7", display_name="Somebody Else", effective=first.effective, episode=2)

    touched = within(simple, lambda connector, _: connector.touched_by([changed]))
    simple.asked.clear()
    (second,) = installed(simple, changed)

    assert touched == 2
    assert simple.calls() == [f"PATCH {CUSTOM}/101", f"POST {CUSTOM}/101/devices/7"]
    assert next(one for one in simple.asked if one.method == "PATCH").headers["content-type"].startswith("multipart/")
    assert simple.profiles[101]["data"] == changed.unsigned
    assert (second.effective, second.already) == (first.effective, True)  # 409: assigned, and that is verified


def test_a_lost_profile_is_unassigned_and_assigned_again_for_its_device_alone(simple: SimpleReplay) -> None:
    (first,) = installed(simple, install("7"))
    simple.asked.clear()
    again = install("7", effective=first.effective, episode=2)

    touched = within(simple, lambda connector, _: connector.touched_by([again]))
    (receipt,) = given(simple, again)

    assert (touched, receipt.already) == (1, False)
    assert simple.calls() == [f"DELETE {CUSTOM}/101/devices/7", f"POST {CUSTOM}/101/devices/7"]


def test_an_upload_whose_id_was_never_stored_is_found_by_name(simple: SimpleReplay) -> None:
    order = install("7")
    simple.breaks("POST", f"{CUSTOM}/101/devices", 500)

    with pytest.raises(NetworkProblem):
        installed(simple, order)
    (receipt,) = installed(simple, order)

    assert len(simple.profiles) == 1
    assert receipt.effective.remote_id == "101"
    assert simple.assigned == {(101, 7)}


def test_a_409_for_what_is_not_assigned_is_a_failure_with_the_servers_words(simple: SimpleReplay) -> None:
    simple.breaks("POST", f"{CUSTOM}/101/devices", 409, body=b'{"errors": [{"title": "device is unenrolled"}]}')

    first, second = installed(simple, install("7"), install("8", "other@example.com"))

    assert (first.state, first.errors[0].code, first.errors[0].text) == (
        CommandState.FAILED,
        409,
        "device is unenrolled",
    )
    assert second.state is CommandState.QUEUED


def test_a_thousand_devices_take_their_time_and_the_record_says_how_long(simple: SimpleReplay) -> None:
    orders = [install("7", f"user{number}@example.com") for number in range(20)]

    async def body(connector: SimpleMdm, clock: Clockwork) -> float:
        await connector.install(orders)
        return clock.seconds

    took = within(simple, body, rate=PER_SECOND)

    assert took == len(simple.asked) - 1 == 40
    assert CAPABILITIES.seconds_for(20) == 40
    assert CAPABILITIES.seconds_for(1000) == 2000


@pytest.mark.parametrize(
    ("headers", "slept"), [({"X-RateLimit-Reset": "1772366430"}, 30.0), ({"Retry-After": "9"}, 9.0), ({}, 0.5)]
)
def test_too_many_requests_are_waited_out_as_the_server_says(
    simple: SimpleReplay, headers: dict[str, str], slept: float
) -> None:
    simple.breaks("POST", CUSTOM, 429, headers=headers)

    async def body(connector: SimpleMdm, clock: Clockwork) -> list[float]:
        await connector.install([install("7")])
        return clock.slept

    assert within(simple, body) == [slept]
    assert len(simple.profiles) == 1


def test_what_is_assigned_is_no_proof_of_what_is_there(simple: SimpleReplay) -> None:
    installed(simple, install("7"))

    first, unknown = within(simple, lambda connector, _: connector.look(looks("7", "99")))

    assert isinstance(first, Inventory)
    assert (first.complete, first.profiles[0].identifier) == (False, "com.unwiredmdm.101")
    assert unknown.state is CommandState.FAILED


def test_removing_takes_the_assignment_away_and_twice_is_no_error(simple: SimpleReplay) -> None:
    (first,) = installed(simple, install("7"))

    one = within(simple, lambda connector, _: connector.remove([removal("7", first.effective)]))
    two = within(simple, lambda connector, _: connector.remove([removal("7", first.effective)]))
    unknown = within(simple, lambda connector, _: connector.remove([removal("7", None)]))

    assert simple.assigned == set()
    assert [answer[0].state for answer in (one, two, unknown)] == [
        CommandState.QUEUED,
        CommandState.ACKNOWLEDGED,
        CommandState.FAILED,
    ]


def test_devices_come_page_by_page_with_the_people_their_attributes_name(simple: SimpleReplay) -> None:
    simple.devices += [device(number) for number in range(100, 320)] + [device(400, "Mac14,7")]

    found = within(simple, lambda connector, _: listed(connector))

    assert len(found) == 2 + 220 + 2
    assert (found[0].id, found[0].emails, found[0].full_name) == ("7", ("you@example.com",), "You")
    assert [(one.id, one.channel) for one in found[-2:]] == [
        ("400", EnrollmentChannel.DEVICE),
        ("400:user", EnrollmentChannel.USER),
    ]
    assert len(simple.asked) == 3


@pytest.mark.parametrize("body", [b'{"data": [], "has_more": true}', b'{"has_more": true}', b'{"data": [{"id"'])
def test_a_list_that_breaks_off_is_an_error(simple: SimpleReplay, body: bytes) -> None:
    simple.devices += [device(number) for number in range(100, 320)]
    simple.breaks("GET", "/api/v1/devices", 200, body=body, after=1)

    with pytest.raises(NetworkProblem) as caught:
        within(simple, lambda connector, _: listed(connector))
    assert caught.value.code == "bad_answer"


def test_a_wrong_key_is_a_configuration_problem_and_the_probe_says_so(simple: SimpleReplay) -> None:
    with pytest.raises(ConfigProblem) as caught:
        within(simple, lambda connector, _: connector.install([install("7")]), key="wrong")
    findings = within(simple, lambda connector, _: connector.probe(), key="wrong")
    fine = within(simple, lambda connector, _: connector.probe())

    assert caught.value.code == "key_refused"
    assert next(one.check for one in findings if one.outcome is Outcome.FAIL) == "mdm.key"
    assert not [one for one in fine if one.outcome is Outcome.FAIL]
    assert simple.calls() == []


def test_devices_are_woken_and_those_that_are_gone_are_named(simple: SimpleReplay) -> None:
    missed = within(simple, lambda connector, _: connector.wake([enrolled("7"), enrolled("99")]))

    assert missed == ("99",)
    assert simple.calls() == ["POST /api/v1/devices/7/refresh", "POST /api/v1/devices/99/refresh"]


def test_webhooks_are_believed_with_the_key_only(simple: SimpleReplay) -> None:
    body = json.dumps(
        {"type": "device.enrolled", "at": "2026-03-01T11:00:00Z", "data": {"device": {"id": 7, "udid": "u"}}}
    ).encode()
    header = {"authorization": "Basic " + b64encode(b"x:" + HOOK.reveal().encode()).decode()}

    async def read(connector: SimpleMdm, _: Clockwork) -> None:
        (event,) = connector.events(header, body)
        assert (event.kind, event.enrollment.id, event.enrollment.udid) == (EventKind.ENROLLED, "7", "U")
        with pytest.raises(NotPossible) as caught:
            connector.events({}, body)
        assert caught.value.code == "bad_signature"

    within(simple, read)


def test_an_attribute_that_does_not_exist_never_leaves_the_house(simple: SimpleReplay) -> None:
    content = profile().content.replace(b"You", b"{{emial}}")

    (receipt,) = installed(simple, install("7", content=content))

    assert receipt.state is CommandState.FAILED
    assert "{{emial}}" in receipt.errors[0].text
    assert simple.calls() == []


def test_what_is_kept_there_is_asked_once_between_counting_and_installing(simple: SimpleReplay) -> None:
    (first,) = installed(simple, install("7"))
    simple.asked.clear()
    again = install("7", effective=first.effective, episode=2)

    async def body(connector: SimpleMdm, _: Clockwork) -> None:
        await connector.touched_by([again])
        await connector.install([again])
        await connector.install([again])

    within(simple, body)

    assert simple.calls("GET").count(f"GET {CUSTOM}/101/download") == 2  # the second batch asks anew
