"""Files that appear in one step: complete, or not at all."""

import contextlib
import secrets
from collections.abc import Iterator
from pathlib import Path

from profilegen.errors import InputProblem, OutputProblem


def write_replacing(data: bytes, target: Path) -> None:
    """Write the file in one step in the place of any older one; raises OutputProblem."""
    with _translated(target):
        temporary = _temporary(data, target)
        try:
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)


def write_new(data: bytes, target: Path) -> None:
    """Write the file in one step; raises InputProblem if there is one of that name, OutputProblem if it fails."""
    with _translated(target):
        temporary = _temporary(data, target)
        try:
            target.hardlink_to(temporary)
        except FileExistsError as exc:
            raise InputProblem(
                f"{target} exists already.",
                hint="Compare the two and write over it only if you mean to.",
                code="exists",
            ) from exc
        finally:
            temporary.unlink()


def _temporary(data: bytes, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.new")
    with temporary.open("xb") as file:
        file.write(data)
    return temporary


@contextlib.contextmanager
def _translated(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise OutputProblem(
            f"{target} cannot be written: {exc.strerror or exc}.",
            hint="Name a folder that can be written, with enough room.",
        ) from exc
