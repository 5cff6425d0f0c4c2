"""What was seen, as rows."""

from collections.abc import Sequence
from typing import Any

from profilegen.fleet.seat import EnrollmentChannel
from profilegen.fleet.seen import (
    Command,
    CommandKind,
    CommandState,
    Enrollment,
    Episode,
    ErrorLink,
    InstalledProfile,
    Inventory,
    MailOnDevice,
)
from profilegen.profile.types import Platform
from profilegen.storage.fleet import tables
from profilegen.storage.fleet.values import (
    clean,
    cleaned,
    from_json,
    from_time,
    listed,
    moment,
    to_json,
    to_time,
    trimmed,
    unlisted,
    upper,
)

ENROLLMENT = list(tables.enrollment.c)
INVENTORY = list(tables.inventory.c)
EPISODE = list(tables.episode.c)
COMMAND = [
    tables.command.c[name]
    for name in (
        *("seat", "id", "mdm", "enrollment", "kind", "episode", "revision"),
        *("state", "stored_at", "changed_at", "errors"),
    )
]
_CHANNELS = {str(word): word for word in EnrollmentChannel}
_PLATFORMS: dict[str | None, Platform | None] = {None: None, **{str(word): word for word in Platform}}
_KINDS = {str(word): word for word in CommandKind}
_STATES = {str(word): word for word in CommandState}


# --- enrollments ------------------------------------------------------------------------------------------------


def normal(enrollment: Enrollment) -> Enrollment:
    """Return an enrollment as it comes back from a store."""
    return enrollment_of(list(enrollment_row(enrollment).values()))


def enrollment_row(enrollment: Enrollment) -> dict[str, Any]:
    """Return the columns, in their order."""
    return {
        "id": clean(enrollment.id),
        "mdm": enrollment.mdm,
        "channel": enrollment.channel.value,
        "udid": upper(enrollment.udid),
        "serial": upper(enrollment.serial),
        "parent": cleaned(enrollment.parent),
        "platform": None if enrollment.platform is None else enrollment.platform.value,
        "os_version": cleaned(enrollment.os_version),
        "build": cleaned(enrollment.build),
        "model": cleaned(enrollment.model),
        "emails": listed(enrollment.emails),
        "sign_ins": listed(enrollment.sign_ins),
        "groups": listed(enrollment.groups),
        "full_name": cleaned(enrollment.full_name),
        "enrolled_at": to_time(enrollment.enrolled_at),
        "last_seen": to_time(enrollment.last_seen),
        "tally": enrollment.tally,
        "active": enrollment.active,
    }


def enrollment_of(row: Sequence[Any]) -> Enrollment:
    """Return the enrollment of a row of `ENROLLMENT`."""
    (id_, mdm, channel, udid, serial, parent, platform, os_version, build, model, emails, sign_ins, groups, full_name,
     enrolled_at, last_seen, tally, active) = row  # fmt: skip
    return Enrollment(
        mdm=mdm,
        id=id_,
        channel=_CHANNELS[channel],
        udid=udid,
        serial=serial,
        parent=parent,
        platform=_PLATFORMS[platform],
        os_version=os_version,
        build=build,
        model=model,
        emails=unlisted(emails),
        sign_ins=unlisted(sign_ins),
        groups=unlisted(groups),
        full_name=full_name,
        enrolled_at=from_time(enrolled_at),
        last_seen=from_time(last_seen),
        tally=tally,
        active=bool(active),
    )


# --- inventories ------------------------------------------------------------------------------------------------


def inventory_row(inventory: Inventory) -> dict[str, Any]:
    """Return the columns, in their order."""
    mail = None if inventory.mail is None else [_mail_values(account) for account in inventory.mail]
    return {
        "enrollment": clean(inventory.enrollment),
        "mdm": inventory.mdm,
        "collected_at": to_time(inventory.collected_at),
        "complete": inventory.complete,
        "profiles": to_json([_profile_values(profile) for profile in inventory.profiles]),
        "mail": None if mail is None else to_json(mail),
    }


def inventory_of(row: Sequence[Any]) -> Inventory:
    """Return the inventory of a row of `INVENTORY`."""
    enrollment, mdm, collected_at, complete, profiles, mail = row
    return Inventory(
        mdm=mdm,
        enrollment=enrollment,
        collected_at=moment(collected_at),
        complete=bool(complete),
        profiles=tuple([_profile(*values) for values in from_json(profiles)]),
        mail=None if mail is None else tuple([_mail(*values) for values in from_json(mail)]),
    )


def _profile_values(profile: InstalledProfile) -> list[Any]:
    ends = to_time(profile.signer_not_after)
    names = (profile.identifier, profile.uuid, profile.revision, list(profile.mail_uuids) or None, profile.has_mail)
    return trimmed([*names, profile.signer_sha256, ends, profile.managed, profile.source, profile.refusal])


def _profile(
    identifier: str,
    uuid: str | None = None,
    revision: str | None = None,
    mail_uuids: list[str] | None = None,
    has_mail: bool | None = None,  # noqa: FBT001 - the places of a stored row
    signer_sha256: str | None = None,
    signer_not_after: int | None = None,
    managed: bool | None = None,  # noqa: FBT001 - as above
    source: str | None = None,
    refusal: str | None = None,
) -> InstalledProfile:
    return InstalledProfile(
        identifier=identifier,
        uuid=uuid,
        revision=revision,
        mail_uuids=tuple(mail_uuids or ()),
        has_mail=has_mail,
        signer_sha256=signer_sha256,
        signer_not_after=from_time(signer_not_after),
        managed=managed,
        source=source,
        refusal=refusal,
    )


def _mail_values(account: MailOnDevice) -> list[Any]:
    return [account.identifier, account.host, account.port, account.username, account.declaration]


def _mail(
    identifier: str, host: str | None, port: int | None, username: str | None, declaration: str | None
) -> MailOnDevice:
    return MailOnDevice(identifier=identifier, host=host, port=port, username=username, declaration=declaration)


# --- episodes and commands --------------------------------------------------------------------------------------


def episode_of(row: Sequence[Any]) -> Episode:
    """Return the episode of a row of `EPISODE`."""
    _, number, reason, opened_at, closed_at = row
    return Episode(number=number, reason=reason, opened_at=moment(opened_at), closed_at=from_time(closed_at))


def command_of(row: Sequence[Any]) -> Command:
    """Return the command of a row of `COMMAND`."""
    seat, id_, mdm, enrollment, kind, episode, revision, state, stored_at, changed_at, errors = row
    return Command(
        id=id_,
        seat=seat,
        mdm=mdm,
        enrollment=enrollment,
        kind=_KINDS[kind],
        episode=episode,
        revision=revision,
        state=_STATES[state],
        stored_at=moment(stored_at),
        changed_at=moment(changed_at),
        errors=() if errors is None else tuple(ErrorLink(**link) for link in from_json(errors)),
    )


def errors_text(errors: Sequence[ErrorLink]) -> str | None:
    """Return what a device complained about as JSON."""
    if not errors:
        return None
    return to_json([{"domain": link.domain, "code": link.code, "text": link.text} for link in errors])
