"""Delivery by AirDrop: from a Mac through its share sheet; elsewhere a folder, to be sent from a Mac or iPhone."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePath, PurePosixPath
from typing import Protocol

from profilegen.delivery.bundles import Piece, Shelf
from profilegen.delivery.handout import Handout
from profilegen.delivery.names import SUFFIX
from profilegen.mailing.brand import Brand
from profilegen.ports import Drop
from profilegen.ports.sending import Delivered, DeliveryState, Parcel

CHECKLIST_PAGE, CHECKLIST_TEXT = "checklist.html", "checklist.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """How a share sheet ended: `problem` is None if the file was sent, else why not, as a sentence's end."""

    problem: str | None


class ShareSheet(Protocol):
    """The system's way to send one file by AirDrop."""

    async def share(self, path: Path) -> Shared:
        """Offer a file, by absolute path, until it is sent or the sheet is closed; raises MachineProblem."""
        ...


@dataclass(slots=True, kw_only=True)  # remembers what lies in the folder
class AirDropChannel:
    """
    A `ports.sending.Channel` into the AirDrop folder: one file per person, under a name that says whose it is.

    With `share` each file is also offered in the share sheet, one person after another; `announce` is told first who is
    next. Without it the folder and the checklist are what there is.
    """

    root: Path
    drop: Drop
    handout: Handout
    brand: Brand
    share: ShareSheet | None = None
    announce: Callable[[str], None] = lambda _text: None
    _shelf: Shelf = field(init=False)

    def __post_init__(self) -> None:
        self._shelf = Shelf(self.root, self.drop)

    async def deliver(self, parcel: Parcel) -> Delivered:
        """Write one file and offer it; raises OutputProblem, and MachineProblem if there is no AirDrop at all."""
        bundle = self._shelf.bundle_for(parcel)
        name = PurePosixPath(bundle.label + SUFFIX)
        failed = await self._shelf.put(bundle, [Piece(path=name, data=parcel.data)])
        if failed is not None:
            return failed
        path = self.root / name
        if self.share is None:
            return Delivered(state=DeliveryState.DELIVERED, detail=f"{path}, to be sent by AirDrop", path=path)
        self.announce(f"{bundle.title}: {name}")
        shared = await self.share.share(path.absolute())
        if shared.problem is not None:
            return Delivered(state=DeliveryState.FAILED, detail=f"AirDrop: {shared.problem}", path=path)
        return Delivered(state=DeliveryState.DELIVERED, detail="sent by AirDrop", path=path)

    async def close(self) -> tuple[PurePath, ...]:
        """Write the checklist of everybody in the folder, as HTML and as plain text; raises OutputProblem."""
        bundles = self._shelf.bundles
        if not bundles or self._shelf.broken:
            return ()
        page, text = self.handout.checklist(self.brand, bundles)
        return await self._shelf.write(
            [
                Piece(path=PurePosixPath(CHECKLIST_PAGE), data=page),
                Piece(path=PurePosixPath(CHECKLIST_TEXT), data=text),
            ]
        )
