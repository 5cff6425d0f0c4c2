"""
NanoMDM: a protocol-true test server written from the documented wire format.

Interface (Basic authentication): PUT /v1/enqueue/IDS, GET /v1/push/IDS, GET /v1/pushcert, GET /version. Devices:
PUT /mdm. Answers, queue rules and webhook events are those measured on NanoMDM 1d5fcf4 with its file storage and, with
`Storage.SQL`, with PostgreSQL; test_nanomdm_wire.py asks both the same.
"""

import base64
import hmac
import itertools
import json
import plistlib
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from tests.lab.mdm.checkins import BAD_REQUEST, CHECK_INS, FAILED, enrollment_ids, message_of, text_answer
from tests.lab.mdm.hooks import WebhookSender
from tests.lab.mdm.httpd import Request, Response, http_service
from tests.lab.mdm.queues import LinkedQueue, PlainQueue, Waiting
from tests.lab.mdm.store import Answered, Store

API_KEY = "nanomdm-test-key"
CERT_HEADER = "X-Client-Cert"
TOPIC = "com.apple.mgmt.External.10f1d0b1-2d1f-4a3f-9a63-aa4f3a3c1f11"

OnPush = Callable[[str], None]


class Storage(Enum):
    """
    The file or memory storage (`KV`), or a database (`SQL`).

    For an id it does not know, `KV` swallows a command and `SQL` refuses the whole batch. When a device enrolls again,
    `KV` keeps what waits for its user channels, and their tallies. `LinkedQueue` says what else `KV` does.
    """

    KV = "kv"
    SQL = "sql"


@dataclass(slots=True, kw_only=True)
class NanoFaults:
    """
    What is wrong with the server.

    `push_certificate` None: it has one; a text: the error of every push. `unpushable` ids that APNs refuses. `swallow`
    takes (id, command UUID) and returns True for a command that is accepted with 200 and lost, as the file storage
    does. `statuses` are answered, one per call of the interface, before anything else happens. `meanwhile` is called
    with the ids while a command is being taken, several at a time if several come.
    """

    push_certificate: str | None = None
    unpushable: set[str] = field(default_factory=set)
    swallow: Callable[[str, str], bool] = lambda _id, _command: False
    statuses: list[Response] = field(default_factory=list)
    meanwhile: Callable[[Sequence[str]], None] = lambda _ids: None


