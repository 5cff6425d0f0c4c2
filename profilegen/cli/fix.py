"""`profilegen fix`: the whole arrow for one address, on one screen."""

from dataclasses import replace
from typing import Annotated, Any

import typer

from profilegen.address import Address
from profilegen.cli.canaryview import evidence_document
from profilegen.cli.encryption import device_encrypter
from profilegen.cli.grouped import grouped
from profilegen.cli.options import Json, LookupOptions, PasswordOptions, ProfileOptions, SigningOptions
from profilegen.cli.output import error_document, note, print_json, progress_line, say
from profilegen.cli.render import finding_document, show_notices, show_resolution, show_summary
from profilegen.cli.session import run_async, session_of
from profilegen.cli.signers import choose_signer
from profilegen.cli.steps import device_steps, next_steps
from profilegen.cli.target import Target
from profilegen.cli.wishes import wish_maker
from profilegen.config.passwords import ask
from profilegen.errors import NotPossible
from profilegen.flow.gate import refuse_empty_reason
from profilegen.flow.values import Asked, Fixed, FixOrder
from profilegen.settings.candidates import Notice, Resolution
from profilegen.settings.document import resolution_document
from profilegen.settings.resolved import resolution_of

LEVEL_WITH_PASSWORD = 3
LEVEL_WORDS = {
    0: "nothing proven",
    1: "servers sound, relaying without login refused",
    2: "login accepted",
    3: "test message accepted",
    4: "test message arrived",
}


@grouped
def fix(
    context: typer.Context,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", show_default=False)],
    profile: ProfileOptions,
    signing: SigningOptions,
    how: LookupOptions,
    passwords: PasswordOptions,
    output: Annotated[str, typer.Option("--output", "-o", metavar="PATH", help="Folder, or file.")] = ".",
    level: Annotated[int | None, typer.Option("--level", min=1, max=4, help="How far to test.")] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="ADDRESS", help="Send the test message there.")] = None,
    ask_password: Annotated[bool, typer.Option("--ask-password", help="Ask for the person's password.")] = False,
    allow_unverified: Annotated[
        str | None, typer.Option("--allow-unverified", metavar="REASON", help="Write the file without proof; recorded.")
    ] = None,
    device: Annotated[
        str | None, typer.Option("--device", metavar="ID", help="The person's device, like ios-18 or macos-15.")
    ] = None,
    as_json: Json = False,
) -> None:
    """
    Find the settings, build the profile, test-send with exactly these settings, sign it and hand it over.

    Without a password a canary with the same servers stands in (see canary add).

    Example: profilegen fix you@example.com --ask-password
    """
    if allow_unverified is not None:
        refuse_empty_reason(allow_unverified)
    device_steps(profile.platform, device)
    house = session_of(context).house(how.ca)
    maker = wish_maker(house.loaded.config, profile, how, passwords)
    if ask_password and maker.incoming_password is None:
        maker = replace(maker, incoming_password=ask(f"Password of {address}: "))
    wish = maker.for_address(address).wish
    chosen = choose_signer(house, signing, for_many=False)
    target = Target(path=output, many=False)
    encrypter = device_encrypter(house, profile, chosen.signer, many=False)
    flow = house.flow(finder=how.finder(house), signer=chosen.signer, drop=target.drop, encrypter=encrypter)
    order = FixOrder(
        asked=Asked(
            level=level, with_password=LEVEL_WITH_PASSWORD, recipient=Address.parse(to) if to is not None else None
        ),
        path_for=target.path_for,
        allowed_because=allow_unverified,
    )
    try:
        with progress_line() as progress:
            fixed = run_async(flow.fix(wish, order, progress))
    except NotPossible as problem:
        if not as_json:
            raise
        print_json({"address": str(wish.accounts[0].address), "ok": False, "error": error_document(problem)})
        raise typer.Exit(1) from problem
    if as_json:
        print_json(fixed_document(fixed, device))
    else:
        show_fixed(fixed, chosen.notices, device)
    raise typer.Exit(0 if fixed.handed is not None else 1)


def fixed_document(fixed: Fixed, device: str | None) -> dict[str, Any]:
    """Return the object of the contract."""
    profile, handed, proof = fixed.draft.profile, fixed.handed, fixed.proof
    return {
        "address": str(fixed.draft.order.accounts[0].address),
        "ok": handed is not None,
        "verified": proof.ok,
        "level": proof.level,
        "level_asked": proof.level_asked,
        "path": str(handed.path) if handed else None,
        "identifier": profile.identifier,
        "uuid": profile.uuid,
        "revision": profile.revision,
        "sha256": handed.sha256 if handed else None,
        "settings": resolution_document(_resolution(fixed)),
        "findings": [finding_document(finding) for finding in proof.report.findings],
        "evidence": [evidence_document(cover.evidence) for cover in proof.covers],
        "next_steps": list(next_steps(fixed.draft, handed.path, device)) if handed else [],
        "allowed_because": fixed.allowed_because,
    }


def show_fixed(fixed: Fixed, notices: tuple[Notice, ...], device: str | None) -> None:
    """Print the one screen: settings, verification, file, next step."""
    profile, proof, handed = fixed.draft.profile, fixed.proof, fixed.handed
    show_resolution(_resolution(fixed))
    say()
    say(f"Verification: level {proof.level} of {proof.level_asked} asked ({LEVEL_WORDS[proof.level]})")
    show_summary(proof.report.findings)
    say()
    if handed is None:
        say("No profile was written, because it would not work as it stands.")
        note("profilegen: verification failed.\n  → Mend what is marked ✗, or take responsibility: --allow-unverified.")
        return
    if fixed.allowed_because:
        say(f"! Written without proof, because: {fixed.allowed_because}")
    say(f"Profile: {handed.path}  (revision {profile.revision})")
    if handed.signer:
        say(f"  signed by {handed.signer.subject}, valid until {handed.signer.not_after:%Y-%m-%d}")
    told = set(_resolution(fixed).notices)
    show_notices(notice for notice in (*fixed.draft.notices, *handed.notices, *notices) if notice not in told)
    say()
    say(f"Next, on the {device_steps(fixed.draft.order.platform, device).name}:")
    for number, step in enumerate(next_steps(fixed.draft, handed.path, device), start=1):
        say(f"  {number}. {step}")


def _resolution(fixed: Fixed) -> Resolution:
    return fixed.draft.resolutions[0] if fixed.draft.resolutions else resolution_of(fixed.draft.settings[0])
