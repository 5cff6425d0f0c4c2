"""The folder for MDMs that take no profiles from outside."""

import asyncio
import csv
import stat
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from profilegen.delivery.files import FileDrop
from profilegen.errors import InputProblem, NotPossible
from profilegen.fleet.seat import EnrollmentChannel
from profilegen.fleet.seen import CommandState
from profilegen.mdm.folder import FolderMdm
from profilegen.report import Outcome
from tests.mdm.hosting import Clockwork, enrolled, install, listed, looks, removal


def within(folder: Path, body: Callable[[FolderMdm], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        connector = FolderMdm(name="office", folder=folder, drop=FileDrop(), clock=Clockwork())
        try:
            return await body(connector)
        finally:
            await connector.close()

    return asyncio.run(run())


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_each_person_gets_a_file_a_row_and_the_steps_stand_beside_them(tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    to = enrolled("UDID-1", udid="UDID-1", serial="S1", emails=("you@example.com",))
    orders = [install(to), install("UDID-2", "other@example.com")]

    receipts = within(folder, lambda connector: connector.install(orders))

    assert [(one.state, one.already) for one in receipts] == [(CommandState.QUEUED, False)] * 2
    first, second = table(folder / "assignments.csv")
    assert (first["udid"], first["serial"], first["email"]) == ("UDID-1", "S1", "you@example.com")
    assert first["file"].startswith("you@example.com-")
    assert first["revision"] == orders[0].revision
    assert (folder / first["file"]).read_bytes() == orders[0].signed
    assert (folder / "unsigned" / second["file"]).read_bytes() == orders[1].unsigned
    assert stat.S_IMODE((folder / first["file"]).stat().st_mode) == 0o600
    assert "assignments.csv" in (folder / "STEPS.txt").read_text()
    assert within(folder, lambda connector: connector.touched_by(orders)) == 2


def test_the_same_order_again_is_recognised_and_a_newer_one_takes_its_row(tmp_path: Path) -> None:
    order = install("UDID-1")
    within(tmp_path, lambda connector: connector.install([order]))

    (again,) = within(tmp_path, lambda connector: connector.install([order]))
    changed = install("UDID-1", display_name="Somebody Else", episode=2)
    within(tmp_path, lambda connector: connector.install([install("UDID-2", "other@example.com"), changed]))

    assert again.already
    rows = table(tmp_path / "assignments.csv")
    assert [(row["enrollment"], row["revision"]) for row in rows][1] == ("UDID-1", changed.revision)
    assert len(rows) == len({row["file"] for row in rows}) == 2


def test_one_person_on_two_devices_has_two_files(tmp_path: Path) -> None:
    within(tmp_path, lambda connector: connector.install([install("UDID-1"), install("UDID-2")]))

    assert len({row["file"] for row in table(tmp_path / "assignments.csv")}) == 2


def test_no_cell_is_a_formula_and_no_name_leads_out_of_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    order = replace(install(enrolled("=1+1", serial="@SUM(A1)")), name="../../etc/Passwd=x")

    within(folder, lambda connector: connector.install([order]))

    (row,) = table(folder / "assignments.csv")
    assert (row["enrollment"], row["serial"]) == ("'=1+1", "'@SUM(A1)")
    assert "/" not in row["file"]
    assert sorted(one.name for one in tmp_path.iterdir()) == ["bundle"]
    assert (folder / row["file"]).is_file()


def test_removals_are_rows_for_a_person_to_do(tmp_path: Path) -> None:
    orders = [removal("UDID-1", None, "com.example.mail"), removal("UDID-2", None, "com.example.mail")]

    receipts = within(tmp_path, lambda connector: connector.remove(orders))

    assert [one.state for one in receipts] == [CommandState.QUEUED] * 2
    assert [row["enrollment"] for row in table(tmp_path / "removals.csv")] == ["UDID-1", "UDID-2"]


@pytest.mark.parametrize("separator", [",", ";"])
def test_devices_are_read_as_consoles_export_them(tmp_path: Path, separator: str) -> None:
    lines = [
        ["Serial Number", "UDID", "User Email", "Operating System", "OS Version"],
        ["s1", "udid-1", "You@Example.com", "iOS", "18.1"],
        ["s2", "", "", "macOS", "15.1"],
        ["", "", "nobody@example.com", "iOS", ""],
    ]
    (tmp_path / "devices.csv").write_text("\n".join(separator.join(line) for line in lines), encoding="utf-8-sig")

    found = within(tmp_path, listed)

    assert [(one.id, one.serial, one.emails, one.channel) for one in found] == [
        ("UDID-1", "S1", ("you@example.com",), EnrollmentChannel.DEVICE),
        ("S2", "S2", (), EnrollmentChannel.DEVICE),
        ("S2:user", "S2", (), EnrollmentChannel.USER),
    ]


def test_without_a_list_nobody_is_known_and_a_broken_one_is_an_error(tmp_path: Path) -> None:
    assert within(tmp_path, listed) == []
    (tmp_path / "devices.csv").write_bytes(b"udid\n\xff\xfe")
    with pytest.raises(InputProblem, match=r"devices\.csv"):
        within(tmp_path, listed)


def test_nothing_here_is_ever_proof(tmp_path: Path) -> None:
    async def body(connector: FolderMdm) -> None:
        (inventory,) = await connector.look(looks("UDID-1"))
        assert not inventory.complete  # type: ignore[union-attr] # a folder gives inventories only
        assert await connector.wake([enrolled("UDID-1")]) == ("UDID-1",)
        with pytest.raises(NotPossible):
            connector.events({}, b"")

    within(tmp_path, body)


def test_a_probe_says_what_is_missing(tmp_path: Path) -> None:
    findings = within(tmp_path / "none", lambda connector: connector.probe())

    assert [one.outcome for one in findings[:2]] == [Outcome.WARN, Outcome.WARN]
    assert "devices.csv" in (findings[1].remedy or "")
    assert list(tmp_path.iterdir()) == []
