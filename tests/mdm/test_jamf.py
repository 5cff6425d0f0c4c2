"""Jamf Pro against a replay server built from public documentation, never run against a tenant."""

import asyncio
import json
import plistlib
from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from profilegen.errors import ConfigProblem, NetworkProblem, NotPossible
from profilegen.fleet.capabilities import Signed
from profilegen.fleet.seat import Effective, EnrollmentChannel
from profilegen.fleet.seen import CommandState, Inventory
from profilegen.mdm.client import ClientLimits
from profilegen.mdm.jamf import CAPABILITIES, TOKEN_PATH, JamfPro
from profilegen.mdm.tokens import ClientCredentials, NoKey
from profilegen.ports.mdm import EventKind, Receipt
from profilegen.profile.types import Platform
from profilegen.report import Outcome
from profilegen.secret import Secret
from tests.lab.mdm.replay import serving
from tests.lab.mdm.replay.jamf import CLIENT, SECRET, JamfReplay, computer, mobile
from tests.mdm.hosting import NOW, Clockwork, client, enrolled, install, listed, looks, profile, removal

PHONES, MACS = "mobiledeviceconfigurationprofiles", "osxconfigurationprofiles"
HOOK = Secret(text="key-of-the-hook")


@pytest.fixture
def jamf() -> JamfReplay:
    return JamfReplay(mobiles=[mobile(number) for number in (34, 35)], computers=[computer(12, "alice")])


def within(jamf: JamfReplay, body: Callable[[JamfPro, Clockwork], Awaitable[Any]], secret: str = SECRET) -> Any:
    """Run `body` with a connector of this server."""

    async def run(base: str) -> Any:
        clock = Clockwork()
        credentials = ClientCredentials(
            client=client(base, NoKey(), clock),
            path=TOKEN_PATH,
            client_id=CLIENT,
            secret=Secret(text=secret),
            timing=clock.timing,
        )
        limits = ClientLimits(connections=4)
        connector = JamfPro(
            name="office",
            client=client(base, credentials, clock, limits=limits),
            tokens=credentials,
            clock=clock,
            timing=clock.timing,
            webhook_key=HOOK,
        )
        try:
            return await body(connector, clock)
        finally:
            await connector.close()

    with serving(jamf) as base:
        return asyncio.run(run(base))


def installed(jamf: JamfReplay, *orders: Any) -> tuple[Receipt, ...]:
    receipts: tuple[Receipt, ...] = within(jamf, lambda connector, _: connector.install(orders))
    return receipts


def general(request: Any) -> dict[str, str]:
    return {one.tag: one.text or "" for one in ET.fromstring(request.body).find("general") or ()}


def last(jamf: JamfReplay, method: str) -> Any:
    return [one for one in jamf.asked if one.method == method and one.path != TOKEN_PATH][-1]


def test_a_profile_is_placed_once_and_scoped_to_its_device_alone(jamf: JamfReplay) -> None:
    order = install("mobile:34")

    (receipt,) = installed(jamf, order)

    assert jamf.calls() == [f"POST {TOKEN_PATH}", f"POST /JSSResource/{PHONES}/id/0"]
    assert jamf.scoped(PHONES, 11) == ["34"]
    sent = general(last(jamf, "POST"))
    assert (sent["level"], sent["deployment_method"]) == ("Device Level", "Install Automatically")
    assert sent["name"] == f"Mail you@example.com [{order.revision}]"
    kept = jamf.content(PHONES, 11)
    assert receipt.state is CommandState.QUEUED
    assert receipt.effective == Effective(
        identifier=kept["PayloadIdentifier"], uuid=kept["PayloadUUID"], remote_id="mobile:11"
    )
    assert receipt.effective.identifier != order.identifier


def test_mail_on_a_mac_goes_to_its_user(jamf: JamfReplay) -> None:
    to = enrolled("computer:12:alice", channel=EnrollmentChannel.USER, platform=Platform.MACOS)

    installed(jamf, install(to))

    assert general(last(jamf, "POST"))["level"] == "User"
    assert jamf.scoped(MACS, 11) == ["12"]


