"""Profiles as input of a command."""

from datetime import UTC, datetime
from pathlib import Path

from profilegen.errors import InputProblem
from profilegen.profile.adoption import adopt
from profilegen.profile.read import ReadResult, read
from profilegen.profile.signature import examine_signature
from profilegen.profile.wish import Replaced
from profilegen.wiring import read_file


def profile_to_replace(path: Path) -> Replaced:
    """Return the identity and signer of a profile another tool made; raises InputProblem if there is none."""
    result = read_profile(path)
    content = result.content or {}
    adopted = adopt(content)
    signature = None
    if result.signed_data is not None:
        # Only who signed matters here, and that depends on no date.
        signature = examine_signature(result.signed_data, (), datetime.now(UTC))
    return Replaced(
        adopted=adopted,
        signed=result.signed,
        encrypted=result.encrypted,
        signer=signature.signer if signature else None,
    )


def read_profile(path: Path) -> ReadResult:
    """Return a profile whose property list can be read; raises InputProblem that says why not."""
    result = read(read_file(path))
    if result.content is None:
        reason = result.findings[0].message if result.findings else "It cannot be read."
        raise InputProblem(f"{path} cannot be used. {reason}", hint="See profilegen check for more.")
    return result
