"""`profilegen providers check`: every fault of the provider files, each with file and key."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from profilegen.catalogue.rules import RULES, Fault, Rule
from profilegen.errors import InputProblem
from profilegen.profile.findings import Severity

if TYPE_CHECKING:
    from pydantic import ValidationError

    from profilegen.catalogue.schema import ProviderFile

MAX_AGE = timedelta(days=548)
"""Facts that nobody looked at for 18 months are called stale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueFinding:
    """One fault: `file` is the file's name, `key` where in it ("imap[0].port", "" for the whole file)."""

    file: str
    rule: Rule
    severity: Severity
    key: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    path: Path
    provider: "ProviderFile"


def check_files(paths: Iterable[Path], *, today: date) -> tuple[CatalogueFinding, ...]:
    """
    Return every fault of these files, by themselves and among each other, in the order of the files.

    Raises InputProblem if a file is missing or cannot be read.
    """
    findings: list[CatalogueFinding] = []
    files: list[_Read] = []
    for path in paths:
        read = _read(path)
        if isinstance(read, _Read):
            files.append(read)
        else:
            findings += [_finding(path, fault) for fault in read]
    for file in files:
        findings += [_finding(file.path, fault) for fault in _faults(file, today)]
    for check in (_same_ids, _same_domains, _mx_overlaps):
        findings += [_finding(path, fault) for path, fault in check(files)]
    return tuple(sorted(findings, key=lambda finding: (finding.file, finding.key, finding.rule)))


def check_text(name: str, text: str, *, today: date) -> tuple[CatalogueFinding, ...]:
    """Return the faults of one provider file that is not on disk yet, by itself."""
    read = _parse(Path(name), text.encode("utf-8"))
    faults = _faults(read, today) if isinstance(read, _Read) else read
    return tuple(_finding(Path(name), fault) for fault in faults)


def _read(path: Path) -> _Read | list[Fault]:
    try:
        raw = path.read_bytes()
    except OSError as exc:
        raise InputProblem(
            f"{path} cannot be read: {exc.strerror or exc}.",
            hint="Name files of the folder providers/, or none to check them all.",
        ) from exc
    return _parse(path, raw)


def _parse(path: Path, raw: bytes) -> _Read | list[Fault]:
    import tomllib

    from pydantic import ValidationError

    from profilegen.catalogue.schema import ProviderFile

    try:
        provider = ProviderFile.model_validate(tomllib.loads(raw.decode("utf-8")))
    except ValidationError as exc:
        return list(_schema_faults(exc))
    except ValueError as exc:  # not UTF-8, or not TOML
        return [Fault(rule=Rule.SYNTAX, key="", message=str(exc))]
    return _Read(path=path, provider=provider)


def _schema_faults(error: "ValidationError") -> Iterator[Fault]:
    for entry in error.errors(include_url=False, include_input=False, include_context=False):
        key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in entry["loc"]).lstrip(".")
        yield Fault(rule=Rule.SCHEMA, key=key, message=entry["msg"])


def _faults(file: _Read, today: date) -> Iterator[Fault]:
    provider = file.provider
    if file.path.name != f"{provider.id}.toml":
        yield Fault(rule=Rule.ID, key="id", message=f'"{provider.id}" belongs into {provider.id}.toml')
    for rule in RULES:
        yield from rule(provider)
    if provider.checked > today:
        yield Fault(rule=Rule.STALE, key="checked", message=f"{provider.checked} is in the future")
    elif today - provider.checked > MAX_AGE:
        yield Fault(rule=Rule.STALE, key="checked", message=f"nobody looked at this since {provider.checked}")


def _same_ids(files: list[_Read]) -> Iterator[tuple[Path, Fault]]:
    seen: dict[str, Path] = {}
    for file in files:
        first = seen.setdefault(file.provider.id, file.path)
        if first != file.path:
            yield file.path, Fault(rule=Rule.DUPLICATE_ID, key="id", message=f"{first} has the same id")


def _same_domains(files: list[_Read]) -> Iterator[tuple[Path, Fault]]:
    seen: dict[str, Path] = {}
    for file in files:
        for place, domain in enumerate(file.provider.domains):
            first = seen.setdefault(domain, file.path)
            if first != file.path:
                message = f'"{domain}" stands in {first.name} too'
                yield file.path, Fault(rule=Rule.DUPLICATE_DOMAIN, key=f"domains[{place}]", message=message)


def _mx_overlaps(files: list[_Read]) -> Iterator[tuple[Path, Fault]]:
    """A pattern of one file at or below that of another, which does not name it under `mx_except`."""
    patterns = [(file, pattern) for file in files for pattern in file.provider.mx]
    for number, (wide, parent) in enumerate(patterns):
        for other, (narrow, pattern) in enumerate(patterns):
            if number == other or not f".{pattern}".endswith(f".{parent}") or pattern in wide.provider.mx_except:
                continue
            if pattern != parent or number < other:
                message = f'"{parent}" also matches "{pattern}" of {narrow.path.name}; name it under mx_except if meant'
                yield wide.path, Fault(rule=Rule.MX_OVERLAP, key="mx", message=message)


def _finding(path: Path, fault: Fault) -> CatalogueFinding:
    severity = Severity.WARNING if fault.rule is Rule.STALE else Severity.ERROR
    return CatalogueFinding(file=path.name, rule=fault.rule, severity=severity, key=fault.key, message=fault.message)