def test_signatures_are_not_sent_and_the_record_says_that_they_would_be_stripped(jamf: JamfReplay) -> None:
    order = install("mobile:34")

    installed(jamf, order)

    assert CAPABILITIES.signed is Signed.STRIPPED
    assert b"a signature around" not in last(jamf, "POST").body
    assert plistlib.loads(general(last(jamf, "POST"))["payloads"].encode())["PayloadContent"]


def test_an_update_keeps_the_identity_jamf_gave_so_that_no_ghost_stays_on_devices(jamf: JamfReplay) -> None:
    (first,) = installed(jamf, install("mobile:34"))

    changed = install("mobile:34", display_name="Somebody Else", effective=first.effective, episode=2)
    (second,) = installed(jamf, changed)

    sent = plistlib.loads(general(last(jamf, "PUT"))["payloads"].encode())
    assert first.effective is not None
    assert (sent["PayloadIdentifier"], sent["PayloadUUID"]) == (first.effective.identifier, first.effective.uuid)
    assert changed.uuid not in str(sent)
    assert general(last(jamf, "PUT"))["redeploy_on_update"] == "All"
    assert second.effective == first.effective
    assert len(jamf.placed[PHONES]) == 1


def test_a_device_that_lost_its_profile_is_scoped_out_and_in_and_nobody_else_is_touched(jamf: JamfReplay) -> None:
    (first,) = installed(jamf, install("mobile:34"))
    installed(jamf, install("mobile:35", effective=first.effective))
    jamf.asked.clear()

    again = install("mobile:34", effective=first.effective, episode=2)
    touched = within(jamf, lambda connector, _: connector.touched_by([again]))
    (receipt,) = installed(jamf, again)

    puts = [one for one in jamf.asked if one.method == "PUT"]
    scopes = [[e.text for e in ET.fromstring(one.body).iterfind("scope/mobile_devices/*/id")] for one in puts]
    assert scopes == [["35"], ["35", "34"]]
    assert [general(one)["redeploy_on_update"] for one in puts] == ["Newly Assigned"] * 2
    assert all("payloads" not in general(one) for one in puts)
    assert (touched, receipt.state, receipt.already) == (1, CommandState.QUEUED, False)


def test_the_same_order_again_is_recognised_and_changes_nothing(jamf: JamfReplay) -> None:
    order = install("mobile:34")
    (first,) = installed(jamf, order)
    jamf.asked.clear()

    (again,) = installed(jamf, order)  # its id was never stored: a crash came in between
    (known,) = installed(jamf, replace(order, effective=first.effective))

    assert jamf.calls("PUT", "DELETE") == []
    assert jamf.calls() == [f"POST {TOKEN_PATH}"] * 2
    assert (again.already, known.already) == (True, True)
    assert again.effective == known.effective == first.effective


def test_a_changed_profile_touches_everybody_in_its_scope_and_says_so_first(jamf: JamfReplay) -> None:
    (first,) = installed(jamf, install("mobile:34"))
    scope = jamf.placed[PHONES][11].scope
    groups = ET.SubElement(scope, "mobile_device_groups")
    ET.SubElement(ET.SubElement(groups, "mobile_device_group"), "id").text = "7"
    jamf.groups["7"] = [34, 40, 41, 42]
    changed = install("mobile:34", display_name="Somebody Else", effective=first.effective, episode=2)

    in_a_group = within(jamf, lambda connector, _: connector.touched_by([changed]))
    before = jamf.calls()
    scope.find("all_mobile_devices").text = "true"  # type: ignore[union-attr] # it is there
    for_all = within(jamf, lambda connector, _: connector.touched_by([changed]))

    assert (in_a_group, for_all) == (4, 2)
    assert [one for one in jamf.calls() if TOKEN_PATH not in one] == [one for one in before if TOKEN_PATH not in one]


def test_what_else_is_in_a_scope_stays_there(jamf: JamfReplay) -> None:
    (first,) = installed(jamf, install("mobile:34"))
    ET.SubElement(ET.SubElement(jamf.placed[PHONES][11].scope, "exclusions"), "jss_users").text = "keep me"

    installed(jamf, install("mobile:35", effective=first.effective))

    assert jamf.placed[PHONES][11].scope.findtext("exclusions/jss_users") == "keep me"
    assert jamf.scoped(PHONES, 11) == ["34", "35"]


