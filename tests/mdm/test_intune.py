"""Intune against a replay server built from public documentation, never run against a tenant."""

import asyncio
import base64
import io
import zipfile
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from profilegen.errors import ConfigProblem, NetworkProblem, NotPossible
from profilegen.fleet.seat import EnrollmentChannel
from profilegen.fleet.seen import CommandState, Inventory
from profilegen.mdm.intune import SCOPE, Intune, token_path
from profilegen.mdm.intune_wire import LARGEST_PROFILE, report_rows
from profilegen.mdm.tokens import ClientCredentials, NoKey
from profilegen.ports.mdm import InstallOrder
from profilegen.profile.types import Platform
from profilegen.report import Outcome
from profilegen.secret import Secret
from tests.lab.mdm.replay import serving
from tests.lab.mdm.replay.intune import BETA, CLIENT, SECRET, TENANT, V1, IntuneReplay, device, guid
from tests.mdm.hosting import Clockwork, client, enrolled, install, listed, looks, profile, removal

GROUP = "group-1"
TOKEN = f"POST {token_path(TENANT)}"
PHONE = enrolled(guid(1), platform=Platform.IOS)
MAC = enrolled(f"{guid(9)}:user", platform=Platform.MACOS, channel=EnrollmentChannel.USER)


@pytest.fixture
def intune() -> IntuneReplay:
    return IntuneReplay(devices=[device(1), device(2), device(9, "macOS"), device(5, "Windows")])


def within(
    intune: IntuneReplay,
    body: Callable[[Intune, Clockwork], Awaitable[Any]],
    secret: str = SECRET,
    group: str | None = GROUP,
) -> Any:
    async def run(base: str) -> Any:
        clock = Clockwork()
        tokens = ClientCredentials(
            client=client(base, NoKey(), clock),
            path=token_path(TENANT),
            client_id=CLIENT,
            secret=Secret(text=secret),
            timing=clock.timing,
            scope=SCOPE,
        )
        connector = Intune(
            name="office",
            client=client(base, tokens, clock),
            tokens=tokens,
            clock=clock,
            timing=clock.timing,
            group=group,
        )
        try:
            return await body(connector, clock)
        finally:
            await connector.close()

    with serving(intune) as base, serving(intune.storage) as elsewhere:
        intune.elsewhere = elsewhere
        return asyncio.run(run(base))


def installed(intune: IntuneReplay, *orders: InstallOrder, **how: Any) -> Any:
    return within(intune, lambda connector, _: connector.install(orders), **how)


def template(to: Any = PHONE, **changes: Any) -> InstallOrder:
    platform = to.platform or Platform.IOS
    content = profile("you@example.com", platform, **changes).content.replace(b"you@example.com", b"{{mail}}")
    return replace(install(to), unsigned=content)


def changing(intune: IntuneReplay) -> list[str]:
    return [one for one in intune.calls() if one != TOKEN]


def test_a_template_is_placed_once_for_a_group_and_unsigned(intune: IntuneReplay) -> None:
    orders = [template(), template(enrolled(guid(2), platform=Platform.IOS))]

    receipts = installed(intune, *orders)

    ((id_, made),) = intune.configurations.items()
    assert changing(intune) == [f"POST {V1}/deviceConfigurations", f"POST {V1}/deviceConfigurations/{id_}/assign"]
    assert base64.b64decode(made["payload"]) == orders[0].unsigned
    assert made["@odata.type"] == "#microsoft.graph.iosCustomConfiguration"
    assert intune.assigned[id_] == [{"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": GROUP}]
    assert {one.effective.remote_id for one in receipts} == {id_}


def test_mail_on_a_mac_goes_to_the_user_channel_which_is_in_the_beta(intune: IntuneReplay) -> None:
    installed(intune, template(MAC))

    (made,) = intune.configurations.values()
    assert (made["@odata.type"], made["deploymentChannel"]) == (
        "#microsoft.graph.macOSCustomConfiguration",
        "userChannel",
    )
    assert changing(intune)[0] == f"POST {BETA}/deviceConfigurations"


