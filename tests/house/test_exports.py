"""What may be imported from outside, and what importing it costs."""

import ast
import inspect
import subprocess
import sys

import pytest

import profilegen
from profilegen import ports

HEAVY = {
    "aiosmtpd",
    "aiosmtplib",
    "asyncio",
    "cryptography",
    "dns",
    "httpx2",
    "jinja2",
    "openpyxl",
    "pydantic",
    "sqlite3",
}


def imported_by(module: str) -> set[str]:
    """Return the top-level names a fresh interpreter has loaded after importing one module."""
    script = f"import sys, {module}; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    command = [sys.executable, "-I", "-c", script]
    return set(subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.split())


PUBLIC = """
AccountPayload AddressProblem Auth Candidate ConfigProblem Conflict InputProblem MachineProblem Notice ProbeResult
ProfilegenError Protocol Resolution Security Server Source Status Tier UsageProblem __version__ lookup story
"""


def test_the_public_names_are_these_and_each_is_there() -> None:
    assert profilegen.__all__ == PUBLIC.split()
    assert all(getattr(profilegen, name) is not None for name in profilegen.__all__)
    assert all(inspect.getdoc(getattr(profilegen, name)) for name in profilegen.__all__ if name != "__version__")


def test_a_name_that_is_not_public_is_missing() -> None:
    with pytest.raises(AttributeError, match="no attribute 'guess'"):
        profilegen.guess  # noqa: B018 - that it is missing is the point


def test_what_a_type_checker_sees_is_what_is_loaded() -> None:
    tree = ast.parse(inspect.getsource(profilegen))
    seen = {
        (node.module, alias.name) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    loaded = {(home, name) for home, names in profilegen._HOMES.items() for name in names}
    assert seen - {("typing", "TYPE_CHECKING"), ("importlib", "import_module")} == loaded
    assert {name for _, name in loaded} == set(profilegen.__all__) - {"__version__"}


def test_importing_the_package_loads_nothing_of_it() -> None:
    assert imported_by("profilegen") & (HEAVY | {"typer", "rich", "dataclasses"}) == set()


def test_asking_for_the_version_loads_nothing_to_speak_of() -> None:
    assert imported_by("profilegen.__main__") & (HEAVY | {"typer", "rich"}) == set()


@pytest.mark.parametrize("module", ["profilegen.settings.document", "profilegen.settings.roster", "profilegen.ports"])
def test_the_core_loads_no_heavy_library(module: str) -> None:
    assert imported_by(module) & HEAVY == set()


def test_a_port_is_narrow() -> None:
    for name, port in inspect.getmembers(ports, inspect.isclass):
        if port.__module__ == ports.__name__ and getattr(port, "_is_protocol", False):
            methods = [item for item in vars(port) if not item.startswith("_") and callable(vars(port)[item])]
            assert len(methods) <= 5, name  # the resolver has one per record type
            assert all(inspect.getdoc(vars(port)[method]) for method in methods), name
