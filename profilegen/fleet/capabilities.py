"""What an MDM's interface can do, as a record each connector states about itself."""

from dataclasses import dataclass
from enum import StrEnum

from profilegen.fleet.seat import EnrollmentChannel
from profilegen.fleet.variables import Dialect


class Scope(StrEnum):
    """The smallest set of devices an install can be aimed at."""

    DEVICE = "device"
    GROUP = "group"
    NONE = "none"


class Signed(StrEnum):
    """What becomes of a signature on the way."""

    KEPT = "kept"
    STRIPPED = "stripped"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Answers(StrEnum):
    """How results come back."""

    WEBHOOK = "webhook"
    POLL = "poll"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """
    One record per connector.

    `variables` are the placeholders the server fills in (`$EMAIL`), `rate` requests per second, `largest_profile`
    bytes, `concurrency` open connections, `reports_revision` whether an inventory shows our revision otherwise than by
    the UUID, `calls_per_install` how many questions one installation takes as a rule; `blind_to` the channels of which
    it never shows everything a device has, `templates_only` those that nothing but a template reaches, written in
    `dialect`;
    `tested_against` names what its tests ran against.
    """

    lists_devices: bool
    knows_people: bool
    scope: Scope
    signed: Signed
    answers: Answers
    user_channel: bool
    rewrites_identity: bool
    reports_uuid: bool
    reports_signer: bool
    reports_settings: bool
    removes: bool
    reinstalls_after_update: bool
    variables: tuple[str, ...] = ()
    rate: float | None = None
    concurrency: int = 4
    calls_per_install: int = 1
    reports_revision: bool = False
    largest_profile: int | None = None
    blind_to: frozenset[EnrollmentChannel] = frozenset()
    templates_only: frozenset[EnrollmentChannel] = frozenset()
    dialect: Dialect | None = None
    tested_against: str = ""

    @property
    def proves_version(self) -> bool:
        """True if an inventory tells which revision a device has."""
        return self.reports_uuid or self.reports_revision

    def seconds_for(self, installs: int) -> float | None:
        """Return how long so many installations take at least at this server's pace, None if it sets none."""
        return None if self.rate is None else installs * self.calls_per_install / self.rate
