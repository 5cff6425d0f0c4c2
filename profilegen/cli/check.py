"""`profilegen check`: what is wrong with profiles, whoever made them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from profilegen import __version__
from profilegen.cli.judging import Judge, list_rules, relative_name, show_verdict, wanted_rules
from profilegen.cli.options import Authorities, DeliveryKind, Json, PlatformKind
from profilegen.cli.output import complain, note, print_json, progress_bar
from profilegen.cli.session import session_of
from profilegen.errors import InputProblem, OutputProblem, UsageProblem
from profilegen.profile.baseline import Known, baseline_text, known_finding, parse_baseline
from profilegen.profile.document import finding_document
from profilegen.profile.findings import LintFinding, Severity
from profilegen.profile.lint import rules
from profilegen.profile.lint.fleet import Member, lint_fleet
from profilegen.profile.types import Delivery, Platform
from profilegen.wiring import read_file

SUFFIX = ".mobileconfig"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was found in one file; `document` is the object of the contract without its findings."""

    path: Path
    document: dict[str, Any]
    member: Member
    findings: tuple[LintFinding, ...]


def check(
    context: typer.Context,
    files: Annotated[list[Path] | None, typer.Argument(metavar="FILE|FOLDER…", show_default=False)] = None,
    delivery: DeliveryKind = Delivery.INTERACTIVE,
    platform: PlatformKind = Platform.IOS,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 1 for warnings too.")] = False,
    select: Annotated[
        list[str] | None, typer.Option("--select", metavar="RULE", help="Only this rule, or all it begins (PG5).")
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option("--ignore", metavar="RULE", help="Not this rule, nor all it begins.")
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option("--baseline", metavar="FILE", help="Findings that are known and not told again.")
    ] = None,
    write_baseline: Annotated[
        bool, typer.Option("--write-baseline", help="Write what is found now into the baseline.")
    ] = False,
    decrypt: Annotated[
        Path | None, typer.Option("--decrypt", metavar="KEY", help="A device's RSA key, to judge what is encrypted.")
    ] = None,
    ca: Authorities = None,
    rule_list: Annotated[bool, typer.Option("--list-rules", help="List the rules.")] = False,
    sarif: Annotated[bool, typer.Option("--sarif", help="One SARIF 2.1.0 document on stdout, for CI systems.")] = False,
    as_json: Json = False,
) -> None:
    """
    Judge profiles, signed or not, ours or not.

    Several files are judged side by side as well: identifiers that collide, accounts that changed theirs.

    Example: profilegen check you@example.com.mobileconfig
    """
    if rule_list:
        list_rules(as_json=as_json)
        return
    _refuse_contradictions(as_json=as_json, sarif=sarif, baseline=baseline, write_baseline=write_baseline)
    wanted = wanted_rules(select or [], ignore or [])
    judge = Judge(
        house=session_of(context).house(ca),
        delivery=delivery,
        platform=platform,
        key=None if decrypt is None else read_file(decrypt),
    )
    paths = list(_files(files or []))
    verdicts = [_only(verdict, wanted) for verdict in _side_by_side(list(_judge_all(paths, judge)))]
    if baseline is not None and write_baseline:
        _write_baseline(baseline, verdicts)
    elif baseline is not None:
        verdicts = _unknown(verdicts, baseline)
    _tell(verdicts, as_json=as_json, sarif=sarif)
    if len(verdicts) < len(paths):
        raise typer.Exit(2)
    grave = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    found = {finding.severity for verdict in verdicts for finding in verdict.findings}
    raise typer.Exit(1 if found & grave and not write_baseline else 0)


def _refuse_contradictions(*, as_json: bool, sarif: bool, baseline: Path | None, write_baseline: bool) -> None:
    if as_json and sarif:
        raise UsageProblem("--json and --sarif exclude each other.", hint="Choose one of them.", code="two_formats")
    if write_baseline and baseline is None:
        raise UsageProblem(
            "--write-baseline needs to know where.", hint="Add --baseline FILE.", code="no_baseline_file"
        )


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


def _judge_all(paths: Sequence[Path], judge: Judge) -> Iterator[Verdict]:
    """Yield a verdict for every file; among several, one that cannot be opened is said and passed over."""
    with progress_bar("Checking", len(paths)) as step:
        for path in paths:
            try:
                document, member, findings = judge.look_at(path)
            except InputProblem as problem:
                if len(paths) == 1:
                    raise
                complain(problem)
                continue
            yield Verdict(path=path, document=document, member=member, findings=findings)
            step()


def _side_by_side(verdicts: list[Verdict]) -> list[Verdict]:
    more = lint_fleet([verdict.member for verdict in verdicts])
    return [
        replace(verdict, findings=tuple(sorted((*verdict.findings, *further), key=lambda finding: finding.rule)))
        for verdict, further in zip(verdicts, more, strict=True)
    ]


def _only(verdict: Verdict, wanted: frozenset[str]) -> Verdict:
    return replace(verdict, findings=tuple(finding for finding in verdict.findings if finding.rule in wanted))


def _unknown(verdicts: list[Verdict], baseline: Path) -> list[Verdict]:
    known = parse_baseline(read_file(baseline))
    return [
        replace(
            verdict,
            findings=tuple(finding for finding in verdict.findings if _key(verdict, finding, baseline) not in known),
        )
        for verdict in verdicts
    ]


def _write_baseline(baseline: Path, verdicts: list[Verdict]) -> None:
    known = [_key(verdict, finding, baseline) for verdict in verdicts for finding in verdict.findings]
    try:
        baseline.write_text(baseline_text(known), encoding="utf-8", newline="\n")
    except OSError as exc:
        raise OutputProblem(f"{baseline} cannot be written: {exc.strerror}.", hint="Name another file.") from exc
    note(f"profilegen: {len(set(known))} known findings are in {baseline}.")


def _key(verdict: Verdict, finding: LintFinding, baseline: Path) -> Known:
    return known_finding(relative_name(verdict.path, baseline.parent), finding)


def _tell(verdicts: list[Verdict], *, as_json: bool, sarif: bool) -> None:
    if sarif:
        from profilegen.profile.sarif import sarif_log

        judged = [(relative_name(verdict.path, Path()), verdict.findings) for verdict in verdicts]
        print_json(sarif_log(judged, rules(), __version__))
        return
    for verdict in verdicts:
        if as_json:
            print_json({**verdict.document, "findings": [finding_document(one) for one in verdict.findings]})
        else:
            show_verdict(verdict.document, verdict.findings)
