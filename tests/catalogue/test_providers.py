"""The committed files: clean, in canonical form, and every name in them is found with its own record."""

import asyncio
import tomllib
from datetime import date
from pathlib import Path

import pytest

from profilegen.address import Address
from profilegen.catalogue.check import check_files
from profilegen.catalogue.lookup import FileCatalogue
from profilegen.catalogue.writer import to_toml

from .conftest import PROVIDERS

PATHS = sorted(PROVIDERS.glob("*.toml"))


def test_the_catalogue_is_clean() -> None:
    assert check_files(PATHS, today=date(2026, 11, 23)) == ()


def test_there_are_hundreds_of_files_and_more_than_a_thousand_domains() -> None:
    domains = [
        domain for path in PATHS for domain in tomllib.loads(path.read_text(encoding="utf-8")).get("domains", [])
    ]
    assert len(PATHS) > 250 and len(domains) > 1250


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_name_of_a_file_is_found_with_its_own_record(path: Path, catalogue: FileCatalogue) -> None:
    provider = tomllib.loads(path.read_text(encoding="utf-8"))
    for domain in provider.get("domains", []):
        concrete = domain.replace("*.", "customer.")
        answer = asyncio.run(catalogue.by_domain(Address.parse(f"you@{concrete}")))
        assert answer is not None and answer.provider == provider["id"], domain
        assert len(answer.servers) == sum(len(provider.get(table, [])) for table in ("imap", "pop", "smtp"))
        assert answer.advice.status == provider["status"]
    for pattern in provider.get("mx", []):
        for host in (pattern, f"mx1.{pattern}"):
            answer = asyncio.run(catalogue.by_mx(Address.parse("you@customer.example"), host))
            assert answer is not None and (answer.provider, answer.pattern) == (provider["id"], pattern)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_file_is_in_the_form_the_writer_gives_it(path: Path) -> None:
    text = path.read_bytes().decode("utf-8")
    assert to_toml(tomllib.loads(text)) == text
