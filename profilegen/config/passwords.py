"""Where a password may come from: the environment, a file, standard input, or a prompt on a terminal. Never argv."""

import getpass
import os
import sys
from pathlib import Path
from typing import TextIO

from profilegen.errors import InputProblem, UsageProblem
from profilegen.secret import Secret

LONGEST_PASSWORD = 1024
"""Characters; longer input is a wrong file, not a password."""


PIN = "PROFILEGEN_PIN"
"""The environment variable with the PIN of a token."""


def token_pin(source: Path | None) -> Secret | None:
    """Return the PIN of a token: from PROFILEGEN_PIN, else from the file its URI names, None if neither is there."""
    if os.environ.get(PIN):
        return from_environment(PIN)
    return None if source is None else from_file(source)


def from_environment(name: str) -> Secret:
    """Return the password in an environment variable; raises InputProblem if it is not set or empty."""
    text = os.environ.get(name)
    if not text:
        raise InputProblem(
            f"The environment variable {name} is not set or empty.",
            hint=f"Set {name} to the password.",
            code="no_password",
        )
    return _checked(text, f"the environment variable {name}")


def from_file(path: Path) -> Secret:
    """Return the first line of a file; raises InputProblem if it cannot be read."""
    try:
        with path.open(encoding="utf-8") as file:
            return from_line(file, f"the file {path}")
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is not UTF-8 text"
        raise InputProblem(
            f"The password file {path} cannot be read: {reason}.", hint="Check its name and permissions."
        ) from exc


def from_line(stream: TextIO, place: str) -> Secret:
    """Return the next line of a stream without its line end."""
    return _checked(stream.readline(LONGEST_PASSWORD + 2).removesuffix("\n").removesuffix("\r"), place)


def from_stdin() -> Secret:
    """Return the next line of standard input."""
    return from_line(sys.stdin, "standard input")


def ask(prompt: str) -> Secret:
    """Ask on the terminal without echo; raises UsageProblem where there is no terminal."""
    if not sys.stdin.isatty():
        raise UsageProblem(
            "A password can only be asked for on a terminal.",
            hint="Use --password-env NAME, --password-file FILE or --password-stdin.",
            code="no_terminal",
        )
    return _checked(getpass.getpass(prompt), "the prompt")


def _checked(text: str, place: str) -> Secret:
    if not text:
        raise InputProblem(
            f"There is no password in {place}.", hint="Give one line with the password.", code="no_password"
        )
    if len(text) > LONGEST_PASSWORD:
        raise InputProblem(
            f"What stands in {place} is longer than {LONGEST_PASSWORD} characters, so it is no password.",
            hint="Give one line with the password alone.",
            code="no_password",
        )
    return Secret(text=text)
