"""Who of our people cannot send now: the list, the roster, and those set apart."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from profilegen.address import Address
from profilegen.cli.output import note, print_json, print_table, progress_line, say, table
from profilegen.cli.relay_follow import banned_now, utc_stamp, wall_clock
from profilegen.cli.relay_options import FileOptions, PeopleOptions
from profilegen.cli.session import run_async
from profilegen.diagnosis.maillog.people import Ours, Person, Trouble, roster_addresses
from profilegen.diagnosis.remedies import remedy_of
from profilegen.errors import InputProblem
from profilegen.wiring import House

if TYPE_CHECKING:
    from profilegen.review.reading import ServerFiles

WORDS = {
    Trouble.NOT_LOGGED_IN: "refused without a login",
    Trouble.LOGIN_FAILED: "login fails",
    Trouble.REFUSED: "refused although logged in",
    Trouble.PORT_25: "still on port 25",
    Trouble.OLD_HOST: "still on an old host",
}
_PORT_25 = "Move the device to port 587 with STARTTLS, or 465 with TLS."


def show_broken(
    house: House,
    files: "ServerFiles",
    ours: Ours,
    options: FileOptions,
    wanted: PeopleOptions,
    *,
    host: str | None,
    as_json: bool,
) -> bool:
    """Print the people whose devices fail, and write the roster; returns whether there is anybody."""
    from profilegen.review.reading import read_log

    if not files.logs:
        raise InputProblem(
            "There is no mail log where it usually is.",
            hint="Name it with --log FILE; from the journal: journalctl -u 'postfix*' -o short-iso | profilegen relay "
            "--who-is-broken --log -",
            code="no_log",
        )
    now = house.clock.now()
    known = Ours(domains=ours.domains, likely=files.domains, old_hosts=ours.old_hosts)
    with progress_line() as progress:
        story = read_log(files, known, since=options.since_when(now), progress=progress)
    banned = banned_now(options.fail2ban, now)
    broken = [person for person in story.people if person.forged is None]
    forged = [person for person in story.people if person.forged is not None]
    if not story.events:
        note(
            f"profilegen: the log has {story.lines:,} lines, and nothing in them is of a mail or a login since "
            f"{options.since}; is it the mail server's?"
        )
    if story.left_out:
        note(f"profilegen: {story.left_out} names found no room; the list is not complete.")
    if wanted.roster is not None:
        run_async(_write_roster(wanted.roster, roster_addresses(broken)))
    if as_json:
        people = [_document(person, banned) for person in broken]
        findings = [_finding(document) for document in people]
        apart = [_document(person, banned) for person in forged]
        print_json({"host": host, "findings": findings, "people": people, "forged": apart})
    else:
        _show_people(broken, forged, banned, options.since)
    return bool(broken)


def _show_people(broken: list[Person], forged: list[Person], banned: dict[str, str], since: str) -> None:
    if not broken:
        say(f"Nobody of yours has failed since {since}.")
    rows = table("address", "what", "times", "last", "from", "port", "cause")
    for person in broken:
        rows.add_row(
            person.address,
            WORDS[person.trouble],
            str(person.count),
            wall_clock(person.last),
            _clients(person, banned),
            str(person.port or ""),
            person.cause or "",
        )
    if broken:
        print_table(rows)
    for words, remedy in sorted({(_why(person), _remedy(person)) for person in broken}):
        say(f"→ {words}: {remedy}")
    if forged:
        say("Set apart, because somebody else seems to use these addresses:")
        for person in forged:
            clients = ", ".join(person.clients)
            say(f"  {person.address}: {WORDS[person.trouble]} {person.count} times from {clients}; {person.forged}")


def _why(person: Person) -> str:
    return person.cause or WORDS[person.trouble]


def _remedy(person: Person) -> str:
    if person.cause is None:
        return _PORT_25 if person.trouble is Trouble.PORT_25 else "Look at the server's reply."
    return remedy_of(person.cause).admin


def _clients(person: Person, banned: dict[str, str]) -> str:
    return ", ".join(
        f"{client} (banned: {banned[client]})" if client in banned else client for client in person.clients
    )


def _document(person: Person, banned: dict[str, str]) -> dict[str, Any]:
    return {
        "address": person.address,
        "trouble": str(person.trouble),
        "cause": person.cause,
        "count": person.count,
        "first": utc_stamp(person.first),
        "last": utc_stamp(person.last),
        "clients": list(person.clients),
        "banned": {client: banned[client] for client in person.clients if client in banned},
        "port": person.port,
        "reply": person.reply or None,
        "last_worked": utc_stamp(person.worked),
        "remedy": _remedy(person),
        "forged": person.forged,
    }


def _finding(person: dict[str, Any]) -> dict[str, Any]:
    words = WORDS[Trouble(person["trouble"])]
    times = f"{person['count']} times, last {person['last']} from {', '.join(person['clients'])}"
    return {
        "check": f"people.{person['trouble']}",
        "outcome": "fail",
        "detail": f"{person['address']}: {words} {times}",
        "ms": None,
        "cause": person["cause"],
        "remedy": person["remedy"],
    }


async def _write_roster(path: Path, addresses: Iterable[Address]) -> None:
    from profilegen.delivery.files import FileDrop

    lines = ["address", *map(str, addresses)]
    if len(lines) == 1:
        note(f"profilegen: nobody to write; {path} is left as it is.")
        return
    staged = await FileDrop().stage(path, ("\n".join(lines) + "\n").encode(), private=True)
    await staged.commit()
    note(f"profilegen: {len(lines) - 1} people written to {path}.")
