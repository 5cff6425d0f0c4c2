"""`profilegen sign`: sign a profile somebody made, replacing a signature instead of wrapping it."""

from pathlib import Path
from typing import Annotated

import typer

from profilegen.cli.finishing import finish, report
from profilegen.cli.options import Json, KeyName, Output, SigningOptions
from profilegen.cli.profiles import read_profile
from profilegen.cli.session import run_async, session_of
from profilegen.cli.signers import choose_signer
from profilegen.profile.rebuilt import profile_of


def sign(
    context: typer.Context,
    source: Annotated[Path, typer.Argument(metavar="IN", show_default=False)],
    output: Output,
    key: KeyName = None,
    as_json: Json = False,
) -> None:
    """
    Sign a profile; an old signature is replaced.

    Example: profilegen sign plain.mobileconfig -o signed.mobileconfig
    """
    house = session_of(context).house()
    result = read_profile(source)
    chosen = choose_signer(house, SigningOptions(key=key), for_many=False)
    facts = run_async(finish(profile_of(result), chosen.signer, output))
    report(output, facts, chosen.notices, {}, as_json=as_json)
