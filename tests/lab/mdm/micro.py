"""
MicroMDM: a test server built from the public source (micromdm/micromdm at c4878e2), never compared with a running one.

Interface (Basic authentication): POST /v1/devices, POST /v1/commands/UDID with a raw command, GET /v1/commands/UDID,
GET /push/UDID, GET /version. Queues are keyed by UDID, or by UserID and EnrollmentID alone; a command that comes twice
is queued twice; the list of devices comes whole, whatever page is asked for; a webhook call is not signed, but a URL
with a user name and a password makes it carry Basic authentication.
"""

import base64
import json
import plistlib
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tests.lab.mdm.device import CHECKIN, CONNECT
from tests.lab.mdm.hooks import WebhookSender
from tests.lab.mdm.httpd import Request, Response
from tests.lab.mdm.nano import CERT_HEADER, OnPush, is_authorised
from tests.lab.mdm.queues import Waiting
from tests.lab.mdm.store import Answered, Store

API_KEY = "micromdm-test-key"
PLACES = {CHECKIN: "/mdm/checkin", CONNECT: "/mdm/connect"}
"""Where a device of this server goes with which kind of message."""


class MicroMdm:
    """The server; `on_push` is called with every id that APNs would wake, `unpushable` are those it refuses."""

    def __init__(self, *, webhook: WebhookSender | None = None) -> None:
        self.webhook = webhook
        self.on_push: OnPush = lambda _id: None
        self.store = Store()
        self.unpushable: set[str] = set()
        self.statuses: list[Response] = []
        self.enqueued: list[tuple[str, str]] = []
        self._last_seen: dict[str, str] = {}

    def answer(self, request: Request) -> Response:
        """Answer one request of either side."""
        if request.path in PLACES.values():
            return self._device(request)
        if request.path == "/version":
            return _json({"version": "test"})
        if not is_authorised(request, "micromdm", API_KEY):
            return _json({"error": "authentication required"}, 401)
        if self.statuses:
            return self.statuses.pop(0)
        with self.store.guard:
            return self._api(request)

    def _api(self, request: Request) -> Response:
        if request.path == "/v1/devices" and request.method == "POST":
            return self._devices(json.loads(request.body))
        if request.path.startswith("/v1/commands/"):
            return self._commands(request, request.path.removeprefix("/v1/commands/"))
        if request.path.startswith("/push/"):
            return self._push(request.path.removeprefix("/push/"))
        return Response(status=404, body=b"404 page not found\n")

    def _devices(self, options: Mapping[str, Any]) -> Response:
        serials = options.get("filter_serial") or []
        devices = [
            {
                "serial_number": one.serial or "",
                "udid": one.id,
                "enrollment_status": one.active,
                "last_seen": self._last_seen.get(one.id, "0001-01-01T00:00:00Z"),
                "dep_profile_status": "",
            }
            for one in self.store.enrollments.values()
            if one.parent is None and (not serials or one.serial in serials)
        ]
        return _json({"devices": devices or None})

    def _commands(self, request: Request, id_: str) -> Response:
        if request.method == "GET":
            commands = [
                {"uuid": one.uuid, "payload": base64.b64encode(one.raw).decode("ascii")}
                for one in self.store.queue(id_)
            ]
            return _json({"commands": commands} if commands else {})
        try:
            command = plistlib.loads(request.body)
            uuid_, kind = command["CommandUUID"], command["Command"]["RequestType"]
        except Exception as exc:  # noqa: BLE001 - plistlib raises what its parsers raise
            return _json({"error": f"parse payload as plist: {exc}"}, 500)
        self.enqueued.append((id_, uuid_))
        self.store.queue(id_).append(Waiting(uuid=uuid_, request=kind, raw=request.body))
        self._wake(id_)
        named = {"udid": id_, "command_uuid": uuid_, "command": {"request_type": kind}}
        return _json({"payload": named | {"payload": base64.b64encode(request.body).decode("ascii")}}, 201)

    def _push(self, id_: str) -> Response:
        if not self._wake(id_):
            return _json({"error": "retrieving PushInfo by UDID: not found: PushInfo"}, 500)
        return _json({"status": "success", "push_notification_id": str(uuid.uuid4())})

    def _wake(self, id_: str) -> bool:
        known = self.store.enrollments.get(id_)
        if known is None or known.tally == 0 or id_ in self.unpushable:
            return False
        self.on_push(known.parent or id_)
        return True

    def _device(self, request: Request) -> Response:
        if CERT_HEADER.lower() not in request.headers:
            return Response(status=400, body=b"Bad Request\n")
        message: dict[str, Any] = plistlib.loads(request.body)
        with self.store.guard:
            self._last_seen[message.get("UDID", "")] = datetime.now(UTC).isoformat()
            if request.headers.get("content-type", "").startswith("application/x-apple-aspen-mdm-checkin"):
                return self._check_in(message, request.body)
            return self._connect(message, request.body)

    def _check_in(self, message: Mapping[str, Any], raw: bytes) -> Response:
        kind, id_ = message["MessageType"], key_of(message)
        parent = message.get("UDID") if message.get("UserID") else None
        if kind == "Authenticate":
            self.store.authenticate(id_, "Device", message.get("SerialNumber"))
        elif kind == "TokenUpdate":
            self.store.token_update(id_, "User" if parent else "Device", parent)
        elif kind == "CheckOut":
            self.store.check_out(id_)
        else:
            return Response(status=500, body=b"Internal Server Error\n")
        event = {
            "udid": message.get("UDID", ""),
            "url_params": None,
            "raw_payload": base64.b64encode(raw).decode("ascii"),
        }
        self._tell({"topic": f"mdm.{kind}", "checkin_event": event})
        return Response()

    def _connect(self, message: Mapping[str, Any], raw: bytes) -> Response:
        id_, status, command = key_of(message), message["Status"], message.get("CommandUUID", "")
        if status != "Idle":
            self.store.report(Answered(enrollment=id_, command=command, status=status, body=dict(message)))
        event = {
            "udid": message.get("UDID", ""),
            "status": status,
            "raw_payload": base64.b64encode(raw).decode("ascii"),
        }
        self._tell(
            {"topic": "mdm.Connect", "acknowledge_event": event | ({"command_uuid": command} if command else {})}
        )
        following = self.store.next_for(id_, status)
        return Response(body=following.raw if following is not None else b"")

    def _tell(self, event: Mapping[str, Any]) -> None:
        if self.webhook is not None:
            stamp = datetime.now(UTC).isoformat().replace("+00:00", "123Z")
            self.webhook.send(dict(event) | {"event_id": str(uuid.uuid4()), "created_at": stamp})


def key_of(message: Mapping[str, Any]) -> str:
    """Return what MicroMDM calls the sender of a message."""
    return str(message.get("EnrollmentID") or message.get("UserID") or message["UDID"])


def _json(value: object, status: int = 200) -> Response:
    body = json.dumps(value, indent=2).encode() + b"\n"
    return Response(status=status, body=body, headers={"Content-Type": "application/json; charset=utf-8"})
