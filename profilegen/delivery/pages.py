"""Pages on other occasions than installing, written into the folders of the people they are for."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath, PurePosixPath

from profilegen.delivery.bundles import Piece, Shelf
from profilegen.mailing.guide import GuideOrder
from profilegen.ports import Drop
from profilegen.ports.sending import Delivered, DeliveryState, Parcel


@dataclass(slots=True, kw_only=True)  # remembers what lies in the folder
class PagesChannel:
    """
    A `ports.sending.Channel` that writes one page per person, as HTML and as PDF, named by its occasion.

    The folder of a person is the one their bundle has in the same root, or would have; the bundle stays as it is, but
    for the profile where the page needs it.
    """

    root: Path
    drop: Drop
    page: Callable[[GuideOrder], str]
    paper: Callable[[GuideOrder], bytes]
    _shelf: Shelf = field(init=False)

    def __post_init__(self) -> None:
        self._shelf = Shelf(self.root, self.drop)

    async def deliver(self, parcel: Parcel) -> Delivered:
        """Write the page of one person; raises OutputProblem if there is no room or no right to write."""
        folder, name = PurePosixPath(self._shelf.bundle_for(parcel).label), str(parcel.guide.occasion)
        guide = replace(parcel.guide, url=None)
        pieces = [
            Piece(path=folder / f"{name}.html", data=self.page(guide).encode()),
            Piece(path=folder / f"{name}.pdf", data=self.paper(guide)),
        ]
        if guide.occasion.carries_profile:
            pieces.append(Piece(path=folder / parcel.file_name, data=parcel.data))
        failed = await self._shelf.add(pieces)
        if failed is not None:
            return failed
        path = self.root / pieces[0].path
        return Delivered(state=DeliveryState.DELIVERED, detail=f"written to {path}", path=path)

    async def close(self) -> tuple[PurePath, ...]:
        """Nothing covers all pages."""
        return ()
