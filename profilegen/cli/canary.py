"""`profilegen canary`: mailboxes of our own that prove endpoints, so that nobody's own password is needed for it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from profilegen.address import Address, a_label, shorten
from profilegen.cli.canaryview import canary_document, listed_document, run_document, show_list, show_runs
from profilegen.cli.grouped import grouped
from profilegen.cli.options import Json, LookupOptions, PasswordOptions
from profilegen.cli.output import note, print_json, progress_line, say
from profilegen.cli.policy import allowed
from profilegen.cli.session import run_async, session_of
from profilegen.cli.wishes import read_settings
from profilegen.diagnosis.evidence import Evidence
from profilegen.errors import AddressProblem, InputProblem, UsageProblem
from profilegen.flow.canaries import Canaries, outgoing_secret
from profilegen.flow.values import CanaryRun
from profilegen.ports import Canary, Progress
from profilegen.profile.wish import LookupWish
from profilegen.secret import Secret
from profilegen.settings.document import SettingsDocument
from profilegen.wiring.proof import Proving

app = typer.Typer(help="Keep mailboxes of your own that prove servers.", no_args_is_help=True)

Domain = Annotated[str, typer.Argument(metavar="DOMAIN", show_default=False)]


@app.command()
@grouped
def add(
    context: typer.Context,
    passwords: PasswordOptions,
    domain: Domain,
    address: Annotated[str, typer.Option("--address", metavar="ADDRESS", help="The mailbox; it gets test messages.")],
    settings: Annotated[
        Path | None,
        typer.Option(
            "--settings", metavar="FILE", help="Its settings as lookup prints them; else looked up each time."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """
    Keep a mailbox of your own as the canary of a mail domain; its password goes into the system's keyring or a file.

    Example: profilegen canary add example.com --address canary@example.com --password-file canary.txt
    """
    house = session_of(context).house()
    mailbox = allowed(Address.parse(address), house.loaded.config)
    password = passwords.incoming()
    if password is None:
        raise UsageProblem(
            "A canary logs in, so it needs its password.",
            hint="Give --password-file FILE, --password-env NAME or --password-stdin.",
            code="no_password",
        )
    canary = Canary(
        domain=mail_domain(domain),
        address=mailbox,
        added_at=house.clock.now(),
        settings=_settings_of(mailbox, settings),
    )
    place = run_async(_keep(house.proving, canary, password, passwords.outgoing()))
    if mailbox.domain != canary.domain:
        note(f"profilegen: {mailbox} is no mailbox of {canary.domain}: it proves the servers of {mailbox.domain}.")
        note(f"  → That counts for people of {canary.domain} who have the very same servers, and for nobody else.")
    if as_json:
        print_json({**canary_document(canary), "password_in": place})
        return
    say(f"✓ {canary.domain}: {canary.address}, its password in {place}")
    say(f"  Prove its servers with: profilegen canary run {canary.domain}")


@app.command("list")
def list_(context: typer.Context, as_json: Json = False) -> None:
    """
    List the canaries and what each proved last.

    Example: profilegen canary list
    """
    house = session_of(context).house()
    policy, clock = house.proving.policy, house.clock
    known = run_async(_with_last_words(house.proving))
    if as_json:
        print_json({"canaries": [listed_document(canary, last, policy, clock) for canary, last in known]})
    else:
        show_list(known, policy, clock)


@app.command()
@grouped
def run(
    context: typer.Context,
    how: LookupOptions,
    domain: Annotated[str | None, typer.Argument(metavar="[DOMAIN]", show_default=False)] = None,
    as_json: Json = False,
) -> None:
    """
    Send a test message with each canary; stops and exits 1 at the first whose servers fail. Made for cron.

    Example: profilegen canary run example.com
    """
    house = session_of(context).house(how.ca)
    finder = how.finder(house)
    chosen = run_async(_chosen(house.proving, None if domain is None else mail_domain(domain)))
    with progress_line() as progress:
        runs = run_async(_run_all(house.proving.canaries(finder), chosen, how.wish(), progress))
    left = chosen[len(runs) :]
    ok = all(run.ok for run in runs)
    if as_json:
        not_run = [canary_document(canary) for canary in left]
        print_json({"ok": ok, "canaries": [run_document(run) for run in runs], "not_run": not_run})
    else:
        show_runs(runs, left)
    raise typer.Exit(0 if ok else 1)


@app.command()
def remove(context: typer.Context, domain: Domain, as_json: Json = False) -> None:
    """
    Forget a canary and its password; what it proved stays on record and grows old.

    Example: profilegen canary remove example.com
    """
    name = mail_domain(domain)
    removed = run_async(_forget(session_of(context).house().proving, name))
    if as_json:
        print_json({"domain": name, "removed": removed})
    else:
        say(f"✓ {name} removed" if removed else f"There was no canary for {name}.")
    raise typer.Exit(0 if removed else 1)


def mail_domain(text: str) -> str:
    """Return a mail domain in A-label form; raises UsageProblem."""
    try:
        return a_label(text.strip())
    except AddressProblem as problem:
        raise UsageProblem(
            f'"{shorten(text)}" is not a mail domain.', hint="Write it like example.com.", code="bad_domain"
        ) from problem


def _settings_of(mailbox: Address, path: Path | None) -> SettingsDocument | None:
    settings = read_settings(path)
    if path is None or mailbox.account in settings:
        return settings.get(mailbox.account)
    raise InputProblem(
        f"The settings file {path} says nothing about {mailbox}.",
        hint="Add it, or leave --settings out so that the settings are looked up.",
        code="no_settings",
    )


async def _keep(proving: Proving, canary: Canary, password: Secret, outgoing: Secret | None) -> str:
    """Passwords first: a canary that is listed has them, and no older one for the outgoing server."""
    place = await proving.vault.keep(canary.domain, password)
    if outgoing is None:
        await proving.vault.forget(outgoing_secret(canary.domain))
    else:
        await proving.vault.keep(outgoing_secret(canary.domain), outgoing)
    await proving.canary_store.keep(canary)
    return place


async def _forget(proving: Proving, domain: str) -> int:
    """Passwords first: where this is cut off, none stays behind unseen."""
    await proving.vault.forget(domain)
    await proving.vault.forget(outgoing_secret(domain))
    return await proving.canary_store.forget(domain)


async def _with_last_words(proving: Proving) -> list[tuple[Canary, Evidence | None]]:
    canaries = await proving.canary_store.all()
    return [(canary, await proving.evidence.last(canary.domain)) for canary in canaries]


async def _chosen(proving: Proving, domain: str | None) -> list[Canary]:
    chosen = [canary for canary in await proving.canary_store.all() if domain in (None, canary.domain)]
    if not chosen:
        raise UsageProblem(
            "There is no canary yet." if domain is None else f"There is no canary for {domain}.",
            hint="Add one with canary add DOMAIN --address ADDRESS --password-file FILE; canary list shows them.",
            code="no_canary",
        )
    return chosen


async def _run_all(
    canaries: Canaries, chosen: Sequence[Canary], lookup: LookupWish, progress: Progress
) -> list[CanaryRun]:
    """Return the runs up to the first that fails."""
    runs: list[CanaryRun] = []
    for canary in chosen:
        progress(f"{canary.domain}: {canary.address}")
        runs.append(await canaries.run(canary, lookup, progress))
        if not runs[-1].ok:
            break
    return runs
