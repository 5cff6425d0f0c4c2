"""`profilegen providers`: the catalogue."""

from pathlib import Path
from typing import Annotated, Any

import typer

from profilegen.cli.options import Json
from profilegen.cli.output import console, note, print_json, say, table
from profilegen.cli.session import session_of
from profilegen.config.resources import find_resources
from profilegen.errors import NotPossible

app = typer.Typer(help="Work on the provider catalogue.", no_args_is_help=True)


@app.command("list")
def list_(
    context: typer.Context,
    kind: Annotated[str | None, typer.Option("--kind", metavar="mailbox|relay", help="Only this kind.")] = None,
    as_json: Json = False,
) -> None:
    """
    List all providers.

    Example: profilegen providers list --kind relay
    """
    records = [_line(record) for record in session_of(context).house().catalogue.records()]
    chosen = [line for line in records if kind is None or line["kind"] == kind]
    if as_json:
        print_json({"providers": chosen})
        return
    rows = table("id", "name", "kind", "status", "domains")
    for line in chosen:
        rows.add_row(line["id"], line["name"], line["kind"], line["status"], str(line["domains"]))
    console().print(rows)


@app.command()
def show(
    context: typer.Context,
    provider_id: Annotated[str, typer.Argument(metavar="ID", show_default=False)],
    as_json: Json = False,
) -> None:
    """
    Show everything known about one provider, with its sources.

    Example: profilegen providers show icloud
    """
    record = session_of(context).house().catalogue.record(provider_id)
    if record is None:
        raise NotPossible(
            f'There is no provider "{provider_id}".', hint="See profilegen providers list.", code="unknown_provider"
        )
    if as_json:
        print_json(record)
        return
    from profilegen.catalogue.writer import to_toml

    say(to_toml(record).rstrip())


@app.command()
def check(
    context: typer.Context,
    files: Annotated[list[Path] | None, typer.Argument(metavar="FILE…", show_default=False)] = None,
    as_json: Json = False,
) -> None:
    """
    Check provider files: schema, port and TLS pairs, placeholders, domains that stand twice.

    Example: profilegen providers check providers/gmail.toml
    """
    from profilegen.catalogue.check import check_files

    house = session_of(context).house()
    paths = files or sorted(find_resources().providers.glob("*.toml"))
    findings = check_files(paths, today=house.clock.now().date())
    if as_json:
        listed = [
            {
                "file": finding.file,
                "rule": str(finding.rule),
                "severity": str(finding.severity),
                "key": finding.key,
                "message": finding.message,
            }
            for finding in findings
        ]
        print_json({"files": len(paths), "findings": listed})
    else:
        for finding in findings:
            note(f"{finding.file}: {finding.severity} {finding.key or 'file'}: {finding.message}")
        say(f"{len(paths)} provider files, {len(findings)} findings")
    raise typer.Exit(1 if any(finding.severity == "error" for finding in findings) else 0)


def _line(record: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": record["id"],
        "name": record["name"],
        "kind": record.get("kind", "mailbox"),
        "status": record.get("status", "ok"),
        "domains": len(record.get("domains", ())),
    }
