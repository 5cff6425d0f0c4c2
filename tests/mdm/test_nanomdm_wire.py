"""
What NanoMDM answers, byte by byte where it matters: asked of the test server, and of a real one where NANOMDM_URL is.

Everything here was measured on NanoMDM v0.9.0-14-g1d5fcf4 with its memory, file and PostgreSQL storage. NANOMDM_STORAGE
says which a real one has: `kv` (memory and file) or `sql`.
"""

import base64
import json
import os
import plistlib
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.lab.mdm.device import CHECKIN, CONNECT, Device, Phone
from tests.lab.mdm.identity import device_identity
from tests.lab.mdm.nano import CERT_HEADER, Storage
from tests.mdm.worlds import NanoWorld, Reply, nano_world, say

REAL = os.environ.get("NANOMDM_URL")
STORAGES = [Storage(os.environ.get("NANOMDM_STORAGE", "kv"))] if REAL else list(Storage)
NOBODY = "0DD0DD0D-0DD0-5DD0-8DD0-0DD0DD0DD0DD"


@dataclass
class Wire:
    """A server, asked without a connector in between."""

    world: NanoWorld
    storage: Storage
    tag: str = field(default_factory=lambda: uuid.uuid4().hex)

    def ask(self, method: str, path: str, body: bytes = b"", *, key: str | None = None) -> Reply:
        pair = base64.b64encode(f"nanomdm:{key or self.world.key}".encode()).decode()
        return say(self.world.url, method, path, body, {"Authorization": f"Basic {pair}"})

    def enqueue(self, ids: str, name: str, query: str = "?nopush=1") -> Reply:
        return self.ask("PUT", f"/v1/enqueue/{ids}{query}", command(self.name(name)))

    def name(self, name: str) -> str:
        return f"{name}-{self.tag}"

    def check_in(self, device: Device, **message: Any) -> Reply:
        headers = {"Content-Type": CHECKIN, CERT_HEADER: device.identity.header}
        return say(self.world.url, "PUT", "/mdm", plistlib.dumps({"UDID": device.udid, **message}), headers)

    def connect(self, device: Device, **message: Any) -> Reply:
        headers = {"Content-Type": CONNECT, CERT_HEADER: device.identity.header}
        return say(self.world.url, "PUT", "/mdm", plistlib.dumps({"UDID": device.udid, **message}), headers)

    def drain(
        self, device: Device, answers: Mapping[str, str] | None = None, named: Mapping[str, str] | None = None
    ) -> list[str]:
        """Return the commands a device is offered, in order; it acknowledges what `answers` does not name."""
        offered: list[str] = []
        message = {"Status": "Idle"}
        while (reply := self.connect(device, **(named or {}), **message)).body and len(offered) < 20:
            command = plistlib.loads(reply.body)["CommandUUID"]
            offered.append(command.removesuffix(f"-{self.tag}"))
            message = {"Status": (answers or {}).get(offered[-1], "Acknowledged"), "CommandUUID": command}
        return offered


def command(name: str, kind: str = "ProfileList") -> bytes:
    return plistlib.dumps({"CommandUUID": name, "Command": {"RequestType": kind}})


@pytest.fixture(params=STORAGES, ids=lambda storage: storage.value)
def wire(request: pytest.FixtureRequest) -> Iterator[Wire]:
    with nano_world(request.param) as world:
        yield Wire(world, request.param)


def test_a_wrong_key_is_told_in_words(wire: Wire) -> None:
    reply = wire.ask("GET", "/v1/pushcert", key="wrong")
    assert (reply.status, reply.body) == (401, b"Unauthorized\n")
    assert reply.headers["www-authenticate"] == 'Basic realm="nanomdm"'
    assert say(wire.world.url, "GET", "/version", b"", {}).status == 200


def test_an_enqueue_without_a_push_has_no_status_map(wire: Wire) -> None:
    ann = wire.world.phone(1)
    reply = wire.enqueue(ann.udid, "c")
    assert reply.status == 200
    assert reply.json() == {"no_push": True, "command_uuid": wire.name("c"), "request_type": "ProfileList"}
    assert wire.enqueue(ann.udid, "d", "?nopush=0").json()["no_push"] is True  # any value means yes
    assert wire.drain(ann) == ["c", "d"]


def test_the_same_command_twice_is_refused_even_long_after_it_was_answered(wire: Wire) -> None:
    ann = wire.world.phone(1)
    wire.enqueue(ann.udid, "c")
    texts = [wire.enqueue(ann.udid, "c").json()["command_error"]]
    assert wire.drain(ann) == ["c"]
    reply = wire.enqueue(ann.udid, "c")
    assert reply.status == 500
    already = {
        Storage.KV: f"command already exists: {wire.name('c')}",
        Storage.SQL: 'pq: duplicate key value violates unique constraint "commands_pkey"',
    }
    assert [*texts, reply.json()["command_error"]] == [already[wire.storage]] * 2
    assert wire.drain(ann) == []


