"""The package's own source, for tests that look at how it is built."""

import ast
from collections.abc import Iterator
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
PACKAGE = CHECKOUT / "profilegen"


def modules() -> Iterator[tuple[str, str, ast.Module]]:
    """Yield every module of the package: its path inside the checkout, its text, its syntax tree."""
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        yield path.relative_to(CHECKOUT).as_posix(), text, ast.parse(text)
