"""Profiles as input of a command."""

from pathlib import Path

from profilegen.errors import InputProblem
from profilegen.profile.read import ReadResult, read
from profilegen.wiring import read_file


def read_profile(path: Path) -> ReadResult:
    """Return a profile whose property list can be read; raises InputProblem that says why not."""
    result = read(read_file(path))
    if result.content is None:
        reason = result.findings[0].message if result.findings else "It cannot be read."
        raise InputProblem(f"{path} cannot be used. {reason}", hint="See profilegen check for more.")
    return result
