"""The command line as a whole: its groups, its exit codes, and the one place where errors become words."""

import importlib
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import Exit, TyperException

from profilegen import __version__, errors
from profilegen.cli.output import complain, error_document, note, print_json
from profilegen.cli.session import Session
from profilegen.cli.stopping import INTERRUPTED, LAST_WORDS
from profilegen.cli.usage import usage_problem
from profilegen.secret import MASK

EXIT_CODES: tuple[tuple[type[errors.ProfilegenError], int], ...] = (
    (errors.UsageProblem, 2),
    (errors.NotPossible, 1),
    (errors.MachineProblem, 3),
    (errors.WorldProblem, 4),
)
OUR_BUG = 70

COMMANDS = (
    *("fix", "lookup", "build", "check", "show", "diff", "sign", "unsign", "encrypt", "test", "explain"),
    *("doctor", "relay", "send", "person", "demo", "worker"),
)
"""Commands; each is the function of its name in the module of its name."""

BY_THEMSELVES = ("demo", "explain", "worker")
"""Commands that need no argument; the others show their help without one."""

GROUPS = ("key", "canary", "providers", "config", "fleet", "mdm")
"""Command groups; each is `app` in the module of its name."""


def _print_version(asked: bool) -> None:
    if asked:
        sys.stdout.write(f"profilegen {__version__}\n")
        raise Exit(0)


def root(
    context: typer.Context,
    home: Annotated[
        Path | None, typer.Option("--home", metavar="DIR", help="Where keys and state live.", envvar="PROFILEGEN_HOME")
    ] = None,
    config_file: Annotated[
        Path | None, typer.Option("--config", metavar="FILE", help="A configuration file to read first.")
    ] = None,
    version: Annotated[  # noqa: ARG001 - its callback answers
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """From a mail address to a verified, signed Apple mail profile. Example: profilegen fix you@example.com."""
    context.obj = Session(home=home, config_file=config_file)


def make_app(names: Sequence[str] = (*COMMANDS, *GROUPS)) -> typer.Typer:
    """Return the command line with these commands and groups; only their modules are imported."""
    app = typer.Typer(
        name="profilegen",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(root)
    for name in names:
        module = importlib.import_module(f"profilegen.cli.{name}")
        if name in GROUPS:
            app.add_typer(module.app, name=name)
        else:
            kind = getattr(module, "Command", None)  # one that reads its arguments in its own way
            app.command(name, cls=kind, no_args_is_help=name not in BY_THEMSELVES)(getattr(module, name))
    return app


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit status; no exception ever leaves it."""
    arguments = _global_options_first(arguments)
    as_json = "--json" in arguments
    try:
        status = _run_command(arguments)
    except errors.ProfilegenError as exc:
        return _report(exc, as_json=as_json)
    except TyperException as exc:
        if not exc.format_message():  # a command without arguments: its help stands there already
            return exc.exit_code
        return _report(usage_problem(exc, _called(arguments)), as_json=as_json)
    except (KeyboardInterrupt, typer.Abort):
        status = INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return INTERRUPTED
    except Exception as exc:  # noqa: BLE001 - the last line of defence: a traceback never reaches a user
        return _report_bug(exc, as_json=as_json)
    if status == INTERRUPTED:
        note(LAST_WORDS)
    return status


def exit_code(error: errors.ProfilegenError) -> int:
    """Return the exit status of an error."""
    return next((status for kind, status in EXIT_CODES if isinstance(error, kind)), OUR_BUG)


def _run_command(arguments: Sequence[str]) -> int:
    try:
        status = _app_for(arguments)(args=list(arguments), prog_name="profilegen", standalone_mode=False)
    except Exit as exc:
        return int(exc.exit_code)
    return status if isinstance(status, int) else 0


def _app_for(arguments: Sequence[str]) -> typer.Typer:
    """Return the app with the one command that is called: starting up must not cost what is not used."""
    called = next(_words_without_global_values(arguments), None)
    return make_app((called,)) if called is not None and called in (*COMMANDS, *GROUPS) else make_app()


def _called(arguments: Sequence[str]) -> str:
    """Return the command as far as it is sure; what stands after a group may be anything."""
    called = next(_words_without_global_values(arguments), None)
    return f"profilegen {called}" if called in (*COMMANDS, *GROUPS) else "profilegen"


def _words_without_global_values(arguments: Sequence[str]) -> Iterator[str]:
    words = iter(arguments)
    for word in words:
        if word in ("--home", "--config"):
            next(words, None)
        elif not word.startswith("-"):
            yield word


def _global_options_first(arguments: Sequence[str]) -> list[str]:
    """Let `--home` and `--config` stand anywhere on the line, as people write them."""
    front: list[str] = []
    rest: list[str] = []
    words = iter(arguments)
    for word in words:
        if word == "--":
            rest += [word, *words]
        elif word in ("--home", "--config"):
            front += [word, *([value] if (value := next(words, None)) is not None else [])]
        elif word.startswith(("--home=", "--config=")):
            front.append(word)
        else:
            rest.append(word)
    return front + rest


def _report(error: errors.ProfilegenError, *, as_json: bool) -> int:
    status = exit_code(error)
    if as_json:
        print_json({"error": error_document(error)})
    else:
        complain(error)
    return status


def _report_bug(exc: Exception, *, as_json: bool) -> int:
    from profilegen.cli.crash import write_crash_log

    path = write_crash_log(exc)
    problem = errors.ProfilegenError(
        f"profilegen made a mistake of its own ({type(exc).__name__}); nothing was left half-written.",
        hint=f"Please send {path} to the maintainers; it holds no {MASK.strip('[]')} of yours.",
        code="bug",
    )
    _report(problem, as_json=as_json)
    return OUR_BUG
