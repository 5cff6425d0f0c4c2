"""Habits of the house that no linter knows."""

import ast
from collections.abc import Iterator

from profilegen import __version__
from tests.house.sources import CHECKOUT, modules

_WANTED = {"frozen=True", "slots=True", "kw_only=True"}


def dataclass_decorators(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            for decorator in node.decorator_list:
                if ast.unparse(decorator).partition("(")[0].endswith("dataclass"):
                    yield node.name, decorator


def is_strict(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Call) and {ast.unparse(word) for word in decorator.keywords} >= _WANTED


def test_dataclasses_are_frozen_slotted_and_keyword_only_or_say_beside_it_why_not() -> None:
    silent = []
    for path, text, tree in modules():
        lines = text.splitlines()
        for name, decorator in dataclass_decorators(tree):
            if not is_strict(decorator) and "  # " not in lines[decorator.lineno - 1]:
                silent.append(f"{path}: {name}")
    assert silent == []


def test_property_lists_are_data_and_never_text() -> None:
    texts = {path: text for path, text, _ in modules()}
    texts |= {str(path): path.read_text(encoding="utf-8") for path in (CHECKOUT / "templates").rglob("*.*")}
    assert [path for path, text in texts.items() if "<plist version" in text or "<dict>" in text] == []


def test_files_stay_small_enough_to_read_in_one_go() -> None:
    assert [path for path, text, _ in modules() if len(text.splitlines()) > 300] == []


def test_functions_stay_small_enough_to_read_at_a_glance() -> None:
    long = [
        f"{path}: {node.name} has {length} lines"
        for path, _, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (length := _body_length(node)) > 40
    ]
    assert long == []


def test_no_module_does_anything_when_it_is_imported() -> None:
    busy = [
        f"{path}:{node.lineno}"
        for path, _, tree in modules()
        for node in tree.body
        if isinstance(node, ast.Expr | ast.For | ast.While | ast.With | ast.Try)
        if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        if not path.startswith("profilegen/cli/")  # typer registers its commands
        if path != "profilegen/storage/fleet/migrations/env.py"  # Alembic runs this file instead of calling it
    ]
    assert busy == []


def test_the_change_log_knows_the_version() -> None:
    text = (CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{__version__}]" in text or f"## [Unreleased]\n\nWhat {__version__} will be." in text


def _body_length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = function.body
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:] or body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1