def test_a_persons_own_profile_never_goes_to_a_group(intune: IntuneReplay) -> None:
    (receipt,) = installed(intune, install(PHONE))

    assert receipt.state is CommandState.FAILED
    assert "everybody in the group" in receipt.errors[0].text
    assert changing(intune) == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (profile().content.replace(b"you@example.com", b"{{Mail}}"), "{{Mail}}"),
        (profile().content.replace(b"You", b"{{mail}}" + b" " * LARGEST_PROFILE), str(LARGEST_PROFILE)),
    ],
)
def test_what_intune_would_send_as_it_stands_or_refuse_never_leaves_the_house(
    intune: IntuneReplay, content: bytes, words: str
) -> None:
    (receipt,) = installed(intune, install(PHONE, content=content))

    assert receipt.state is CommandState.FAILED
    assert words in receipt.errors[0].text
    assert changing(intune) == []


def test_without_a_group_the_configuration_says_what_is_missing(intune: IntuneReplay) -> None:
    with pytest.raises(ConfigProblem, match=r"mdm\.office\.group"):
        installed(intune, template(), group=None)


def test_a_changed_template_is_changed_in_place_and_keeps_its_other_groups(intune: IntuneReplay) -> None:
    installed(intune, template())
    (id_,) = intune.configurations
    excluded = {"@odata.type": "#microsoft.graph.exclusionGroupAssignmentTarget", "groupId": "others"}
    intune.assigned[id_] = [excluded]
    intune.asked.clear()
    changed = template(display_name="Somebody Else")

    installed(intune, changed)

    configurations = f"{V1}/deviceConfigurations/{id_}"
    assert changing(intune) == [f"PATCH {configurations}", f"POST {configurations}/assign"]
    assert base64.b64decode(intune.configurations[id_]["payload"]) == changed.unsigned
    assert [one["groupId"] for one in intune.assigned[id_]] == ["others", GROUP]


def test_a_template_that_is_right_only_makes_the_devices_look(intune: IntuneReplay) -> None:
    installed(intune, template())
    intune.asked.clear()

    receipts = installed(intune, template(), template(enrolled(guid(2), platform=Platform.IOS)))

    devices = f"POST {V1}/managedDevices"
    assert sorted(changing(intune)) == [f"{devices}/{guid(1)}/syncDevice", f"{devices}/{guid(2)}/syncDevice"]
    assert [one.already for one in receipts] == [True, True]


def test_the_number_of_devices_a_template_touches_is_that_of_the_group(intune: IntuneReplay) -> None:
    intune.members = [
        {"@odata.type": "#microsoft.graph.user", "id": guid(1001)},
        {"@odata.type": "#microsoft.graph.device", "id": "other", "deviceId": guid(2002)},
        {"@odata.type": "#microsoft.graph.user", "id": guid(1009)},
        {"@odata.type": "#microsoft.graph.user", "id": guid(1005)},
    ]
    new = within(intune, lambda connector, _: connector.touched_by([template()]))
    assert changing(intune) == []
    installed(intune, template())

    same = within(intune, lambda connector, _: connector.touched_by([template()]))
    changed = within(intune, lambda connector, _: connector.touched_by([template(display_name="Else")]))

    assert (new, same, changed) == (2, 1, 2)  # two phones of the group; the Mac and the PC are other families


def test_a_token_that_ends_on_a_post_makes_no_second_object(intune: IntuneReplay) -> None:
    intune.breaks("POST", f"{V1}/deviceConfigurations", 401, acts=True)

    (receipt,) = installed(intune, template())

    assert receipt.state is CommandState.QUEUED
    assert len(intune.configurations) == 1
    assert intune.calls().count(f"POST {V1}/deviceConfigurations") == 1
    assert intune.calls().count(TOKEN) == 2


@pytest.mark.parametrize(("headers", "slept"), [({"Retry-After": "7"}, [7.0]), ({}, [0.5])])
def test_too_many_requests_are_waited_out_with_and_without_advice(
    intune: IntuneReplay, headers: dict[str, str], slept: list[float]
) -> None:
    intune.breaks("POST", f"{V1}/deviceConfigurations", 429, headers=headers)

    async def body(connector: Intune, clock: Clockwork) -> list[float]:
        await connector.install([template()])
        return clock.slept

    assert within(intune, body) == slept
    assert len(intune.configurations) == 1


