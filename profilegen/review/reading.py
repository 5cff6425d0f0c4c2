"""Reading a server's own files once, from front to back: what is configured, what waits, who sends, who cannot."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from profilegen.diagnosis.maillog.event import LogEvent
from profilegen.diagnosis.maillog.line import Stamps
from profilegen.diagnosis.maillog.mailenable import MailEnableLog
from profilegen.diagnosis.maillog.people import Ours, PeopleTally, Person
from profilegen.diagnosis.maillog.postfix import PostfixLog
from profilegen.diagnosis.maillog.queue import Waiting, judge_queue
from profilegen.diagnosis.maillog.volume import VolumeTally
from profilegen.diagnosis.postconf import PostfixSettings, judge_postfix
from profilegen.errors import InputProblem
from profilegen.report import Finding, Outcome
from profilegen.review.logfiles import localise, log_lines, with_rotated
from profilegen.review.mailenable import MailEnablePlace
from profilegen.review.postfix import PostfixPlace
from profilegen.review.tail import Newest

REPORT_EVERY = 100_000
"""Lines between two words about progress."""

LogReader = PostfixLog | MailEnableLog


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFiles:
    """
    One server's files, found but not yet read.

    `logs` are its log files, oldest first, `live` the one that is being written, `newest` finds it anew where its name
    changes every day; `queue` is None where it is not known.
    """

    product: str
    reader: LogReader
    logs: tuple[str | Path, ...]
    live: Path | None
    newest: Newest | None = None
    queue: Iterable[Waiting] | None = None
    settings: PostfixSettings | None = None

    @property
    def domains(self) -> frozenset[str]:
        """The mail domains its configuration names."""
        return self.settings.domains if self.settings is not None else frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class LogStory:
    """What the log told: who cannot send, how much was sent; how many lines there were, and `events` in them."""

    people: tuple[Person, ...]
    volume: VolumeTally
    lines: int
    events: int
    left_out: int


def postfix_files(place: PostfixPlace, logs: tuple[str, ...], *, now: datetime, since: datetime | None) -> ServerFiles:
    """Return the files of a Postfix; with `logs` named, one that is not installed here will do. Raises InputProblem."""
    settings: PostfixSettings | None = None
    queue: Iterable[Waiting] | None = None
    try:
        settings = place.settings()
        queue = place.queue()
    except InputProblem:
        if place.path is not None or not logs:
            raise
    live = _named(logs) if logs else place.log(settings) if settings is not None else None
    plain = settings.plain_port if settings is not None else 25
    return ServerFiles(
        product="postfix",
        reader=PostfixLog(Stamps(now=now, localise=localise), plain_port=plain),
        logs=logs if logs or live is None else tuple(with_rotated(live, since=since)),
        live=live,
        queue=queue,
        settings=settings,
    )


def mailenable_files(place: MailEnablePlace, logs: tuple[str, ...], *, since: datetime | None) -> ServerFiles:
    """Return the files of a MailEnable; raises InputProblem."""
    queue = place.queue()
    found: tuple[str | Path, ...] = logs or tuple(place.logs(since=since))
    live = Path(found[-1]) if found and str(found[-1]) != "-" else None
    return ServerFiles(
        product="mailenable",
        reader=MailEnableLog(localise=localise),
        logs=found,
        live=live,
        newest=None if logs else place.newest_log,
        queue=queue,
    )


def judge_files(files: ServerFiles, *, now: datetime) -> tuple[Finding, ...]:
    """Return what configuration and queue say."""
    findings = judge_postfix(files.settings) if files.settings is not None else ()
    return (*findings, *(judge_queue(files.queue, now=now) if files.queue is not None else ()))


def read_log(files: ServerFiles, ours: Ours, *, since: datetime | None, progress: Callable[[str], None]) -> LogStory:
    """Read every line once and return what they told; raises InputProblem for a file that cannot be read."""
    people, volume = PeopleTally(ours), VolumeTally()
    counted, events = _Counted(log_lines(files.logs), progress), 0
    for event in files.reader.read(counted):
        if since is None or event.when is None or event.when >= since:
            people.add(event)
            volume.add(event)
            events += 1
    return LogStory(
        people=people.people(),
        volume=volume,
        lines=counted.lines,
        events=events,
        left_out=people.left_out + volume.left_out,
    )


def log_findings(files: ServerFiles, story: LogStory) -> tuple[Finding, ...]:
    """Return what the log says about who sends, and how much of it was read."""
    if not files.logs:
        nothing = "There is no log where it usually is; name it with --log."
        return (Finding(check="log", outcome=Outcome.SKIP, detail=nothing),)
    words = f"{story.lines:,} lines in {len(files.logs)} {'file' if len(files.logs) == 1 else 'files'}"
    words += "" if story.events else ", and nothing in them is of a mail or a login"
    left = f"; {story.left_out} names found no room" if story.left_out else ""
    outcome = Outcome.PASS if story.events else Outcome.SKIP
    return (Finding(check="log", outcome=outcome, detail=words + left), *story.volume.findings())


def events_of(reader: LogReader, lines: Iterable[str]) -> Iterator[LogEvent]:
    """Yield the events of some lines, of a log that goes on."""
    for line in lines:
        yield from reader.feed(line)


class _Counted:
    """Counts lines while they pass, and says so now and then."""

    def __init__(self, lines: Iterable[str], progress: Callable[[str], None]) -> None:
        self.lines = 0
        self._source = lines
        self._progress = progress

    def __iter__(self) -> Iterator[str]:
        for line in self._source:
            self.lines += 1
            if self.lines % REPORT_EVERY == 0:
                self._progress(f"{self.lines:,} lines of the log")
            yield line


def _named(logs: tuple[str, ...]) -> Path | None:
    return Path(logs[-1]) if logs[-1] != "-" else None