def test_an_unknown_id_is_swallowed_by_files_and_refused_by_a_database(wire: Wire) -> None:
    ann = wire.world.phone(1)
    replies = [wire.enqueue(NOBODY, "c"), wire.enqueue(f"{ann.udid},{NOBODY}", "d")]
    if wire.storage is Storage.KV:
        assert [reply.status for reply in replies] == [200, 200]
        assert wire.drain(ann) == ["d"]
    else:
        assert [reply.status for reply in replies] == [500, 500]
        assert all("foreign key constraint" in reply.json()["command_error"] for reply in replies)
        assert wire.drain(ann) == []


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"garbage", "decoding command: parse error: "),
        (plistlib.dumps([1]), "decoding command: parse error: "),
        (plistlib.dumps({"CommandUUID": "c", "Command": {}}), "decoding command: invalid command"),
        (plistlib.dumps({"Command": {"RequestType": "ProfileList"}}), "decoding command: invalid command"),
        (command(""), "decoding command: invalid command"),
        (b"", "must enqueue or push"),
    ],
)
def test_what_is_no_command_is_a_500_with_a_command_error(wire: Wire, body: bytes, told: str) -> None:
    reply = wire.ask("PUT", f"/v1/enqueue/{NOBODY}?nopush=1", body)
    assert reply.status == 500
    assert reply.json()["command_error"].startswith(told)
    assert wire.ask("PUT", "/v1/enqueue/", body).json() == {"command_error": "getting enrollment ids: empty path"}


def test_whom_nobody_can_push_is_named_in_the_status(wire: Wire) -> None:
    reply = wire.ask("GET", f"/v1/push/{NOBODY}")
    assert reply.status == 500
    assert reply.json() == {"status": {NOBODY: {"push_error": "push data missing for id"}}}
    ann = wire.world.phone(1)
    both = wire.ask("GET", f"/v1/push/{ann.udid},{NOBODY}")
    assert both.json()["status"][NOBODY] == {"push_error": "push data missing for id"}
    has_certificate = "push_result" in both.json()["status"].get(ann.udid, {})
    assert both.status == (207 if has_certificate else 500)
    assert ("push_error" in both.json()) is not has_certificate


def test_a_device_can_be_pushed_while_it_enrolls_again_and_after_it_left(wire: Wire) -> None:
    ann = wire.world.phone(1)
    before = wire.ask("GET", f"/v1/push/{ann.udid}").status
    ann.authenticate()
    assert wire.ask("GET", f"/v1/push/{ann.udid}").status == before
    ann.check_out()
    assert wire.ask("GET", f"/v1/push/{ann.udid}").status == before
    assert wire.enqueue(ann.udid, "c").status == 200
    assert wire.drain(ann) == ["c"]


def test_no_push_certificate_is_a_push_error_beside_a_command_that_is_queued(wire: Wire) -> None:
    if wire.world.server is None:
        if wire.ask("GET", f"/v1/push/{wire.world.phone(1).udid}").status == 200:
            pytest.skip("this server has a push certificate")
    else:
        wire.world.server.faults.push_certificate = 'retrieving push cert for topic "…": not found'
    ann = wire.world.phone(1)
    reply = wire.enqueue(ann.udid, "c", "")
    assert reply.status == 500
    assert reply.json()["push_error"].startswith("retrieving push cert for topic ")
    assert {"status", "command_error"} & reply.json().keys() == set()
    alone = wire.enqueue(NOBODY, "d", "").json()  # nobody to push: the certificate is never looked for
    assert "push_error" not in alone
    assert wire.drain(ann) == ["c"]


def test_a_device_shows_its_own_certificate_or_is_refused(wire: Wire) -> None:
    ann, ben = wire.world.phone(1), wire.world.phone(2)
    bare = say(wire.world.url, "PUT", "/mdm", plistlib.dumps({"UDID": ann.udid, "Status": "Idle"}), {})
    assert (bare.status, bare.body) == (400, b"Bad Request\n")
    ann.identity = ben.identity
    assert wire.connect(ann, Status="Idle").status == 500
    stranger = Phone(wire.world.url, number=3)
    assert wire.connect(stranger, Status="Idle").status == (500 if stranger.udid not in wire.world.devices else 200)
    ben.identity = device_identity(ben.udid)
    ben.enrol()  # a device that enrolls again may bring a new one
    assert wire.connect(ben, Status="Idle").status == 200


@pytest.mark.parametrize(
    ("kind", "status", "told"),
    [
        ("Nonsense", 400, False),
        ("", 400, False),
        ("GetBootstrapToken", 200, True),
        ("SetBootstrapToken", 200, True),
        ("UserAuthenticate", 410, True),
        ("GetToken", 500, True),
    ],
)
def test_check_ins_that_fail_are_told_by_webhook_all_the_same(
    wire: Wire, kind: str, status: int, *, told: bool
) -> None:
    mac = wire.world.mac(1)
    wire.world.settle()
    before = len(wire.world.received.calls)
    keys = {"UserID": str(uuid.uuid4())} if kind == "UserAuthenticate" else {"TokenServiceType": "com.apple.maid"}
    assert wire.check_in(mac, MessageType=kind, **keys).status == status
    wire.world.settle()
    topics = [json.loads(body)["topic"] for _, body in wire.world.received.calls[before:]]
    assert topics == ([f"mdm.{kind}"] if told else [])