def test_reports_are_waited_for_and_fetched_without_our_key(intune: IntuneReplay) -> None:
    order = template()
    installed(intune, order)
    intune.pending, intune.reported = 3, {guid(1).upper(): "Succeeded", guid(2): "Error"}

    async def body(connector: Intune, clock: Clockwork) -> Any:
        return await connector.look(looks(guid(1), guid(2), guid(9))), clock.slept

    (one, two, three), slept = within(intune, body)

    assert isinstance(one, Inventory)
    assert (one.complete, one.profiles[0].identifier, one.profiles[0].revision) == (False, order.identifier, None)
    assert one.collected_at == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert (two.state, two.errors[0].text) == (CommandState.FAILED, "it reports Error for this device")
    assert (three.complete, three.profiles) == (False, ())
    assert slept == [2.0, 4.0, 8.0]
    assert [one.headers.get("authorization") for one in intune.fetched] == [None]


def test_a_link_that_ended_is_ordered_anew_once(intune: IntuneReplay) -> None:
    installed(intune, template())
    intune.expired = 1

    first = within(intune, lambda connector, _: connector.look(looks(guid(1))))
    intune.expired = 5
    with pytest.raises(NetworkProblem) as caught:
        within(intune, lambda connector, _: connector.look(looks(guid(1))))

    assert isinstance(first[0], Inventory)
    assert caught.value.code == "expired_link"
    assert intune.calls("POST").count(f"POST {BETA}/reports/exportJobs") == 4


def test_a_report_that_takes_too_long_is_no_answer(intune: IntuneReplay) -> None:
    installed(intune, template())
    intune.pending = 100

    (answer,) = within(intune, lambda connector, _: connector.look(looks(guid(1))))

    assert answer.state is CommandState.QUEUED


@pytest.mark.parametrize("archive", [b"", b"<html>", b"PK\x03\x04 cut"])
def test_a_report_that_is_none_is_an_error(archive: bytes) -> None:
    with pytest.raises(NetworkProblem) as caught:
        report_rows(archive, "a page")
    assert caught.value.code == "bad_answer"


def test_a_report_that_swells_is_not_read() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("report.csv", b"0" * (65 * 1024 * 1024))
    with pytest.raises(NetworkProblem):
        report_rows(packed.getvalue(), "a page")


def test_devices_come_link_by_link_apple_devices_only(intune: IntuneReplay) -> None:
    intune.devices = [device(number, "iOS" if number % 2 else "Windows") for number in range(1, 251)] + [
        device(900, "macOS")
    ]

    found = within(intune, lambda connector, _: listed(connector))

    assert len(found) == 125 + 2
    first = found[0]
    assert (first.id, first.serial, first.udid) == (guid(1), "SERIAL1", None)
    assert (first.emails, first.sign_ins, first.full_name) == (("user1@example.com",), ("user1@example.com",), "User 1")
    assert found[-1].channel is EnrollmentChannel.USER


@pytest.mark.parametrize("body", [b'{"value": [{"id"', b'{"@odata.nextLink": "x"}'])
def test_a_cut_page_is_an_error(intune: IntuneReplay, body: bytes) -> None:
    intune.breaks("GET", f"{V1}/managedDevices", 200, body=body)

    with pytest.raises(NetworkProblem) as caught:
        within(intune, lambda connector, _: listed(connector))
    assert caught.value.code == "bad_answer"


def test_removing_is_said_to_be_the_groups_business(intune: IntuneReplay) -> None:
    (receipt,) = within(intune, lambda connector, _: connector.remove([removal(guid(1), None)]))

    assert receipt.state is CommandState.FAILED
    assert "group" in receipt.errors[0].text
    assert intune.asked == []


def test_devices_are_told_to_synchronise_and_those_that_are_gone_are_named(intune: IntuneReplay) -> None:
    missed = within(intune, lambda connector, _: connector.wake([PHONE, enrolled(guid(77))]))

    assert missed == (guid(77),)
    assert f"POST {V1}/managedDevices/{guid(1)}/syncDevice" in changing(intune)


def test_a_probe_reads_only_and_names_a_wrong_secret(intune: IntuneReplay) -> None:
    fine = within(intune, lambda connector, _: connector.probe())
    wrong = within(intune, lambda connector, _: connector.probe(), secret="wrong")

    assert set(intune.calls()) == {TOKEN}
    assert not [one for one in fine if one.outcome is Outcome.FAIL]
    assert (wrong[0].check, wrong[0].outcome) == ("mdm.key", Outcome.FAIL)


def test_there_are_no_webhooks(intune: IntuneReplay) -> None:
    async def read(connector: Intune, _: Clockwork) -> None:
        with pytest.raises(NotPossible) as caught:
            connector.events({}, b"{}")
        assert caught.value.code == "bad_event"

    within(intune, read)
