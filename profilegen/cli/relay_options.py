"""The options of `profilegen relay`, and what stands behind them."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from profilegen.address import a_label, shorten
from profilegen.config.values import Config
from profilegen.errors import AddressProblem, InputProblem, UsageProblem

if TYPE_CHECKING:
    from profilegen.probe.reputation import BlockLists

HERE = ""
"""The value of --postfix without a folder: the Postfix of this machine."""

_SPAN = re.compile(r"(?P<count>\d{1,4})(?P<unit>[mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOptions:
    """What is looked at over the network, and how far."""

    i_run_this_server: Annotated[
        bool,
        typer.Option("--i-run-this-server", help="Try every combination of sender and recipient; never sends a mail."),
    ] = False
    username: Annotated[
        str | None, typer.Option("--username", metavar="NAME", help="Also try what somebody with this login may do.")
    ] = None
    domain: Annotated[
        list[str] | None, typer.Option("--domain", metavar="NAME", help="A mail domain of the server. Repeatable.")
    ] = None
    dnsbl: Annotated[
        list[str] | None, typer.Option("--dnsbl", metavar="ZONE", help="Ask this block list of addresses. Repeatable.")
    ] = None
    rhsbl: Annotated[
        list[str] | None,
        typer.Option("--rhsbl", metavar="ZONE", help="Ask this block list of mail domains. Repeatable."),
    ] = None

    def domains(self) -> tuple[str, ...]:
        """Return the mail domains in A-label form; raises UsageProblem for what is none."""
        return tuple(_domain(text) for text in self.domain or ())

    def block_lists(self, config: Config) -> "BlockLists":
        """Return the lists named here, else those of the configuration; raises UsageProblem for what is no zone."""
        from profilegen.probe.reputation import BlockLists

        return BlockLists(
            addresses=tuple(map(_zone, self.dnsbl or config.review_dnsbl)),
            domains=tuple(map(_zone, self.rhsbl or config.review_rhsbl)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOptions:
    """What is read on this machine."""

    postfix: Annotated[
        str | None, typer.Option("--postfix", metavar="[DIR]", help="Read configuration, queue and log of a Postfix.")
    ] = None
    mailenable: Annotated[
        Path | None, typer.Option("--mailenable", metavar="DIR", help="Read queue and logs of a MailEnable.")
    ] = None
    log: Annotated[
        list[str] | None, typer.Option("--log", metavar="FILE", help="Read this log, or - for stdin. Repeatable.")
    ] = None
    since: Annotated[str, typer.Option("--since", metavar="TIME", help="How far back: 90m, 12h, 7d, 2w or a date.")] = (
        "7d"
    )
    old_host: Annotated[
        list[str] | None, typer.Option("--old-host", metavar="NAME", help="A host nobody should use. Repeatable.")
    ] = None
    fail2ban: Annotated[
        Path | None, typer.Option("--fail2ban", metavar="FILE", help="Its database or log, if not in its usual place.")
    ] = None

    def refuse_missing(self) -> None:
        """Raise InputProblem if a file of fail2ban was named that is not there: nobody would seem to be banned."""
        if self.fail2ban is not None and not self.fail2ban.is_file():
            raise InputProblem(
                f"{self.fail2ban} is not a file.",
                hint="Name fail2ban's database (fail2ban.sqlite3) or its log.",
                code="no_fail2ban",
            )

    def since_when(self, now: datetime) -> datetime:
        """Return the first moment that counts; raises UsageProblem."""
        if match := _SPAN.fullmatch(self.since.strip()):
            return now - timedelta(**{_UNITS[match["unit"]]: int(match["count"])})
        try:
            return datetime.fromisoformat(self.since.strip()).astimezone(UTC)
        except (ValueError, OverflowError):  # no date, or one before or after all clocks
            raise UsageProblem(
                f'"{shorten(self.since)}" is no time.', hint="Write --since 7d or --since 2026-11-01.", code="bad_since"
            ) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleOptions:
    """Who is looked for in the log."""

    who_is_broken: Annotated[
        bool, typer.Option("--who-is-broken", help="List the people whose devices are failing now.")
    ] = False
    roster: Annotated[
        Path | None, typer.Option("--roster", metavar="FILE", help="Write these people as a roster for build.")
    ] = None
    follow: Annotated[
        str | None, typer.Option("--follow", metavar="ADDRESS", help="Show what one person's devices try, live.")
    ] = None


def with_postfix_here(arguments: list[str]) -> list[str]:
    """Give `--postfix` without a folder the value for this machine; a word is a folder if it is one or has a slash."""
    given: list[str] = []
    for place, word in enumerate(arguments):
        given.append(word)
        following = arguments[place + 1] if place + 1 < len(arguments) else ""
        if word == "--postfix" and (following[:1] in ("", "-") or not _names_path(following)):
            given[-1] = f"--postfix={HERE}"
    return given


def _names_path(word: str) -> bool:
    return "/" in word or "\\" in word or Path(word).exists()


def _zone(text: str) -> str:
    """A name that is no zone would be answered like an address that is not listed."""
    try:
        zone = a_label(text.strip())
    except AddressProblem:
        zone = ""
    if "." not in zone:
        raise UsageProblem(
            f'"{shorten(text)}" is not the zone of a block list.',
            hint="Write it like --dnsbl bl.example.net.",
            code="bad_zone",
        )
    return zone


def _domain(text: str) -> str:
    try:
        return a_label(text.strip())
    except AddressProblem as problem:
        raise UsageProblem(
            f'"{shorten(text)}" is no mail domain.', hint="Write it like --domain example.com.", code="bad_domain"
        ) from problem
