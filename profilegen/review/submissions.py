"""Messages that a mail server accepted after a login, out of whatever logs somebody names."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from profilegen.diagnosis.maillog.event import Happened, LogEvent
from profilegen.diagnosis.maillog.line import Stamps
from profilegen.diagnosis.maillog.mailenable import MailEnableLog
from profilegen.diagnosis.maillog.postfix import PostfixLog
from profilegen.errors import InputProblem
from profilegen.review.folders import entries, is_folder
from profilegen.review.logfiles import localise, log_lines, with_rotated
from profilegen.review.mailenable import MailEnablePlace

_MAILENABLE = re.compile(r"SMTP-Activity-\d{6}\.log", re.IGNORECASE)
_POSTFIX = ("mail.log", "maillog", "postfix.log")


def submissions(places: Iterable[str], *, now: datetime, since: datetime) -> Iterator[LogEvent]:
    """
    Yield every accepted message of a login since then.

    A place is a log of Postfix or MailEnable, "-" (standard input, Postfix), a folder of such logs, rotated ones too,
    or the folder of a MailEnable. Raises InputProblem for what cannot be read and for a folder without a log.
    """
    for path in [path for place in places for path in _files(place, since)]:
        mailenable = _MAILENABLE.fullmatch(Path(path).name)
        stamps = Stamps(now=now, localise=localise)
        reader = MailEnableLog(localise=localise) if mailenable else PostfixLog(stamps)
        for event in reader.read(log_lines([path])):
            accepted = event.what is Happened.ACCEPTED and bool(event.address)
            if accepted and event.when is not None and event.when >= since:
                yield event


def _files(place: str, since: datetime) -> list[str | Path]:
    folder = Path(place)
    if not is_folder(folder):
        return [place]  # one that cannot be read says so when it is opened
    found = MailEnablePlace(path=folder).logs(since=since)
    found += sorted(path for path in entries(folder) if _MAILENABLE.fullmatch(path.name))
    for name in _POSTFIX:
        found += with_rotated(folder / name, since=since)
    if not found:
        raise InputProblem(
            f"There is no mail log in {folder}.",
            hint="Name the log itself, like --log /var/log/mail.log, or the folder of a MailEnable.",
            code="no_log",
        )
    return list(found)
