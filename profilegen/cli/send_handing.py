"""`--via folder` and `--via airdrop`: everything is written, and what is left to do is said at the end."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from profilegen.cli.output import note, say
from profilegen.cli.send_bundles import BundleOptions, open_airdrop, open_folder, open_pages, show_pages
from profilegen.cli.send_options import Via
from profilegen.cli.sendrun import OpenedWay
from profilegen.cli.sendview import Tally
from profilegen.delivery.share_sheet import share_sheet
from profilegen.flow.preparing import Preparation
from profilegen.flow.sending import Delivering
from profilegen.mailing.guide import Occasion
from profilegen.ports.sending import Channel
from profilegen.wiring.sending import Dispatch

if TYPE_CHECKING:
    from profilegen.delivery.folder import FolderChannel


def only_written(via: Via) -> bool:
    """Return whether a way ends with files, which can be written again; a Mac's AirDrop reaches the device itself."""
    return via is Via.FOLDER or (via is Via.AIRDROP and share_sheet() is None)


@dataclass(slots=True, kw_only=True)  # remembers the folder whose pages are told at the end
class Handing:
    """What somebody asks of the bundles, and the parts that write them; `folder` is where, None the usual place."""

    dispatch: Dispatch
    preparation: Preparation
    via: Via
    asked: BundleOptions
    folder: Path | None
    occasion: Occasion
    as_json: bool
    _pages: "FolderChannel | None" = field(init=False, default=None)

    async def open(self) -> OpenedWay:
        """Return the opened way; raises UsageProblem for options that do not fit it."""
        channel = self._channel()
        way = Delivering(
            preparation=self.preparation,
            packing=self.dispatch.packing,
            ledger=self.dispatch.ledger,
            channel=channel,
            together=self.dispatch.house.state.together,
        )
        return OpenedWay(way=way, channel=channel)

    async def done(self, tally: Tally) -> None:
        """Nothing is remembered beyond the ledger."""

    def after(self) -> None:
        """Say what is to be uploaded; where JSON is asked for, beside it."""
        if self._pages is not None:
            show_pages(self._pages, self.asked, note if self.as_json else say)

    def _channel(self) -> Channel:
        brand = self.dispatch.brand
        if self.via is Via.AIRDROP:
            return open_airdrop(self.folder, self.asked, brand)
        if self.occasion is not Occasion.INSTALL:
            return open_pages(self.folder, self.asked)
        base_url = self.dispatch.house.loaded.config.send_base_url
        self._pages = open_folder(self.folder, self.asked, brand, base_url)
        return self._pages
