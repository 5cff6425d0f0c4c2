"""`profilegen relay`: the review of a mail server, from outside and from its own files."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from profilegen.address import Address
from profilegen.cli.grouped import grouped
from profilegen.cli.options import Authorities, Json, PasswordOptions
from profilegen.cli.output import MARKS, note, print_json, progress_line, say
from profilegen.cli.relay_follow import follow_person
from profilegen.cli.relay_options import HERE, FileOptions, PeopleOptions, ServerOptions, with_postfix_here
from profilegen.cli.relay_people import show_broken
from profilegen.cli.render import finding_document, show_findings
from profilegen.cli.session import run_async, session_of
from profilegen.diagnosis.maillog.people import Ours
from profilegen.errors import AddressProblem, UsageProblem
from profilegen.net.domains import registrable_domain
from profilegen.ports import Progress
from profilegen.report import Finding, Outcome
from profilegen.secret import Login
from profilegen.settings.servers import clean_host
from profilegen.wiring import House
from profilegen.wiring.review import advice_book

if TYPE_CHECKING:
    from profilegen.review.advice import Product, Said
    from profilegen.review.reading import ServerFiles


class Command(TyperCommand):
    """Lets `--postfix` stand alone or before a folder."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments once `--postfix` has a value."""
        return super().parse_args(ctx, with_postfix_here(args))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One call of the command."""

    house: House
    host: str | None
    server: ServerOptions
    files: FileOptions
    people: PeopleOptions
    passwords: PasswordOptions

    @property
    def ours(self) -> Ours:
        """Whose people are looked for, as far as somebody said so."""
        domains = (*self.server.domains(), *self.house.loaded.config.domains)
        return Ours(domains=frozenset(domains), old_hosts=frozenset(map(clean_host, self.files.old_host or ())))


@grouped
def relay(
    context: typer.Context,
    server: ServerOptions,
    files: FileOptions,
    people: PeopleOptions,
    passwords: PasswordOptions,
    host: Annotated[str | None, typer.Argument(metavar="[HOST]", show_default=False)] = None,
    ca: Authorities = None,
    as_json: Json = False,
) -> None:
    """
    Review a mail server you run: who may relay, who cannot send, whose password is stolen.

    Example: profilegen relay mail.example.com --postfix --who-is-broken
    """
    house = session_of(context).house(ca)
    name = clean_host(host) if host is not None else None
    asked = Asked(house=house, host=name, server=server, files=files, people=people, passwords=passwords)
    _refuse_nothing(asked)
    files.refuse_missing()
    if people.follow is not None:
        watched = Address.parse(people.follow)
        run_async(follow_person(_files_of(asked), watched, files.fail2ban, house.clock, as_json=as_json))
        return
    if people.who_is_broken:
        found = show_broken(house, _files_of(asked), asked.ours, files, people, host=name, as_json=as_json)
        raise typer.Exit(1 if found else 0)
    review(asked, as_json=as_json)


def review(asked: Asked, *, as_json: bool) -> None:
    """Review the server from outside and from its files; exits 1 if anything failed."""
    book = advice_book()
    with progress_line() as progress:
        findings = run_async(_from_outside(asked, progress)) if asked.host is not None else ()
        product = book.product(findings)
        if _reads_files(asked.files):
            read = _files_of(asked)
            product = book.named(read.product)
            findings += _from_files(asked, read, progress)
    findings = book.with_remedies(findings)
    said = book.said(findings, product)
    if as_json:
        documents = [finding_document(finding) for finding in findings]
        print_json({"host": asked.host, "findings": documents, "advice": [_said_document(one) for one in said]})
    else:
        _show(asked.host, findings, said, product)
    raise typer.Exit(1 if any(finding.outcome is Outcome.FAIL for finding in findings) else 0)


async def _from_outside(asked: Asked, progress: Progress) -> tuple[Finding, ...]:
    from profilegen.probe.review import Depth, ReviewOrder

    login = _login(asked)
    order = ReviewOrder(
        host=asked.host or "",
        member=_member(asked),
        depth=Depth.OWN_SERVER if asked.server.i_run_this_server else Depth.LOOK,
        login=login,
        domains=asked.server.domains(),
    )
    lists = asked.server.block_lists(asked.house.loaded.config)
    return (await asked.house.reviewer(lists).review(order, progress)).findings


def _from_files(asked: Asked, files: "ServerFiles", progress: Progress) -> tuple[Finding, ...]:
    from profilegen.review.reading import judge_files, log_findings, read_log

    now = asked.house.clock.now()
    judged = judge_files(files, now=now)
    story = read_log(files, asked.ours, since=asked.files.since_when(now), progress=progress)
    return (*judged, *log_findings(files, story))


def _files_of(asked: Asked) -> "ServerFiles":
    from profilegen.review.mailenable import MailEnablePlace
    from profilegen.review.postfix import PostfixPlace
    from profilegen.review.reading import mailenable_files, postfix_files

    now = asked.house.clock.now()
    since, logs = asked.files.since_when(now), tuple(asked.files.log or ())
    if asked.files.mailenable is not None:
        return mailenable_files(MailEnablePlace(path=asked.files.mailenable), logs, since=since)
    path = Path(asked.files.postfix) if asked.files.postfix not in (None, HERE) else None
    return postfix_files(PostfixPlace(path=path), logs, now=now, since=since)


def _reads_files(files: FileOptions) -> bool:
    return files.postfix is not None or files.mailenable is not None or bool(files.log)


def _refuse_nothing(asked: Asked) -> None:
    if asked.people.roster is not None and not asked.people.who_is_broken:
        raise UsageProblem("--roster has nobody to write.", hint="Say --who-is-broken as well.", code="bad_roster")
    wants_people = asked.people.who_is_broken or asked.people.follow is not None
    if asked.host is None and not _reads_files(asked.files) and not wants_people:
        raise UsageProblem(
            "There is nothing to review.", hint="Name a host, or read this machine with --postfix.", code="no_host"
        )


def _login(asked: Asked) -> Login | None:
    if asked.server.username is None:
        return None
    if not asked.server.i_run_this_server:
        raise UsageProblem(
            "A login is tried on your own server only.", hint="Say --i-run-this-server as well.", code="not_permitted"
        )
    password = asked.passwords.outgoing() or asked.passwords.incoming()
    if password is None:
        raise UsageProblem(
            "There is no password for this login.", hint="Say --password-env NAME as well.", code="no_password"
        )
    return Login(username=asked.server.username, password=password)


def _member(asked: Asked) -> Address:
    """Return an address of the server's own: the login's, or the postmaster every mail domain has (RFC 5321)."""
    try:
        return Address.parse(asked.server.username or "")
    except AddressProblem:
        named = (*asked.server.domains(), *asked.house.loaded.config.domains)
        host = asked.host or ""
        domain = named[0] if named else registrable_domain(host) or host
        return Address.parse(f"postmaster@{domain}")


def _show(host: str | None, findings: tuple[Finding, ...], said: "tuple[Said, ...]", product: "Product | None") -> None:
    say(f"{host or 'this server'}{f' ({product.name})' if product else ''}")
    sound: dict[str, list[str]] = {}
    for finding in findings:
        if _is_sound(finding):
            group, _, check = finding.check.partition(".")
            sound.setdefault(group, []).append(check)
    for group, checks in sound.items():
        say(f"  {MARKS['pass']} {group}: {', '.join(dict.fromkeys(checks))}")
    show_findings([finding for finding in findings if not _is_sound(finding)])
    for one in said:
        say()
        say(f"{one.do}{f' {one.why}' if one.why else ''}")
        if one.where:
            say(f"  {one.where}")
    if any(finding.check.endswith(".connect") and finding.outcome is Outcome.SKIP for finding in findings):
        note("profilegen: what was tested from here says nothing about other networks.")


def _is_sound(finding: Finding) -> bool:
    """Whether one word is enough: a check of a port or of the configuration that passed."""
    group = finding.check.partition(".")[0]
    return finding.outcome is Outcome.PASS and (group.isdigit() or group == "postfix")


def _said_document(said: "Said") -> dict[str, str | None]:
    return {"id": said.id, "do": said.do, "why": said.why or None, "where": said.where or None}
