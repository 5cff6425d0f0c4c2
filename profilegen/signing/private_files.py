"""Files only their owner can read, complete or absent, durable on return."""

import os
import secrets
from contextlib import suppress
from pathlib import Path


def scratch_name(folder: Path) -> Path:
    """Return a name in `folder` that nobody uses and nobody can guess."""
    return folder / f".{secrets.token_hex(8)}.tmp"


def write_private(path: Path, data: bytes) -> None:
    """Write a new file of mode 0600; raises FileExistsError if the name is taken, also by a symlink."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def replace_private(path: Path, data: bytes) -> None:
    """Give `path` new content in one step; whatever fails, the old content stays."""
    fresh = scratch_name(path.parent)
    try:
        write_private(fresh, data)
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make names in `folder` durable, where the system can: some folders cannot be opened."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
