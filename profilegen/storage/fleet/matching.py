"""Which enrollment is meant by a seat: by UDID, else by serial number, always of the seat's own MDM."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime

from profilegen.fleet.seat import EnrollmentChannel, Seat
from profilegen.fleet.seen import Enrollment

_NEVER = datetime(1, 1, 1, tzinfo=UTC)
_Found = list[Enrollment]


class Directory:
    """Enrollments, by what a roster may call them; UDIDs and serial numbers are upper case on both sides."""

    def __init__(self, enrollments: Iterable[Enrollment]) -> None:
        self._by_udid: dict[tuple[str, str], _Found] = defaultdict(list)
        self._by_serial: dict[tuple[str, str], _Found] = defaultdict(list)
        self._by_parent: dict[tuple[str, str], _Found] = defaultdict(list)
        for enrollment in enrollments:
            mdm = enrollment.mdm
            if enrollment.udid is not None:
                self._by_udid[mdm, enrollment.udid].append(enrollment)
            if enrollment.serial is not None:
                self._by_serial[mdm, enrollment.serial].append(enrollment)
            if enrollment.parent is not None:
                self._by_parent[mdm, enrollment.parent].append(enrollment)

    def find(self, seat: Seat) -> tuple[Enrollment | None, int]:
        """
        Return the enrollment of a seat's channel and how many it could be; only those still enrolled are counted.

        A Mac on which nobody enrolled as a user yet gives its device. Of several users the one is meant whom the MDM
        knows by a mailbox of the seat.
        """
        named = self._named(seat)
        if len(named) == 1 and seat.channel is named[0].channel is EnrollmentChannel.DEVICE:
            return named[0], 1  # nearly always
        devices = _enrolled([found for found in named if found.channel is EnrollmentChannel.DEVICE])
        if seat.channel is EnrollmentChannel.USER and (users := self._users(seat, named, devices)):
            return _newest(users), max(len(users), len(devices))
        return _newest(devices), len(devices)

    def _named(self, seat: Seat) -> _Found:
        by_udid = self._by_udid.get((seat.mdm, seat.udid)) if seat.udid is not None else None
        if by_udid:
            return by_udid
        return self._by_serial.get((seat.mdm, seat.serial), []) if seat.serial is not None else []

    def _users(self, seat: Seat, named: _Found, devices: _Found) -> _Found:
        below = [user for device in devices for user in self._by_parent.get((seat.mdm, device.id), ())]
        own = [found for found in named if found.channel is EnrollmentChannel.USER]
        users = {user.id: user for user in (*below, *own) if user.active and user.channel is EnrollmentChannel.USER}
        if seat.user is not None:
            return [user for user in users.values() if _is_called(user, seat.user)]
        if len(users) < 2:
            return list(users.values())
        return [user for user in users.values() if _has_mailbox(user, seat)] or list(users.values())


def _enrolled(found: _Found) -> _Found:
    if len(found) < 2:
        return found
    active = [enrollment for enrollment in found if enrollment.active]
    newest = _newest(found)
    return active if active or newest is None else [newest]


def _newest(found: _Found) -> Enrollment | None:
    if len(found) < 2:
        return found[0] if found else None
    return max(found, key=lambda one: (one.last_seen or _NEVER, one.enrolled_at or _NEVER, one.id))


def _is_called(user: Enrollment, name: str) -> bool:
    return user.id == name or name.casefold() in {sign_in.casefold() for sign_in in user.sign_ins}


def _has_mailbox(user: Enrollment, seat: Seat) -> bool:
    mailboxes = {mailbox.address.account.casefold() for mailbox in seat.mailboxes}
    return bool(mailboxes & {name.casefold() for name in (*user.emails, *user.sign_ins)})
