"""Webhook calls are a stranger's bytes until proved otherwise: read hard, or refused with one error."""

import base64
import json
import plistlib
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.errors import NotPossible
from profilegen.fleet.seat import EnrollmentChannel
from profilegen.fleet.seen import CommandState
from profilegen.mdm import apple
from profilegen.mdm.webhook import LARGEST_CALL, read_events
from profilegen.ports.mdm import Event, EventKind
from profilegen.profile.types import Platform
from tests.lab.mdm.device import failed

NOW = datetime(2027, 1, 1, 12, tzinfo=UTC)


def events(call: object) -> tuple[Event, ...]:
    body = call if isinstance(call, bytes) else json.dumps(call).encode()
    return read_events(body, mdm="nano", identify=lambda _inner, message: apple.text(message, "UDID"), now=NOW)


def answer(**keys: Any) -> dict[str, Any]:
    raw = plistlib.dumps({"UDID": "U", "CommandUUID": "c", "Status": "Acknowledged", **keys})
    inner = {"raw_payload": base64.b64encode(raw).decode()}
    return {"topic": "mdm.Connect", "created_at": "2026-12-31T23:00:00.123456789Z", "acknowledge_event": inner}


def one(**keys: Any) -> Event:
    (event,) = events(answer(**keys))
    return event


def code_of(call: object) -> str:
    with pytest.raises(NotPossible) as caught:
        events(call)
    return caught.value.code


@pytest.mark.parametrize(
    "call",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b"[" * 200_000,
        b"x" * (LARGEST_CALL + 1),
        {"topic": 3},
        {"topic": "mdm.Connect"},
        {"topic": "mdm.Connect", "checkin_event": {}},
        {"topic": "mdm.Connect", "acknowledge_event": {"raw_payload": 3}},
        {"topic": "mdm.Connect", "acknowledge_event": {"raw_payload": "%%%"}},
        {"topic": "mdm.Connect", "acknowledge_event": {"raw_payload": "YWJj"}},
        answer() | {"acknowledge_event": {"raw_payload": base64.b64encode(plistlib.dumps([])).decode()}},
        answer() | {"acknowledge_event": {"raw_payload": base64.b64encode(plistlib.dumps({"UDID": 3})).decode()}},
    ],
    ids=range(14),
)
def test_what_is_no_call_of_an_mdm_is_refused(call: object) -> None:
    assert code_of(call) == "bad_event"


@given(st.binary(max_size=200))
def test_no_bytes_of_a_device_bring_anything_down(raw: bytes) -> None:
    call = {"topic": "mdm.Connect", "acknowledge_event": {"raw_payload": base64.b64encode(raw).decode()}}
    assert code_of(call) == "bad_event"


_PLAIN = st.booleans() | st.integers(-(2**31), 2**31) | st.text("abc", max_size=5) | st.binary(max_size=9)
_NAMES = st.sampled_from(["PayloadUUID", "PayloadType", "ErrorCode", "ErrorDomain"])
_VALUES = st.recursive(
    _PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3),
    max_leaves=8,
)
_PROFILE_KEYS = (
    "PayloadIdentifier",
    "PayloadUUID",
    "PayloadContent",
    "PayloadDescription",
    "SignerCertificates",
    "IsManaged",
)
_PROFILE = st.fixed_dictionaries({}, optional=dict.fromkeys(_PROFILE_KEYS, _VALUES))
_OTHER_KEYS = ("ErrorChain", "QueryResponses", "CommandUUID", "UserID", "ProductName")
_STATUSES = st.sampled_from(["Acknowledged", "Error", "NotNow", "Idle", "CommandFormatError", "Else"])
_ANSWER = {
    "Status": _STATUSES | _VALUES,
    "ProfileList": st.lists(_PROFILE, max_size=3) | _VALUES,
    **dict.fromkeys(_OTHER_KEYS, _VALUES),
}


@given(st.fixed_dictionaries({}, optional=_ANSWER))
def test_keys_with_values_of_other_types_are_none_and_never_an_accident(keys: dict[str, Any]) -> None:
    (event,) = events(answer(**keys))
    assert event.kind in (EventKind.ANSWERED, EventKind.SEEN)
    if event.inventory is not None:
        assert all(profile.identifier for profile in event.inventory.profiles)


@pytest.mark.parametrize(
    ("claimed", "at"),
    [
        ("2026-12-31T23:00:00.123456789Z", datetime(2026, 12, 31, 23, 0, 0, 123456, tzinfo=UTC)),
        ("2027-01-01T01:00:00+02:00", datetime(2026, 12, 31, 23, tzinfo=UTC)),
        ("2031-01-01T00:00:00Z", NOW),
        ("0001-01-01T00:00:00Z", NOW),
        ("9999-12-31T23:59:59-14:00", NOW),
        ("2026-12-31T23:00:00", NOW),
        ("yesterday", NOW),
        (None, NOW),
        (17, NOW),
    ],
)
def test_the_servers_time_is_taken_where_it_can_be_true(claimed: object, at: datetime) -> None:
    (event,) = events(answer() | {"created_at": claimed})
    assert event.at == at
    assert event.enrollment.last_seen == at


