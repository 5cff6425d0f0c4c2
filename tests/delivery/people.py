"""People, their parcels and a folder to bring them to."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from profilegen.address import Address
from profilegen.config.resources import find_resources
from profilegen.delivery.folder import FolderChannel
from profilegen.delivery.upload import Hosting
from profilegen.mailing.brand import Brand
from profilegen.mailing.guide import GuideAccount, GuideOrder, Occasion
from profilegen.mailing.proof_token import new_token
from profilegen.ports.sending import Channel, Delivered, Parcel
from profilegen.profile.types import Platform
from profilegen.wiring.bundles import BundleWish, folder_channel

TEMPLATES = find_resources().templates
BRAND = Brand(
    name="Example Works",
    support_phone="+49 30 1234567",
    support_email=Address.parse("help@example.com"),
)
HOSTING = Hosting.parse("https://profiles.example.com/mail")


def parcel(
    number: int = 1,
    *,
    name: str | None = "Jane Doe",
    account: str | None = None,
    person: str | None = None,
    language: str = "en",
    data: bytes = b"signed profile",
) -> Parcel:
    """A parcel for the person with this number."""
    account = account or f"person{number}@example.com"
    order = GuideOrder(
        occasion=Occasion.INSTALL,
        brand=BRAND,
        language=language,
        platform=Platform.IOS,
        person=name,
        accounts=(GuideAccount(address=account, outgoing="smtp.example.com, port 587, SSL on"),),
        profile_name="Example mail",
        file_name=f"person{number}@example.com.mobileconfig",
        revision="deadbeef",
        proof="mailto:check@example.com?subject=PG",
    )
    return Parcel(
        person=person or account,
        name=name,
        accounts=(account,),
        identifier=f"com.example.profilegen.{number}",
        revision="deadbeef",
        data=data,
        file_name=f"person{number}@example.com.mobileconfig",
        guide=order,
        token=new_token((number << 8).to_bytes(9)),
    )


def folder(root: Path, **wish: object) -> FolderChannel:
    """The channel into a folder, as it is used."""
    return folder_channel(replace(BundleWish(root=root, brand=BRAND), **wish))  # type: ignore[arg-type] # as given


def bring(channel: Channel, parcels: Iterable[Parcel]) -> list[Delivered]:
    """Deliver and close, as a run does."""

    async def run() -> list[Delivered]:
        told = [await channel.deliver(one) for one in parcels]
        await channel.close()
        return told

    return asyncio.run(run())


def files(root: Path) -> list[str]:
    """All files below a folder, without the records."""
    found = (path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    return sorted(name for name in found if not name.startswith(".profilegen/"))


def need(*programs: str) -> None:
    """Skip the test where one of these programs is missing; in CI that is a failure."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing and os.environ.get("CI") == "true":
        pytest.fail(f"missing: {', '.join(missing)}")
    if missing:
        pytest.skip(f"missing: {', '.join(missing)}")


def read_codes(picture: Path) -> list[str]:
    """What a decoder that is not ours reads from a picture, sorted."""
    need("zbarimg")
    command = ["zbarimg", "--nodbus", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", str(picture)]
    found = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return sorted(found.stdout.split())
