"""`profilegen encrypt`: a profile only one device can read."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from profilegen.cli.finishing import finish, report
from profilegen.cli.options import Json, KeyName, Output, SigningOptions, Unsigned
from profilegen.cli.profiles import read_profile
from profilegen.cli.session import run_async, session_of
from profilegen.cli.signers import choose_signer
from profilegen.ports import Encrypter, Signer
from profilegen.profile.encryption import payload_array, with_encrypted
from profilegen.profile.read import ReadResult
from profilegen.profile.rebuilt import profile_of
from profilegen.profile.types import SignerFacts


def encrypt(
    context: typer.Context,
    source: Annotated[Path, typer.Argument(metavar="IN", show_default=False)],
    to: Annotated[Path, typer.Option("--to", metavar="DEVICE_CERT", help="The device's certificate, PEM or DER.")],
    output: Output,
    key: KeyName = None,
    unsigned: Unsigned = False,
    as_json: Json = False,
) -> None:
    """
    Encrypt the payloads of a profile for one device, then sign it; an old signature is replaced.

    Example: profilegen encrypt plain.mobileconfig --to device.pem -o encrypted.mobileconfig
    """
    house = session_of(context).house()
    result = read_profile(source)
    chosen = choose_signer(house, SigningOptions(key=key, unsigned=unsigned), for_many=False)
    encrypter = house.encrypter(to, chosen.signer)
    facts = run_async(_encrypt(result, encrypter, chosen.signer, output))
    report(output, facts, chosen.notices, {"encrypted": True}, as_json=as_json)


async def _encrypt(result: ReadResult, encrypter: Encrypter, signer: Signer | None, output: str) -> SignerFacts | None:
    content = result.content or {}
    envelope = await encrypter.encrypt(payload_array(content))
    profile = replace(profile_of(result), content=with_encrypted(content, envelope), has_secrets=False)
    return await finish(profile, signer, output)