def test_a_taken_name_of_a_strangers_profile_is_left_alone(jamf: JamfReplay) -> None:
    order = install("mobile:34")
    installed(jamf, order)
    jamf.placed[PHONES][11].payloads = plistlib.dumps({"PayloadIdentifier": "theirs", "PayloadContent": []}).decode()

    (receipt,) = installed(jamf, replace(order, effective=None))

    assert receipt.state is CommandState.FAILED
    assert "which is not ours" in receipt.errors[0].text
    assert jamf.calls("PUT", "DELETE") == []


def test_a_duplicate_name_that_shows_up_late_is_found_and_taken_over(jamf: JamfReplay) -> None:
    """The list was read before another run of ours made it: 409, then it is there."""
    order = install("mobile:34")
    installed(jamf, order)
    jamf.breaks("GET", f"/JSSResource/{PHONES}", 200, body=b"<configuration_profiles/>")

    (receipt,) = installed(jamf, install("mobile:35"))

    assert receipt.state is CommandState.QUEUED
    assert len(jamf.placed[PHONES]) == 1
    assert jamf.scoped(PHONES, 11) == ["34", "35"]


def test_an_expired_token_is_renewed_once_and_only_reads_are_repeated_blindly(jamf: JamfReplay) -> None:
    jamf.breaks("POST", f"/JSSResource/{PHONES}", 401)

    (receipt,) = installed(jamf, install("mobile:34"))

    assert receipt.state is CommandState.QUEUED
    assert len(jamf.placed[PHONES]) == 1
    posts = [index for index, one in enumerate(jamf.asked) if one.path == f"/JSSResource/{PHONES}/id/0"]
    between = [one.path for one in jamf.asked[posts[0] + 1 : posts[1]]]
    assert f"/JSSResource/{PHONES}" in between  # what is there is looked up before a POST is tried again
    assert len(posts) == 2
    assert jamf.calls().count(f"POST {TOKEN_PATH}") == 2


def test_a_token_that_ends_in_the_middle_of_a_list_costs_one_repetition(jamf: JamfReplay) -> None:
    jamf.mobiles, jamf.token_uses = [mobile(number) for number in range(1, 251)], 2

    found = within(jamf, lambda connector, _: listed(connector))

    assert len(found) == 252
    assert jamf.calls().count(f"POST {TOKEN_PATH}") == 2


def test_a_token_that_expired_on_a_post_that_was_done_makes_no_second_profile(jamf: JamfReplay) -> None:
    jamf.breaks("POST", f"/JSSResource/{PHONES}", 401, acts=True)

    (receipt,) = installed(jamf, install("mobile:34"))

    assert (receipt.state, receipt.already) == (CommandState.QUEUED, True)
    assert jamf.calls("POST").count(f"POST /JSSResource/{PHONES}/id/0") == 1


def test_a_wrong_secret_is_a_configuration_problem_that_does_not_show_it(jamf: JamfReplay) -> None:
    with pytest.raises(ConfigProblem) as caught:
        within(jamf, lambda connector, _: connector.install([install("mobile:34")]), secret="wrong-s3cret")

    assert caught.value.code == "key_refused"
    assert "wrong-s3cret" not in caught.value.message + caught.value.hint


def test_a_lagging_server_is_read_until_it_shows_the_change_and_with_its_cookie(jamf: JamfReplay) -> None:
    jamf.lag = 3

    async def body(connector: JamfPro, clock: Clockwork) -> tuple[Any, list[float]]:
        return await connector.install([install("mobile:34")]), clock.slept

    (receipt,), slept = within(jamf, body)

    assert receipt.effective.identifier == jamf.content(PHONES, 11)["PayloadIdentifier"]
    assert slept == [1.0, 2.0, 4.0]
    assert {one.headers.get("cookie") for one in jamf.asked[2:] if one.path != TOKEN_PATH} == {"jpro-ingress=node-2"}


def test_a_server_that_never_shows_the_change_is_not_waited_for_for_ever(jamf: JamfReplay) -> None:
    jamf.lag = 1000

    async def body(connector: JamfPro, clock: Clockwork) -> None:
        with pytest.raises(NetworkProblem) as caught:
            await connector.install([install("mobile:34")])
        assert caught.value.code == "not_shown"
        assert sum(clock.slept) == 60.0

    within(jamf, body)


