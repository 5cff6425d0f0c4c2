"""
Everything that can go wrong, as one tree.

ProfilegenError
├── UsageProblem            the question was wrong, or the input is unreadable or missing
│   ├── AddressProblem      not a mail address
│   ├── SettingsProblem     settings that cannot be right (port 25, no security, a scheme in a host name)
│   ├── TextProblem         text a property list would corrupt
│   ├── RosterProblem       a roster row or file that cannot be used
│   └── InputProblem        a file that is missing or cannot be read
├── NotPossible             the question was fine and the answer is no
├── MachineProblem          this machine: configuration, keys, output, disk
│   ├── ConfigProblem
│   ├── KeyProblem          a signing key or certificate that cannot be used
│   └── OutputProblem       a file that cannot be written
└── WorldProblem            the world could not be asked; trying again makes sense
    ├── ResolverProblem     no name server answered
    └── NetworkProblem      no route, no answer

`code` is a stable slug for scripts, `hint` says what to do next, `retryable` whether doing the same again may help.
Exit codes are the business of the command line alone.
"""

from collections.abc import Mapping
from typing import Any, ClassVar


class ProfilegenError(Exception):
    """Base of every error a user may see; the message is one sentence that says what happened and why."""

    code: str = "error"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, hint: str, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if code is not None:
            self.code = code

    def __reduce__(self) -> tuple[Any, ...]:  # an exception's own way back knows no keyword arguments
        return _unpickled, (type(self), self.args, self.__dict__)


class UsageProblem(ProfilegenError):
    """The question was wrong, or the input is unreadable or missing."""

    code = "usage"


class AddressProblem(UsageProblem):
    """The text is not a mail address."""

    code = "invalid_address"


class SettingsProblem(UsageProblem):
    """The settings cannot be right, whoever says so."""

    code = "invalid_settings"


class TextProblem(UsageProblem):
    """A text holds characters that a property list would corrupt."""

    code = "unusable_text"


class RosterProblem(UsageProblem):
    """A roster, or one row of it, cannot be used."""

    code = "invalid_roster"


class InputProblem(UsageProblem):
    """A file is missing or cannot be read."""

    code = "unreadable_input"


class NotPossible(ProfilegenError):
    """The question was fine and the answer is no."""

    code = "not_possible"


class MachineProblem(ProfilegenError):
    """Something about this machine has to be put right first."""

    code = "machine"


class ConfigProblem(MachineProblem):
    """The configuration cannot be used."""

    code = "configuration"


class KeyProblem(MachineProblem):
    """A signing key or certificate cannot be used."""

    code = "unusable_key"


class OutputProblem(MachineProblem):
    """A file cannot be written."""

    code = "unwritable_output"


class WorldProblem(ProfilegenError):
    """The world could not be asked."""

    code = "world"
    retryable = True


class ResolverProblem(WorldProblem):
    """No name server answered."""

    code = "dns_unavailable"


class NetworkProblem(WorldProblem):
    """No route or no answer."""

    code = "network"


def _unpickled(kind: type[ProfilegenError], args: tuple[Any, ...], values: Mapping[str, Any]) -> ProfilegenError:
    problem = kind.__new__(kind, *args)
    problem.__dict__.update(values)
    return problem
