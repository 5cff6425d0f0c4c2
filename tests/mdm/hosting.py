"""What the tests of hosted MDMs share: a client whose time does not pass by itself, and orders of the usual kind."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ssl import PROTOCOL_TLS_CLIENT, SSLContext
from typing import Any

from profilegen.fleet.episodes import command_id
from profilegen.fleet.seat import Effective, EnrollmentChannel
from profilegen.fleet.seen import Enrollment
from profilegen.mdm.client import MdmClient
from profilegen.mdm.keys import Credentials
from profilegen.net.hosts import FixedHosts
from profilegen.net.pace import Timing
from profilegen.ports.mdm import InstallOrder, LookOrder, RemoveOrder
from profilegen.profile.envelope import build_profile
from profilegen.profile.types import Delivery, Platform, Profile
from tests.profile.orders import order as profile_order
from tests.profile.orders import password_account

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SIGNED = b"0\x82 a signature around "


@dataclass(slots=True)  # time goes on
class Clockwork:
    """A clock that moves only when somebody sleeps; `slept` is for how long each time."""

    seconds: float = 0.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        """Return the time of day, which stands still."""
        return NOW

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds

    @property
    def timing(self) -> Timing:
        """The same as the client wants it, without chance."""
        return Timing(monotonic=lambda: self.seconds, sleep=self._sleep, now=self.now, chance=lambda: 1.0)


def no_trust() -> SSLContext:
    """Return a context nobody needs: these servers speak plain HTTP on loopback."""
    return SSLContext(PROTOCOL_TLS_CLIENT)


def client(base: str, credentials: Credentials, clock: Clockwork, **options: Any) -> MdmClient:
    """Return a client of a replay server."""
    return MdmClient(
        base=base,
        credentials=credentials,
        resolver=FixedHosts({"127.0.0.1": ("127.0.0.1",)}),
        trust=no_trust,
        timing=clock.timing,
        **options,
    )


def profile(address: str = "you@example.com", platform: Platform = Platform.IOS, **changes: Any) -> Profile:
    """Return a real profile of ours, as it goes to an MDM."""
    account = password_account(address, **{"display_name": "You", **changes})
    return build_profile(profile_order(account, delivery=Delivery.MDM, platform=platform))


def install(
    enrollment: str | Enrollment, address: str = "you@example.com", *, episode: int = 1, **changes: Any
) -> InstallOrder:
    """Return an order for a profile; `content` replaces the profile's bytes, `effective` is what it became earlier."""
    to = enrollment if isinstance(enrollment, Enrollment) else enrolled(enrollment)
    effective: Effective | None = changes.pop("effective", None)
    content: bytes | None = changes.pop("content", None)
    made = profile(address, to.platform or Platform.IOS, **changes)
    unsigned = made.content if content is None else content
    return InstallOrder(
        command=command_id(to.id, made.revision, episode),
        enrollment=to,
        identifier=made.identifier,
        uuid=made.uuid,
        revision=made.revision,
        name=f"Mail {address}",
        signed=SIGNED + unsigned,
        unsigned=unsigned,
        effective=effective,
    )


def enrolled(id_: str, **facts: Any) -> Enrollment:
    """Return an enrollment of the device channel."""
    return Enrollment(**({"mdm": "office", "id": id_, "channel": EnrollmentChannel.DEVICE} | facts))


def looks(*ids: str) -> tuple[LookOrder, ...]:
    """Return questions what devices have."""
    return tuple(LookOrder(command=f"look-{one}", enrollment=enrolled(one)) for one in ids)


def removal(id_: str, effective: Effective | None, identifier: str = "x") -> RemoveOrder:
    """Return the order to remove a profile."""
    return RemoveOrder(command=f"remove-{id_}", enrollment=enrolled(id_), identifier=identifier, effective=effective)


async def listed(connector: Any) -> Sequence[Enrollment]:
    """Return all enrollments of a connector."""
    return [enrollment async for enrollment in connector.enrollments()]