@pytest.mark.parametrize(("headers", "slept"), [({"Retry-After": "7"}, 7.0), ({}, 0.5)])
def test_too_many_requests_are_waited_out(jamf: JamfReplay, headers: dict[str, str], slept: float) -> None:
    jamf.breaks("POST", f"/JSSResource/{PHONES}", 429, headers=headers)

    async def body(connector: JamfPro, clock: Clockwork) -> list[float]:
        await connector.install([install("mobile:34")])
        return clock.slept

    assert within(jamf, body) == [slept]
    assert len(jamf.placed[PHONES]) == 1


def test_a_failing_server_stops_a_post_and_the_next_run_converges(jamf: JamfReplay) -> None:
    jamf.breaks("POST", f"/JSSResource/{PHONES}", 502, acts=True)
    order = install("mobile:34")

    with pytest.raises(NetworkProblem) as caught:
        installed(jamf, order)
    (receipt,) = installed(jamf, order)

    assert caught.value.code == "server_error"
    assert receipt.already
    assert len(jamf.placed[PHONES]) == 1


def test_devices_come_page_by_page_with_their_people_and_users_of_macs(jamf: JamfReplay) -> None:
    jamf.mobiles = [mobile(number) for number in range(1, 251)]

    found = within(jamf, lambda connector, _: listed(connector))

    assert len(found) == 252
    phone = found[33]
    assert (phone.id, phone.udid, phone.serial) == ("mobile:34", "UDID-34", "SERIAL34")
    assert (phone.emails, phone.sign_ins, phone.os_version) == (("user34@example.com",), ("user34",), "18.1")
    assert [(one.id, one.channel, one.parent) for one in found[-2:]] == [
        ("computer:12", EnrollmentChannel.DEVICE, None),
        ("computer:12:alice", EnrollmentChannel.USER, "computer:12"),
    ]
    pages = [one.query["page"] for one in jamf.asked if one.path == "/api/v2/mobile-devices/detail"]
    assert pages == ["0", "1", "2"]


def test_a_mac_with_several_users_is_nobodys_by_the_record(jamf: JamfReplay) -> None:
    """A profile for users would reach both, so the address on record must not vouch for either."""
    jamf.computers = [computer(12, "alice", "bob")]

    device, *users = [one for one in within(jamf, lambda connector, _: listed(connector)) if one.id.startswith("comp")]

    assert device.emails == ("mac12@example.com",)
    assert [(one.emails, one.sign_ins) for one in users] == [((), ()), ((), ())]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (json.dumps({"totalCount": 250, "results": []}).encode(), "cut_list"),
        (b'{"totalCount": 250}', "bad_answer"),
        (b'{"totalCount": 250, "results": [{"mobile', "bad_answer"),
    ],
)
def test_a_list_that_ends_in_the_middle_is_an_error_and_no_short_list(jamf: JamfReplay, body: bytes, code: str) -> None:
    jamf.mobiles = [mobile(number) for number in range(1, 251)]
    jamf.breaks("GET", "/api/v2/mobile-devices/detail", 200, body=body, after=1)

    with pytest.raises(NetworkProblem) as caught:
        within(jamf, lambda connector, _: listed(connector))

    assert caught.value.code == code


def test_an_inventory_shows_the_revision_by_the_name_and_is_complete_only_with_its_section(jamf: JamfReplay) -> None:
    order = install("mobile:34")
    name = f"Mail you@example.com [{order.revision}]"
    jamf.mobiles[0]["profiles"] = [{"displayName": name, "identifier": "THEIRS", "uuid": "KEPT"}]
    del jamf.mobiles[1]["profiles"]

    first, second, third = within(
        jamf, lambda connector, _: connector.look(looks("mobile:34", "mobile:35", "mobile:36"))
    )

    assert isinstance(first, Inventory)
    assert (first.complete, first.profiles[0].identifier, first.profiles[0].revision) == (
        True,
        "THEIRS",
        order.revision,
    )
    assert first.profiles[0].uuid is None  # kept over updates, so it would call every revision the wanted one
    assert isinstance(second, Inventory)
    assert not second.complete
    assert (third.state, third.errors[0].code) == (CommandState.FAILED, 404)


