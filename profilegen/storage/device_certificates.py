"""The certificates of devices, where the operator has them: one file each, named like the device."""

import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path

from profilegen.errors import InputProblem

LARGEST = 65_536
"""Bytes of a certificate file."""

ENDINGS = (".pem", ".crt", ".cer", ".der")
_NAME = re.compile(r"[A-Za-z0-9-]{4,64}")


def read_certificate(folder: Path, devices: Iterable[str]) -> bytes | None:
    """
    Return the certificate file of the first of these UDIDs and serial numbers that has one, None if none has.

    Who may write here chooses who reads passwords. Raises InputProblem: `writable_certificate` (others can write the
    file or the folder), `unreadable_certificate`.
    """
    _refuse_open_folder(folder)
    for device in devices:
        for name in dict.fromkeys((device, device.upper(), device.lower())) if _NAME.fullmatch(device) else ():
            for ending in ENDINGS:
                try:
                    return _read(folder / f"{name}{ending}")
                except FileNotFoundError:
                    continue
    return None


def _refuse_open_folder(folder: Path) -> None:
    """Refuse a folder into which others can put a file of their own, whatever the mode of that."""
    try:
        mode = folder.stat().st_mode
    except OSError as exc:
        raise _unreadable(folder, exc) from exc
    if os.name == "posix" and mode & 0o022:
        raise InputProblem(
            f"Others can put certificates into the folder {folder}, and so choose who reads the passwords.",
            hint=f"Run chmod go-w {folder}, and look at what is in it.",
            code="writable_certificate",
        )


def _unreadable(path: Path, exc: OSError) -> InputProblem:
    return InputProblem(
        f"The certificate {path} cannot be read: {exc.strerror}.",
        hint="Give this user an ordinary file that it may read.",
        code="unreadable_certificate",
    )


def _read(path: Path) -> bytes:
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        with os.fdopen(os.open(path, flags), "rb") as file:
            _refuse_open(path, os.fstat(file.fileno()).st_mode)
            return file.read(LARGEST)
    except FileNotFoundError:
        raise
    except OSError as exc:
        raise _unreadable(path, exc) from exc


def _refuse_open(path: Path, mode: int) -> None:
    if os.name == "posix" and (mode & 0o022 or not stat.S_ISREG(mode)):
        raise InputProblem(
            f"Others can change the certificate {path}, and so choose who reads the passwords.",
            hint=f"Run chmod 644 {path}.",
            code="writable_certificate",
        )
