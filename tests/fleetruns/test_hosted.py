"""Hosted MDMs from the command line: import, plan, apply, and everything that goes wrong in between."""

import plistlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, cli  # noqa: F401 - a fixture
from tests.fleetruns import hosted
from tests.fleetruns.conftest import FRESH, QUICK
from tests.fleetruns.hosted import Hosted, ago
from tests.lab.mdm.httpd import Response
from tests.lab.mdm.replay import Fault
from tests.lab.mdm.replay import fleetdm as fleet
from tests.lab.mdm.replay import intune as graph
from tests.lab.mdm.replay import jamf as pro

MOBILE = "mobiledeviceconfigurationprofiles"


@pytest.fixture
def office(
    request: pytest.FixtureRequest,
    cli: Cli,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Hosted]:
    with hosted.organisation(getattr(hosted, request.param), cli, tmp_path, monkeypatch.setenv) as made:
        yield made


def on(*names: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("office", names, indirect=True)


def _changes(office: Hosted) -> list[str]:
    """Return what the server was told to change."""
    harmless = ("/token", "exportJobs", "/blank-push", "/refresh", "/syncDevice")
    return [call for call in office.server.calls() if not call.endswith(harmless)]


# --- on every server ------------------------------------------------------------------------------------------------

ENDS = {
    "jamf": "password_unknown",
    "fleetdm": "password_unknown",
    "simplemdm": "unreported",
    "intune": "unknown",
    "folder": "unknown",
}


@on(*ENDS)
def test_what_the_mdm_knows_is_imported_brought_once_and_called_what_it_is(
    office: Hosted, request: pytest.FixtureRequest
) -> None:
    assert office.import_()["added"] == 3
    assert office.plan()["seats"] == 3
    first = office.apply()
    assert (first["pushed"], first["stopped"]) == (3, None)
    end = ENDS[request.node.callspec.params["office"]]
    assert first["states"] == {end: 3}
    before = len([call for call in _changes(office) if not call.endswith("/commands/run")])
    assert office.apply()["pushed"] == 0
    assert office.apply(*FRESH)["pushed"] == 0
    assert len([call for call in _changes(office) if not call.endswith("/commands/run")]) == before
    assert office.states() == {end: 3}


@on(*ENDS)
def test_what_the_provider_moves_is_brought_once_to_everybody(office: Hosted) -> None:
    office.import_()
    office.apply()
    office.move_server()
    assert office.plan()["actions"]["install"] == 3
    assert office.apply()["pushed"] == 3
    assert office.apply()["pushed"] == 0


@on("simplemdm", "folder", "intune", "fleetdm")
def test_mail_from_a_device_is_believed_where_the_server_shows_nothing(office: Hosted) -> None:
    office.import_()
    office.apply()
    assert office.run("confirm", "user1@example.com", "said so on the phone", "--offline").status == 0
    assert office.seat("user1@example.com")["state"] in ("unreported", "ok")
    assert office.apply()["pushed"] == 0


@on("jamf", "fleetdm", "simplemdm", "intune")
def test_a_server_that_is_down_is_said_and_made_up_for(office: Hosted) -> None:
    office.import_()
    down = [Fault(method=method, path="/", response=Response(status=500), times=10**6) for method in ("GET", "POST")]
    office.server.faults += down
    answer = office.run("apply", *QUICK, *hosted.SIGNED, "--json")
    assert (answer.status, answer.document["error"]["retryable"]) == (4, True)
    office.server.faults.clear()
    assert office.apply()["pushed"] == 3


# --- Jamf Pro -------------------------------------------------------------------------------------------------------


@on("jamf")
def test_a_device_that_lost_its_profile_gets_it_back_and_nobody_else_anything(office: Hosted) -> None:
    office.import_()
    office.apply()
    record = office.server.record("1")
    record["profiles"] = []
    office.look_again()
    for device in ("1", "2", "3"):
        office.server.tell(device, hosted.now())
    outcome = office.apply(*FRESH)
    assert outcome["pushed"] == 1
    assert outcome["states"] == {"password_unknown": 3}
    assert office.server.given == {"1": 2, "2": 1, "3": 1}


@on("jamf")
def test_an_order_whose_answer_was_lost_is_recognised_and_not_done_twice(office: Hosted) -> None:
    office.import_()
    office.server.breaks("POST", f"/JSSResource/{MOBILE}", 500, acts=True, times=3)
    lost = office.run("apply", *QUICK, *hosted.SIGNED, "--json")
    assert (lost.status, lost.document["error"]["code"]) == (4, "server_error")
    office.server.faults.clear()
    assert office.apply()["states"] == {"password_unknown": 3}
    assert set(office.server.given.values()) == {1}


@on("jamf")
def test_an_update_goes_out_under_the_identity_the_server_gave(office: Hosted) -> None:
    office.import_()
    office.apply()
    before = {number: office.server.content(MOBILE, number)["PayloadUUID"] for number in office.server.placed[MOBILE]}
    office.move_server()
    office.apply()
    after = {number: office.server.content(MOBILE, number)["PayloadUUID"] for number in office.server.placed[MOBILE]}
    assert before == after
    assert {len(one["profiles"]) for one in office.server.mobiles} == {1}


@on("jamf")
def test_an_inventory_from_before_the_push_proves_nothing_and_one_from_after_it_does(office: Hosted) -> None:
    office.import_()
    office.server.tells = False
    outcome = office.apply("--patience", "2s")
    assert outcome["states"] == {"in_flight": 3}
    assert office.apply("--patience", "2s")["pushed"] == 0
    for number in ("1", "2", "3"):
        office.server.tell(number, hosted.now())
    outcome = office.apply("--patience", "2s")
    assert (outcome["pushed"], outcome["states"]) == (0, {"password_unknown": 3})
    assert set(office.server.given.values()) == {1}


@on("jamf")
def test_an_old_inventory_is_asked_for_once_and_not_waited_for(office: Hosted) -> None:
    office.import_()
    for number in ("1", "2", "3"):
        office.server.tell(number, ago(days=3))
    outcome = office.apply("--patience", "20s")
    assert outcome["states"] == {"unknown": 3}
    asked = [
        one for one in office.server.asked if one.path.endswith("mobile-devices/detail") and one.query.get("filter")
    ]
    assert len(asked) == 1


@on("jamf")
def test_a_change_that_touches_more_devices_than_the_plan_names_needs_the_number(office: Hosted) -> None:
    tablet = pro.mobile(4, userAndLocation=dict(office.server.mobiles[0]["userAndLocation"]))
    tablet["general"]["lastInventoryUpdateDate"] = ago(hours=2)
    office.server.mobiles.append(tablet)
    office.import_()
    assert office.apply()["pushed"] == 4
    office.move_server()
    one = ("--only", "SERIAL1")
    refused = office.apply(*one)["error"]
    assert refused["code"] == "touches_more"
    assert "--touches 2" in refused["hint"]
    assert office.server.given["4"] == 1
    assert office.apply(*one, "--touches", "2")["pushed"] == 1
    assert office.server.given["4"] == 2


@on("jamf", "fleetdm")
def test_a_retired_seat_loses_its_profile_and_leaves_the_fleet(office: Hosted) -> None:
    office.import_()
    office.apply()
    assert office.run("retire", "user1@example.com", "--offline").status == 0
    office.apply(*FRESH)
    assert office.states() == {"password_unknown": 2}
    if isinstance(office.server, fleet.FleetReplay):
        assert {uuid: len(has) for uuid, has in office.server.devices.items()}["UDID-00000001"] == 0
    else:
        assert office.server.record("1")["profiles"] == []


# --- Fleet ----------------------------------------------------------------------------------------------------------


@on("fleetdm")
def test_a_device_that_refuses_is_named_with_its_words_and_not_asked_again(office: Hosted) -> None:
    office.import_()
    link = {"ErrorDomain": "MCInstallationErrorDomain", "ErrorCode": 4001, "USEnglishDescription": "install failed"}
    office.server.refuses["UDID-00000001"] = [link]
    outcome = office.apply("--max-failures", "100")
    assert outcome["states"] == {"failed": 1, "password_unknown": 2}
    assert "MCInstallationErrorDomain 4001" in office.seat("user1@example.com")["why"]
    assert office.apply()["pushed"] == 0


@on("fleetdm")
def test_a_device_that_lost_its_profile_is_given_it_once_more(office: Hosted) -> None:
    office.import_()
    office.apply()
    office.server.devices["UDID-00000001"].clear()
    office.look_again()
    assert office.apply(*FRESH)["pushed"] == 1
    installs = [one for one in office.server.ran if one["Command"]["RequestType"] == "InstallProfile"]
    assert len(installs) == 4
    assert office.states() == {"password_unknown": 3}


@on("fleetdm")
def test_mail_of_macs_goes_as_one_template_of_the_team(office: Hosted) -> None:
    macs = [fleet.host(number, "darwin", seen_time=hosted.now()) for number in (7, 8)]
    office.server.hosts = macs
    for one in macs:
        del one["device_mapping"]
        one["end_users"] = [{"idp_username": f"user{one['id']}@example.com", "idp_full_name": f"User {one['id']}"}]
    assert office.import_()["added"] == 2
    (template,) = office.plan()["templates"]
    assert template["seats"] == 2
    assert template["variables"] == ["$FLEET_VAR_HOST_END_USER_IDP_USERNAME"]
    assert office.apply()["pushed"] == 2
    (content,) = office.server.profiles.values()
    assert plistlib.loads(content)["PayloadIdentifier"] == template["identifier"]
    assert office.apply()["pushed"] == 0
    assert office.server.resent == []


# --- SimpleMDM ------------------------------------------------------------------------------------------------------


@on("simplemdm")
def test_a_profile_that_is_no_longer_assigned_is_said_and_sent_again_only_by_name(office: Hosted) -> None:
    office.import_()
    office.apply()
    office.server.assigned = {pair for pair in office.server.assigned if pair[1] != 1}
    office.look_again()
    assert office.apply(*FRESH)["states"] == {"unknown": 1, "unreported": 2}
    assert office.apply("--only", "user1@example.com", "--again")["pushed"] == 1
    assert len(office.server.assigned) == 3


@on("simplemdm")
def test_what_a_slow_server_takes_is_said_beforehand(office: Hosted) -> None:
    office.import_()
    assert office.plan()["seconds"] == {"office": 6.0}


@on("simplemdm", "folder")
def test_a_removal_nobody_can_see_is_handed_over_and_ends(office: Hosted) -> None:
    office.import_()
    office.apply()
    office.run("retire", "user1@example.com", "--offline")
    office.apply()
    assert sum(office.states().values()) == 2
    told = office.run("report", "--offline", "--json")
    assert told.status == 0


# --- Intune ---------------------------------------------------------------------------------------------------------


@on("intune")
def test_one_template_serves_a_group_and_its_report_is_shown_as_a_report(office: Hosted) -> None:
    office.import_()
    plan = office.plan()
    (template,) = plan["templates"]
    assert (template["seats"], template["variables"], plan["not_served"]) == (3, ["{{mail}}"], [])
    assert office.apply()["pushed"] == 3
    (made,) = office.server.configurations.values()
    assert made["displayName"].endswith(template["identifier"])
    office.server.reported = {graph.guid(1): "Succeeded", graph.guid(2): "Error"}
    outcome = office.apply()
    assert outcome["pushed"] == 0
    assert outcome["states"] == {"unreported": 1, "failed": 1, "unknown": 1}
    lines = office.run("report", "--offline", "--json")
    assert lines.status == 0


@on("intune")
def test_a_group_with_more_devices_than_the_fleet_needs_the_number(office: Hosted) -> None:
    office.import_()
    office.server.devices += [graph.device(number) for number in (11, 12)]
    office.server.members = [{"id": one["userId"]} for one in office.server.devices]
    refused = office.apply()["error"]
    assert refused["code"] == "touches_more"
    assert "--touches 5" in refused["hint"]
    assert "The other 2 get what the server fills in for them" in refused["message"]
    assert office.server.configurations == {}
    assert office.apply("--touches", "5")["pushed"] == 3


@on("intune")
def test_a_group_of_the_right_size_with_somebody_else_in_it_is_refused_by_name(office: Hosted) -> None:
    office.import_()
    office.server.devices.append(graph.device(11))
    members = [*office.server.devices[:2], office.server.devices[-1]]
    office.server.members = [{"id": one["userId"]} for one in members]
    refused = office.apply()["error"]
    assert refused["code"] == "touches_more"
    assert office.server.devices[-1]["userPrincipalName"] in refused["message"]
    assert office.server.devices[0]["userPrincipalName"] not in refused["message"]
    assert office.server.configurations == {}


@on("intune")
def test_whoever_no_template_serves_is_named_with_the_reason(office: Hosted) -> None:
    office.server.devices[2] |= {"emailAddress": "o'neil@example.com", "userPrincipalName": "oneil@corp.test"}
    office.import_()
    plan = office.plan()
    assert [one["seats"] for one in plan["templates"]] == [2]
    (left,) = plan["not_served"]
    assert left["address"] == "o'neil@example.com"
    assert "breaks XML" in left["why"]
    office.server.members.pop()
    assert office.apply()["pushed"] == 2
    assert "breaks XML" in office.seat("o'neil@example.com")["why"]


@on("jamf", "intune")
def test_a_sign_in_that_is_no_mailbox_is_named_and_not_guessed(office: Hosted) -> None:
    if isinstance(office.server, pro.JamfReplay):
        office.server.mobiles[0]["userAndLocation"] = {"username": "adm-7", "emailAddress": "", "realName": "A"}
    else:
        office.server.devices[0] |= {"emailAddress": "", "userPrincipalName": "adm-7"}
    told = office.import_()
    assert (told["added"], told["unclear_sign_ins"]) == (2, 1)
    assert told["unclear"][0]["sign_ins"] == ["adm-7"]


@on("jamf")
def test_a_mac_is_one_seat_and_waits_for_its_person_to_sign_in(office: Hosted) -> None:
    office.server.computers = [pro.computer(9)]
    general = office.server.computers[0]["general"]
    general["reportDate"] = general["lastContactTime"] = hosted.now()
    assert office.import_()["added"] == 4
    assert office.apply()["states"] == {"password_unknown": 3, "needs_sign_in": 1}
    general["mdmCapable"]["capableUsers"] = ["mac9"]
    assert office.apply("--patience", "2s")["pushed"] == 1
    assert office.server.scoped("osxconfigurationprofiles", 11) == ["9"]
