"""The error tree: what is drawn is what there is, and nobody else makes another."""

import ast
import inspect
import re

from profilegen import errors
from profilegen.errors import ProfilegenError
from tests.house.sources import modules

_DRAWN = re.compile(r"^(?P<indent>[│ ]*)(?P<branch>[├└]── )?(?P<name>[A-Z]\w+)(?:  +\S.*)?$")


def drawn_tree(text: str) -> dict[str, str | None]:
    """Return class name -> base class name from the drawing, four columns per level."""
    parents: dict[str, str | None] = {}
    path: list[str] = []
    for line in text.splitlines():
        if drawn := _DRAWN.match(line):
            depth = (len(drawn["indent"]) + len(drawn["branch"] or "")) // 4
            del path[depth:]
            parents[drawn["name"]] = path[-1] if path else None
            path.append(drawn["name"])
    return parents


def real_tree() -> dict[str, str | None]:
    classes = inspect.getmembers(errors, lambda item: inspect.isclass(item) and issubclass(item, ProfilegenError))
    return {name: None if kind is ProfilegenError else kind.__bases__[0].__name__ for name, kind in classes}


def kinds(kind: type[ProfilegenError] = ProfilegenError) -> set[type[ProfilegenError]]:
    return {kind}.union(*(kinds(below) for below in kind.__subclasses__()))


def test_the_tree_drawn_in_the_docstring_is_the_class_tree() -> None:
    assert drawn_tree(errors.__doc__ or "") == real_tree()


def test_every_kind_of_error_has_a_code_of_its_own() -> None:
    codes = [kind.code for kind in kinds() if kind.__module__ == errors.__name__]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch("[a-z][a-z0-9_]*", code) for code in codes)


def test_no_other_module_adds_to_the_tree() -> None:
    known = set(real_tree())
    added = [
        f"{path}: {node.name}"
        for path, _, tree in modules()
        for node in ast.walk(tree)
        if path != "profilegen/errors.py" and isinstance(node, ast.ClassDef)
        if any(ast.unparse(base).rpartition(".")[2] in known for base in node.bases)
    ]
    assert added == []
