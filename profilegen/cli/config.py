"""`profilegen config`: the effective values and where each came from."""

from typing import Annotated

import typer

from profilegen.address import a_label, shorten
from profilegen.cli.options import Json, provider_domain
from profilegen.cli.output import print_json, print_table, say, table
from profilegen.cli.session import run_async, session_of
from profilegen.errors import AddressProblem, UsageProblem
from profilegen.ports import Trust

app = typer.Typer(help="Look at the configuration.", no_args_is_help=True)
trust = typer.Typer(help="Which foreign providers were confirmed with --trust.", no_args_is_help=True)
app.add_typer(trust, name="trust")


@app.callback()
def group() -> None:
    """Look at the configuration."""


@app.command()
def show(context: typer.Context, as_json: Json = False) -> None:
    """
    Print the effective values and where each came from.

    Example: profilegen config show
    """
    house = session_of(context).house()
    loaded = house.loaded
    home, home_origin = house.home_place
    if as_json:
        values = {key: {"value": _plain(loaded.value(key)), "origin": origin} for key, origin in loaded.origins.items()}
        print_json({"home": {"value": str(home), "origin": home_origin}, **values})
        return
    rows = table("setting", "value", "from")
    rows.add_row("home", str(home), home_origin)
    for key, origin in loaded.origins.items():
        value = _plain(loaded.value(key))
        words = ", ".join(value) if isinstance(value, list) else value
        rows.add_row(key, words or "–", origin)
    print_table(rows)


def _plain(value: str | tuple[str, ...] | None) -> str | list[str] | None:
    return list(value) if isinstance(value, tuple) else value


@trust.command("list")
def list_trust(context: typer.Context, as_json: Json = False) -> None:
    """
    Print which provider was confirmed for which mail domain, and when.

    Example: profilegen config trust list
    """
    pairs = run_async(session_of(context).house().finders.trust_store.all())
    if as_json:
        print_json({"trusted": [_trust_document(pair) for pair in pairs]})
    elif pairs:
        rows = table("mail domain", "provider", "confirmed")
        for pair in pairs:
            rows.add_row(pair.domain, pair.provider, f"{pair.confirmed:%Y-%m-%d %H:%M} UTC")
        print_table(rows)
    else:
        say("Nothing was confirmed yet. profilegen lookup ADDRESS --trust DOMAIN does it.")


@trust.command("remove")
def remove_trust(
    context: typer.Context,
    domain: Annotated[str, typer.Argument(metavar="MAIL_DOMAIN", show_default=False)],
    provider: Annotated[str | None, typer.Argument(metavar="[PROVIDER]", show_default=False)] = None,
    as_json: Json = False,
) -> None:
    """
    Forget what was confirmed for a mail domain, one provider or all of them.

    Example: profilegen config trust remove example.com hoster.com
    """
    name = _mail_domain(domain)
    chosen = None if provider is None else provider_domain(provider)
    removed = run_async(session_of(context).house().finders.trust_store.forget(name, chosen))
    if as_json:
        print_json({"domain": name, "provider": chosen, "removed": removed})
    else:
        say(f"{removed} removed." if removed else "There was nothing to remove.")
    if not removed:
        raise typer.Exit(1)


def _mail_domain(text: str) -> str:
    try:
        return a_label(text.strip())
    except AddressProblem as problem:
        raise UsageProblem(
            f'"{shorten(text)}" is not a mail domain.', hint="Write it like example.com.", code="bad_trust"
        ) from problem


def _trust_document(pair: Trust) -> dict[str, str]:
    return {"domain": pair.domain, "provider": pair.provider, "confirmed": f"{pair.confirmed:%Y-%m-%dT%H:%M:%SZ}"}
