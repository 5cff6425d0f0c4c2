"""Folders nobody may look into: a name the system refuses stands in for them, as root may look into all others."""

from pathlib import Path

import pytest

from profilegen.errors import InputProblem
from profilegen.review.folders import entries, is_folder

REFUSED = Path("x" * 300)


def test_where_nothing_is_nothing_is_found(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert list(entries(tmp_path)) == [tmp_path / "file"]
    assert list(entries(tmp_path / "none")) == list(entries(tmp_path / "file")) == []
    assert not is_folder(tmp_path / "none")


def test_what_cannot_be_looked_into_is_said_not_to_be_readable() -> None:
    for look in (is_folder, lambda folder: list(entries(folder))):
        with pytest.raises(InputProblem, match="File name too long") as caught:
            look(REFUSED)
        assert caught.value.code == "unreadable_folder"
