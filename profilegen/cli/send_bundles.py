"""`profilegen send --via folder|airdrop`: their options, their channels, and what is said at the end."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from profilegen.cli.output import note, say
from profilegen.cli.qrview import print_code
from profilegen.delivery.qr import QrForm, qr_code
from profilegen.errors import UsageProblem
from profilegen.mailing.brand import Brand
from profilegen.ports.sending import DeliveryState
from profilegen.wiring.bundles import BundleWish, airdrop_channel, folder_channel, pages_channel

if TYPE_CHECKING:
    from profilegen.delivery.airdrop import AirDropChannel
    from profilegen.delivery.folder import FolderChannel
    from profilegen.delivery.pages import PagesChannel
    from profilegen.delivery.upload import Hosting

FOLDER, AIRDROP = Path("profiles"), Path("AirDrop")
"""Where bundles go if nobody says."""

WRITTEN_ANEW = frozenset(DeliveryState)
"""The earlier deliveries a bundle is written in spite of: files can be written again, a mail cannot be taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleOptions:
    """What lies beside the bundles."""

    base_url: Annotated[
        str | None,
        typer.Option("--base-url", metavar="URL", help="Where you will host the pages; writes what to upload."),
    ] = None
    qr: Annotated[
        QrForm | None, typer.Option("--qr", help="A QR code of each person's page: on screen, or as a file.")
    ] = None
    sheet: Annotated[bool, typer.Option("--sheet/--no-sheet", help="Print everybody's card on a PDF sheet.")] = True


def open_folder(output: Path | None, options: BundleOptions, brand: Brand, base_url: str | None) -> "FolderChannel":
    """
    Return the channel of `--via folder`; `base_url` is the configured one.

    Raises UsageProblem: `not_https` and `bad_url` for a URL that cannot be used, `qr_without_url` for a code of none.
    """
    hosting = _hosting(options.base_url or base_url)
    if options.qr is not None and hosting is None:
        raise UsageProblem(
            "A QR code leads to a page, and nobody says where the pages will be.",
            hint="Add --base-url https://profiles.example.com/mail, the place you will upload them to.",
            code="qr_without_url",
        )
    code = None if options.qr is QrForm.TERMINAL else options.qr
    return folder_channel(
        BundleWish(root=output or FOLDER, brand=brand, hosting=hosting, code=code, sheet=options.sheet)
    )


def open_pages(output: Path | None, options: BundleOptions) -> "PagesChannel":
    """Return the channel of `--via folder --occasion NAME`; raises UsageProblem `no_page` for a page to be hosted."""
    if options.base_url is not None or options.qr is not None:
        raise UsageProblem(
            "What is hosted is the page for installing; the others go into people's folders.",
            hint="Leave --base-url and --qr out.",
            code="no_page",
        )
    return pages_channel(output or FOLDER)


def open_airdrop(output: Path | None, options: BundleOptions, brand: Brand) -> "AirDropChannel":
    """Return the channel of `--via airdrop`; raises UsageProblem `no_page` for options that need a hosted page."""
    if options.base_url is not None or options.qr is not None:
        raise UsageProblem(
            "AirDrop brings the profile itself; there is no page to host and no code for one.",
            hint="Leave --base-url and --qr out, or use --via folder.",
            code="no_page",
        )
    channel = airdrop_channel(output or AIRDROP, brand, note)
    if channel.share is None:
        note(
            f"AirDrop starts on a Mac, where profilegen[macos] is installed. Here the files go to {channel.root}; "
            "its checklist says how to send them."
        )
    return channel


def show_pages(channel: "FolderChannel", options: BundleOptions, line: Callable[[str], None]) -> None:
    """Tell what is to be uploaded and, for `--qr terminal`, show the code of every page; `line` is `say` or `note`."""
    if channel.hosting is None or not channel.links:
        return
    if options.qr is QrForm.TERMINAL:
        for bundle, url in channel.links:
            line(f"{bundle.title}: {url}")
            print_code(url, sys.stdout if line is say else sys.stderr)
    line(f"To be uploaded to {channel.hosting.origin}: {channel.upload}")
    line(f"How a web server hands it out: {channel.snippets}")
    warning = next((text for _, url in channel.links if (text := qr_code(url).warning)), None)
    if warning is not None:
        note(warning)


def _hosting(base_url: str | None) -> "Hosting | None":
    from profilegen.delivery.upload import Hosting

    return None if base_url is None else Hosting.parse(base_url)
