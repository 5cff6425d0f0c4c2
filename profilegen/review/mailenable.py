"""A MailEnable installation, or a copy of its folders: the outgoing queue and the SMTP logs."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.parser import BytesHeaderParser
from email.utils import parseaddr
from pathlib import Path

from profilegen.diagnosis.maillog.line import printable
from profilegen.diagnosis.maillog.queue import Waiting
from profilegen.errors import InputProblem
from profilegen.review.folders import entries, is_folder

_QUEUE = ("Queues", "SMTP", "Outgoing", "Messages")
_LOGS = ("Logging", "SMTP")
_ACTIVITY = re.compile(r"SMTP-Activity-(?P<date>\d{6})\.log", re.IGNORECASE)
_HEADER_BYTES = 16 * 1024
MOST_MESSAGES = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MailEnablePlace:
    """`path` is the installation's folder, usually `C:/Program Files (x86)/Mail Enable`."""

    path: Path

    def queue(self) -> Iterator[Waiting]:
        """Yield what waits to go out; raises InputProblem if this is no MailEnable folder."""
        folder = self.path.joinpath(*_QUEUE)
        if not is_folder(folder):
            raise InputProblem(
                f"{self.path} has no folder {'/'.join(_QUEUE)}, so it is no MailEnable.",
                hint="Name the folder that holds Queues and Logging.",
                code="no_mailenable",
            )
        return self._waiting(folder)

    def logs(self, *, since: datetime | None = None) -> list[Path]:
        """Return the activity logs of the days from `since` on, oldest first."""
        folder = self.path.joinpath(*_LOGS)
        first = since.strftime("%y%m%d") if since else ""
        found = [
            (match["date"], path)
            for path in entries(folder)
            if (match := _ACTIVITY.fullmatch(path.name)) and match["date"] >= first
        ]
        return [path for _, path in sorted(found)]

    def newest_log(self) -> Path | None:
        """Return the activity log of the latest day, None if there is none."""
        return next(reversed(self.logs()), None)

    def _waiting(self, folder: Path) -> Iterator[Waiting]:
        for number, path in enumerate(entries(folder)):
            if number >= MOST_MESSAGES:
                return
            if path.suffix.upper() == ".MAI" and not path.is_symlink():
                try:
                    arrived = datetime.fromtimestamp(path.stat().st_mtime, UTC)
                    yield Waiting(sender=_sender(path), arrived=arrived)
                except OSError:
                    continue  # delivered while we were looking


def _sender(path: Path) -> str:
    with path.open("rb") as file:
        headers = BytesHeaderParser().parsebytes(file.read(_HEADER_BYTES))
    return printable(parseaddr(str(headers.get("From", "")))[1][:200]) or "<>"
