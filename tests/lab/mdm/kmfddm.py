"""
KMFDDM: a protocol-true test server for declarative management, written from the documented wire format.

Interface (Basic authentication): declarations, touch, sets, enrollment sets, notify, declaration status, status report.
It answers as KMFDDM c6011d2 was measured to: 204 for a change, 304 for none, 400 for what is no declaration, no look at
references, 204 to a notification that reached nobody, 500 for a status report that is not there; a declaration that
left its set stays as long as one whose name goes on with a dot is in a set. `device` answers the
declarative endpoint that an MDM forwards; `declarative.DeclarativeClient` makes a test device take part.
"""

import hashlib
import json
import plistlib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.lab.mdm.checkins import FAILED
from tests.lab.mdm.httpd import Request, Response
from tests.lab.mdm.nano import NanoMdm, is_authorised
from tests.lab.mdm.queues import Waiting

API_KEY = "kmfddm-test-key"
_MANIFEST = {
    "activation": "Activations",
    "asset": "Assets",
    "configuration": "Configurations",
    "management": "Management",
}


@dataclass(slots=True)
class Kmfddm:
    """
    The server; `mdm` is where it queues the command that makes a device fetch.

    `on_request` hears method and path of a request before anything follows from it.
    """

    mdm: NanoMdm | None = None
    declarations: dict[str, dict[str, Any]] = field(default_factory=dict)
    touches: dict[str, int] = field(default_factory=dict)
    sets: dict[str, list[str]] = field(default_factory=dict)
    enrollment_sets: dict[str, list[str]] = field(default_factory=dict)
    reports: dict[str, list[tuple[datetime, dict[str, Any]]]] = field(default_factory=dict)
    statuses: list[Response] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    notifies: bool = True
    on_request: Callable[[str, str], None] | None = None

    def answer(self, request: Request) -> Response:
        """Answer one request of the interface."""
        if request.path == "/version":
            return _json({"version": "test"})
        if not is_authorised(request, "kmfddm", API_KEY):
            return Response(status=401, body=b"Unauthorized\n")
        if self.statuses:
            return self.statuses.pop(0)
        if self.on_request is not None:
            self.on_request(request.method, request.path)
        self.asked.append((request.method, request.path))
        place, _, rest = request.path.removeprefix("/v1/").partition("/")
        return self._route(request, place, rest)

    def _route(self, request: Request, place: str, rest: str) -> Response:
        match place:
            case "declarations":
                return self._declaration(request, rest)
            case "set-declarations":
                return self._join(request.method, rest, request.query.get("declaration", ""))
            case "enrollment-sets":
                return self._member(request.method, self.enrollment_sets, rest, request.query.get("set", ""))
            case "sets":
                return _json([name for name, members in self.sets.items() if members] or None)
            case "notify":
                self._notify([request.query.get("id", "")])
                return Response(status=204)
            case "declaration-status":
                return _json({one: self._status_of(one) for one in rest.split(",") if one in self.reports})
        if place == "status-report":
            return self._report(rest, int(request.query.get("index", "0")))
        return Response(status=404)

    def _declaration(self, request: Request, name: str) -> Response:
        match request.method:
            case "PUT":
                return self._put(request.body)
            case "GET":
                return self._get(name)
            case "DELETE":
                return self._delete(name)
        return self._touch(name.removesuffix("/touch"))

    def _put(self, body: bytes) -> Response:
        try:
            declaration = json.loads(body)
        except ValueError as exc:
            return _json({"error": str(exc)}, 400)
        if not declaration.get("Identifier") or not declaration.get("Type") or "Payload" not in declaration:
            return _json({"error": "invalid declaration"}, 400)
        if self.declarations.get(declaration["Identifier"]) == declaration:
            return Response(status=304)
        self.declarations[declaration["Identifier"]] = declaration
        return Response(status=204)

    def _get(self, name: str) -> Response:
        if not name:
            return _json(list(self.declarations) or None)
        if name not in self.declarations:
            return _json({"error": "declaration not found"}, 404)
        return _json(self.declarations[name] | {"ServerToken": self.token(name)})

    def _delete(self, name: str) -> Response:
        members = [member for members in self.sets.values() for member in members]
        count = sum(f"{member}.".startswith(f"{name}.") for member in members)
        if count and name in self.declarations:
            return _json({"error": f"txn rolled back: declaration is referenced by {count} sets"}, 500)
        return Response(status=204 if self.declarations.pop(name, None) is not None else 304)

    def _touch(self, name: str) -> Response:
        if name not in self.declarations:
            return _json({"error": "declaration not found"}, 404)
        self.touches[name] = self.touches.get(name, 0) + 1
        return Response(status=204)

    def _join(self, method: str, name: str, declaration: str) -> Response:
        if method != "GET" and not declaration:
            return _json({"error": "empty declaration"}, 500)
        if method == "PUT" and declaration not in self.declarations:
            return _json({"error": "declaration not found"}, 500)
        return self._member(method, self.sets, name, declaration)

    def _member(self, method: str, table: dict[str, list[str]], key: str, member: str) -> Response:
        members = table.setdefault(key, [])
        if method == "GET":
            return _json(sorted(members) or None)  # in no order that means anything
        if (member in members) is (method == "PUT"):
            return Response(status=304)
        if method == "PUT":
            members.append(member)
        else:
            members.remove(member)
        return Response(status=204)

    def _notify(self, ids: list[str]) -> None:
        for one in ids:
            if self.mdm is not None and self.notifies:
                name = str(uuid.uuid4())
                command = {"RequestType": "DeclarativeManagement", "Data": json.dumps(self._tokens(one)).encode()}
                raw = plistlib.dumps({"CommandUUID": name, "Command": command})
                with self.mdm.store.guard:
                    self.mdm.store.queue(one).append(Waiting(uuid=name, request="DeclarativeManagement", raw=raw))
                self.mdm.on_push(one)

    def token(self, name: str) -> str:
        """Return the server token of a declaration."""
        content = json.dumps([self.declarations[name], self.touches.get(name, 0)], sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()

    def _names_for(self, enrollment: str) -> list[str]:
        names = [name for one in self.enrollment_sets.get(enrollment, []) for name in self.sets.get(one, [])]
        return [name for name in dict.fromkeys(names) if name in self.declarations]

    def _status_of(self, enrollment: str) -> list[dict[str, Any]]:
        """Return the states of the last report that had any: one without declarations wipes nothing there."""
        found: list[dict[str, Any]] = []
        speaking = (pair for pair in reversed(self.reports[enrollment]) if any(_declared(pair[1]).values()))
        if (newest := next(speaking, None)) is None:
            return found
        moment, report = newest
        for kind, items in _declared(report).items():
            for item in items:
                known = item["identifier"] in self._names_for(enrollment)
                current = known and self.token(item["identifier"]) == item["server-token"]
                stamp = moment.isoformat().replace("+00:00", "Z")
                told = {**item, "ReasonsJSON": item["reasons"]} if item.get("reasons") else item
                found.append({**told, "ManifestType": kind, "current": current, "status_received": stamp})
        return found

    def _report(self, enrollment: str, index: int) -> Response:
        reports = self.reports.get(enrollment, [])
        if not reports:
            return _json(
                {"error": f"getting rs.{enrollment}.{index}.raw: key not found: rs.{enrollment}.{index}.raw"}, 500
            )
        if index >= len(reports):
            return _json({"error": f"index out of range: too high ({index})"}, 500)
        moment, report = reports[-1 - index]
        headers = {"Last-Modified": moment.strftime("%a, %d %b %Y %H:%M:%S GMT"), "X-Status-Report-Index": str(index)}
        return Response(body=json.dumps(report).encode(), headers=headers)

    # --- devices

    def device(self, enrollment: str, message: Mapping[str, Any]) -> Response:
        """Answer what an MDM forwards of a DeclarativeManagement check-in; its refusals reach a device as a 500."""
        endpoint: str = message["Endpoint"]
        if endpoint == "status":
            return self._take(enrollment, message["Data"])
        if endpoint == "tokens":
            return _json(self._tokens(enrollment))
        if endpoint == "declaration-items":
            items: dict[str, list[dict[str, str]]] = {key: [] for key in _MANIFEST.values()}
            for name in self._names_for(enrollment):
                key = _MANIFEST[self.declarations[name]["Type"].split(".")[2]]
                items[key].append({"Identifier": name, "ServerToken": self.token(name)})
            return _json(
                {
                    "Declarations": items,
                    "DeclarationsToken": self._tokens(enrollment)["SyncTokens"]["DeclarationsToken"],
                }
            )
        place, _, name = endpoint.rpartition("/")
        if name not in self._names_for(enrollment) or place.rpartition("/")[2] != self._kind(name):
            return FAILED
        return _json(self.declarations[name] | {"ServerToken": self.token(name)})

    def _take(self, enrollment: str, data: bytes) -> Response:
        try:
            report = json.loads(data)
        except ValueError:
            return FAILED
        self.reports.setdefault(enrollment, []).append((datetime.now(UTC), report))
        return Response()

    def _kind(self, name: str) -> str:
        return str(self.declarations[name]["Type"]).split(".")[2]

    def _tokens(self, enrollment: str) -> dict[str, dict[str, str]]:
        content = " ".join(self.token(name) for name in self._names_for(enrollment))
        token = hashlib.sha256(content.encode()).hexdigest()
        return {"SyncTokens": {"DeclarationsToken": token, "Timestamp": "2026-01-01T00:00:00Z"}}


def _declared(report: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    declared: dict[str, list[dict[str, Any]]] = (
        report.get("StatusItems", {}).get("management", {}).get("declarations", {})
    )
    return declared


def _json(value: object, status: int = 200) -> Response:
    return Response(status=status, body=json.dumps(value).encode(), headers={"Content-Type": "application/json"})
