"""`profilegen demo`: the whole story on this machine, without network, root, or anything of yours."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from profilegen.cli.fix import fixed_document, show_fixed
from profilegen.cli.options import Json
from profilegen.cli.output import print_json, progress_line, say
from profilegen.cli.render import finding_document, show_findings
from profilegen.cli.session import run_async, session_of
from profilegen.cli.signers import SELF_SIGNED
from profilegen.report import Outcome, Report

_ON_THE_PHONE = (
    "Cannot Send Mail. A copy has been placed in your Outbox. The recipient was rejected by the server because it does "
    "not allow relaying."
)


def demo(
    context: typer.Context,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Where the signed profile is left.")
    ] = Path("profilegen-demo"),
    as_json: Json = False,
) -> None:
    """
    Show the whole story: a phone that cannot send, the cure, and the same mail going out.

    Example: profilegen demo
    """
    from profilegen.demo.story import tell

    session = session_of(context)
    with tempfile.TemporaryDirectory(prefix="profilegen-demo-") as home, progress_line() as progress:
        house = replace(session, home=Path(home) / "home").house()
        story = run_async(tell(house, output, progress))
    if as_json:
        findings = [finding_document(finding) for finding in story.broken.findings]
        document: dict[str, Any] = {"broken": {"findings": findings}, "fixed": fixed_document(story.fixed, None)}
        print_json(document)
    else:
        say("1. A phone after a restore: the outgoing server lost its login and its SSL switch. It shows:")
        say(f"   {_ON_THE_PHONE}")
        say("   What the server really says to it (a small one on this machine, made for this demo):")
        show_findings(_what_matters(story.broken))
        say()
        say("2. profilegen fix you@demo.test")
        say()
        show_fixed(story.fixed, (SELF_SIGNED,), None)
    raise typer.Exit(0 if story.fixed.handed is not None and story.fixed.proof.ok else 1)


def _what_matters(report: Report) -> list[Any]:
    return [
        finding
        for finding in report.findings
        if finding.outcome is Outcome.FAIL or finding.check == "outgoing.relay_without_auth"
    ]
