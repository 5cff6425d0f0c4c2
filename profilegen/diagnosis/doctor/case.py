"""Everything that is known about one complaint, each with who says so."""

from dataclasses import dataclass, field
from enum import StrEnum

from profilegen.address import Address
from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.doctor.comparison import Right
from profilegen.diagnosis.doctor.current import Current
from profilegen.report import Report
from profilegen.settings.candidates import Status


class Vantage(StrEnum):
    """Who says so; what was tried from here is never said about the phone."""

    HERE = "here"
    DEVICE = "device"
    PERSON = "person"


VANTAGE_WORDS = {
    Vantage.HERE: "seen from here",
    Vantage.DEVICE: "said by the device",
    Vantage.PERSON: "said by the person",
}


class Origin(StrEnum):
    """What a clue comes from."""

    ERROR = "error"
    COMPARISON = "comparison"
    LOOKUP = "lookup"
    TEST = "test"
    AS_IT_STANDS = "as_it_stands"
    NEGATIVE_CONTROL = "negative_control"
    NETWORK = "network"
    BLOCK_LIST = "block_list"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clue:
    """A piece of evidence for a cause: how much it weighs (0 to 1), who says so, and what was seen."""

    cause: Cause
    weight: float
    vantage: Vantage
    origin: Origin
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """
    One complaint and what was found out about it.

    `error` is what the device shows; `right_report` a test-send with the right settings, `current_report` one with the
    device's, exactly as they stand and without a credential; `lists_report` what block lists say. `with_password`: the
    person's password was there for the test. `other_network`: whether mail goes out on mobile data, None if nobody was
    asked.
    """

    address: Address
    status: Status | None = None
    right: Right
    error: str | None = None
    current: Current | None = None
    right_report: Report = field(default_factory=Report)
    current_report: Report = field(default_factory=Report)
    lists_report: Report = field(default_factory=Report)
    level: int = 0
    with_password: bool = False
    other_network: bool | None = None
