"""A finished profile on standard output, for pipes."""

import sys
from dataclasses import dataclass, field
from pathlib import PurePath

from profilegen.errors import OutputProblem


class StdoutDrop:
    """A `ports.Drop` whose every file is standard output, written in one piece when it is committed."""

    async def stage(self, path: PurePath, data: bytes, *, private: bool) -> "StagedBytes":  # noqa: ARG002 - one place
        """Keep the bytes until they may be shown."""
        return StagedBytes(data=data)


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedBytes:
    """A `ports.StagedFile` in memory."""

    data: bytes = field(repr=False)

    async def commit(self) -> None:
        """Write the bytes; raises OutputProblem if nobody reads them."""
        try:
            sys.stdout.buffer.write(self.data)
            sys.stdout.buffer.flush()
        except OSError as exc:
            raise OutputProblem(f"The output cannot be written: {exc.strerror}.", hint="Write it to a file.") from exc

    async def discard(self) -> None:
        """Forget the bytes."""
