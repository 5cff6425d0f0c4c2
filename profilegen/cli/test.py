"""`profilegen test`: a test-send with exactly the settings of a profile, or of a profile to be."""

from pathlib import Path
from typing import Annotated

import typer

from profilegen.address import Address
from profilegen.cli.fix import LEVEL_WORDS
from profilegen.cli.grouped import grouped
from profilegen.cli.options import Json, LookupOptions, PasswordOptions, ProfileOptions
from profilegen.cli.output import print_json, progress_line, say
from profilegen.cli.render import finding_document, show_findings
from profilegen.cli.session import run_async, session_of
from profilegen.cli.target import Target
from profilegen.cli.wishes import wish_maker
from profilegen.flow.story import Flow
from profilegen.flow.values import Asked, GivenPasswords, Proof
from profilegen.ports import Progress
from profilegen.profile.wish import ProfileWish
from profilegen.wiring import read_file


@grouped
def test(
    context: typer.Context,
    subject: Annotated[str, typer.Argument(metavar="ADDRESS|PROFILE", show_default=False)],
    profile: ProfileOptions,
    how: LookupOptions,
    passwords: PasswordOptions,
    level: Annotated[int | None, typer.Option("--level", min=1, max=4, help="How far to go.")] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="ADDRESS", help="Send the message there.")] = None,
    as_json: Json = False,
) -> None:
    """
    Send a test message with exactly the settings of a profile.

    Example: profilegen test you@example.com.mobileconfig --password-env MAIL_PASSWORD
    """
    house = session_of(context).house(how.ca)
    asked = Asked(level=level, recipient=Address.parse(to) if to is not None else None)
    flow = house.flow(finder=how.finder(house), signer=None, drop=Target(path=".", many=False).drop)
    with progress_line() as progress:
        if names_file(subject):
            given = GivenPasswords(incoming=passwords.incoming(), outgoing=passwords.outgoing())
            proof = run_async(flow.prove_file(read_file(Path(subject)), given, asked, progress))
        else:
            wish = wish_maker(house.loaded.config, profile, how, passwords).for_address(subject).wish
            proof = run_async(_prove_wish(flow, wish, asked, progress))
    show_proof(proof, as_json=as_json)
    raise typer.Exit(0 if proof.ok else 1)


async def _prove_wish(flow: Flow, wish: ProfileWish, asked: Asked, progress: Progress) -> Proof:
    return await flow.prove(await flow.draft(wish), asked, progress)


def names_file(text: str) -> bool:
    """Return whether an argument is a file: it exists, ends in .mobileconfig, or contains a slash."""
    return text.endswith(".mobileconfig") or "/" in text or Path(text).is_file()


def show_proof(proof: Proof, *, as_json: bool) -> None:
    """Print a proof for machines or for people."""
    if as_json:
        findings = [finding_document(finding) for finding in proof.report.findings]
        document = {"ok": proof.ok, "level": proof.level, "level_asked": proof.level_asked}
        print_json({**document, "endpoints": dict(proof.endpoints), "findings": findings})
        return
    for direction, endpoint in proof.endpoints.items():
        say(f"{direction}: {endpoint}")
    show_findings(proof.report.findings)
    say(f"Level {proof.level} of {proof.level_asked} asked: {LEVEL_WORDS[proof.level]}.")
