"""Log files as one stream of lines: rotated, packed, of any size and with any bytes in them."""

import gzip
import re
import sys
import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, cast

from profilegen.diagnosis.maillog.line import LONGEST_LINE
from profilegen.errors import InputProblem
from profilegen.review.folders import entries

STDIN = "-"
_CHUNK = 4 * LONGEST_LINE


def localise(when: datetime) -> datetime:
    """Return the wall-clock time of this machine in UTC."""
    return when.astimezone(UTC)


def log_lines(paths: Iterable[str | Path]) -> Iterator[str]:
    """
    Yield the lines of files in the given order ("-" is standard input), each cut at `LONGEST_LINE` characters.

    Bytes that are no UTF-8 are replaced. Raises InputProblem for a file that cannot be read or unpacked.
    """
    for path in paths:
        if str(path) == STDIN:
            yield from _lines(sys.stdin.buffer)
            continue
        try:
            with _opened(Path(path)) as stream:
                yield from _lines(stream)
        except (OSError, EOFError, zlib.error) as exc:
            reason = exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc) or "it is damaged"
            hint = "Run as root or as a member of the group adm, or name another file with --log."
            hint = "Name another file with --log." if isinstance(exc, FileNotFoundError) else hint
            raise InputProblem(f"The log {path} cannot be read: {reason}.", hint=hint, code="unreadable_log") from exc


def with_rotated(path: Path, *, since: datetime | None = None) -> list[Path]:
    """
    Return a log and the older files it was rotated to (`.1`, `.2.gz`, `-20261123.gz`), oldest first.

    Files last written before `since` are left out.
    """
    pattern = re.compile(re.escape(path.name) + r"(?:\.(?P<number>\d{1,4})|-(?P<date>\d{8,14}))(?:\.gz)?")
    found: list[tuple[int, Path]] = []
    for other in entries(path.parent):
        match = pattern.fullmatch(other.name)
        if match and other.is_file() and not _is_before(other, since):
            found.append((-int(match["number"]) if match["number"] else int(match["date"]) - 10**14, other))
    return [*(other for _, other in sorted(found)), *([path] if path.is_file() else [])]


def _is_before(path: Path, since: datetime | None) -> bool:
    return since is not None and datetime.fromtimestamp(path.stat().st_mtime, UTC) < since


def _opened(path: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(path, "rb")) if path.suffix == ".gz" else path.open("rb")


def _lines(stream: IO[bytes]) -> Iterator[str]:
    """Cut over-long lines: what is read at once is bounded, and the rest of such a line is passed over."""
    begun = True
    while chunk := stream.readline(_CHUNK):
        if begun:
            yield chunk[: 4 * LONGEST_LINE].decode("utf-8", "replace").rstrip("\r\n")[:LONGEST_LINE]
        begun = chunk.endswith(b"\n")
