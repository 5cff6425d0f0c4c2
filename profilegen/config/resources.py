"""Where the data files are: inside the package once it is installed, beside it in an editable checkout."""

from dataclasses import dataclass
from pathlib import Path

from profilegen.errors import MachineProblem

INDEX_NAME = "catalogue.idx"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """
    The folders `templates/` and `providers/`, and the compiled catalogue.

    `catalogue_index` is None in a checkout, where the provider files may change at any time and are compiled when asked
    for (`profilegen.catalogue.compile.ensure_index`).
    """

    templates: Path
    providers: Path
    catalogue_index: Path | None


def find_resources(package: Path | None = None) -> Resources:
    """
    Return the data files that belong to a package folder, by default the one this module was loaded from.

    An installed package keeps them in `_data/`; a checkout is known by the `pyproject.toml` beside the package, so that
    a stranger's `templates/` in site-packages is never taken for ours. Raises MachineProblem if something is missing.
    """
    package = package or Path(__file__).resolve().parent.parent
    installed = package / "_data"
    if (installed / INDEX_NAME).is_file():
        return _existing(installed, installed / INDEX_NAME)
    if (package.parent / "pyproject.toml").is_file():
        return _existing(package.parent, None)
    raise _missing(installed / INDEX_NAME)


def _existing(folder: Path, index: Path | None) -> Resources:
    found = Resources(templates=folder / "templates", providers=folder / "providers", catalogue_index=index)
    for needed in (found.templates, found.providers):
        if not needed.is_dir():
            raise _missing(needed)
    return found


def _missing(path: Path) -> MachineProblem:
    return MachineProblem(
        f"A part of profilegen is missing: {path}.",
        hint="Install it again with pipx or uv, or in a checkout with pip install -e .",
        code="resources",
    )
