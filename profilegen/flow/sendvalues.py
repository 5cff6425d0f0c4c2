"""What is handed from one step of sending to the next."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from profilegen.address import Address
from profilegen.errors import ProfilegenError
from profilegen.flow.consignment import Goods
from profilegen.flow.gate import Admission
from profilegen.mailing.brand import Brand
from profilegen.mailing.guide import Occasion
from profilegen.mailing.people import Person
from profilegen.mailing.recipient import Elsewhere, Recipient
from profilegen.ports.sending import DeliveryState
from profilegen.profile.types import Platform

RETRIED = frozenset({DeliveryState.REFUSED, DeliveryState.FAILED})
"""What running the same again repeats."""

RETRIED_IN_DOUBT = RETRIED | {DeliveryState.TRYING, DeliveryState.BOUNCED}
"""What is repeated where somebody says so: a person may get the same twice, or it comes back once more."""


class SendState(StrEnum):
    """What became of one person's profile in this run."""

    DELIVERED = "delivered"
    ALREADY = "already"
    """Delivered by an earlier run, and not again."""
    REHEARSED = "rehearsed"
    UNCERTAIN = "uncertain"
    """It may have arrived: a run or a connection broke while it was under way."""
    REFUSED = "refused"
    BOUNCED = "bounced"
    """It came back after an earlier run, from the same address, and was not sent again."""
    FAILED = "failed"
    UNFIT = "unfit"
    """There is no profile, no proof or no recipient: nothing was tried."""
    NOT_SENT = "not_sent"
    """The batch was stopped before it was this person's turn."""


GOOD = frozenset({SendState.DELIVERED, SendState.ALREADY, SendState.REHEARSED})
"""The states nobody has to look after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendOrder:
    """
    How profiles go out.

    `channel` is the name under which the ledger remembers it; `elsewhere` None: the channel needs no recipient.
    `device` is a row of the instructions for people with this `platform`; None, and for all others: the newest one.
    `repeated` are the states of an earlier delivery of the same revision that do not stand in the way of another; nor
    does one before `since`.
    """

    channel: str
    brand: Brand
    elsewhere: Elsewhere | None = None
    platform: Platform = Platform.IOS
    device: str | None = None
    allowed_because: str | None = None
    repeated: frozenset[DeliveryState] = RETRIED
    occasion: Occasion = Occasion.INSTALL
    since: datetime | None = None

    def remembered(self, revision: str) -> str:
        """Return what the ledger calls this: the profile's revision, else the occasion, which comes again."""
        return revision if self.occasion is Occasion.INSTALL else str(self.occasion)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """One person's profile, let through the gate, with the place it goes to."""

    person: Person
    goods: Goods
    admissions: tuple[Admission, ...]
    recipient: Recipient | None

    @property
    def level(self) -> int:
        """What is proved of the weakest account."""
        return min((one.level for one in self.admissions if one.needed), default=0)

    @property
    def verified(self) -> bool:
        """True if the evidence alone lets it through."""
        return all(one.verified for one in self.admissions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """
    The line about one person: `cause` a label of `diagnosis.causes` with its `remedy`, `problem` why nothing was tried.

    `tried`: something left the house in this run, or nearly. `allowed_because` only where it was needed.
    """

    person: Person
    state: SendState
    detail: str
    tried: bool = False
    recipient: Recipient | None = None
    identifier: str | None = None
    revision: str | None = None
    verified: bool | None = None
    allowed_because: str | None = None
    cause: str | None = None
    remedy: str | None = None
    path: str | None = None
    problem: ProfilegenError | None = None

    @property
    def ok(self) -> bool:
        """True if nobody has to look after it."""
        return self.state in GOOD

    @property
    def address(self) -> Address | None:
        """Where mail went or would go."""
        return None if self.recipient is None else self.recipient.address
