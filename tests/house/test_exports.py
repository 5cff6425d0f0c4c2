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


def test_the_package_itself_offers_its_version_and_nothing_else() -> None:
    tree = ast.parse(inspect.getsource(profilegen))
    assigned = [ast.unparse(target) for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]
    assert assigned == ["__version__"]
    assert not any(isinstance(node, ast.Import | ast.ImportFrom) for node in tree.body)


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
