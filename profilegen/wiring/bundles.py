"""The channels without mail: bundles in a folder, and AirDrop."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from profilegen.config.resources import find_resources
from profilegen.delivery.files import FileDrop
from profilegen.mailing.brand import Brand

if TYPE_CHECKING:
    from profilegen.delivery.airdrop import AirDropChannel
    from profilegen.delivery.folder import FolderChannel
    from profilegen.delivery.pages import PagesChannel
    from profilegen.delivery.qr import QrForm
    from profilegen.delivery.upload import Hosting


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleWish:
    """
    What a folder of bundles shall hold; `root` is the folder.

    `hosting` is where the operator uploads pages and profiles, `code` a QR code of a person's page as a file beside
    their profile, `sheet` whether the cards of all people are printed.
    """

    root: Path
    brand: Brand
    hosting: "Hosting | None" = None
    code: "QrForm | None" = None
    sheet: bool = True


def folder_channel(wish: BundleWish) -> "FolderChannel":
    """Return the channel that writes bundles; raises MachineProblem if a template is missing."""
    from profilegen.delivery.folder import FolderChannel, Printer
    from profilegen.delivery.guide_pdf import guide_pdf
    from profilegen.delivery.guides import GuideWriter
    from profilegen.delivery.handout import Handout
    from profilegen.delivery.sheet import CardSheet

    templates = find_resources().templates
    writer, handout = GuideWriter(templates), Handout(templates=templates)
    cards = CardSheet(handout=handout, brand=wish.brand)
    return FolderChannel(
        root=wish.root,
        drop=FileDrop(),
        printer=Printer(
            page=writer.html,
            paper=lambda orders: guide_pdf(orders, writer),
            sheet=cards.pdf if wish.sheet else None,
        ),
        handout=handout,
        brand=wish.brand,
        hosting=wish.hosting,
        code=wish.code,
    )


def pages_channel(root: Path) -> "PagesChannel":
    """Return the channel that writes the page of another occasion; raises MachineProblem if a template is missing."""
    from profilegen.delivery.guide_pdf import guide_pdf
    from profilegen.delivery.guides import GuideWriter
    from profilegen.delivery.pages import PagesChannel

    writer = GuideWriter(find_resources().templates)
    return PagesChannel(root=root, drop=FileDrop(), page=writer.html, paper=lambda order: guide_pdf([order], writer))


def airdrop_channel(root: Path, brand: Brand, announce: Callable[[str], None]) -> "AirDropChannel":
    """Return the channel that writes the AirDrop folder, and offers each file in the share sheet where there is one."""
    from profilegen.delivery.airdrop import AirDropChannel
    from profilegen.delivery.handout import Handout
    from profilegen.delivery.share_sheet import share_sheet

    return AirDropChannel(
        root=root,
        drop=FileDrop(),
        handout=Handout(templates=find_resources().templates),
        brand=brand,
        share=share_sheet(),
        announce=announce,
    )
