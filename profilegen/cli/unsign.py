"""`profilegen unsign`: the profile without its signature, byte for byte as it was signed."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from profilegen.cli.finishing import finish, report
from profilegen.cli.options import Json, Output
from profilegen.cli.profiles import read_profile
from profilegen.cli.session import run_async
from profilegen.profile.rebuilt import profile_of
from profilegen.settings.candidates import Notice

_NOTHING_TO_DO = Notice(code="not_signed", text="It was not signed: what was written is the same file.")


def unsign(
    source: Annotated[Path, typer.Argument(metavar="IN", show_default=False)],
    output: Output,
    as_json: Json = False,
) -> None:
    """
    Take the signature off a profile.

    Example: profilegen unsign signed.mobileconfig -o plain.mobileconfig
    """
    result = read_profile(source)
    profile = profile_of(result)
    if result.signed_data is not None and result.signed_data.content is not None:
        profile = replace(profile, content=result.signed_data.content)
    run_async(finish(profile, None, output))
    report(output, None, () if result.signed else (_NOTHING_TO_DO,), {}, as_json=as_json)
