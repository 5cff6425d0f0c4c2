"""Seats and sights for the tests, each with one thing different from a seat that is right."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from profilegen.address import Address
from profilegen.fleet.evidence import Moment, SignerMark
from profilegen.fleet.seat import EnrollmentChannel, Mailbox, Seat, SecretRoute, Wanted, seat_key
from profilegen.fleet.seen import (
    Command,
    CommandKind,
    CommandState,
    Enrollment,
    Episode,
    InstalledProfile,
    Inventory,
    Sight,
)
from profilegen.profile.types import Platform

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
UDID = "00008030-0011"
IDENTIFIER = "com.example.profile.1"
WANTED = Wanted(uuid="AAAAAAAA-0000-0000-0000-000000000000", revision="aaaaaaaa", basis="b", settings_version=1)
SIGNER = SignerMark(sha256="51" * 32, not_after=NOW + timedelta(days=300))


def ago(hours: float) -> datetime:
    return NOW - timedelta(hours=hours)


def make_seat(**changes: Any) -> Seat:
    profile = "mailbox:you@example.com"
    seat = Seat(
        key=seat_key(profile, "acme", UDID),
        profile=profile,
        person="you@example.com",
        mailboxes=(Mailbox(address=Address.parse("you@example.com")),),
        mdm="acme",
        channel=EnrollmentChannel.DEVICE,
        platform=Platform.IOS,
        route=SecretRoute.ASK,
        identifier=IDENTIFIER,
        udid=UDID,
        wanted=WANTED,
    )
    return replace(seat, **changes)


def make_installed(**changes: Any) -> InstalledProfile:
    installed = InstalledProfile(
        identifier=IDENTIFIER,
        uuid=WANTED.uuid,
        revision=WANTED.revision,
        has_mail=True,
        managed=True,
        signer_sha256=SIGNER.sha256,
        signer_not_after=SIGNER.not_after,
    )
    return replace(installed, **changes)


def make_enrollment(**changes: Any) -> Enrollment:
    enrollment = Enrollment(
        mdm="acme",
        id=UDID,
        channel=EnrollmentChannel.DEVICE,
        udid=UDID,
        emails=("you@example.com",),
        os_version="18.1",
        build="22B1",
        enrolled_at=ago(1000),
        last_seen=ago(0.1),
    )
    return replace(enrollment, **changes)


def make_inventory(*profiles: InstalledProfile, **changes: Any) -> Inventory:
    inventory = Inventory(mdm="acme", enrollment=UDID, collected_at=ago(1), complete=True, profiles=profiles)
    return replace(inventory, **changes)


def make_command(**changes: Any) -> Command:
    command = Command(
        id="C1",
        seat=make_seat().key,
        mdm="acme",
        enrollment=UDID,
        kind=CommandKind.INSTALL,
        episode=1,
        revision=WANTED.revision,
        state=CommandState.QUEUED,
        stored_at=ago(0.05),
        changed_at=ago(0.05),
    )
    return replace(command, **changes)


def make_episode(**changes: Any) -> Episode:
    return replace(Episode(number=1, reason="missing", opened_at=ago(2)), **changes)


def make_sight(**changes: Any) -> Sight:
    sight = Sight(
        enrollment=make_enrollment(),
        candidates=1,
        inventory=make_inventory(make_installed()),
        last_ok_at=ago(2),
        last_ok_os="18.1 (22B1)",
        last_ok_enrolled_at=ago(1000),
    )
    return replace(sight, **changes)


def make_moment(**changes: Any) -> Moment:
    return replace(Moment(now=NOW, proof_since=ago(24), signer=SIGNER), **changes)
