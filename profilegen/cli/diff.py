"""`profilegen diff`: what another profile would change, by meaning."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from profilegen.address import shorten
from profilegen.cli.options import Json
from profilegen.cli.output import print_json, say
from profilegen.cli.profiles import read_profile
from profilegen.cli.session import session_of
from profilegen.profile.compare import Change, Difference, differences
from profilegen.profile.key_words import value_words
from profilegen.profile.read import ReadResult
from profilegen.profile.rebuilt import revision_in
from profilegen.profile.signature import examine_signature

_MARKS = {Change.ADDED: "+", Change.REMOVED: "-", Change.CHANGED: "~"}


def diff(
    context: typer.Context,
    old: Annotated[Path, typer.Argument(metavar="OLD", show_default=False)],
    new: Annotated[Path, typer.Argument(metavar="NEW", show_default=False)],
    as_json: Json = False,
) -> None:
    """
    Compare two profiles by what they do; exit 1 if they differ. Secrets are masked; the signature is no difference.

    Example: profilegen diff old.mobileconfig new.mobileconfig
    """
    now = session_of(context).house().clock.now()
    sides = [(path, read_profile(path)) for path in (old, new)]
    found = differences(sides[0][1].content or {}, sides[1][1].content or {})
    documents = [_side(path, result, now) for path, result in sides]
    if as_json:
        listed = [asdict(difference) for difference in found]
        print_json({"same": not found, "old": documents[0], "new": documents[1], "differences": listed})
    else:
        _show(documents, found)
    raise typer.Exit(1 if found else 0)


def _side(path: Path, result: ReadResult, now: Any) -> dict[str, Any]:
    content = result.content or {}
    signature = None if result.signed_data is None else examine_signature(result.signed_data, (), now)
    identifier = content.get("PayloadIdentifier")
    return {
        "file": str(path),
        "identifier": identifier if isinstance(identifier, str) else None,
        "revision": revision_in(content),
        "signed": result.signed,
        "signer_spki_sha256": signature.signer.spki_sha256 if signature else None,
    }


def _show(sides: list[dict[str, Any]], found: tuple[Difference, ...]) -> None:
    old, new = sides
    place = None
    for difference in found:
        if difference.where != place:
            place = difference.where
            say(f"{shorten(place, 200) or 'The profile itself'}:")
        say(f"  {_MARKS[difference.change]} {_words(difference)}")
        if difference.effect:
            say(f"      → {difference.effect}")
    if not found:
        say("Both profiles do the same.")
    if old["signer_spki_sha256"] != new["signer_spki_sha256"]:
        say("  · They are not signed with the same key, so outside MDM a device refuses one in place of the other.")


def _words(difference: Difference) -> str:
    if difference.what == "payload":
        return str(difference.change)
    if difference.secret and difference.change is Change.CHANGED:
        return f"{difference.what}: changed (both are secrets)"
    old, new = (shorten(value_words(value), 200) for value in (difference.old, difference.new))
    return f"{difference.what}: {old} → {new}"
