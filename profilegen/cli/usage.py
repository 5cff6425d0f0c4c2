"""A command line that cannot be read: what is wrong with it in plain words, and whose --help to read."""

import re

from typer.exceptions import TyperException

from profilegen.errors import UsageProblem

_IN_PLAIN_WORDS = (
    (re.compile(r"Value error, "), ""),
    (re.compile(r"Input should be less than or equal to (\S+)"), r"it must be at most \1."),
    (re.compile(r"Input should be greater than or equal to (\S+)"), r"it must be at least \1."),
    (re.compile(r"Input should be a valid integer\b[^.]*"), "it must be a whole number."),
    (re.compile(r"Input should be a valid number\b[^.]*"), "it must be a number."),
)
"""What the library that checks values calls a fault -> what a person calls it."""


def usage_problem(exc: TyperException, called: str) -> UsageProblem:
    """Return what typer says about a command line; the hint names the command it was said about, else `called`."""
    context = getattr(exc, "ctx", None)
    command = context.command_path if context is not None else called
    return UsageProblem(_plain(exc.format_message()), hint=f"See {command} --help.")


def _plain(message: str) -> str:
    for pattern, words in _IN_PLAIN_WORDS:
        message = pattern.sub(words, message)
    return message
