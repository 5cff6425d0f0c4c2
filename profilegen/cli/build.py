"""`profilegen build`: profiles for addresses or a whole roster."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from profilegen.cli.encryption import device_encrypter
from profilegen.cli.grouped import grouped
from profilegen.cli.options import Json, LookupOptions, PasswordOptions, ProfileOptions, SigningOptions
from profilegen.cli.output import complain, error_document, note, print_json, progress_bar, say
from profilegen.cli.render import notice_document, show_notices
from profilegen.cli.rosters import open_roster
from profilegen.cli.session import run_async, session_of
from profilegen.cli.signers import choose_signer
from profilegen.cli.target import STDOUT, Target
from profilegen.cli.wishes import NumberedWish, WishMaker, wish_maker
from profilegen.errors import MachineProblem, NotPossible, ProfilegenError, UsageProblem
from profilegen.flow.story import Flow
from profilegen.flow.values import Draft, Handed, HandOver
from profilegen.settings.candidates import Notice
from profilegen.settings.roster import BadRow, Passwords


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A finished profile: its draft, its file, and all that is to be said about it."""

    draft: Draft
    handed: Handed
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What became of one address or roster row."""

    address: str | None
    row: int | None
    outcome: Built | ProfilegenError


@grouped
def build(
    context: typer.Context,
    profile: ProfileOptions,
    signing: SigningOptions,
    how: LookupOptions,
    passwords: PasswordOptions,
    addresses: Annotated[list[str] | None, typer.Argument(metavar="ADDRESS…", show_default=False)] = None,
    roster: Annotated[Path | None, typer.Option("--roster", metavar="FILE", help="CSV, JSON Lines or XLSX.")] = None,
    output: Annotated[str, typer.Option("--output", "-o", metavar="PATH", help="Folder, file, or - for stdout.")] = ".",
    allow_passwords: Annotated[
        bool, typer.Option("--allow-passwords", help="Accept password columns in the roster.")
    ] = False,
    as_json: Json = False,
) -> None:
    """
    Make signed profiles.

    Example: profilegen build you@example.com -o profiles/
    """
    house = session_of(context).house(how.ca)
    maker = wish_maker(house.loaded.config, profile, how, passwords)
    _refuse_open_password(maker)
    wishes, rows = _wishes(maker, addresses or [], roster, Passwords.ALLOWED if allow_passwords else Passwords.REFUSED)
    many = roster is not None or len(addresses or []) > 1
    _refuse_one_for_many(profile, many=many)
    target = Target(path=output, many=many)
    chosen = choose_signer(house, signing, for_many=roster is not None)
    encrypter = device_encrypter(house, profile, chosen.signer, many=many)
    # a roster asks about each domain once, however many people it names
    finder = house.finders.roster if roster is not None and not how.offline else how.finder(house)
    flow = house.flow(finder=finder, signer=chosen.signer, drop=target.drop, encrypter=encrypter)
    rows += run_async(_build_all(flow, wishes, target, chosen.notices))
    if not many and isinstance(rows[0].outcome, ProfilegenError) and not isinstance(rows[0].outcome, NotPossible):
        raise rows[0].outcome
    for row in sorted(rows, key=lambda row: row.row or 0):
        _print(row, as_json=as_json, quiet=output == STDOUT)
    raise typer.Exit(1 if any(isinstance(row.outcome, ProfilegenError) for row in rows) else 0)


def built_document(row: int | None, built: Built) -> dict[str, Any]:
    """Return the line of the contract for a finished profile."""
    profile = built.draft.profile
    return {
        "address": str(built.draft.order.accounts[0].address),
        "row": row,
        "ok": True,
        "path": str(built.handed.path),
        "identifier": profile.identifier,
        "uuid": profile.uuid,
        "revision": profile.revision,
        "sha256": built.handed.sha256,
        "signed": built.handed.signer is not None,
        "payload_types": list(profile.payload_types),
        "notices": [notice_document(notice) for notice in built.notices],
    }


def _wishes(
    maker: WishMaker, addresses: Sequence[str], roster: Path | None, passwords: Passwords
) -> tuple[list[NumberedWish], list[Row]]:
    if not addresses and roster is None:
        raise UsageProblem("No address was given.", hint="Write profilegen build you@example.com.", code="no_address")
    wishes, rows = list[NumberedWish](), list[Row]()
    for text in addresses:
        try:
            wishes.append(maker.for_address(text))
        except ProfilegenError as problem:
            rows.append(Row(address=text, row=None, outcome=problem))
    if roster is not None:
        opened = open_roster(roster, passwords)
        made = maker.for_rows(opened.rows)
        wishes += [numbered for numbered in made if isinstance(numbered, NumberedWish)]
        bad = [*opened.bad, *(row for row in made if isinstance(row, BadRow))]
        rows += [Row(address=row.address, row=row.row, outcome=row.problem) for row in bad]
    return wishes, rows


async def _build_all(
    flow: Flow, wishes: Sequence[NumberedWish], target: Target, notices: tuple[Notice, ...]
) -> list[Row]:
    rows, notices = [], (*notices, *await flow.rotation())
    with progress_bar("Building", len(wishes)) as advance:
        for numbered in wishes:
            outcome: Built | ProfilegenError
            try:
                outcome = await _build_one(flow, numbered, target, notices)
            except MachineProblem:
                raise  # a full disk or an unusable key will not be better for the next row
            except ProfilegenError as problem:
                outcome = problem
            rows.append(Row(address=str(numbered.address), row=numbered.row, outcome=outcome))
            advance()
    return rows


async def _build_one(flow: Flow, numbered: NumberedWish, target: Target, notices: tuple[Notice, ...]) -> Built:
    draft = await flow.draft(numbered.wish)
    path = target.path_for(numbered.address, draft.profile.identifier)
    handed = await flow.hand_over(draft, HandOver(path=path))
    return Built(draft=draft, handed=handed, notices=(*draft.notices, *handed.notices, *notices))


def _print(row: Row, *, as_json: bool, quiet: bool) -> None:
    if isinstance(row.outcome, ProfilegenError):
        if as_json:
            print_json({"address": row.address, "row": row.row, "ok": False, "error": error_document(row.outcome)})
        else:
            if row.row:
                note(f"row {row.row}:")
            complain(row.outcome)
    elif as_json and not quiet:
        print_json(built_document(row.row, row.outcome))
    elif not quiet:
        profile = row.outcome.draft.profile
        say(f"✓ {row.address} → {row.outcome.handed.path} (revision {profile.revision})")
        show_notices(row.outcome.notices)


def _refuse_one_for_many(profile: ProfileOptions, *, many: bool) -> None:
    if profile.replaces is not None and many:
        raise UsageProblem(
            "Several profiles cannot take over the identity of one.",
            hint="Build one address at a time, each with the profile it replaces.",
            code="one_profile",
        )


def _refuse_open_password(maker: WishMaker) -> None:
    given = maker.incoming_password or maker.outgoing_password
    protected = maker.profile.encrypt_to is not None or maker.profile.allow_cleartext_password
    if given is not None and not protected:
        raise UsageProblem(
            "A password inside a profile can be read by everyone who gets the file.",
            hint="Leave it out and let the person type it, encrypt it with --encrypt-to CERT, or insist with "
            "--allow-cleartext-password.",
            code="cleartext_password",
        )
