"""`profilegen check`: what is wrong with a profile, whoever made it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from profilegen.cli.options import Authorities, DeliveryKind, Json, PlatformKind
from profilegen.cli.output import note, print_json, say, table
from profilegen.cli.session import session_of
from profilegen.errors import InputProblem, UsageProblem
from profilegen.profile.document import check_document
from profilegen.profile.findings import LintFinding, Severity
from profilegen.profile.lint import lint, rules
from profilegen.profile.read import read
from profilegen.profile.types import Delivery, Platform
from profilegen.wiring import read_file

SUFFIX = ".mobileconfig"
_MARKS = {Severity.ERROR: "✗", Severity.WARNING: "!", Severity.INFO: "·"}


def check(
    context: typer.Context,
    files: Annotated[list[Path] | None, typer.Argument(metavar="FILE|FOLDER…", show_default=False)] = None,
    delivery: DeliveryKind = Delivery.INTERACTIVE,
    platform: PlatformKind = Platform.IOS,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 1 for warnings too.")] = False,
    select: Annotated[list[str] | None, typer.Option("--select", metavar="RULE", help="Only this rule.")] = None,
    ignore: Annotated[list[str] | None, typer.Option("--ignore", metavar="RULE", help="Not this rule.")] = None,
    ca: Authorities = None,
    list_rules: Annotated[bool, typer.Option("--list-rules", help="List the rules.")] = False,
    as_json: Json = False,
) -> None:
    """
    Judge profiles, signed or not, ours or not.

    Example: profilegen check you@example.com.mobileconfig
    """
    if list_rules:
        _list_rules(as_json=as_json)
        return
    house = session_of(context).house(ca)
    worst = set[Severity]()
    for path in _files(files or []):
        result = read(read_file(path))
        roots = house.trusted_roots if result.signed else ()
        every = lint(result, delivery=delivery, platform=platform, now=house.clock.now(), anchors=roots)
        findings = tuple(finding for finding in every if _wanted(finding, select, ignore))
        worst |= {finding.severity for finding in findings}
        document = check_document(result, findings, str(path), now=house.clock.now(), anchors=roots)
        if as_json:
            print_json(document)
        else:
            _show(document, findings)
    bad = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    raise typer.Exit(1 if worst & bad else 0)


def _files(paths: list[Path]) -> Iterator[Path]:
    if not paths:
        raise UsageProblem("No file was given.", hint="Write profilegen check FILE.", code="no_file")
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        inside = sorted(path.rglob(f"*{SUFFIX}"))
        if not inside:
            raise InputProblem(
                f"There is no {SUFFIX} file in {path}.", hint="Name another folder.", code="empty_folder"
            )
        yield from inside


def _wanted(finding: LintFinding, select: list[str] | None, ignore: list[str] | None) -> bool:
    return (not select or finding.rule in select) and finding.rule not in (ignore or ())


def _list_rules(*, as_json: bool) -> None:
    from profilegen.cli.output import print_table

    if as_json:
        listed = [{"rule": rule.id, "severity": str(rule.severity), "summary": rule.summary} for rule in rules()]
        print_json({"rules": listed})
        return
    rows = table("rule", "severity", "what it finds")
    for rule in rules():
        rows.add_row(rule.id, str(rule.severity), rule.summary)
    print_table(rows)


def _show(document: dict[str, Any], findings: tuple[LintFinding, ...]) -> None:
    signer = document["signer"]
    signed = f"signed by {signer['subject']}" if signer else "signed" if document["signed"] else "not signed"
    say(f"{document['file']}: {document['format']}, {signed}")
    for finding in findings:
        say(f"  {_MARKS[finding.severity]} {finding.rule} {finding.path or 'file'}: {finding.message}")
        if finding.hint:
            say(f"      → {finding.hint}")
    if not findings:
        say("  ✓ no rule objects")
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    if errors:
        note(f"profilegen: {errors} error{'s' * (errors > 1)} in {document['file']}")
