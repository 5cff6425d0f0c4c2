"""A Jamf Pro, built from public documentation, never run against a tenant."""

import plistlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree as ET

from tests.lab.mdm.httpd import Request, Response
from tests.lab.mdm.replay import Replay, as_json

CLIENT, SECRET = "client-1", "s3cret-of-jamf"
KINDS = {
    "osxconfigurationprofiles": ("os_x_configuration_profile", "computers"),
    "mobiledeviceconfigurationprofiles": ("configuration_profile", "mobile_devices"),
}


@dataclass(slots=True)  # changes as requests say
class Placed:
    """A configuration profile as the server keeps it, and older states that a lagging reader still sees."""

    general: dict[str, str]
    payloads: str
    scope: ET.Element
    lag: int = 0
    before: "Placed | None" = None


def mobile(number: int, **changes: Any) -> dict[str, Any]:
    """Return the inventory record of an iPhone."""
    record: dict[str, Any] = {
        "mobileDeviceId": str(number),
        "deviceType": "iOS",
        "hardware": {"serialNumber": f"serial{number}", "modelIdentifier": "iPhone14,7"},
        "userAndLocation": {"username": f"user{number}", "emailAddress": f"User{number}@example.com", "realName": "U"},
        "general": {
            "udid": f"udid-{number}",
            "osVersion": "18.1",
            "osBuild": "22B83",
            "managed": True,
            "managementId": f"management-{number}",
            "lastInventoryUpdateDate": "2026-03-01T10:00:00.123Z",
            "lastEnrolledDate": "2026-01-01T10:00:00Z",
        },
        "profiles": [],
    }
    return record | changes


def computer(number: int, *users: str, **changes: Any) -> dict[str, Any]:
    """Return the inventory record of a Mac."""
    record: dict[str, Any] = {
        "id": str(number),
        "udid": f"UDID-MAC-{number}",
        "hardware": {"serialNumber": f"MAC{number}", "modelIdentifier": "Mac14,7"},
        "operatingSystem": {"version": "15.1", "build": "24B83"},
        "userAndLocation": {"username": f"mac{number}", "email": f"mac{number}@example.com", "realname": "M"},
        "general": {
            "managementId": f"management-mac-{number}",
            "remoteManagement": {"managed": True},
            "mdmCapable": {"capable": True, "capableUsers": list(users)},
            "reportDate": "2026-03-01T10:00:00Z",
            "lastContactTime": "2026-03-01T11:00:00Z",
            "lastEnrolledDate": "2026-01-01T10:00:00Z",
        },
        "configurationProfiles": [],
    }
    return record | changes


