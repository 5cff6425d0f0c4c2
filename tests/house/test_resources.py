"""Where the data files are found, and where they are not."""

from pathlib import Path

import pytest

from profilegen.config.resources import INDEX_NAME, Resources, find_resources
from profilegen.errors import MachineProblem
from tests.house.sources import CHECKOUT


def test_this_checkout_uses_the_folders_beside_the_package() -> None:
    assert find_resources() == Resources(
        templates=CHECKOUT / "templates", providers=CHECKOUT / "providers", catalogue_index=None
    )


def test_an_installed_package_uses_the_data_inside_it(tmp_path: Path) -> None:
    data = tmp_path / "profilegen" / "_data"
    (data / "templates").mkdir(parents=True)
    (data / "providers").mkdir()
    (data / INDEX_NAME).touch()
    assert find_resources(tmp_path / "profilegen") == Resources(
        templates=data / "templates", providers=data / "providers", catalogue_index=data / INDEX_NAME
    )


def test_folders_of_strangers_beside_an_installed_package_are_not_ours(tmp_path: Path) -> None:
    (tmp_path / "profilegen").mkdir()
    (tmp_path / "templates").mkdir()
    (tmp_path / "providers").mkdir()
    with pytest.raises(MachineProblem, match=INDEX_NAME) as caught:
        find_resources(tmp_path / "profilegen")
    assert caught.value.code == "resources"


def test_a_checkout_without_one_of_the_folders_says_which(tmp_path: Path) -> None:
    (tmp_path / "profilegen").mkdir()
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "templates").mkdir()
    with pytest.raises(MachineProblem, match="providers"):
        find_resources(tmp_path / "profilegen")
