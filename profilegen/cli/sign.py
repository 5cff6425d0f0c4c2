"""`profilegen sign`: sign a profile somebody made, replacing a signature instead of wrapping it."""

from pathlib import Path
from typing import Annotated

import typer

from profilegen.cli.options import Json, KeyName, SigningOptions
from profilegen.cli.output import print_json, say
from profilegen.cli.profiles import read_profile
from profilegen.cli.render import notice_document, show_notices
from profilegen.cli.session import run_async, session_of
from profilegen.cli.signers import ChosenSigner, choose_signer
from profilegen.cli.target import STDOUT, Target
from profilegen.ports import Drop
from profilegen.profile.read import ReadResult
from profilegen.profile.rebuilt import profile_of
from profilegen.profile.types import SignedProfile


def sign(
    context: typer.Context,
    source: Annotated[Path, typer.Argument(metavar="IN", show_default=False)],
    output: Annotated[str, typer.Option("--output", "-o", metavar="OUT", help="The signed file, or - for stdout.")],
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
    drop = Target(path=output, many=False).drop
    signed = run_async(_sign(result, chosen, drop, output))
    if as_json and output != STDOUT:
        signer = {"subject": signed.signer.subject, "spki_sha256": signed.signer.spki_sha256}
        notices = [notice_document(notice) for notice in chosen.notices]
        print_json({"path": output, "signed": True, "signer": signer, "notices": notices})
    elif output != STDOUT:
        say(f"✓ {output} signed by {signed.signer.subject}")
        show_notices(chosen.notices)


async def _sign(result: ReadResult, chosen: ChosenSigner, drop: Drop, output: str) -> SignedProfile:
    assert chosen.signer is not None  # noqa: S101 - choose_signer leaves it out only for --unsigned
    signed = await chosen.signer.sign(profile_of(result))
    staged = await drop.stage(Path(output), signed.der, private=signed.profile.has_secrets)
    await staged.commit()
    return signed