def test_removing_takes_one_device_out_and_the_last_one_deletes_the_object(jamf: JamfReplay) -> None:
    (first,) = installed(jamf, install("mobile:34"))
    installed(jamf, install("mobile:35", effective=first.effective))

    one = within(jamf, lambda connector, _: connector.remove([removal("mobile:34", first.effective)]))
    left = jamf.scoped(PHONES, 11)
    two = within(jamf, lambda connector, _: connector.remove([removal("mobile:35", first.effective)]))
    three = within(jamf, lambda connector, _: connector.remove([removal("mobile:35", first.effective)]))
    unknown = within(jamf, lambda connector, _: connector.remove([removal("mobile:35", None)]))

    assert left == ["35"]
    assert jamf.placed[PHONES] == {}
    assert [answer[0].state for answer in (one, two)] == [CommandState.QUEUED] * 2
    assert (three[0].state, three[0].already) == (CommandState.ACKNOWLEDGED, True)
    assert unknown[0].state is CommandState.FAILED


def test_devices_are_woken_by_their_management_id_and_those_that_cannot_be_are_named(jamf: JamfReplay) -> None:
    jamf.unwakeable = {"management-35"}
    enrollments = [enrolled(one) for one in ("mobile:34", "mobile:35", "mobile:99")]

    missed = within(jamf, lambda connector, _: connector.wake(enrollments))

    assert missed == ("mobile:35", "mobile:99")
    assert json.loads(last(jamf, "POST").body) == {"clientManagementIds": ["management-34", "management-35"]}


def test_a_probe_changes_nothing_and_says_what_works(jamf: JamfReplay) -> None:
    findings = within(jamf, lambda connector, _: connector.probe())

    assert jamf.calls() == [f"POST {TOKEN_PATH}"]
    assert {one.check for one in findings} == {
        *("mdm.key", "mdm.devices", "mdm.profiles", "mdm.webhook", "mdm.capability")
    }
    assert not [one for one in findings if one.outcome is Outcome.FAIL]


def test_a_probe_with_a_wrong_secret_or_without_a_right_says_which(jamf: JamfReplay) -> None:
    findings = within(jamf, lambda connector, _: connector.probe(), secret="wrong")
    jamf.breaks("GET", f"/JSSResource/{PHONES}", 403)
    limited = within(jamf, lambda connector, _: connector.probe())

    assert findings[0].check == "mdm.key"
    assert findings[0].outcome is Outcome.FAIL
    assert next(one.detail for one in limited if one.outcome is Outcome.FAIL).startswith("The list of ios profiles")


def hook(event: str, **subject: Any) -> bytes:
    stamp = int(NOW.timestamp() * 1000) - 60_000
    return json.dumps({"webhook": {"webhookEvent": event, "eventTimestamp": stamp}, "event": subject}).encode()


def test_webhooks_are_believed_with_the_key_only(jamf: JamfReplay) -> None:
    body = hook("MobileDeviceEnrolled", jssID=34, udid="udid-34", serialNumber="S", osVersion="18.1")
    header = {"authorization": "Basic " + b64encode(b"jamf:" + HOOK.reveal().encode()).decode()}

    async def read(connector: JamfPro, _: Clockwork) -> None:
        (event,) = connector.events(header, body)
        assert (event.kind, event.enrollment.id, event.enrollment.udid) == (EventKind.ENROLLED, "mobile:34", "UDID-34")
        assert connector.events(header, body)[0].id == event.id
        assert connector.events(header, hook("SmartGroupMembershipChange", jssid=1)) == ()
        for headers in ({}, {"authorization": "Bearer nonsense"}, {"authorization": "Basic !!"}):
            with pytest.raises(NotPossible) as caught:
                connector.events(headers, body)
            assert caught.value.code == "bad_signature"
        for bad in (b"{", hook("ComputerCheckIn")):
            with pytest.raises(NotPossible) as caught:
                connector.events(header, bad)
            assert caught.value.code == "bad_event"

    within(jamf, read)


def test_a_misspelt_variable_never_leaves_the_house(jamf: JamfReplay) -> None:
    content = profile().content.replace(b"You", b"$email")

    (receipt,) = installed(jamf, install("mobile:34", content=content))

    assert receipt.state is CommandState.FAILED
    assert "$email" in receipt.errors[0].text
    assert jamf.calls("POST") == []