@dataclass(slots=True)  # a server
class JamfReplay(Replay):
    """
    Answers the calls the connector makes.

    `lag`: so many reads of a profile still show its old state after a change; a token is good for `token_uses` calls.
    """

    mobiles: list[dict[str, Any]] = field(default_factory=list)
    computers: list[dict[str, Any]] = field(default_factory=list)
    groups: dict[str, list[int]] = field(default_factory=dict)
    placed: dict[str, dict[int, Placed]] = field(default_factory=lambda: {kind: {} for kind in KINDS})
    tokens: dict[str, int] = field(default_factory=dict)
    token_uses: int = 1_000_000
    lag: int = 0
    unwakeable: set[str] = field(default_factory=set)

    def answer(self, request: Request) -> Response:
        if request.path == "/api/v1/oauth/token":
            return self._sell(request)
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self.tokens.get(token, 0) < 1:
            return as_json({"httpStatus": 401}, 401)
        self.tokens[token] -= 1
        answer = self._known(request)
        answer.headers.setdefault("Set-Cookie", "jpro-ingress=node-2; path=/; HttpOnly")  # type: ignore[attr-defined]
        return answer

    def _sell(self, request: Request) -> Response:
        if f"client_secret={SECRET}".encode() not in request.body:
            return as_json({"error": "invalid_client"}, 401)
        token = uuid4().hex
        self.tokens[token] = self.token_uses
        return as_json({"access_token": token, "expires_in": 1799, "token_type": "Bearer"})

    def _known(self, request: Request) -> Response:
        if request.path.startswith("/JSSResource/"):
            return self._classic(request, request.path.removeprefix("/JSSResource/").split("/"))
        if request.path == "/api/v1/jamf-pro-version":
            return as_json({"version": "11.20.0"})
        if request.path == "/api/v1/computers-inventory":
            return self._page(request, self.computers, "id")
        if request.path == "/api/v2/mobile-devices/detail":
            return self._page(request, self.mobiles, "mobileDeviceId")
        if request.path == "/api/v2/mdm/blank-push":
            return as_json({"errorUuids": sorted(self.unwakeable)}, 201)
        return Response(status=404)

    def _page(self, request: Request, records: list[dict[str, Any]], key: str) -> Response:
        query = request.query
        only = re.fullmatch(rf"{key}=in=\((.*)\)", query.get("filter", ""))
        if only is not None:
            ids = set(only[1].replace('"', "").split(","))
            records = [record for record in records if record[key] in ids]
        size, number = int(query["page-size"]), int(query["page"])
        return as_json({"totalCount": len(records), "results": records[number * size : (number + 1) * size]})

    def _classic(self, request: Request, path: list[str]) -> Response:
        if path[0] in ("computergroups", "mobiledevicegroups"):
            member = "computer" if path[0] == "computergroups" else "mobile_device"
            members = "".join(f"<{member}><id>{one}</id></{member}>" for one in self.groups[path[2]])
            return _xml(f"<{member}_group><{member}s>{members}</{member}s></{member}_group>")
        root, _ = KINDS[path[0]]
        shelf = self.placed[path[0]]
        if len(path) == 1:
            items = "".join(
                f"<{root}><id>{one}</id><name>{placed.general['name']}</name></{root}>" for one, placed in shelf.items()
            )
            return _xml(f"<configuration_profiles><size>{len(shelf)}</size>{items}</configuration_profiles>")
        number = int(path[2])
        if request.method == "POST":
            return self._post(request, path[0])
        if number not in shelf:
            return Response(status=404)
        if request.method == "DELETE":
            del shelf[number]
            return _xml(f"<{root}><id>{number}</id></{root}>")
        if request.method == "PUT":
            return self._put(request, shelf, number, root)
        return self._get(shelf, number, root)

    def _post(self, request: Request, kind: str) -> Response:
        shelf, body = self.placed[kind], ET.fromstring(request.body)
        general = {one.tag: one.text or "" for one in body.find("general") or ()}
        if general["name"] in {placed.general["name"] for placed in shelf.values()}:
            return Response(status=409, body=b"<html><p>Error: Duplicate name</p></html>")
        content = plistlib.loads(general.pop("payloads").encode())
        content["PayloadIdentifier"] = content["PayloadUUID"] = str(uuid4()).upper()
        number = max(shelf, default=10) + 1
        shelf[number] = Placed(
            general=general, payloads=plistlib.dumps(content).decode(), scope=_found(body, "scope"), lag=self.lag
        )
        return _xml(f"<{KINDS[kind][0]}><id>{number}</id></{KINDS[kind][0]}>", 201)

    def _put(self, request: Request, shelf: dict[int, Placed], number: int, root: str) -> Response:
        body, old = ET.fromstring(request.body), shelf[number]
        general = {one.tag: one.text or "" for one in body.find("general") or ()}
        payloads = general.pop("payloads", old.payloads)
        scope = body.find("scope")
        shelf[number] = Placed(
            general={**old.general, **general},
            payloads=payloads,
            scope=old.scope if scope is None else scope,
            lag=self.lag,
            before=old,
        )
        return _xml(f"<{root}><id>{number}</id></{root}>", 201)

    def _get(self, shelf: Mapping[int, Placed], number: int, root: str) -> Response:
        placed = shelf[number]
        if placed.lag:
            placed.lag -= 1
            if placed.before is None:
                return Response(status=404)
            placed = placed.before
        body = ET.Element(root)
        general = ET.SubElement(body, "general")
        for name, value in {"id": str(number), **placed.general, "payloads": placed.payloads}.items():
            ET.SubElement(general, name).text = "Newly Assigned" if name == "redeploy_on_update" else value
        body.append(placed.scope)
        return _xml(ET.tostring(body, encoding="unicode"))

    def scoped(self, kind: str, number: int) -> list[str]:
        """Return the devices in the scope of a profile."""
        return [one.findtext("id", "") for one in self.placed[kind][number].scope.find(KINDS[kind][1]) or ()]

    def content(self, kind: str, number: int) -> dict[str, Any]:
        """Return the profile as it is kept."""
        loaded: dict[str, Any] = plistlib.loads(self.placed[kind][number].payloads.encode())
        return loaded


def _found(above: ET.Element, tag: str) -> ET.Element:
    found = above.find(tag)
    assert found is not None
    return found


def _xml(text: str, status: int = 200) -> Response:
    return Response(status=status, body=text.encode(), headers={"Content-Type": "application/xml"})
