"""`profilegen sign`: sign a profile somebody made, replacing a signature instead of wrapping it."""

from pathlib import Path
from typing import Annotated

import typer

from profilegen.cli.finishing import finish, report
from profilegen.cli.grouped import grouped
from profilegen.cli.options import Json, KeyName, OnePassword, Output, SigningOptions
from profilegen.cli.profiles import read_profile
from profilegen.cli.session import run_async, session_of
from profilegen.cli.signers import ChosenSigner, choose_signer
from profilegen.flow.identity import rotation_notices
from profilegen.profile.read import ReadResult
from profilegen.profile.rebuilt import profile_of
from profilegen.profile.types import SignerFacts
from profilegen.settings.candidates import Notice
from profilegen.wiring import House


@grouped
def sign(
    context: typer.Context,
    source: Annotated[Path, typer.Argument(metavar="IN", show_default=False)],
    output: Output,
    passwords: OnePassword,
    key: KeyName = None,
    as_json: Json = False,
) -> None:
    """
    Sign a profile; an old signature is replaced. A key in a token takes its PIN from the password options.

    Example: profilegen sign plain.mobileconfig -o signed.mobileconfig
    """
    house = session_of(context).house()
    house.pin = passwords.given()
    result = read_profile(source)
    chosen = choose_signer(house, SigningOptions(key=key), for_many=False)
    facts, rotation = run_async(_sign(house, result, chosen, output))
    report(output, facts, (*chosen.notices, *rotation), {}, as_json=as_json)


async def _sign(
    house: House, result: ReadResult, chosen: ChosenSigner, output: str
) -> tuple[SignerFacts | None, tuple[Notice, ...]]:
    facts = await finish(profile_of(result), chosen.signer, output)
    log = house.issue_log
    return facts, rotation_notices(await log.signed_otherwise(facts.spki_sha256 if facts else None) if log else 0)