class NanoMdm:
    """The server; `on_push` is called with every id that APNs would wake."""

    def __init__(
        self,
        *,
        storage: Storage = Storage.KV,
        webhook: WebhookSender | None = None,
        faults: NanoFaults | None = None,
        declarations: Callable[[str, Mapping[str, Any]], Response] | None = None,
    ) -> None:
        self.storage = storage
        self.webhook = webhook
        self.faults = faults or NanoFaults()
        self.on_push: OnPush = lambda _id: None
        is_kv = storage is Storage.KV
        self.store = Store(new_queue=LinkedQueue if is_kv else PlainQueue, forgets_channels=not is_kv)
        self.enqueued: list[tuple[str, str]] = []
        self.pushed: list[str] = []
        self.bytes_in = 0
        self._declarations = declarations
        self._ids = itertools.count(1)

    def answer(self, request: Request) -> Response:
        """Answer one request of either side."""
        if request.path == "/mdm":
            return self._device(request)
        if request.path == "/version":
            return _json({"version": "test"})
        if not is_authorised(request, "nanomdm", API_KEY):
            headers = {"WWW-Authenticate": 'Basic realm="nanomdm"'}
            return text_answer(401, "Unauthorized", headers)
        if self.faults.statuses:
            return self.faults.statuses.pop(0)
        return self._api(request)

    # --- the interface

    def _api(self, request: Request) -> Response:
        place, slash, ids = request.path.removeprefix("/v1/").partition("/")
        if place in ("enqueue", "push") and slash and not ids:
            kind = "command_error" if place == "enqueue" else "push_error"
            return _json({kind: "getting enrollment ids: empty path"}, 500)
        if place == "enqueue" and ids:
            return self._enqueue(ids.split(","), request.body, no_push=bool(request.query.get("nopush")))
        if place == "push" and ids:
            return self._pushed(ids.split(","), {})
        if place == "pushcert" and request.method == "GET":
            return self._push_certificate(request.query.get("topic", ""))
        return text_answer(404, "404 page not found")

    def _enqueue(self, ids: Sequence[str], raw: bytes, *, no_push: bool) -> Response:
        self.faults.meanwhile(ids)
        result: dict[str, Any] = {"no_push": True} if no_push else {}
        if not raw:
            error = {"command_error": "must enqueue or push"}
            return _json(result | error, 500) if no_push else self._pushed(ids, {})
        try:
            command = plistlib.loads(raw)
            named = {"command_uuid": command["CommandUUID"], "request_type": command["Command"]["RequestType"]}
            if not all(named.values()):
                raise KeyError("CommandUUID")
        except KeyError:
            return _json({"command_error": "decoding command: invalid command"}, 500)
        except Exception as exc:  # noqa: BLE001 - plistlib raises what its parsers raise
            return _json({"command_error": f"decoding command: parse error: {exc}"}, 500)
        with self.store.guard:
            error_text = self._put(ids, Waiting(uuid=named["command_uuid"], request=named["request_type"], raw=raw))
        result |= named
        if error_text is not None:
            return _json({"command_error": error_text} | result, 500)
        return _json(result) if no_push else self._pushed(ids, result)

    def _put(self, ids: Sequence[str], command: Waiting) -> str | None:
        """Queue a command for all ids, or return why for none."""
        if command.uuid in self.store.commands:
            if self.storage is Storage.SQL:
                return 'pq: duplicate key value violates unique constraint "commands_pkey"'
            return f"command already exists: {command.uuid}"
        if self.storage is Storage.SQL and any(not self._is_pushable(one) for one in ids):
            return (
                'pq: insert or update on table "enrollment_queue" violates foreign key constraint '
                '"enrollment_queue_id_fkey"'
            )
        self.store.commands[command.uuid] = command.request
        self.bytes_in += len(command.raw)
        for one in ids:
            self.enqueued.append((one, command.uuid))
            if not self.faults.swallow(one, command.uuid):
                self.store.queue(one).append(Waiting(uuid=command.uuid, request=command.request, raw=command.raw))
        return None

    def _pushed(self, ids: Sequence[str], result: dict[str, Any]) -> Response:
        status = {one: {"push_error": "push data missing for id"} for one in ids if not self._is_pushable(one)}
        if self.faults.push_certificate is not None and len(status) < len(ids):
            told = {"status": status} if status else {}
            return _json(told | {"push_error": self.faults.push_certificate} | result, 500)
        for one in (one for one in ids if one not in status):
            if one in self.faults.unpushable:
                status[one] = {"push_error": "push HTTP status: 410: APNs push error: Unregistered"}
            else:
                status[one] = {"push_result": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{one} {next(self._ids)}")).upper()}
                self.pushed.append(one)
                self.on_push(one)
        errors = sum("push_error" in one for one in status.values())
        code = 200 if not errors else 500 if errors == len(ids) else 207
        return _json({"status": status} | result, code)

    def _is_pushable(self, id_: str) -> bool:
        known = self.store.enrollments.get(id_)
        return known is not None and known.pushable

    def _push_certificate(self, topic: str) -> Response:
        if not topic:
            return _json({"error": "missing required query parameter: topic"}, 400)
        if self.faults.push_certificate is not None or topic != TOPIC:
            name = f"{topic}.pem"
            missing = f"getting {name}: key not found: {name}"
            return _json({"error": missing if self.storage is Storage.KV else "sql: no rows in result set"}, 500)
        return _json({"topic": topic, "not_after": "2031-01-01T00:00:00Z"})

    # --- devices

    def _device(self, request: Request) -> Response:
        certificate = request.headers.get(CERT_HEADER.lower())
        message = message_of(request.body)
        is_check_in = request.headers.get("content-type", "").startswith("application/x-apple-aspen-mdm-checkin")
        if (
            certificate is None
            or message is None
            or (CHECK_INS.get(message.get("MessageType", "")) is None) is is_check_in
        ):
            return BAD_REQUEST
        if not is_check_in and not message.get("Status"):
            return BAD_REQUEST
        with self.store.guard:
            if not self._is_own(message, certificate):
                return FAILED
            return self._check_in(message, request.body) if is_check_in else self._connect(message, request.body)

    def _is_own(self, message: Mapping[str, Any], certificate: str) -> bool:
        """A certificate belongs to the device that first enrolled with it, and to no other."""
        device = str(message.get("UDID") or message.get("EnrollmentID"))
        if message.get("MessageType") == "Authenticate":
            if any(certificate in theirs for one, theirs in self.store.certificates.items() if one != device):
                return False
            self.store.certificates.setdefault(device, set()).add(certificate)
        return certificate in self.store.certificates.get(device, set())

    def _check_in(self, message: Mapping[str, Any], raw: bytes) -> Response:
        kind = message["MessageType"]
        ids = enrollment_ids(message)
        event: dict[str, Any] = {"ids": ids, "raw_payload": base64.b64encode(raw).decode("ascii"), **_named(message)}
        response = CHECK_INS[kind]
        if kind == "Authenticate":
            self.store.authenticate(ids["id"], ids["type"], message.get("SerialNumber"))
        elif kind == "TokenUpdate":
            event["token_update_tally"] = self.store.token_update(ids["id"], ids["type"], ids.get("parent_id"))
        elif kind == "CheckOut":
            self.store.check_out(ids["id"])
        elif kind == "DeclarativeManagement" and self._declarations is not None:
            response = self._declarations(ids["id"], message)
        self._tell({"topic": f"mdm.{kind}", "checkin_event": event})  # what failed is told as well
        return response

    def _connect(self, message: Mapping[str, Any], raw: bytes) -> Response:
        ids, status = enrollment_ids(message), message["Status"]
        command = message.get("CommandUUID", "")
        event = {"ids": ids, "status": status, "raw_payload": base64.b64encode(raw).decode("ascii"), **_named(message)}
        self._tell(
            {"topic": "mdm.Connect", "acknowledge_event": event | ({"command_uuid": command} if command else {})}
        )
        if status != "Idle":
            if not command or (self.storage is Storage.SQL and command not in self.store.commands):
                return FAILED
            self.store.report(Answered(enrollment=ids["id"], command=command, status=status, body=dict(message)))
        following = self.store.next_for(ids["id"], status)
        return Response(body=following.raw if following is not None else b"")

    def _tell(self, event: Mapping[str, Any]) -> None:
        if self.webhook is not None:
            number = uuid.uuid5(uuid.NAMESPACE_OID, f"event {next(self._ids)}")
            stamp = datetime.now(UTC).isoformat().replace("+00:00", "123Z")  # Go writes nanoseconds
            self.webhook.send(dict(event) | {"event_id": number.hex[:16], "created_at": stamp})


@contextmanager
def serving(server: NanoMdm) -> Iterator[str]:
    """Serve until the block ends; yields the base URL."""
    with http_service(server.answer) as url:
        yield url


def _named(message: Mapping[str, Any]) -> dict[str, str]:
    pairs = (("udid", "UDID"), ("enrollment_id", "EnrollmentID"))
    return {name: message[key] for name, key in pairs if message.get(key)}


def is_authorised(request: Request, user: str, key: str) -> bool:
    """Return True if a request carries this user name and key (RFC 7617)."""
    wanted = "Basic " + base64.b64encode(f"{user}:{key}".encode()).decode("ascii")
    return hmac.compare_digest(request.headers.get("authorization", ""), wanted)


def _json(value: object, status: int = 200) -> Response:
    body = json.dumps(value, indent="\t").encode() + b"\n"
    return Response(status=status, body=body, headers={"Content-type": "application/json"})
