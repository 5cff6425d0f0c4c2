"""Where the catalogue lies: inside an installed package it comes compiled, in a checkout it is compiled on demand."""

from pathlib import Path

from profilegen.catalogue.compile import ensure_index

_PACKAGE = Path(__file__).parents[1]


def find_index(cache: Path) -> Path:
    """
    Return the index file: the one in the wheel, else one compiled into `cache` from the provider files as they are now.

    Raises MachineProblem if the files cannot be read or compiled, OutputProblem if the cache cannot be written.
    """
    packaged = _PACKAGE / "_data" / "catalogue.idx"
    return packaged if packaged.is_file() else ensure_index(providers_folder(), cache)


def providers_folder() -> Path:
    """Return the folder of the provider files: inside the wheel, else beside the package in a checkout."""
    packaged = _PACKAGE / "_data" / "providers"
    return packaged if packaged.is_dir() else _PACKAGE.parent / "providers"
