"""`profilegen send --status`: who sends from the device since a profile was sent to them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from profilegen.cli.output import MARKS, note, print_json, print_table, progress_line, say, table
from profilegen.cli.relay_follow import utc_stamp, wall_clock
from profilegen.cli.relay_options import FileOptions
from profilegen.cli.session import run_async
from profilegen.errors import UsageProblem
from profilegen.flow.device_status import DeviceState
from profilegen.ports import Progress
from profilegen.secret import Secret
from profilegen.wiring import House

if TYPE_CHECKING:
    from profilegen.diagnosis.maillog.event import LogEvent
    from profilegen.flow.device_status import PersonStatus
    from profilegen.flow.send_status import StatusReport, Stray
    from profilegen.mailing.proof_mail import ProofMail

SHOWN = 20
"""Messages from strangers that are listed for people; --json has them all."""

_MARKS = {
    DeviceState.SENDS: MARKS["pass"],
    DeviceState.SILENT: MARKS["fail"],
    DeviceState.UNCERTAIN: MARKS["warn"],
    DeviceState.REFUSED: MARKS["fail"],
    DeviceState.BOUNCED: MARKS["fail"],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusOptions:
    """What `--status` looks at."""

    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME", help="Count only what was seen since: 12h, 30d or a date.")
    ] = None
    log: Annotated[
        list[str] | None,
        typer.Option("--log", metavar="FILE", help="A mail server's log, or a folder of logs. Repeatable."),
    ] = None

    def since_when(self, now: datetime) -> datetime | None:
        """Return the first moment that counts, None for everything; raises UsageProblem."""
        return None if self.since is None else FileOptions(since=self.since).since_when(now)


def status(
    house: House, options: StatusOptions, password: Secret | None, *, keep_password: bool, as_json: bool
) -> NoReturn:
    """
    Print who sends from the device, and exit: 0 if everybody does, 1 if not.

    `password` is the check mailbox's, None to take it from where the configuration or the vault has it;
    `keep_password` puts it into the vault once it was of use.
    """
    now = house.clock.now()
    since = options.since_when(now)
    if keep_password and password is None:
        raise UsageProblem(
            "--keep-password has no password to keep.", hint="Say --password-file FILE as well.", code="no_password"
        )
    with progress_line() as progress:
        report, looked = run_async(_look(house, options, password, since, progress))
        if keep_password and password is not None:
            run_async(_keep(house, password))
    if not looked and not options.log:
        note("profilegen: there is no check mailbox (brand.check_mailbox) and no --log; this is what was seen before.")
    elsewhere = _tell_where_bounces_go(house) if looked else None
    if as_json:
        print_json(_document(report, now) | {"bounces_elsewhere": elsewhere})
    else:
        _show(report, now)
    raise typer.Exit(0 if report.ok else 1)


async def _look(
    house: House, options: StatusOptions, password: Secret | None, since: datetime | None, progress: Progress
) -> "tuple[StatusReport, bool]":
    from profilegen.wiring.send_status import make_send_status

    def log(begin: datetime) -> "Iterable[LogEvent]":
        from profilegen.review.submissions import submissions

        return submissions(options.log or (), now=house.clock.now(), since=begin)

    send_status = await make_send_status(house, password)
    report = await send_status.look(log, since=since, progress=progress)
    return report, send_status.mailbox is not None


def _tell_where_bounces_go(house: House) -> str | None:
    from profilegen.wiring.send_status import bounces_elsewhere

    elsewhere = bounces_elsewhere(house)
    if elsewhere is not None:
        note(f"profilegen: mail that comes back goes to {elsewhere}, and is not seen unless that is forwarded here.")
    return elsewhere


async def _keep(house: House, password: Secret) -> None:
    from profilegen.wiring.send_status import VAULT_NAME

    place = await house.proving.vault.keep(VAULT_NAME, password)
    note(f"profilegen: the password of the check mailbox is kept in {place}.")


def _show(report: "StatusReport", now: datetime) -> None:
    if not report.people:
        say("Nothing has been sent from this home yet.")
        return
    rows = table("", "person", "sent", "channel", "revision", "device", "since", "how")
    for person in report.people:
        rows.add_row(
            _MARKS[person.state],
            person.sent.person,
            wall_clock(person.sent.at),
            person.sent.channel,
            person.sent.revision,
            str(person.state),
            _since(person, now),
            _how(person),
        )
    print_table(rows)
    say(_summary(report))
    for remedy in dict.fromkeys(person.remedy for person in report.people if person.remedy):
        say(f"  → {remedy}")
    _show_strays(report.strays)
    _show_unknown(report.unknown)


def _how(person: "PersonStatus") -> str:
    if person.proof is not None:
        return person.proof.detail
    return f"{person.cause}: {person.detail}" if person.cause else person.detail


def _since(person: "PersonStatus", now: datetime) -> str:
    if person.proof is not None:
        return wall_clock(person.proof.seen_at)
    days = _silent_days(person, now)
    return "" if days is None else "1 day" if days == 1 else f"{days} days"


def _summary(report: "StatusReport") -> str:
    counts = Counter(person.state for person in report.people)
    others = [f"{counts[state]} {state}" for state in DeviceState if counts[state] and state is not DeviceState.SENDS]
    return ", ".join([f"{counts[DeviceState.SENDS]} of {len(report.people)} send", *others]) + "."


def _show_strays(strays: "tuple[Stray, ...]") -> None:
    if strays:
        say("Set apart: somebody's token, but from another sender (forwarded, an alias, or forged):")
    for stray in strays[-SHOWN:]:
        mail = stray.mail
        say(f"  {wall_clock(mail.received_at)}  {mail.sender or 'no sender'} with the token of {stray.sending.person}")


def _show_unknown(unknown: "tuple[ProofMail, ...]") -> None:
    if unknown:
        say("Tokens that were not sent from this home:")
    for mail in unknown[-SHOWN:]:
        say(f"  {wall_clock(mail.received_at)}  {mail.token} from {mail.sender or 'no sender'}")


def _silent_days(person: "PersonStatus", now: datetime) -> int | None:
    return None if person.silent_since is None else max((now - person.silent_since).days, 0)


def _document(report: "StatusReport", now: datetime) -> dict[str, Any]:
    return {
        "ok": report.ok,
        "people": [_person_document(person, now) for person in report.people],
        "strays": [{**_mail_document(stray.mail), "person": stray.sending.person} for stray in report.strays],
        "unknown_tokens": [_mail_document(mail) for mail in report.unknown],
        "new_messages": report.looked_at,
    }


def _person_document(person: "PersonStatus", now: datetime) -> dict[str, Any]:
    sent, proof = person.sent, person.proof
    return {
        "person": sent.person,
        "name": sent.name,
        "accounts": list(person.accounts),
        "state": str(person.state),
        "sent": {
            "at": utc_stamp(sent.at),
            "channel": sent.channel,
            "revision": sent.revision,
            "recipient": sent.recipient,
            "state": str(sent.state),
        },
        "proof": None
        if proof is None
        else {"kind": proof.kind, "seen_at": utc_stamp(proof.seen_at), "detail": proof.detail},
        "silent_days": _silent_days(person, now),
        "detail": person.detail or None,
        "cause": person.cause,
        "remedy": person.remedy,
    }


def _mail_document(mail: "ProofMail") -> dict[str, Any]:
    return {
        "token": mail.token,
        "sender": mail.sender or None,
        "received_at": utc_stamp(mail.received_at),
        "program": mail.program or None,
        "verdict": str(mail.verdict),
    }
