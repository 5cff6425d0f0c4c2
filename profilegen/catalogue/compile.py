"""
From `providers/*.toml` to the index file.

Runs when the wheel is built, with nothing but the standard library, and in a checkout when the files have changed. It
trusts the files to be right (`profilegen providers check` says so) and refuses only what it cannot lay out.
"""

import contextlib
import json
import os
import zlib
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from profilegen.catalogue.files import write_replacing
from profilegen.catalogue.index import FORMAT, HEADER, HEADER_LENGTH, KeyKind, Record, encode_key, starred
from profilegen.errors import MachineProblem

_PAGE = 4096
_MAILBOX_SERVERS = ("imap", "pop", "smtp")
_A_FAMILY = 3
"""Relay services whose hosts differ in one label make a family from this many on."""


def ensure_index(providers: Path, cache: Path) -> Path:
    """
    Return an index of the provider files as they are now, compiled into `cache` unless it is there already.

    Names, sizes and modification times tell whether files have changed. Several processes may do this at once: each
    writes its own temporary file and renames it. Raises MachineProblem if a file cannot be read, OutputProblem if the
    cache cannot be written.
    """
    family = f"catalogue-{_digest(os.fsencode(providers.resolve()))[:8]}-"
    target = cache / f"{family}{_signature(providers)}.idx"
    if not target.exists():
        write_replacing(compile_files(sorted(providers.glob("*.toml"))), target)
        _forget_older(cache, family, target)
    return target


def compile_files(paths: Iterable[Path]) -> bytes:
    """Return the index of these provider files; raises MachineProblem naming the file that cannot be used."""
    return build_index([read_record(path) for path in paths])


def build_index(records: Iterable[Record]) -> bytes:
    """Return the index of these records, the same bytes for the same records; raises MachineProblem for a clash."""
    blocks = bytearray()
    keys: dict[bytes, bytes] = {}
    records = list(records)
    extents: dict[str, bytes] = {}
    for record in records:
        extents[record["id"]] = extent = _append(
            blocks, json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
        )
        for key in _keys(record):
            if key in keys:
                raise _unusable(f'"{key.decode()[2:]}" belongs to two providers, one is {record["id"]}')
            keys[key] = extent
    keys.update((encode_key(KeyKind.HOST, host), extents[owner]) for host, owner in _owners(records).items())
    keys.update((encode_key(KeyKind.RELAY_HOST, host), extents[owner]) for host, owner in _relays(records).items())
    pages = _pages([key + b"\t" + keys[key] for key in sorted(keys)])
    directory = b"\n".join(page[0].partition(b"\t")[0] + b"\t" + _append(blocks, b"\n".join(page)) for page in pages)
    return _header(blocks, _append(blocks, directory)) + bytes(blocks)


def read_record(path: Path) -> Record:
    """Return one provider file as data, with `sha256` of its bytes; raises MachineProblem if it cannot be read."""
    import tomllib

    try:
        raw = path.read_bytes()
        record = tomllib.loads(raw.decode("utf-8"))
    except (OSError, ValueError) as exc:
        raise _unusable(f"{path.name} cannot be read: {exc}") from exc
    if record.get("id") != path.stem:
        raise _unusable(f'{path.name} must say id = "{path.stem}"')
    return {**_plain(record), "sha256": _digest(raw)}


def _keys(record: Record) -> list[bytes]:
    return [
        encode_key(KeyKind.ID, record["id"]),
        *(encode_key(KeyKind.DOMAIN, domain) for domain in record.get("domains", ())),
        *(encode_key(KeyKind.MX, pattern) for pattern in record.get("mx", ())),
    ]


def _owners(records: Iterable[Record]) -> dict[str, str]:
    """Return the one provider of every mail server; of several, the one whose customers bring their own domains."""
    named: dict[str, dict[str, bool]] = {}
    for record in records:
        for entry in (entry for direction in _MAILBOX_SERVERS for entry in record.get(direction, ())):
            if "%" not in entry["host"] and record.get("kind") != "relay":
                named.setdefault(entry["host"], {})[record["id"]] = record.get("own_domains", False)
    owners = {}
    for host, providers in named.items():
        likely = [provider for provider, own_domains in providers.items() if own_domains] or list(providers)
        if len(likely) == 1:
            owners[host] = likely[0]
    return owners


def _relays(records: Iterable[Record]) -> dict[str, str]:
    """
    Return the relay service of every outgoing host.

    Where the hosts of several services differ in one label only, that label names a region; such hosts are there with
    "*" for it as well, so that a region nobody wrote down leads to the same family.
    """
    exact: dict[str, str] = {}
    families: dict[str, list[str]] = {}
    for record in records:
        for host in {entry["host"] for entry in record.get("smtp", ()) if record.get("kind") == "relay"}:
            exact.setdefault(host, record["id"])
            for pattern in starred(host):
                families.setdefault(pattern, []).append(record["id"])
    return {pattern: ids[0] for pattern, ids in families.items() if len(ids) >= _A_FAMILY} | exact


def _pages(lines: list[bytes]) -> list[list[bytes]]:
    pages: list[list[bytes]] = []
    room = 0
    for line in lines:
        if room < len(line):
            pages.append([])
            room = _PAGE
        pages[-1].append(line)
        room -= len(line) + 1
    return pages


def _append(blocks: bytearray, block: bytes) -> bytes:
    offset = HEADER_LENGTH + len(blocks)
    blocks += block
    return f"{offset:012x}.{len(block):08x}.{zlib.crc32(block):08x}".encode("ascii")


def _header(blocks: bytearray, directory: bytes) -> bytes:
    line = HEADER.format(
        format=FORMAT.decode(),
        content=_digest(blocks),
        size=HEADER_LENGTH + len(blocks),
        directory=directory.decode(),
        crc=0,
    ).encode("ascii")
    return line[:-9] + f"{zlib.crc32(line[:-10]):08x}\n".encode("ascii")


def _plain(value: Mapping[str, object]) -> Record:
    return {key: _plain_value(item) for key, item in value.items()}


def _plain_value(value: object) -> object:
    if isinstance(value, dict):
        return _plain(value)
    if isinstance(value, list):
        return [_plain_value(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def _signature(providers: Path) -> str:
    try:
        with os.scandir(providers) as entries:
            facts = sorted(
                (e.name, e.stat().st_size, e.stat().st_mtime_ns) for e in entries if e.name.endswith(".toml")
            )
    except OSError as exc:
        raise _unusable(f"the folder {providers} cannot be read: {exc.strerror or exc}") from exc
    return _digest(repr((FORMAT, facts)).encode("utf-8"))[:16]


def _forget_older(cache: Path, family: str, target: Path) -> None:
    for path in cache.glob(f"{family}*.idx"):
        if path != target:
            with contextlib.suppress(OSError):  # another process may hold it open, and will forget it later
                path.unlink()


def _digest(data: bytes | bytearray) -> str:
    import hashlib

    return hashlib.sha256(data).hexdigest()


def _unusable(reason: str) -> MachineProblem:
    return MachineProblem(
        f"The provider catalogue cannot be compiled: {reason}.",
        hint="Run `profilegen providers check` and correct what it names.",
        code="catalogue_unusable",
    )