def test_an_answer_without_a_status_or_a_command_is_refused(wire: Wire) -> None:
    ann = wire.world.phone(1)
    assert wire.connect(ann).status == 400
    assert wire.connect(ann, Status="Acknowledged").status == 500


def test_what_was_put_off_is_offered_after_any_other_answer(wire: Wire) -> None:
    ann = wire.world.phone(1)
    for name in ("a", "b", "c"):
        wire.enqueue(ann.udid, name)
    offered = wire.drain(ann, {"a": "NotNow", "b": "Error"})
    assert offered[:5] == ["a", "b", "a", "c", "a"]


def test_files_lose_what_was_put_off_once_a_later_command_was_answered(wire: Wire) -> None:
    ann = wire.world.phone(1)
    wire.enqueue(ann.udid, "a")
    wire.enqueue(ann.udid, "b")
    offered = wire.drain(ann, {"a": "NotNow"})
    if wire.storage is Storage.KV:
        assert offered == ["a", "b", "a", "b"]  # the last command again, and its second answer empties the list
        assert wire.drain(ann) == []
    else:
        assert offered == ["a", "b", "a"]
        assert wire.drain(ann) == ["a"]


def test_files_lose_everything_by_an_answer_that_comes_twice(wire: Wire) -> None:
    ann = wire.world.phone(1)
    wire.enqueue(ann.udid, "a")
    assert wire.drain(ann) == ["a"]
    wire.enqueue(ann.udid, "b")
    wire.connect(ann, Status="Acknowledged", CommandUUID=wire.name("a"))
    assert wire.drain(ann) == ([] if wire.storage is Storage.KV else ["b"])


def test_an_answer_to_a_command_that_never_was_is_refused_by_a_database_alone(wire: Wire) -> None:
    ann = wire.world.phone(1)
    wire.enqueue(ann.udid, "a")
    reply = wire.connect(ann, Status="Acknowledged", CommandUUID=wire.name("never"))
    assert reply.status == (200 if wire.storage is Storage.KV else 500)
    assert wire.drain(ann) == ([] if wire.storage is Storage.KV else ["a"])


def test_enrolling_again_empties_the_queue_and_in_a_database_those_of_the_users(wire: Wire) -> None:
    mac = wire.world.mac(1)
    channel = mac.log_in(wire.tag)  # on a server that lasts, one who never was there
    mac.token_update(channel)
    user = mac.user_id(channel)
    wire.enqueue(mac.udid, "device")
    wire.enqueue(user, "user")
    mac.authenticate()
    assert wire.enqueue(mac.udid, "between").status == 200
    assert wire.drain(mac) == ["between"]  # even before the TokenUpdate
    assert wire.drain(mac, named=channel.named) == (["user"] if wire.storage is Storage.KV else [])
    assert wire.enqueue(mac.udid, "device").status == 500  # forgotten, and its name is taken all the same


def test_the_tally_of_a_users_channel_begins_anew_in_a_database_alone(wire: Wire) -> None:
    mac = wire.world.mac(1)
    channel = mac.log_in(wire.tag)  # on a server that lasts, one who never was there
    mac.token_update(channel)
    mac.enrol()
    wire.world.settle()
    events = [json.loads(body) for _, body in wire.world.received.calls]
    tallies = [
        (event["checkin_event"]["ids"]["type"], event["checkin_event"]["token_update_tally"])
        for event in events
        if event["topic"] == "mdm.TokenUpdate" and event["checkin_event"]["udid"] == mac.udid
    ]
    assert tallies == [("Device", 1), ("User", 1), ("Device", 1), ("User", 2 if wire.storage is Storage.KV else 1)]


def test_an_event_has_the_keys_of_nanomdms_schema(wire: Wire) -> None:
    mac = wire.world.mac(1)
    channel = mac.log_in(wire.tag)  # on a server that lasts, one who never was there
    mac.token_update(channel)
    wire.connect(mac, **channel.named, Status="Idle")
    wire.world.settle()
    headers, _ = wire.world.received.calls[-1]
    assert headers["content-type"] == "application/json; charset=utf-8"
    events = {}
    for _, body in wire.world.received.calls:
        event = json.loads(body)
        assert event.keys() - {"checkin_event", "acknowledge_event"} == {"topic", "event_id", "created_at"}
        inner = event.get("checkin_event") or event["acknowledge_event"]
        events[event["topic"], inner["ids"]["type"]] = inner
    ids = {"id": mac.user_id(channel), "parent_id": mac.udid, "type": "User"}
    user, idle = events["mdm.TokenUpdate", "User"], events["mdm.Connect", "User"]
    assert user.keys() == {"udid", "ids", "raw_payload", "token_update_tally"}
    assert (user["ids"], user["token_update_tally"]) == (ids, 1)
    assert idle.keys() == {"udid", "ids", "raw_payload", "status"}
    assert events["mdm.Authenticate", "Device"].keys() == {"udid", "ids", "raw_payload"}
    assert events["mdm.Authenticate", "Device"]["ids"] == {"id": mac.udid, "type": "Device"}
