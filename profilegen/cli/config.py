"""`profilegen config`: the effective values and where each came from."""

import typer

from profilegen.cli.options import Json
from profilegen.cli.output import print_json, print_table, table
from profilegen.cli.session import session_of
from profilegen.config.values import KEYS

app = typer.Typer(help="Look at the configuration.", no_args_is_help=True)


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
        values = {key: {"value": _plain(loaded.value(key)), "origin": loaded.origins[key]} for key in KEYS}
        print_json({"home": {"value": str(home), "origin": home_origin}, **values})
        return
    rows = table("setting", "value", "from")
    rows.add_row("home", str(home), home_origin)
    for key in KEYS:
        value = _plain(loaded.value(key))
        words = ", ".join(value) if isinstance(value, list) else value
        rows.add_row(key, words or "–", loaded.origins[key])
    print_table(rows)


def _plain(value: str | tuple[str, ...] | None) -> str | list[str] | None:
    return list(value) if isinstance(value, tuple) else value
