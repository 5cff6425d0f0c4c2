"""A SimpleMDM account, built from public documentation, never run against one."""

import base64
from dataclasses import dataclass, field
from typing import Any

from tests.lab.mdm.httpd import Request, Response
from tests.lab.mdm.replay import Replay, as_json
from tests.lab.mdm.replay.fleetdm import uploaded

KEY = "k3y-of-simplemdm"


def device(number: int, model: str = "iPhone14,7", **attributes: str) -> dict[str, Any]:
    """Return a device as the list shows it, with its custom attributes."""
    values = [{"type": "custom_attribute_value", "id": k, "attributes": {"value": v}} for k, v in attributes.items()]
    return {
        "type": "device",
        "id": number,
        "attributes": {
            "unique_identifier": f"udid-{number}",
            "serial_number": f"serial{number}",
            "os_version": "18.1",
            "build_version": "22B83",
            "product_name": model,
            "status": "enrolled",
            "last_seen_at": "2026-03-01T10:00:00.000+00:00",
            "enrolled_at": "2026-01-01T10:00:00Z",
        },
        "relationships": {"custom_attribute_values": {"data": values}},
    }


@dataclass(slots=True)  # a server
class SimpleReplay(Replay):
    """Answers the calls the connector makes; a PATCH in JSON is answered with 500, as people report."""

    devices: list[dict[str, Any]] = field(default_factory=list)
    profiles: dict[int, dict[str, Any]] = field(default_factory=dict)
    assigned: set[tuple[int, int]] = field(default_factory=set)

    def answer(self, request: Request) -> Response:
        wanted = "Basic " + base64.b64encode(f"{KEY}:".encode()).decode()
        if request.headers.get("authorization") != wanted:
            return as_json({"errors": [{"title": "unauthorized"}]}, 401)
        parts = request.path.strip("/").split("/")[2:]
        if parts[0] == "devices":
            return self._devices(request, parts[1:])
        return self._custom(request, parts[1:])

    def _devices(self, request: Request, parts: list[str]) -> Response:
        if not parts:
            return _page(request, self.devices)
        known = int(parts[0]) in {one["id"] for one in self.devices}
        if not known:
            return as_json({"errors": [{"title": "object not found"}]}, 404)
        if parts[1] == "refresh":
            return Response(status=202)
        return _page(request, [self._shown(one) for one, to in sorted(self.assigned) if to == int(parts[0])])

    def _custom(self, request: Request, parts: list[str]) -> Response:
        if not parts:
            if request.method == "POST":
                return self._create(request)
            return _page(request, [self._shown(one) for one in self.profiles])
        number = int(parts[0])
        if number not in self.profiles:
            return as_json({"errors": [{"title": "object not found"}]}, 404)
        if parts[1:2] == ["devices"]:
            return self._assign(request, number, int(parts[2]))
        if parts[1:2] == ["download"]:
            return Response(
                body=self.profiles[number]["data"], headers={"Content-Type": "application/x-apple-aspen-config"}
            )
        if not request.headers.get("content-type", "").startswith("multipart/form-data"):
            return as_json({"errors": [{"title": "internal server error"}]}, 500)
        self.profiles[number] |= _upload(request)
        return as_json({"data": self._shown(number)})

    def _create(self, request: Request) -> Response:
        number = max(self.profiles, default=100) + 1
        self.profiles[number] = {"identifier": f"com.unwiredmdm.{number}", **_upload(request)}
        return as_json({"data": self._shown(number)}, 201)

    def _assign(self, request: Request, profile: int, to: int) -> Response:
        if request.method == "DELETE":
            gone = (profile, to) in self.assigned
            self.assigned.discard((profile, to))
            return Response(status=204) if gone else as_json({"errors": [{"title": "not assigned"}]}, 409)
        if (profile, to) in self.assigned:
            return as_json({"errors": [{"title": "already assigned"}]}, 409)
        self.assigned.add((profile, to))
        return Response(status=204)

    def _shown(self, number: int) -> dict[str, Any]:
        kept = self.profiles[number]
        attributes = {
            "name": kept["name"],
            "profile_identifier": kept["identifier"],
            "user_scope": kept["user_scope"],
            "reinstall_after_os_update": kept["reinstall_after_os_update"],
            "device_count": sum(profile == number for profile, _ in self.assigned),
        }
        return {"type": "custom_configuration_profile", "id": number, "attributes": attributes}


def _upload(request: Request) -> dict[str, Any]:
    names = ("name", "user_scope", "attribute_support", "escape_attributes", "reinstall_after_os_update")
    fields = {name: uploaded(request, name).decode() for name in names}
    flags = {name: value == "true" for name, value in fields.items() if name != "name"}
    return {"name": fields["name"], **flags, "data": uploaded(request, "mobileconfig")}


def _page(request: Request, items: list[dict[str, Any]]) -> Response:
    after, limit = int(request.query.get("starting_after", "0")), int(request.query.get("limit", "10"))
    left = [one for one in items if one["id"] > after]
    return as_json({"data": left[:limit], "has_more": len(left) > limit})
