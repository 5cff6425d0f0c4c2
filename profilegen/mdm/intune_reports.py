"""Intune's exported reports: a job is ordered, waited for, and fetched from where it says, without our key."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from profilegen.errors import NetworkProblem
from profilegen.mdm.calls import Call, Method, json_body
from profilegen.mdm.client import MdmClient
from profilegen.mdm.intune_wire import report_rows
from profilegen.mdm.reading import accept, moment, text, tree
from profilegen.net.pace import Timing

_JOBS = "/beta/deviceManagement/reports/exportJobs"
_REPORT = "DeviceStatusesByConfigurationProfile"
_COLUMNS = ("IntuneDeviceId", "PolicyId", "ReportStatus", "PspdpuLastModifiedTimeUtc")
_READS = (2.0, 4.0, 8.0, 15.0, 15.0, 15.0)
"""Seconds between looks at a job."""

_ORDERED_AT_MOST = 2
_EXPIRED = (401, 403, 404, 410)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What Intune says of one profile on one device, and since when."""

    word: str
    at: datetime | None

    @property
    def is_there(self) -> bool:
        """True if it says that the device took the profile."""
        return self.word.lower() in ("succeeded", "compliant", "remediated")

    @property
    def is_error(self) -> bool:
        """True if it says that the device refused it."""
        return self.word.lower() in ("error", "conflict", "noncompliant", "non-compliant")


class IntuneReports:
    """The status reports of configuration profiles."""

    def __init__(self, client: MdmClient, timing: Timing) -> None:
        self._client = client
        self._timing = timing

    async def statuses(self, policy: str) -> dict[str, Status] | None:
        """
        Return a profile's status by device id (lower-case), None if the report is not ready within a minute.

        The link to a report lives for a short time; where it has ended, the report is ordered once more.
        """
        for _ in range(_ORDERED_AT_MOST):
            url = await self._ordered(policy)
            if url is None:
                return None
            # no key goes there: the link is of another origin, and is itself the permission
            answer = await self._client.ask(Call(method=Method.GET, path=url))
            if answer.status not in _EXPIRED:
                return _by_device(report_rows(answer.require(200).body, answer.place))
        raise NetworkProblem(
            "Intune gives out links to reports that have ended already.",
            hint="Check the clock of this machine, then try again.",
            code="expired_link",
        )

    async def _ordered(self, policy: str) -> str | None:
        body = json_body(
            {
                "reportName": _REPORT,
                "filter": f"(PolicyId eq '{policy}')",
                "select": list(_COLUMNS),
                "format": "csv",
                "localizationType": "ReplaceLocalizableValues",
            }
        )
        call = Call(method=Method.POST, path=_JOBS, body=body, content_type="application/json", repeatable=True)
        job = tree(accept(await self._client.ask(call), 200, 201).json())
        for pause in (*_READS, None):
            if (state := text(job.get("status"))) in ("completed", "failed"):
                return _link(job) if state == "completed" else None
            if pause is not None:
                await self._timing.sleep(pause)
                again = Call(method=Method.GET, path=f"{_JOBS}('{text(job.get('id'))}')")
                job = tree(accept(await self._client.ask(again), 200).json())
        return None


def _link(job: Any) -> str | None:
    url = text(job.get("url"))
    return url if url is not None and url.startswith(("https://", "http://")) else None


def _by_device(listed: list[dict[str, str]]) -> dict[str, Status]:
    found = {}
    for row in listed:
        device = text(row.get("IntuneDeviceId"))
        if device is not None:
            at = moment(row.get("PspdpuLastModifiedTimeUtc"))
            found[device.lower()] = Status(word=text(row.get("ReportStatus")) or "unknown", at=at)
    return found
