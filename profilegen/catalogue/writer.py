"""Writes a provider as the TOML of `providers/`: one fixed order of keys, one domain per line, so diffs stay small."""

import json
from collections.abc import Iterator, Mapping, Sequence

KEYS = (
    "id", "name", "kind", "status", "payload", "incomplete", "support", "status_page", "max_size", "max_per_day", "spf",
    "own_domains", "checked", "domains", "mx", "mx_except",
)  # fmt: skip
"""The keys of a provider file before its tables, in the order they are written."""

TABLES = {
    "imap": ("host", "port", "security", "auth", "username"),
    "pop": ("host", "port", "security", "auth", "username"),
    "smtp": ("host", "port", "security", "auth", "username"),
    "notices": ("code", "text", "url"),
    "choices": ("field", "chosen", "instead_of", "reason"),
    "sources": ("name", "entry", "commit", "date"),
}
"""The tables of a provider file and their keys, in the order they are written."""


def to_toml(provider: Mapping[str, object]) -> str:
    """Return a provider file; keys without a value are left out, unknown keys are never written."""
    lines = [_line(key, provider[key]) for key in KEYS if _given(provider.get(key))]
    for table, keys in TABLES.items():
        for entry in _entries(provider.get(table)):
            lines += ["", f"[[{table}]]", *(_line(key, entry[key]) for key in keys if _given(entry.get(key)))]
    return "\n".join(lines) + "\n"


def _given(value: object) -> bool:
    return value is not None and value != [] and value is not False


def _entries(value: object) -> Iterator[Mapping[str, object]]:
    if isinstance(value, Sequence):
        yield from value


def _line(key: str, value: object) -> str:
    if key in {"domains", "mx", "mx_except"} and isinstance(value, Sequence):
        return f"{key} = [\n" + "".join(f"  {_text(item)},\n" for item in value) + "]"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"{key} = [" + ", ".join(_text(item) for item in value) + "]"
    return f"{key} = {value}" if key == "checked" else f"{key} = {_scalar(value)}"


def _scalar(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else _text(value)


def _text(value: object) -> str:
    """A JSON string is a TOML basic string, but for DEL and lone surrogates, which become question marks."""
    clean = str(value).encode("utf-8", "replace").decode("utf-8").replace("\x7f", "?")
    return json.dumps(clean, ensure_ascii=False)
