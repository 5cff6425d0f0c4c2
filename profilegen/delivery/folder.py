"""Delivery into a folder: a bundle per person, what to upload, a sheet to print and an index of all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath, PurePosixPath

from profilegen.delivery.bundles import Bundle, Piece, Shelf
from profilegen.delivery.handout import Handout
from profilegen.delivery.qr import QrForm, picture, qr_code
from profilegen.delivery.upload import PAGE_NAME, PROFILE_NAME, UPLOAD, Hosting
from profilegen.mailing.brand import Brand
from profilegen.mailing.guide import GuideOrder
from profilegen.ports import Drop
from profilegen.ports.sending import Delivered, DeliveryState, Parcel
from profilegen.profile.masked import holds_secret
from profilegen.profile.read import read

SHEET_NAME, INDEX_NAME = "sheet.pdf", "index.html"
SNIPPET_FOLDER = "webserver"
_NOT_FOR_THE_WEB = (
    "This profile holds a password, and whoever has the URL of a hosted profile can fetch it. Hand it over without "
    "--base-url, or build it without the password."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Printer:
    """What makes pages: a person's as HTML and as PDF, and the sheet of all (None: no sheet is wanted)."""

    page: Callable[[GuideOrder], str]
    paper: Callable[[Sequence[GuideOrder]], bytes]
    sheet: Callable[[Sequence[Bundle], Hosting | None], bytes] | None


@dataclass(slots=True, kw_only=True)  # remembers what it delivered
class FolderChannel:
    """
    A `ports.sending.Channel` into one folder.

    Per person it holds a folder with the profile and the page in their language, as HTML and PDF. With `hosting` the
    profile and a page of its own are also written for upload, under a path made of the token of the first delivery: a
    code that was printed once leads to whatever is uploaded later. Run again into the same folder, everybody's bundle
    is replaced, and sheet and index cover the people of all runs. `code` puts a QR code of the page beside the profile.
    `links` are the pages of this run.
    """

    root: Path
    drop: Drop
    printer: Printer
    handout: Handout
    brand: Brand
    hosting: Hosting | None = None
    code: QrForm | None = None
    links: list[tuple[Bundle, str]] = field(default_factory=list)
    _shelf: Shelf = field(init=False)

    def __post_init__(self) -> None:
        self._shelf = Shelf(self.root, self.drop)

    @property
    def upload(self) -> Path:
        """The folder whose content goes into the document root."""
        return self.root / UPLOAD

    @property
    def snippets(self) -> Path:
        """The folder of the web-server snippets."""
        return self.root / SNIPPET_FOLDER

    async def deliver(self, parcel: Parcel) -> Delivered:
        """Write the bundle of one person; raises OutputProblem if there is no room or no right to write."""
        if self.hosting is not None and holds_secret(read(parcel.data).content):
            return Delivered(state=DeliveryState.FAILED, detail=_NOT_FOR_THE_WEB)
        bundle = self._shelf.bundle_for(parcel)
        if self.hosting is not None:
            bundle = replace(bundle, token=bundle.token or parcel.token)
        failed = await self._shelf.put(bundle, [*self._own(bundle, parcel), *self._upload(bundle, parcel)])
        if failed is not None:
            return failed
        if (url := self._url(bundle)) is not None:
            self.links.append((bundle, url))
        path = self.root / bundle.label
        return Delivered(state=DeliveryState.DELIVERED, detail=f"written to {path}", path=path)

    async def close(self) -> tuple[PurePath, ...]:
        """Write sheet, index and web-server snippets for everything that lies in the folder; raises OutputProblem."""
        bundles = self._shelf.bundles
        if not bundles or self._shelf.broken:
            return ()
        pages = {bundle.key: url for bundle in bundles if (url := self._url(bundle)) is not None}
        host = self.hosting.host if self.hosting else None
        index = self.handout.index(self.brand, bundles, pages, host)
        pieces = [Piece(path=PurePosixPath(INDEX_NAME), data=index)]
        if self.printer.sheet is not None:
            pieces.append(Piece(path=PurePosixPath(SHEET_NAME), data=self.printer.sheet(bundles, self.hosting)))
        if self.hosting is not None:
            snippets = self.hosting.snippets(self.handout.templates)
            pieces += [
                Piece(path=PurePosixPath(SNIPPET_FOLDER, name), data=data, private=False)
                for name, data in snippets.items()
            ]
        return await self._shelf.write(pieces)

    def _own(self, bundle: Bundle, parcel: Parcel) -> list[Piece]:
        """The person's own folder: exactly what is handed to them."""
        page, folder = replace(parcel.guide, file_name=parcel.file_name, url=None), PurePosixPath(bundle.label)
        pieces = [
            Piece(path=folder / parcel.file_name, data=parcel.data),
            Piece(path=folder / "instructions.html", data=self.printer.page(page).encode()),
            Piece(path=folder / "instructions.pdf", data=self.printer.paper([page])),
        ]
        url = self._url(bundle)
        if self.code is not None and url is not None:
            pieces.append(Piece(path=folder / f"code.{self.code}", data=picture(qr_code(url), self.code)))
        return pieces

    def _upload(self, bundle: Bundle, parcel: Parcel) -> list[Piece]:
        if self.hosting is None or bundle.token is None:
            return []
        folder = self.hosting.folder(bundle.token)
        page = replace(parcel.guide, file_name=None, url=self.hosting.profile_url(bundle.token))
        return [
            Piece(path=folder / PROFILE_NAME, data=parcel.data, private=False),
            Piece(path=folder / PAGE_NAME, data=self.printer.page(page).encode(), private=False),
        ]

    def _url(self, bundle: Bundle) -> str | None:
        if self.hosting is None or bundle.token is None:
            return None
        return self.hosting.page_url(bundle.token)
