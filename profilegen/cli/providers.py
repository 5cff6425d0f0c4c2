"""`profilegen providers`: the catalogue."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from profilegen.cli.options import Json
from profilegen.cli.output import note, print_json, print_table, say, table
from profilegen.cli.session import session_of
from profilegen.config.resources import find_resources
from profilegen.errors import NotPossible
from profilegen.wiring import House

if TYPE_CHECKING:
    from profilegen.catalogue.importers import Origin

app = typer.Typer(help="Work on the provider catalogue.", no_args_is_help=True)
importing = typer.Typer(help="Make provider files out of clientConfig XML.", no_args_is_help=True)
app.add_typer(importing, name="import")

Output = Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Where the provider files go.")]


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
    print_table(rows)


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


@importing.command()
def ispdb(
    context: typer.Context,
    source: Annotated[Path, typer.Argument(metavar="DIR|FILE", show_default=False)],
    output: Output = Path(),
    commit: Annotated[str | None, typer.Option("--commit", help="The commit the files are of.")] = None,
    as_json: Json = False,
) -> None:
    """
    Import files of Mozilla's ISPDB.

    Example: profilegen providers import ispdb autoconfig/ispdb -o new/
    """
    from profilegen.catalogue.importers import Origin

    _import(session_of(context).house(), source, Origin(name="ispdb", commit=commit), output, as_json=as_json)


@importing.command()
def autoconfig(
    context: typer.Context,
    source: Annotated[Path, typer.Argument(metavar="FILE", show_default=False)],
    output: Output = Path(),
    as_json: Json = False,
) -> None:
    """
    Import what a provider publishes as config-v1.1.xml.

    Example: profilegen providers import autoconfig config-v1.1.xml -o new/
    """
    from profilegen.catalogue.importers import Origin

    _import(session_of(context).house(), source, Origin(name="autoconfig"), output, as_json=as_json)


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
    ours = sorted(find_resources().providers.glob("*.toml"))
    paths = files or ours
    names = {path.name for path in paths}
    others = [path for path in ours if path.name not in names]  # a domain must not stand in two files
    every = check_files([*others, *paths], today=house.clock.now().date())
    findings = [finding for finding in every if finding.file in names]
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


def _import(house: House, path: Path, origin: "Origin", folder: Path, *, as_json: bool) -> None:
    from profilegen.catalogue.importers import import_files, write_providers

    imported = import_files(path, origin, today=house.clock.now().date())
    written = write_providers(imported.providers, folder)
    if as_json:
        providers = [{"file": provider.file, "notes": list(provider.notes)} for provider in imported.providers]
        refused = [{"file": file.file, "reason": file.reason} for file in imported.refused]
        print_json({"written": [str(path) for path in written], "providers": providers, "refused": refused})
    else:
        for provider in imported.providers:
            for text in provider.notes:
                note(f"{provider.file}: {text}")
        for file in imported.refused:
            note(f"{file.file}: {file.reason}")
        say(f"{len(written)} provider files in {folder}, {len(imported.refused)} refused")
    raise typer.Exit(1 if imported.refused else 0)


def _line(record: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": record["id"],
        "name": record["name"],
        "kind": record.get("kind", "mailbox"),
        "status": record.get("status", "ok"),
        "domains": len(record.get("domains", ())),
    }