@pytest.mark.parametrize(
    ("status", "kind", "state"),
    [
        ("Acknowledged", EventKind.ANSWERED, CommandState.ACKNOWLEDGED),
        ("Error", EventKind.ANSWERED, CommandState.FAILED),
        ("CommandFormatError", EventKind.ANSWERED, CommandState.FAILED),
        ("NotNow", EventKind.ANSWERED, CommandState.WAITING),
        ("Idle", EventKind.SEEN, None),
        ("Something new", EventKind.SEEN, None),
    ],
)
def test_each_status_has_its_meaning(status: str, kind: EventKind, state: CommandState | None) -> None:
    event = one(Status=status)
    assert (event.kind, event.state, event.command) == (kind, state, None if state is None else "c")


@pytest.mark.parametrize(("domain", "code"), [("MDMClientError", 89), ("MCMDMErrorDomain", 12075)])
def test_a_profile_that_was_not_there_counts_as_removed(domain: str, code: int) -> None:
    event = one(**failed(domain, code, "not found"))
    assert (event.state, event.errors) == (CommandState.ACKNOWLEDGED, ())
    assert one(**failed(domain, code + 1, "else")).state is CommandState.FAILED


def test_an_error_chain_is_cut_to_a_sane_length() -> None:
    link = {"ErrorDomain": "d" * 9999, "ErrorCode": 1, "LocalizedDescription": "t" * 9999}
    event = one(Status="Error", ErrorChain=[link] * 99)
    assert (len(event.errors), len(event.errors[0].domain), len(event.errors[0].text)) == (10, 500, 500)


def test_a_list_of_profiles_that_failed_is_no_inventory() -> None:
    assert one(Status="Error", ProfileList=[]).inventory is None
    empty = one(ProfileList=[]).inventory
    assert empty is not None
    assert (empty.complete, empty.profiles) == (True, ())


def test_an_inventory_with_something_unreadable_in_it_is_not_complete() -> None:
    inventory = one(ProfileList=[{"PayloadIdentifier": "a"}, {"PayloadUUID": "b"}]).inventory
    assert inventory is not None
    assert (inventory.complete, [profile.identifier for profile in inventory.profiles]) == (False, ["a"])


def test_only_profiles_that_may_concern_mail_are_kept() -> None:
    wifi = {"PayloadIdentifier": "wifi", "PayloadContent": [{"PayloadType": "com.apple.wifi.managed"}]}
    mail = {"PayloadIdentifier": "mail", "PayloadContent": [{"PayloadType": "com.apple.eas.account"}]}
    ours = wifi | {"PayloadIdentifier": "ours", "PayloadDescription": "Made. Revision 0123abcd."}
    closed = {"PayloadIdentifier": "closed", "IsEncrypted": True}
    inventory = one(ProfileList=[wifi, mail, ours, closed]).inventory
    assert inventory is not None
    assert [(each.identifier, each.has_mail, each.revision) for each in inventory.profiles] == [
        ("mail", True, None),
        ("ours", False, "0123abcd"),
        ("closed", None, None),
    ]


@pytest.mark.parametrize(
    ("product", "platform"),
    [
        ("iPhone14,7", Platform.IOS),
        ("iPad13,1", Platform.IOS),
        ("Mac14,7", Platform.MACOS),
        ("MacBookPro18,3", Platform.MACOS),
        ("iMac21,1", Platform.MACOS),
        ("AppleTV11,1", None),
        (None, None),
    ],
)
def test_a_product_name_tells_the_platform(product: str | None, platform: Platform | None) -> None:
    assert apple.platform_of(product) is platform


def test_a_user_enrollment_has_no_udid() -> None:
    raw = plistlib.dumps({"EnrollmentID": "E", "EnrollmentUserID": "M", "MessageType": "TokenUpdate"})
    call = {"topic": "mdm.TokenUpdate", "checkin_event": {"raw_payload": base64.b64encode(raw).decode()}}
    (event,) = read_events(json.dumps(call).encode(), mdm="nano", identify=lambda _i, _m: "E:M", now=NOW)
    enrollment = event.enrollment
    assert (enrollment.id, enrollment.udid, enrollment.parent) == ("E:M", None, "E")
    assert (enrollment.channel, enrollment.tally) == (EnrollmentChannel.USER, None)


def test_a_status_report_is_told_as_one() -> None:
    for endpoint, kind in (("status", EventKind.STATUS), ("tokens", EventKind.SEEN)):
        raw = plistlib.dumps({"UDID": "U", "MessageType": "DeclarativeManagement", "Endpoint": endpoint})
        inner = {"raw_payload": base64.b64encode(raw).decode()}
        (event,) = events({"topic": "mdm.DeclarativeManagement", "checkin_event": inner})
        assert event.kind is kind


def test_topics_that_do_not_matter_are_nothing() -> None:
    raw = plistlib.dumps({"UDID": "U", "MessageType": "GetBootstrapToken"})
    inner = {"raw_payload": base64.b64encode(raw).decode()}
    assert events({"topic": "mdm.GetBootstrapToken", "checkin_event": inner}) == ()
