"""An Intune tenant behind Microsoft Graph, built from public documentation, never run against one."""

import csv
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID, uuid4

from tests.lab.mdm.httpd import Request, Response
from tests.lab.mdm.replay import Replay, as_json

TENANT, CLIENT, SECRET = "tenant-1", "client-1", "s3cret-of-intune"
V1, BETA = "/v1.0/deviceManagement", "/beta/deviceManagement"


def guid(number: int) -> str:
    """Return an id as Graph has them."""
    return str(UUID(int=number))


def device(number: int, system: str = "iOS", **changes: Any) -> dict[str, Any]:
    """Return a managed device."""
    record: dict[str, Any] = {
        "id": guid(number),
        "serialNumber": f"serial{number}",
        "operatingSystem": system,
        "osVersion": "18.1",
        "model": "iPhone 15",
        "userPrincipalName": f"user{number}@example.com",
        "emailAddress": f"User{number}@example.com",
        "userDisplayName": f"User {number}",
        "userId": guid(1000 + number),
        "azureADDeviceId": guid(2000 + number),
        "lastSyncDateTime": "2026-03-01T10:00:00Z",
        "enrolledDateTime": "2026-01-01T10:00:00Z",
        "managementState": "managed",
    }
    return record | changes


@dataclass(slots=True)  # a server
class IntuneReplay(Replay):
    """
    Answers the calls the connector makes.

    `pending` is how often a report's job is not ready yet, `expired` how many links to reports have ended when they are
    used, `reported` what reports say by device, `reported_at` since when; `elsewhere` is the base URL of the reports.
    """

    devices: list[dict[str, Any]] = field(default_factory=list)
    configurations: dict[str, dict[str, Any]] = field(default_factory=dict)
    assigned: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    members: list[dict[str, Any]] = field(default_factory=list)
    reported: dict[str, str] = field(default_factory=dict)
    pending: int = 0
    expired: int = 0
    page: int = 100
    elsewhere: str = ""
    fetched: list[Request] = field(default_factory=list)
    reported_at: Callable[[], str] = lambda: "2026-03-01 09:00:00.0000000"

    def answer(self, request: Request) -> Response:
        if request.path == f"/{TENANT}/oauth2/v2.0/token":
            form = parse_qs(request.body.decode())
            if form["client_secret"] != [SECRET] or form["scope"] != ["https://graph.microsoft.com/.default"]:
                return as_json({"error": "invalid_client"}, 401)
            return as_json({"access_token": "t0ken", "expires_in": 3599})
        if request.headers.get("authorization") != "Bearer t0ken":
            return as_json({"error": {"code": "InvalidAuthenticationToken", "message": "expired"}}, 401)
        if request.path.startswith(f"{V1}/managedDevices"):
            return self._devices(request, request.path.removeprefix(f"{V1}/managedDevices").strip("/").split("/"))
        if "/reports/exportJobs" in request.path:
            return self._job(request)
        if request.path.startswith("/v1.0/groups/"):
            return as_json({"value": self.members})
        return self._configurations(request)

    def _devices(self, request: Request, parts: list[str]) -> Response:
        if parts == [""]:
            return self._paged(request, self.devices, f"{V1}/managedDevices")
        known = parts[0] in {one["id"] for one in self.devices}
        return Response(status=204) if known else as_json({"error": {"message": "no such device"}}, 404)

    def _paged(self, request: Request, items: list[dict[str, Any]], path: str) -> Response:
        start = int(request.query.get("$skiptoken", "0"))
        said: dict[str, Any] = {"value": items[start : start + self.page]}
        if start + self.page < len(items):
            base = f"http://{request.headers['host']}"
            said["@odata.nextLink"] = f"{base}{path}?$skiptoken={start + self.page}"
        return as_json(said)

    def _configurations(self, request: Request) -> Response:
        path = request.path.removeprefix(f"{V1}/deviceConfigurations").removeprefix(f"{BETA}/deviceConfigurations")
        id_, _, what = path.strip("/").partition("/")
        if not id_:
            return self._create(request) if request.method == "POST" else self._list(request)
        if id_ not in self.configurations:
            return as_json({"error": {"message": "no such configuration"}}, 404)
        if what == "assignments":
            return as_json({"value": [{"id": "a", "target": one} for one in self.assigned.get(id_, [])]})
        if what == "assign":
            self.assigned[id_] = [one["target"] for one in json.loads(request.body)["assignments"]]
            return as_json({"value": []})
        if request.method == "PATCH":
            self.configurations[id_] |= json.loads(request.body)
        return as_json(self.configurations[id_])

    def _list(self, request: Request) -> Response:
        short = [{"id": one["id"], "displayName": one["displayName"]} for one in self.configurations.values()]
        return self._paged(request, short, f"{V1}/deviceConfigurations")

    def _create(self, request: Request) -> Response:
        made = {"id": str(uuid4()), **json.loads(request.body)}
        if made["@odata.type"].endswith("macOSCustomConfiguration") and not request.path.startswith(BETA):
            return as_json({"error": {"message": "deploymentChannel does not exist"}}, 400)
        self.configurations[made["id"]] = made
        return as_json(made, 201)

    def _job(self, request: Request) -> Response:
        if request.method == "POST":
            return as_json({"id": "job-1", "status": "notStarted" if self.pending else "completed", **self._url()}, 201)
        self.pending -= 1
        return as_json({"id": "job-1", "status": "inProgress" if self.pending > 0 else "completed", **self._url()})

    def _url(self) -> dict[str, str]:
        return {"url": f"{self.elsewhere}/report.zip?sig=abc"}

    def storage(self, request: Request) -> Response:
        """Answer as the storage behind the links does, on a server of its own."""
        self.fetched.append(request)
        if self.expired:
            self.expired -= 1
            return Response(status=403, body=b"<Error><Code>AuthenticationFailed</Code></Error>")
        text, packed = io.StringIO(), io.BytesIO()
        writer = csv.writer(text)
        writer.writerow(["IntuneDeviceId", "PolicyId", "ReportStatus", "PspdpuLastModifiedTimeUtc"])
        for id_, status in self.reported.items():
            writer.writerow([id_, "policy", status, self.reported_at()])
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("report.csv", text.getvalue())
        return Response(body=packed.getvalue())
