"""The log of a mistake of ours: where it happened, never the values it happened with."""

import os
import sys
import tempfile
import traceback
from pathlib import Path

from profilegen import __version__


def write_crash_log(exc: BaseException) -> Path | None:
    """Write frames and exception types into a file only its owner can read; None if even that fails."""
    lines = [f"profilegen {__version__}, Python {sys.version.split()[0]}, {sys.platform}\n"]
    error: BaseException | None = exc
    while error is not None:
        # the message is left out: it may quote what a person typed
        lines.append(f"{type(error).__name__}\n")
        lines.extend(traceback.format_tb(error.__traceback__))
        error = error.__cause__ or error.__context__
    try:
        handle, name = tempfile.mkstemp(prefix="profilegen-crash-", suffix=".log")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.writelines(lines)
    except OSError:
        return None
    return Path(name)
