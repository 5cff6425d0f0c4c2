"""One person, live: what their devices try while the helpdesk is on the phone."""

from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from profilegen.address import Address
from profilegen.cli.output import note, print_json, say
from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.maillog.event import Happened, LogEvent
from profilegen.diagnosis.maillog.watch import Watch
from profilegen.diagnosis.remedies import remedy_of
from profilegen.errors import InputProblem, UsageProblem
from profilegen.ports import Clock

if TYPE_CHECKING:
    from profilegen.review.reading import ServerFiles

_EVENTS = {
    Happened.REFUSED: "refused",
    Happened.LOGIN_FAILED: "login failed",
    Happened.LOGGED_IN: "logged in",
    Happened.ACCEPTED: "message accepted",
    Happened.BOUNCED: "message bounced",
    Happened.RATE_LIMITED: "held back by a limit",
    Happened.TLS_FAILED: "TLS failed",
    Happened.LEFT: "left",
}
_LOOK_BACK = timedelta(hours=2)
_SHOWN_FIRST = 5


async def follow_person(
    files: "ServerFiles", address: Address, fail2ban: Path | None, clock: Clock, *, as_json: bool
) -> None:
    """Print what the log says about one person until somebody stops it; raises InputProblem without a log."""
    from profilegen.review.fail2ban import LOG, ban_of
    from profilegen.review.reading import events_of
    from profilegen.review.tail import Tail, follow

    if files.live is None:
        raise UsageProblem("There is no log file to follow.", hint="Name it with --log FILE.", code="no_log")
    watch, named = Watch(address), set[str]()
    bans = fail2ban if fail2ban is not None else LOG
    with ExitStack() as opened:
        log = opened.enter_context(Tail(files.live, files.newest))
        tails = [log, *([opened.enter_context(Tail(bans))] if bans.suffix == ".log" and bans.is_file() else [])]
        _look_back(files, watch, clock, as_json=as_json)
        note(f"profilegen: following {address} in {files.live}; stop with Ctrl-C.")
        _name_banned(watch, fail2ban, clock.now(), named, as_json=as_json)
        async for tail, line in follow(tails):
            if tail is not log:
                ban = ban_of(line)
                if ban is not None and ban[0] in watch.clients:
                    _tell_ban(*ban, as_json=as_json)
                continue
            for event in events_of(files.reader, [line]):
                if watch.concerns(event):
                    _tell(event, as_json=as_json)
                    _name_banned(watch, fail2ban, clock.now(), named, as_json=as_json)


def _look_back(files: "ServerFiles", watch: Watch, clock: Clock, *, as_json: bool) -> None:
    """Learn from the current log where this person sits, and show what happened last."""
    from profilegen.review.logfiles import log_lines

    if files.live is None:
        return
    last: list[LogEvent] = []
    since = clock.now() - _LOOK_BACK
    for line in log_lines([files.live]):
        for event in files.reader.feed(line):
            if watch.concerns(event) and event.when is not None and event.when >= since:
                last = [*last[1 - _SHOWN_FIRST :], event]
    for event in last:
        _tell(event, as_json=as_json)


def _name_banned(watch: Watch, fail2ban: Path | None, now: datetime, named: set[str], *, as_json: bool) -> None:
    """Say which of the person's network addresses are banned, each once."""
    fresh = [client for client in watch.clients if client not in named]
    if not fresh:
        return
    banned = banned_now(fail2ban, now)
    for client in fresh:
        named.add(client)
        if client in banned:
            _tell_ban(client, banned[client], True, as_json=as_json)


def _tell(event: LogEvent, *, as_json: bool) -> None:
    cause = event.cause
    remedy = "" if cause in (None, Cause.OK) else remedy_of(Cause(cause)).user
    if as_json:
        document = {
            "when": utc_stamp(event.when),
            "what": str(event.what),
            "client": event.client,
            "port": event.port,
            "tls": event.tls,
            "login": event.login,
            "text": event.text or None,
            "cause": cause,
            "remedy": remedy or None,
        }
        print_json(document)
        return
    where = f"port {event.port}" if event.port else "unknown port"
    says = f": {event.text}" if event.text else ""
    say(f"{wall_clock(event.when)}  {event.client}  {where}  {_EVENTS.get(event.what, event.what)}{says}")
    if remedy:
        say(f"    {cause} → {remedy}")


def _tell_ban(client: str, jail: str, is_ban: bool, *, as_json: bool) -> None:
    if as_json:
        print_json({"what": "banned" if is_ban else "unbanned", "client": client, "jail": jail})
    elif is_ban:
        say(f"{client} is banned by fail2ban ({jail}): nothing from there reaches the server.")
    else:
        say(f"{client} is no longer banned by fail2ban ({jail}).")


def banned_now(fail2ban: Path | None, now: datetime) -> dict[str, str]:
    """Return client address -> jail of everybody fail2ban bans at this moment, as far as that may be read."""
    from profilegen.review.fail2ban import DATABASE, LOG, banned_in_database, banned_in_log
    from profilegen.review.logfiles import log_lines

    database = fail2ban if fail2ban is not None else DATABASE
    found = None if database.suffix == ".log" else banned_in_database(database, now)
    if found is not None:
        return found
    log = fail2ban if fail2ban is not None and fail2ban.suffix == ".log" else LOG
    try:
        return banned_in_log(log_lines([log])) if log.is_file() else {}
    except InputProblem:
        return {}  # bans are an extra: a log that may not be read is no reason to stop


def wall_clock(when: datetime | None) -> str:
    """Return a time as the clock on the wall shows it, "" for none."""
    return "" if when is None else when.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def utc_stamp(when: datetime | None) -> str | None:
    """Return a time for machines."""
    return None if when is None else f"{when:%Y-%m-%dT%H:%M:%SZ}"
