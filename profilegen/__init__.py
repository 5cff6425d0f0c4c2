"""
From a mail address to a verified, signed Apple mail profile.

For other programs: `lookup` and the values of its answer, all named in `__all__`; docs/library.md tells more. Each is
loaded when it is first asked for, so that importing the package costs nothing.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from profilegen.errors import (
        AddressProblem,
        ConfigProblem,
        InputProblem,
        MachineProblem,
        ProfilegenError,
        UsageProblem,
    )
    from profilegen.library import lookup
    from profilegen.settings.candidates import (
        AccountPayload,
        Candidate,
        Conflict,
        Notice,
        ProbeResult,
        Resolution,
        Source,
        Status,
        Tier,
    )
    from profilegen.settings.servers import Auth, Protocol, Security, Server
    from profilegen.settings.story import story

__version__ = "0.1.0"

__all__ = [
    "AccountPayload",
    "AddressProblem",
    "Auth",
    "Candidate",
    "ConfigProblem",
    "Conflict",
    "InputProblem",
    "MachineProblem",
    "Notice",
    "ProbeResult",
    "ProfilegenError",
    "Protocol",
    "Resolution",
    "Security",
    "Server",
    "Source",
    "Status",
    "Tier",
    "UsageProblem",
    "__version__",
    "lookup",
    "story",
]

_HOMES = {
    "profilegen.errors": (
        "AddressProblem",
        "ConfigProblem",
        "InputProblem",
        "MachineProblem",
        "ProfilegenError",
        "UsageProblem",
    ),
    "profilegen.library": ("lookup",),
    "profilegen.settings.candidates": (
        "AccountPayload",
        "Candidate",
        "Conflict",
        "Notice",
        "ProbeResult",
        "Resolution",
        "Source",
        "Status",
        "Tier",
    ),
    "profilegen.settings.servers": ("Auth", "Protocol", "Security", "Server"),
    "profilegen.settings.story": ("story",),
}


def __getattr__(name: str) -> object:
    from importlib import import_module

    home = next((module for module, names in _HOMES.items() if name in names), None)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted(__all__)
