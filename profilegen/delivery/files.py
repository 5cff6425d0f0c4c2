"""Finished files on this machine: complete under their name, or not there at all."""

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import BinaryIO

from profilegen.errors import OutputProblem

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_FULL = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))


class FileDrop:
    """A `ports.Drop` into folders of this machine."""

    async def stage(self, path: PurePath, data: bytes, *, private: bool) -> "StagedPath":
        """
        Write all bytes under a temporary name beside `path`, durable, mode 0600 if private, else 0644 less the umask.

        Missing folders are made. Raises OutputProblem: `output_is_symlink`, `output_is_folder`, `output_is_special`
        (a device or pipe), `disk_full`, `unwritable_output`; whatever fails, no file is left behind.
        """
        target = Path(path)
        with _translated(target):
            _refuse_unfit(target)
            target.parent.mkdir(parents=True, exist_ok=True)
            scratch = target.with_name(f".{secrets.token_hex(8)}.tmp")
            _write(scratch, data, mode=0o600 if private else 0o644)
        return StagedPath(scratch=scratch, target=target)


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedPath:
    """A `ports.StagedFile`: a complete file at `scratch` that is to be called `target`."""

    scratch: Path
    target: Path

    async def commit(self) -> None:
        """Give the file its name in one step, replacing an older file; raises OutputProblem as `stage` does."""
        with _translated(self.target):
            try:
                _refuse_unfit(self.target)
                self.scratch.replace(self.target)
            except BaseException:
                self.scratch.unlink(missing_ok=True)
                raise
            _sync_folder(self.target.parent)

    async def discard(self) -> None:
        """Remove the file; after `commit` or a second time this does nothing."""
        with _translated(self.target):
            self.scratch.unlink(missing_ok=True)


@contextmanager
def streamed(path: PurePath, *, private: bool) -> Iterator[BinaryIO]:
    """
    Yield a file to write into, which gets its name at the end of the block, complete, or is not there at all.

    For what does not fit into memory; raises OutputProblem as `FileDrop.stage` does.
    """
    target = Path(path)
    with _translated(target):
        _refuse_unfit(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = target.with_name(f".{secrets.token_hex(8)}.tmp")
        try:
            with os.fdopen(os.open(scratch, _FLAGS, 0o600 if private else 0o644), "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            _refuse_unfit(target)
            scratch.replace(target)
        except BaseException:
            scratch.unlink(missing_ok=True)
            raise
        _sync_folder(target.parent)


def _refuse_unfit(target: Path) -> None:
    try:
        mode = target.lstat().st_mode
    except FileNotFoundError:
        return
    if stat.S_ISREG(mode):
        return
    if stat.S_ISLNK(mode):
        raise _unfit(target, "output_is_symlink", "a symbolic link", "Remove the link, or name the file it points to.")
    if stat.S_ISDIR(mode):
        raise _unfit(target, "output_is_folder", "a folder", "Name a file inside that folder.")
    raise _unfit(target, "output_is_special", "a device, pipe or socket", "Name an ordinary file, or - for stdout.")


def _unfit(target: Path, code: str, kind: str, hint: str) -> OutputProblem:
    return OutputProblem(f"{target} cannot be written: it is {kind}.", hint=hint, code=code)


def _write(path: Path, data: bytes, *, mode: int) -> None:
    descriptor = os.open(path, _FLAGS, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    with suppress(OSError):  # where the system can: some folders cannot be opened
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _translated(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        if exc.errno in _FULL:
            raise OutputProblem(
                f"{target} cannot be written: the disk is full.",
                hint="Free some space, or name a folder on another disk.",
                code="disk_full",
            ) from exc
        raise OutputProblem(
            f"{target} cannot be written: {exc.strerror}.",
            hint="Check the folder and its permissions, or name another one.",
        ) from exc
