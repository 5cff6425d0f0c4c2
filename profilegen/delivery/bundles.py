"""What lies in an output folder for whom, remembered there, so that a second run finishes and replaces the first."""

import asyncio
import hashlib
import json
import unicodedata
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path, PurePath, PurePosixPath

from profilegen.delivery.guide_text import clean
from profilegen.delivery.labels import person_label
from profilegen.delivery.upload import is_token
from profilegen.errors import OutputProblem
from profilegen.ports import Drop, StagedFile
from profilegen.ports.sending import Delivered, DeliveryState, Parcel

RECORDS = ".profilegen"
_MAX_RECORD = 64 * 1024
_OF_ONE_PERSON = ("output_is_symlink", "output_is_folder", "output_is_special")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One file to write; `path` is relative to the output folder, `private` means mode 0600."""

    path: PurePosixPath
    data: bytes = field(repr=False)
    private: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """
    What lies there for one person: `label` names it, `files` are all its files, relative to the output folder.

    `token` is its part of the upload path, None where nothing is to be uploaded.
    """

    person: str
    name: str | None
    accounts: tuple[str, ...]
    identifier: str
    revision: str
    language: str
    label: str
    profile: str
    files: tuple[str, ...] = ()
    token: str | None = field(default=None, repr=False)

    @property
    def key(self) -> str:
        """The name of its record: the person and the profile's identity."""
        return hashlib.sha256(f"{self.person}\0{self.identifier}".encode("utf-8", "surrogatepass")).hexdigest()[:32]

    @property
    def title(self) -> str:
        """The person as people call them."""
        return clean(self.name or (self.accounts[0] if self.accounts else self.person))


class Shelf:
    """An output folder with one bundle per person and profile."""

    def __init__(self, root: Path, drop: Drop) -> None:
        self._root, self._drop = root, drop
        self._bundles: dict[str, Bundle] | None = None
        self._owners: dict[str, str] = {}
        self.broken = False
        """True once nothing more can be written: what covers everybody would fail too, and hide why."""

    @property
    def bundles(self) -> tuple[Bundle, ...]:
        """Everything that lies there, also from earlier runs, sorted by name as people sort."""
        return tuple(sorted(self._all().values(), key=lambda bundle: (_sorted_as(bundle.title), bundle.label)))

    def bundle_for(self, parcel: Parcel) -> Bundle:
        """Return the bundle of a parcel: the one that lies there brought up to date, or a new one without files."""
        account = parcel.accounts[0] if parcel.accounts else parcel.person
        label = person_label(person=parcel.person, name=parcel.name, account=account)
        bundle = Bundle(
            person=parcel.person,
            name=parcel.name,
            accounts=parcel.accounts,
            identifier=parcel.identifier,
            revision=parcel.revision,
            language=parcel.guide.language,
            label=label,
            profile=parcel.file_name,
        )
        older = self._all().get(bundle.key)
        if self._owners.setdefault(label.lower(), bundle.key) != bundle.key:  # another profile of the same person
            bundle = replace(bundle, label=f"{label}_{bundle.key[:8]}")
        return bundle if older is None else replace(bundle, token=older.token)

    async def put(self, bundle: Bundle, pieces: Sequence[Piece]) -> Delivered | None:
        """
        Write all files of a bundle, then its record; files of its older version that are no longer wanted go.

        Returns what is wrong if it concerns this person alone (a symbolic link or folder in the way), else None. Raises
        OutputProblem (`disk_full`, `unwritable_output`); then the older version stands or nothing does.
        """
        bundle = replace(bundle, files=tuple(str(piece.path) for piece in pieces))
        record = Piece(path=PurePosixPath(RECORDS, f"{bundle.key}.json"), data=_record(bundle))
        failed = await self.add([*pieces, record])
        if failed is not None:
            return failed
        older = self._all().get(bundle.key)
        if older is not None:
            self._clear(set(older.files) - set(bundle.files))
        self._all()[bundle.key] = bundle
        return None

    async def add(self, pieces: Sequence[Piece]) -> Delivered | None:
        """Write files of one person beside their bundle, which stays as it is; returns and raises what `put` does."""
        try:
            await self.write(pieces)
        except OutputProblem as problem:
            if problem.code not in _OF_ONE_PERSON:
                self.broken = True
                raise
            return Delivered(state=DeliveryState.FAILED, detail=problem.message)
        return None

    async def write(self, pieces: Sequence[Piece]) -> tuple[PurePath, ...]:
        """Write all these files or none, as far as a file system can; raises OutputProblem."""
        staged: list[StagedFile] = []
        try:
            for piece in pieces:
                path = self._root / piece.path
                self._refuse_linked_folder(path)
                staged.append(await self._drop.stage(path, piece.data, private=piece.private))
            for file in staged:
                await file.commit()
        except BaseException:
            for file in staged:
                await asyncio.shield(file.discard())
            self._remove_empty(piece.path for piece in pieces)
            raise
        return tuple(self._root / piece.path for piece in pieces)

    def _refuse_linked_folder(self, path: Path) -> None:
        for folder in path.parents:
            if folder == self._root:
                return
            if folder.is_symlink():
                raise OutputProblem(
                    f"{folder} cannot be written to: it is a symbolic link.",
                    hint="Remove the link, or name another folder.",
                    code="output_is_symlink",
                )

    def _clear(self, files: set[str]) -> None:
        for name in files:
            path = self._root / name
            with suppress(OSError, OutputProblem):  # what is gone already or cannot go is not worth a failure
                self._refuse_linked_folder(path)
                path.unlink()
        self._remove_empty(PurePosixPath(name) for name in files)

    def _remove_empty(self, paths: Iterable[PurePosixPath]) -> None:
        for path in paths:
            for folder in path.parents[:-1]:
                with suppress(OSError):
                    (self._root / folder).rmdir()

    def _all(self) -> dict[str, Bundle]:
        if self._bundles is None:
            found = (_read(path) for path in (self._root / RECORDS).glob("*.json"))
            self._bundles = {bundle.key: bundle for bundle in found if bundle is not None and self._stands(bundle)}
            self._owners = {bundle.label.lower(): key for key, bundle in self._bundles.items()}
        return self._bundles

    def _stands(self, bundle: Bundle) -> bool:
        return all((self._root / name).is_file() for name in bundle.files)


def _record(bundle: Bundle) -> bytes:
    return json.dumps(asdict(bundle), indent=1).encode("ascii")


def _read(path: Path) -> Bundle | None:
    """A record somebody damaged is as good as none: the bundle is written anew when the person's turn comes."""
    try:
        with path.open("rb") as file:
            document = json.loads(file.read(_MAX_RECORD))
        bundle = Bundle(**{**document, "accounts": tuple(document["accounts"]), "files": tuple(document["files"])})
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
    texts = (bundle.person, bundle.identifier, bundle.revision, bundle.language, bundle.label, bundle.profile)
    optional = tuple(text for text in (bundle.name, bundle.token) if text is not None)
    if not all(isinstance(text, str) for text in (*texts, *optional, *bundle.accounts, *bundle.files)):
        return None
    harmless = all(_stays_inside(name) for name in (*bundle.files, bundle.label))
    harmless = harmless and (bundle.token is None or is_token(bundle.token))
    return bundle if harmless and path.stem == bundle.key else None


def _stays_inside(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return bool(parts) and not PurePosixPath(name).is_absolute() and not {"..", "\\"} & {*parts, *name}


def _sorted_as(title: str) -> str:
    bare = unicodedata.normalize("NFKD", title)
    return "".join(char for char in bare if not unicodedata.combining(char)).casefold()
