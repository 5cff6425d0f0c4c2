"""From a row of a roster to the seat it asks for."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from profilegen.errors import RosterProblem
from profilegen.fleet.seat import EnrollmentChannel, Mailbox, Seat, SecretRoute, seat_key
from profilegen.profile.identity import default_prefix, mailbox_key, person_key, top_identifier
from profilegen.profile.types import Platform
from profilegen.settings.roster import RosterRow


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatDefaults:
    """
    What holds for every row that does not say otherwise.

    `routes` are the secret routes of servers that have another one than `route`; `forced` are the operator's words, for
    the whole import.
    """

    mdm: str | None = None
    platform: Platform = Platform.IOS
    route: SecretRoute = SecretRoute.ASK
    identifier_prefix: str | None = None
    forced: str | None = None
    routes: Mapping[str, SecretRoute] = field(default_factory=dict)

    def route_in(self, mdm: str) -> SecretRoute:
        """Return the secret route of seats in a server."""
        return self.routes.get(mdm, self.route)


def seat_of(row: RosterRow, defaults: SeatDefaults) -> Seat:
    """Return the seat of a row; raises RosterProblem if it names no device, no MDM, or an unknown channel."""
    mdm, device = row.mdm or defaults.mdm, row.udid or row.serial
    if device is None:
        raise _problem("names neither a UDID nor a serial number", "Fill the column udid or serial.", "no_device")
    if mdm is None:
        raise _problem("names no MDM", "Fill the column mdm, or give --mdm NAME.", "no_mdm")
    platform = Platform(row.platform) if row.platform else defaults.platform
    profile = person_key(row.person) if row.person else mailbox_key(row.address)
    prefix = defaults.identifier_prefix or default_prefix(row.address)
    channel, user = _channel(row.channel, platform)
    return Seat(
        key=seat_key(profile, mdm, device),
        profile=profile,
        person=row.person or row.address.account,
        mailboxes=(_mailbox(row),),
        mdm=mdm,
        channel=channel,
        platform=platform,
        route=defaults.route_in(mdm),
        identifier=top_identifier(prefix, profile),
        udid=row.udid.upper() if row.udid else None,
        serial=row.serial.upper() if row.serial else None,
        user=user,
        name=row.name,
        language=row.language,
        recovery_email=row.recovery_email,
        group=row.group,
        forced=defaults.forced,
    )


def _mailbox(row: RosterRow) -> Mailbox:
    return Mailbox(
        address=row.address,
        name=row.name,
        username=row.username,
        outgoing_username=row.outgoing_username,
        aliases=row.aliases,
        outgoing=row.outgoing,
    )


def _channel(text: str | None, platform: Platform) -> tuple[EnrollmentChannel, str | None]:
    """Return channel and user: `device`, `user`, or `user:ID` for one certain user of a shared device."""
    if text is None:
        return (EnrollmentChannel.USER if platform is Platform.MACOS else EnrollmentChannel.DEVICE), None
    kind, _, user = text.partition(":")
    if kind not in tuple(EnrollmentChannel) or (user and kind != EnrollmentChannel.USER):
        raise _problem(f'has the channel "{text}"', "Write device, user or user:ID.", "bad_channel")
    if platform is Platform.MACOS and kind == EnrollmentChannel.DEVICE:
        raise _problem(
            "wants mail on the device channel of a Mac", "Mail on a Mac is user channel only.", "bad_channel"
        )
    return EnrollmentChannel(kind), user or None


def _problem(reason: str, hint: str, code: str) -> RosterProblem:
    return RosterProblem(f"The row {reason}.", hint=hint, code=code)
