"""Logins as files for devices: unguessable, salted, private, and gone in time."""

import asyncio
import hashlib
import json
import os
import stat
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from profilegen.delivery.credentials import CredentialFolder
from profilegen.delivery.files import FileDrop
from profilegen.errors import MachineProblem
from profilegen.fleet.seat import EnrollmentChannel
from profilegen.fleet.seen import Enrollment
from profilegen.ports.mdm import InstallOrder
from profilegen.profile.declaration import CredentialReference, Direction, NeededLogin
from profilegen.secret import Secret

URL = "https://logins.example.com/mail"
PROFILE = "com.example.profile.1"
DAY = timedelta(days=1)


class Clock:
    """The machine's clock, moved on by a test."""

    ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class Host:
    """A folder with its clock and passwords."""

    def __init__(self, folder: Path, key: bytes = b"k" * 32) -> None:
        self.clock = Clock()
        self.passwords: dict[str, str] = {"ann@example.com": "a password"}
        self.made = CredentialFolder(
            folder=folder,
            url=f"{URL}/",
            key=key,
            passwords=self._password,
            drop=FileDrop(),
            clock=self.clock,
            lifetime=DAY,
            by_device_identity=False,
        )

    async def _password(self, login: NeededLogin) -> Secret | None:
        text = self.passwords.get(login.address)
        return None if text is None else Secret(text=text)

    def reference(
        self, enrollment: str = "E-1", direction: Direction = Direction.INCOMING, address: str = "ann@example.com"
    ) -> CredentialReference | None:
        login = NeededLogin(account=f"{PROFILE}.mail", direction=direction, username="ann", address=address)
        return asyncio.run(self.made.reference(order(enrollment), login))

    def offers(self, enrollment: str = "E-1") -> bool:
        return asyncio.run(self.made.offers(enrollment, PROFILE))


def order(enrollment: str) -> InstallOrder:
    return InstallOrder(
        command="c",
        enrollment=Enrollment(mdm="m", id=enrollment, channel=EnrollmentChannel.DEVICE),
        identifier=PROFILE,
        uuid="U",
        revision="r",
        name="n",
        signed=b"",
        unsigned=b"",
    )


def published(folder: Path, reference: CredentialReference | None) -> Path:
    assert reference is not None
    return folder / reference.url.removeprefix(f"{URL}/")


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def test_a_device_fetches_user_name_and_password_under_the_promised_digest(host: Host, tmp_path: Path) -> None:
    reference = host.reference()
    data = published(tmp_path, reference).read_bytes()
    login: Mapping[str, str] = json.loads(data)
    assert login == {"UserName": "ann", "Password": "a password"}
    assert reference is not None
    assert (reference.size, reference.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert "a password" not in repr(reference)


def test_files_are_for_this_user_alone(host: Host, tmp_path: Path) -> None:
    path = published(tmp_path, host.reference())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_every_device_and_direction_has_its_own_place_that_another_key_does_not_tell(tmp_path: Path) -> None:
    mine, other = Host(tmp_path), Host(tmp_path, key=b"o" * 32)
    found = [
        host.reference(enrollment, direction)
        for host in (mine, other)
        for enrollment in ("E-1", "E-2")
        for direction in Direction
    ]
    urls = [reference.url for reference in found if reference is not None]
    assert len(set(urls)) == 8
    assert not any("E-1" in url or "ann" in url for url in urls)


def test_the_same_password_has_the_same_reference_and_a_new_one_another_digest(host: Host) -> None:
    first, again = host.reference(), host.reference()
    host.passwords["ann@example.com"] = "b password"
    rotated = host.reference()
    assert first is not None
    assert rotated is not None
    assert first == again
    assert (rotated.url, rotated.sha256 == first.sha256) == (first.url, False)


def test_the_digest_is_no_way_to_try_passwords(host: Host, tmp_path: Path) -> None:
    first, second = host.reference("E-1"), host.reference("E-2")
    assert first is not None
    assert second is not None
    assert first.sha256 != second.sha256  # the same login: only the salt differs
    plain = json.dumps({"UserName": "ann", "Password": "a password"}, separators=(",", ":")).encode()
    assert first.sha256 != hashlib.sha256(plain).hexdigest()
    salt = published(tmp_path, first).read_bytes().removeprefix(plain)
    assert (len(salt), set(salt) <= set(b" \t\n")) == (129, True)


def test_who_has_no_password_gets_nothing(host: Host, tmp_path: Path) -> None:
    assert host.reference(address="ben@example.com") is None
    assert list(tmp_path.iterdir()) == []


def test_what_was_fetched_is_taken_away_and_other_devices_keep_theirs(host: Host, tmp_path: Path) -> None:
    host.reference("E-1")
    other = published(tmp_path, host.reference("E-2"))
    asyncio.run(host.made.withdraw("E-1", PROFILE))
    asyncio.run(host.made.withdraw("E-1", PROFILE))
    assert (host.offers("E-1"), host.offers("E-2")) == (False, True)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [other]


def test_what_nobody_fetched_goes_in_time_and_what_is_not_ours_stays(host: Host, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("the operator's")
    (tmp_path / ("a" * 40)).mkdir()
    (tmp_path / ("a" * 40) / "notes.txt").write_text("the operator's")
    host.reference()
    asyncio.run(host.made.expire())
    assert host.offers()
    host.clock.ahead = DAY + timedelta(minutes=1)
    assert not host.offers()
    asyncio.run(host.made.expire())
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == ["index.html", "notes.txt"]


@pytest.mark.skipif(os.name != "posix", reason="links are a matter of POSIX here")
def test_nothing_is_removed_behind_a_link(host: Host, tmp_path: Path) -> None:
    elsewhere = tmp_path.parent / f"{tmp_path.name}-elsewhere"
    elsewhere.mkdir()
    victim = elsewhere / f"{'b' * 40}.json"
    victim.write_text("another's")
    (tmp_path / ("a" * 40)).symlink_to(elsewhere)
    host.clock.ahead = 2 * DAY
    asyncio.run(host.made.expire())
    assert victim.exists()


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MachineProblem) as caught:
        Host(tmp_path / "file").reference()
    assert caught.value.code == "credentials_folder"
