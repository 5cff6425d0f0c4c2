"""The committed catalogue, compiled once for the tests of this folder."""

from pathlib import Path

import pytest

from profilegen.catalogue.compile import ensure_index
from profilegen.catalogue.lookup import FileCatalogue

PROVIDERS = Path(__file__).parents[2] / "providers"


@pytest.fixture(scope="session")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> FileCatalogue:
    """The committed catalogue."""
    return FileCatalogue(ensure_index(PROVIDERS, tmp_path_factory.mktemp("index")))
