"""Files and folders of other programs, which the system may refuse to show."""

from collections.abc import Iterator
from pathlib import Path

from profilegen.errors import InputProblem


def is_folder(path: Path) -> bool:
    """Return whether there is a folder; raises InputProblem `unreadable_folder` where nobody may look."""
    try:
        return path.is_dir()
    except OSError as exc:
        raise _unreadable(path, exc) from exc


def is_file(path: Path) -> bool:
    """Return whether there is a file; no where nobody may look: whatever else is tried says so better."""
    try:
        return path.is_file()
    except OSError:
        return False


def entries(folder: Path) -> Iterator[Path]:
    """Yield what a folder holds, nothing where there is none; raises InputProblem `unreadable_folder`."""
    try:
        yield from folder.iterdir()
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as exc:
        raise _unreadable(folder, exc) from exc


def _unreadable(folder: Path, exc: OSError) -> InputProblem:
    return InputProblem(
        f"The folder {folder} cannot be read: {exc.strerror}.",
        hint="Run as a user who may read it, or name a copy of it.",
        code="unreadable_folder",
    )
