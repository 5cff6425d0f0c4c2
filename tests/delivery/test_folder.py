"""Bundles in a folder: one per person, whole or not at all, the same after every run."""

import asyncio
import json
import os
import plistlib
import shutil
import stat
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from profilegen.delivery.bundles import RECORDS
from profilegen.delivery.qr import QrForm
from profilegen.errors import OutputProblem
from profilegen.ports.sending import DeliveryState
from tests.delivery.people import BRAND, HOSTING, bring, files, folder, need, parcel, read_codes

posix = pytest.mark.skipif(os.name != "posix", reason="modes and links are a POSIX notion")


def test_a_person_gets_profile_and_page_and_nothing_else(tmp_path: Path) -> None:
    told = bring(folder(tmp_path), [parcel(1), parcel(2, name=None)])
    assert files(tmp_path) == [
        "index.html",
        "person1@example.com_Jane-Doe/instructions.html",
        "person1@example.com_Jane-Doe/instructions.pdf",
        "person1@example.com_Jane-Doe/person1@example.com.mobileconfig",
        "person2@example.com/instructions.html",
        "person2@example.com/instructions.pdf",
        "person2@example.com/person2@example.com.mobileconfig",
        "sheet.pdf",
    ]
    assert [one.state for one in told] == [DeliveryState.DELIVERED] * 2
    assert told[0].path == tmp_path / "person1@example.com_Jane-Doe"
    mine = tmp_path / "person1@example.com_Jane-Doe"
    assert (mine / "person1@example.com.mobileconfig").read_bytes() == parcel(1).data
    assert "person1@example.com.mobileconfig" in (mine / "instructions.html").read_text().replace("<wbr>", "")
    assert (mine / "instructions.pdf").read_bytes().startswith(b"%PDF-")


@pytest.mark.servers
def test_the_printed_page_is_one_page_and_names_the_file(tmp_path: Path) -> None:
    need("pdftotext")
    bring(folder(tmp_path), [parcel(1)])
    pdf = tmp_path / "person1@example.com_Jane-Doe" / "instructions.pdf"
    text = subprocess.run(["pdftotext", pdf, "-"], capture_output=True, text=True, check=True).stdout
    assert text.count("\f") == 1
    assert "person1@example.com.mobileconfig" in text


