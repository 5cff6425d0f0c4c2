"""`profilegen explain`: the cause behind an error message, a server's reply or a bounce."""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer

from profilegen.cli.options import Json
from profilegen.cli.output import print_json, say
from profilegen.diagnosis.codes import LARGEST
from profilegen.diagnosis.explain import Explanation, LikelyCause
from profilegen.diagnosis.explain import explain as explained
from profilegen.diagnosis.observation import Observation, Stage
from profilegen.diagnosis.observed import AUTH, explanation_document, observed
from profilegen.diagnosis.titles import TITLES
from profilegen.diagnosis.unwrap import read_bytes
from profilegen.errors import InputProblem, UsageProblem

_LONGEST_LINE = 1024 * 1024


class AuthState(StrEnum):
    """What became of the login in the session."""

    NONE = "none"
    REJECTED = "rejected"
    ACCEPTED = "accepted"
    UNKNOWN = "unknown"


class TlsState(StrEnum):
    """Whether the session was encrypted when the answer came."""

    ON = "on"
    OFF = "off"


def explain(
    text: Annotated[
        str | None,
        typer.Argument(metavar="[TEXT]", help="The message; without it, standard input.", show_default=False),
    ] = None,
    stage: Annotated[Stage | None, typer.Option("--stage", help="Where in the session it came.")] = None,
    code: Annotated[int | None, typer.Option("--code", min=200, max=599, help="The reply code, like 535.")] = None,
    auth: Annotated[
        AuthState, typer.Option("--auth", help="Whether user name and password were presented, and taken.")
    ] = AuthState.UNKNOWN,
    tls: Annotated[TlsState | None, typer.Option("--tls", help="Whether the connection was encrypted.")] = None,
    port: Annotated[int | None, typer.Option("--port", min=1, max=65535, help="The server's port.")] = None,
    jsonl: Annotated[
        str | None, typer.Option("--jsonl", metavar="FILE|-", help="Explain one JSON object a line.")
    ] = None,
    as_json: Json = False,
) -> None:
    """
    Name the cause behind an error message, a server's reply or a bounce, and its cure.

    Example: profilegen explain "554 5.7.1 <you@example.com>: Relay access denied" --auth none
    """
    login, accepted = AUTH[auth.value]
    known = Observation(
        stage=stage,
        code=code,
        login=login,
        accepted=accepted,
        tls=None if tls is None else tls is TlsState.ON,
        port=port,
    )
    if jsonl is None:
        explanation = explained(replace(known, text=_given(text)))
        _show(explanation, as_json=as_json)
        raise typer.Exit(1 if explanation.unsure else 0)
    if text is not None:
        raise UsageProblem("TEXT and --jsonl exclude each other.", hint="Choose one of them.", code="two_inputs")
    unsure = [_answer(row) for row in _rows(jsonl)]
    raise typer.Exit(1 if any(unsure) else 0)


def _given(text: str | None) -> str:
    if text is not None and text != "-":
        return text
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageProblem(
            "There is nothing to explain.", hint='Write profilegen explain "TEXT", or pipe it in.', code="no_text"
        )
    return read_bytes(sys.stdin.buffer.read(4 * LARGEST))


def _answer(row: dict[str, Any]) -> bool:
    explanation = explained(observed(row))
    print_json({"id": row.get("id"), **explanation_document(explanation)})
    return explanation.unsure


def _rows(name: str) -> Iterator[dict[str, Any]]:
    if name == "-":
        yield from _objects(sys.stdin.buffer, "standard input")
        return
    try:
        with Path(name).open("rb") as file:
            yield from _objects(file, name)
    except OSError as exc:
        raise InputProblem(f"{name} cannot be read: {exc.strerror}.", hint="Name another file.") from exc


def _objects(file: BinaryIO, name: str) -> Iterator[dict[str, Any]]:
    number = 0
    while line := file.readline(_LONGEST_LINE):
        number += 1
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise InputProblem(
                f"Line {number} of {name} is not a JSON object.",
                hint='Write one object a line, like {"text": "Relay access denied"}; what came before it is explained.',
                code="bad_json_line",
            )
        yield row


def _show(explanation: Explanation, *, as_json: bool) -> None:
    if as_json:
        print_json(explanation_document(explanation))
        return
    if not explanation.causes:
        say("Nothing in this names a cause.")
    for place, cause in enumerate(explanation.causes):
        _show_cause(cause, first=place == 0, unsure=explanation.unsure)
    if explanation.unsure:
        say()
        say("It helps to know where it happened (--stage), and whether a login was there (--auth none|accepted).")


def _show_cause(cause: LikelyCause, *, first: bool, unsure: bool) -> None:
    if not first:
        say(f"or      {TITLES[cause.cause]} ({cause.cause.value}, {cause.confidence:.0%}) {cause.why}")
        return
    say(f"{'Not sure; perhaps: ' if unsure else ''}{TITLES[cause.cause]} ({cause.cause.value}, {cause.confidence:.0%})")
    say(f"why     {cause.why}")
    for voice, sentence in (
        ("person", cause.remedy.user),
        ("admin", cause.remedy.admin),
        ("server", cause.remedy.server),
    ):
        if sentence:
            say(f"{voice:<7} {sentence}")
