"""A Fleet, built from public documentation, never run against a server."""

import base64
import json
import plistlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from typing import Any
from uuid import uuid4

from tests.lab.mdm.httpd import Request, Response
from tests.lab.mdm.replay import Replay, as_json

TOKEN = "t0ken-of-fleet"
API = "/api/v1/fleet"


def host(number: int, platform: str = "ios", **changes: Any) -> dict[str, Any]:
    """Return a host as the list shows it."""
    record: dict[str, Any] = {
        "id": number,
        "uuid": f"UDID-{number:08d}",
        "hardware_serial": f"SERIAL{number}",
        "os_version": "macOS 15.1" if platform == "darwin" else "iOS 18.1",
        "build": "24B83",
        "platform": platform,
        "hardware_model": "iPhone14,7",
        "seen_time": "2026-03-01T10:00:00Z",
        "last_enrolled_at": "2026-01-01T10:00:00Z",
        "team_name": "office",
        "mdm": {"enrollment_status": "On (automatic)"},
        "device_mapping": [{"email": f"User{number}@example.com", "source": "mdm_idp_accounts"}],
    }
    return record | changes


@dataclass(slots=True)  # a server
class FleetReplay(Replay):
    """
    Answers the calls the connector makes; devices that are awake answer commands at once.

    `asleep` are hosts that do not answer, `refuses` holds the errors of those that install nothing, `says` is what
    Fleet itself claims of a host's profiles, whatever is true;
    `can_patch` is whether it is new enough to change a profile in place, `now` what its clock says.
    """

    hosts: list[dict[str, Any]] = field(default_factory=list)
    devices: dict[str, dict[str, bytes]] = field(default_factory=dict)
    asleep: set[str] = field(default_factory=set)
    refuses: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    results: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    profiles: dict[str, bytes] = field(default_factory=dict)
    says: str = "verified"
    can_patch: bool = True
    page: int = 2
    ran: list[dict[str, Any]] = field(default_factory=list)
    resent: list[tuple[int, str]] = field(default_factory=list)
    now: Callable[[], str] = lambda: "2026-03-01T11:59:00Z"

    def answer(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return as_json({"message": "Authentication required"}, 401)
        path = request.path.removeprefix(API)
        if path.endswith("/batch"):
            raise AssertionError("a batch endpoint deletes what it does not name")
        fixed: dict[str, Callable[[Request], Response]] = {
            "/version": lambda _: as_json({"version": "4.80.0"}),
            "/hosts": self._list,
            "/hosts/count": lambda _: as_json({"count": len(self.hosts)}),
            "/commands/run": self._run,
            "/commands/results": self._results,
        }
        if path in fixed:
            return fixed[path](request)
        return self._of_host(path) if path.startswith("/hosts/") else self._profiles(request, path)

    def _results(self, request: Request) -> Response:
        known = self.results.get(request.query["command_uuid"])
        return as_json({"message": "Resource Not Found"}, 404) if known is None else as_json({"results": known})

    def _list(self, request: Request) -> Response:
        assert request.query.get("order_key") == "id" or "after" not in request.query
        after, size = int(request.query.get("after", "0")), int(request.query["per_page"])
        return as_json({"hosts": [one for one in self.hosts if one["id"] > after][:size]})

    def _run(self, request: Request) -> Response:
        asked = json.loads(request.body)
        command = plistlib.loads(base64.b64decode(asked["command"]))
        if not command["Command"].get("RequestType"):
            return as_json({"message": "Bad command"}, 415)
        self.ran.append(command)
        listed = self.results.setdefault(command["CommandUUID"], [])
        for uuid in asked["host_uuids"]:
            if uuid not in self.asleep:
                answer = {"CommandUUID": command["CommandUUID"], "UDID": uuid, **self._device(uuid, command["Command"])}
                listed.append(_result(uuid, command["CommandUUID"], answer, self.now()))
        return as_json({"command_uuid": command["CommandUUID"], "request_type": command["Command"]["RequestType"]})

    def _device(self, uuid: str, command: dict[str, Any]) -> dict[str, Any]:
        has = self.devices.setdefault(uuid, {})
        if command["RequestType"] == "InstallProfile" and uuid in self.refuses:
            return {"Status": "Error", "ErrorChain": self.refuses[uuid]}
        if command["RequestType"] == "InstallProfile":
            data = command["Payload"]
            has[inside(data)["PayloadIdentifier"]] = data
        elif command["RequestType"] == "RemoveProfile":
            if has.pop(command["Identifier"], None) is None:
                text = f"Profile with identifier '{command['Identifier']}' not found."
                link = {"ErrorDomain": "MDMClientError", "ErrorCode": 89, "USEnglishDescription": text}
                return {"Status": "Error", "ErrorChain": [link]}
        else:
            return {"Status": "Acknowledged", "ProfileList": [_shown(data) for data in has.values()]}
        return {"Status": "Acknowledged"}

    def _of_host(self, path: str) -> Response:
        number, rest = re.fullmatch(r"/hosts/(\d+)/configuration_profiles(.*)", path).groups()  # type: ignore[union-attr]
        if not rest:
            listed = [{"profile_uuid": one, "status": self.says} for one in self.profiles]
            return as_json({"host_id": int(number), "profiles": listed})
        newer = rest.endswith("/resend")
        self.resent.append((int(number), rest))
        return Response(status=202 if newer == self.can_patch else 404)

    def _profiles(self, request: Request, path: str) -> Response:
        uuid = path.removeprefix("/configuration_profiles").strip("/")
        if not uuid:
            return self._make(request) if request.method == "POST" else self._list_profiles(request)
        if uuid not in self.profiles:
            return Response(status=404)
        if request.method == "GET":
            return Response(body=self.profiles[uuid])
        if request.method == "DELETE":
            del self.profiles[uuid]
            return as_json({})
        if not self.can_patch:
            return Response(status=405)
        self.profiles[uuid] = uploaded(request, "profile")
        return as_json({})

    def _list_profiles(self, request: Request) -> Response:
        page = int(request.query.get("page", "0"))
        listed = [
            {"profile_uuid": uuid, "identifier": plistlib.loads(data)["PayloadIdentifier"]}
            for uuid, data in self.profiles.items()
        ]
        here = listed[page * self.page : (page + 1) * self.page]
        return as_json({"profiles": here, "meta": {"has_next_results": (page + 1) * self.page < len(listed)}})

    def _make(self, request: Request) -> Response:
        data = uploaded(request, "profile")
        if not data.startswith(b"<?xml") and b"$FLEET_VAR_" in data:
            return as_json({"message": "a signed profile cannot contain Fleet variables"}, 422)
        identifier = plistlib.loads(data)["PayloadIdentifier"]
        if identifier in {plistlib.loads(one)["PayloadIdentifier"] for one in self.profiles.values()}:
            return as_json({"message": "a profile with this identifier exists"}, 409)
        uuid = f"a{uuid4()}"
        self.profiles[uuid] = data
        return as_json({"profile_uuid": uuid})


def uploaded(request: Request, name: str) -> bytes:
    """Return a part of a form."""
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    message = message_from_bytes(head + request.body)
    assert message.is_multipart(), "this server takes forms only"
    for part in message.get_payload():
        assert not isinstance(part, str)
        if part.get_param("name", header="content-disposition") == name:
            data = part.get_payload(decode=True)
            assert isinstance(data, bytes)
            return data
    raise AssertionError(f"the form has no {name}")


def inside(data: bytes) -> dict[str, Any]:
    """Return the profile in these bytes, signed or not."""
    end = b"</plist>"
    content: dict[str, Any] = plistlib.loads(data[data.index(b"<?xml") : data.rindex(end) + len(end)])
    return content


def _result(uuid: str, command: str, answer: dict[str, Any], at: str) -> dict[str, Any]:
    return {
        "host_uuid": uuid,
        "command_uuid": command,
        "status": answer["Status"],
        "updated_at": at,
        "result": base64.b64encode(plistlib.dumps(answer)).decode(),
    }


def _shown(data: bytes) -> dict[str, Any]:
    content = inside(data)
    kept = ("PayloadIdentifier", "PayloadUUID", "PayloadDescription", "PayloadContent")
    return {"IsManaged": True, **{key: content[key] for key in kept}}