@posix
def test_what_names_people_is_private_and_what_is_uploaded_can_be_served(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        bring(folder(tmp_path, hosting=HOSTING), [parcel(1)])
    finally:
        os.umask(before)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            public = path.is_relative_to(tmp_path / "upload") or path.is_relative_to(tmp_path / "webserver")
            assert stat.S_IMODE(path.stat().st_mode) == (0o644 if public else 0o600), path


def test_run_again_everything_is_as_it_was(tmp_path: Path) -> None:
    bring(folder(tmp_path, hosting=HOSTING), [parcel(1), parcel(2)])
    before = files(tmp_path)
    told = bring(folder(tmp_path, hosting=HOSTING), [parcel(1, data=b"newer"), parcel(2)])
    assert [one.state for one in told] == [DeliveryState.DELIVERED] * 2
    assert files(tmp_path) == before
    assert (tmp_path / "person1@example.com_Jane-Doe/person1@example.com.mobileconfig").read_bytes() == b"newer"


def test_a_printed_code_stays_good_when_the_profile_is_written_anew(tmp_path: Path) -> None:
    first = folder(tmp_path, hosting=HOSTING)
    bring(first, [parcel(1)])
    again = folder(tmp_path, hosting=HOSTING)
    bring(again, [replace(parcel(1, data=b"newer"), token=parcel(99).token)])
    assert [url for _, url in again.links] == [url for _, url in first.links]
    assert (tmp_path / HOSTING.folder(parcel(1).token) / "mail.mobileconfig").read_bytes() == b"newer"


def test_a_code_is_retired_by_deleting_what_it_leads_to(tmp_path: Path) -> None:
    bring(folder(tmp_path, hosting=HOSTING), [parcel(1)])
    shutil.rmtree(tmp_path / HOSTING.folder(parcel(1).token))
    again = folder(tmp_path, hosting=HOSTING)
    bring(again, [replace(parcel(1), token=parcel(99).token)])
    assert [url for _, url in again.links] == [HOSTING.page_url(parcel(99).token)]
    assert not (tmp_path / HOSTING.folder(parcel(1).token)).exists()


def test_a_person_with_a_new_name_moves_and_leaves_nothing_behind(tmp_path: Path) -> None:
    bring(folder(tmp_path), [parcel(1, name="Jane Doe")])
    bring(folder(tmp_path), [parcel(1, name="Jane Roe")])
    assert not (tmp_path / "person1@example.com_Jane-Doe").exists()
    assert len(list((tmp_path / "person1@example.com_Jane-Roe").iterdir())) == 3


def test_what_somebody_put_into_a_folder_is_left_alone(tmp_path: Path) -> None:
    bring(folder(tmp_path), [parcel(1, name="Jane Doe")])
    (tmp_path / "person1@example.com_Jane-Doe/note.txt").write_text("call first")
    bring(folder(tmp_path), [parcel(1, name="Jane Roe")])
    assert files(tmp_path / "person1@example.com_Jane-Doe") == ["note.txt"]


def test_index_and_sheet_cover_the_people_of_all_runs(tmp_path: Path) -> None:
    bring(folder(tmp_path), [parcel(1, name="Zed Young")])
    bring(folder(tmp_path), [parcel(2, name="Ann Élan"), parcel(3, name="Émile Abel")])
    index = (tmp_path / "index.html").read_text()
    assert index.index("Ann Élan") < index.index("Émile Abel") < index.index("Zed Young")


def test_two_profiles_of_one_person_lie_in_two_folders(tmp_path: Path) -> None:
    other = replace(parcel(1, data=b"other"), identifier="com.example.other")
    for _ in range(2):
        bring(folder(tmp_path), [parcel(1), other])
    found = {path.parent.name: path.read_bytes() for path in tmp_path.glob("*/*.mobileconfig")}
    assert sorted(found.values()) == [b"other", b"signed profile"]


def test_markup_in_a_name_stays_text(tmp_path: Path) -> None:
    bring(folder(tmp_path), [parcel(1, name="<script>alert(1)</script>")])
    index = (tmp_path / "index.html").read_text()
    assert "<script" not in index
    assert "&lt;script&gt;" in index


def test_without_a_place_nothing_is_for_upload_and_without_people_nothing_is_written(tmp_path: Path) -> None:
    bring(folder(tmp_path / "a"), [parcel(1)])
    assert not (tmp_path / "a" / "upload").exists()
    bring(folder(tmp_path / "b", hosting=HOSTING), [])
    assert not (tmp_path / "b").exists()


def test_no_sheet_is_printed_where_none_is_wanted(tmp_path: Path) -> None:
    bring(folder(tmp_path, sheet=False), [parcel(1)])
    assert not (tmp_path / "sheet.pdf").exists()


@pytest.mark.servers
@pytest.mark.parametrize("form", [QrForm.PNG, QrForm.SVG])
def test_a_code_beside_the_profile_leads_to_the_page(tmp_path: Path, form: QrForm) -> None:
    bring(folder(tmp_path, hosting=HOSTING, code=form), [parcel(1)])
    picture = tmp_path / f"person1@example.com_Jane-Doe/code.{form}"
    assert picture.exists()
    if form is QrForm.PNG:
        Image.open(picture).verify()
        assert read_codes(picture) == [HOSTING.page_url(parcel(1).token)]


def test_pages_for_upload_name_the_profiles_url_and_no_account_stands_in_a_path(tmp_path: Path) -> None:
    channel = folder(tmp_path, hosting=HOSTING)
    bring(channel, [parcel(1)])
    assert files(channel.upload) == [
        f"mail/{parcel(1).token}/index.html",
        f"mail/{parcel(1).token}/mail.mobileconfig",
    ]
    page = (channel.upload / "mail" / parcel(1).token / "index.html").read_text().replace("<wbr>", "")
    assert HOSTING.profile_url(parcel(1).token) in page


def test_a_profile_with_a_password_is_never_written_for_upload(tmp_path: Path) -> None:
    account = {"PayloadType": "com.apple.mail.managed", "IncomingPassword": "secret"}
    data = plistlib.dumps({"PayloadType": "Configuration", "PayloadContent": [account]})
    told = bring(folder(tmp_path / "web", hosting=HOSTING), [parcel(1, data=data)])
    assert told[0].state is DeliveryState.FAILED
    assert "holds a password" in told[0].detail
    assert not (tmp_path / "web").exists()
    told = bring(folder(tmp_path / "hand"), [parcel(1, data=data)])
    assert told[0].state is DeliveryState.DELIVERED


# --- trouble -----------------------------------------------------------------------------------------------


def test_a_full_disk_leaves_nothing_half_written(small_disk: Path) -> None:
    channel = folder(small_disk / "out")
    big = parcel(2, data=b"x" * 200_000)

    async def run() -> None:
        try:
            await channel.deliver(big)
        finally:
            assert await channel.close() == ()

    with pytest.raises(OutputProblem) as caught:
        asyncio.run(run())
    assert caught.value.code == "disk_full"
    assert [path for path in (small_disk / "out").rglob("*") if path.is_file() or path.name.startswith("person2")] == []


def test_a_disk_that_fills_up_in_the_middle_of_a_bundle_keeps_none_of_it(small_disk: Path) -> None:
    (small_disk / "filler").write_bytes(b"x" * 40_000)  # the profile and the page fit, the paper does not
    with pytest.raises(OutputProblem) as caught:
        asyncio.run(folder(small_disk).deliver(parcel(1)))
    assert caught.value.code == "disk_full"
    assert [path.name for path in small_disk.iterdir()] == ["filler"]


def test_a_full_disk_keeps_the_older_bundle_whole(small_disk: Path) -> None:
    channel = folder(small_disk, sheet=False)
    asyncio.run(channel.deliver(parcel(1)))
    before = {name: (small_disk / name).read_bytes() for name in files(small_disk)}
    with pytest.raises(OutputProblem):
        asyncio.run(folder(small_disk).deliver(parcel(1, data=b"x" * 200_000)))
    assert {name: (small_disk / name).read_bytes() for name in files(small_disk)} == before
    assert not list(small_disk.rglob(".*.tmp"))


@posix
@pytest.mark.parametrize("linked", ["person1@example.com_Jane-Doe", "person1@example.com_Jane-Doe/instructions.pdf"])
def test_a_link_in_the_way_of_one_person_stops_nobody_else(tmp_path: Path, linked: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    out = tmp_path / "out"
    (out / linked).parent.mkdir(parents=True)
    (out / linked).symlink_to(elsewhere)
    told = bring(folder(out), [parcel(1), parcel(2)])
    assert [one.state for one in told] == [DeliveryState.FAILED, DeliveryState.DELIVERED]
    assert "symbolic link" in told[0].detail
    assert list(elsewhere.iterdir()) == []
    assert "person1@" not in (out / "index.html").read_text()


def test_a_folder_that_cannot_be_written_ends_the_run(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(OutputProblem) as caught:
        bring(folder(tmp_path / "out"), [parcel(1)])
    assert caught.value.code == "unwritable_output"


@pytest.mark.parametrize(
    "damage",
    [
        "not json",
        "[]",
        "{}",
        '{"files": 3}',
        "[" * 20_000,
    ],
)
def test_a_damaged_record_is_written_anew(tmp_path: Path, damage: str) -> None:
    bring(folder(tmp_path), [parcel(1)])
    (record,) = (tmp_path / RECORDS).iterdir()
    record.write_text(damage)
    told = bring(folder(tmp_path), [parcel(1)])
    assert told[0].state is DeliveryState.DELIVERED
    assert json.loads(record.read_text())["person"] == "person1@example.com"


@pytest.mark.parametrize("name", ["../victim", "/victim", "a/../../victim", "a\\..\\victim"])
def test_a_forged_record_deletes_nothing_outside(tmp_path: Path, name: str) -> None:
    out, victim = tmp_path / "out", tmp_path / "victim"
    victim.write_text("precious")
    bring(folder(out), [parcel(1)])
    (record,) = (out / RECORDS).iterdir()
    forged = json.loads(record.read_text())
    record.write_text(json.dumps({**forged, "files": [name if name != "/victim" else str(victim)]}))
    bring(folder(out), [parcel(1)])
    assert victim.read_text() == "precious"


def test_a_forged_token_never_becomes_a_path(tmp_path: Path) -> None:
    bring(folder(tmp_path, hosting=HOSTING), [parcel(1)])
    (record,) = (tmp_path / RECORDS).iterdir()
    record.write_text(json.dumps({**json.loads(record.read_text()), "token": "../../../../victim"}))
    bring(folder(tmp_path, hosting=HOSTING), [parcel(1)])
    assert files(tmp_path / "upload" / "mail") == [
        f"{parcel(1).token}/index.html",
        f"{parcel(1).token}/mail.mobileconfig",
    ]


def test_a_bundle_somebody_deleted_is_forgotten(tmp_path: Path) -> None:
    bring(folder(tmp_path), [parcel(1), parcel(2)])
    for path in (tmp_path / "person1@example.com_Jane-Doe").iterdir():
        path.unlink()
    bring(folder(tmp_path), [parcel(2)])
    assert "person1@" not in (tmp_path / "index.html").read_text()


def test_the_brand_stands_on_the_index(tmp_path: Path) -> None:
    bring(folder(tmp_path), [parcel(1)])
    assert BRAND.name in (tmp_path / "index.html").read_text()
