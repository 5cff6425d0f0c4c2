"""What both raw-command test servers remember: who is enrolled, what waits for whom, what was answered."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.lab.mdm.queues import PlainQueue, Queue, Waiting


@dataclass(slots=True, kw_only=True)
class Enrolled:
    """
    One enrollment: `kind` as NanoMDM names it, `tally` TokenUpdates since the last Authenticate.

    `pushable`: it gave a push token once, which outlives an Authenticate and a CheckOut.
    """

    id: str
    kind: str
    parent: str | None = None
    serial: str | None = None
    tally: int = 0
    active: bool = False
    pushable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One answer of a device to a command."""

    enrollment: str
    command: str
    status: str
    body: dict[str, Any]


@dataclass(slots=True)
class Store:
    """
    Everything a test server knows; hold `guard` while changing it.

    `certificates` are the identities of each device; `forgets_channels`: an Authenticate of a device is one of its user
    channels too, as in a database.
    """

    new_queue: Callable[[], Queue] = PlainQueue
    forgets_channels: bool = True
    enrollments: dict[str, Enrolled] = field(default_factory=dict)
    queues: dict[str, Queue] = field(default_factory=dict)
    commands: dict[str, str] = field(default_factory=dict)
    answers: list[Answered] = field(default_factory=list)
    certificates: dict[str, set[str]] = field(default_factory=dict)
    guard: threading.RLock = field(default_factory=threading.RLock)

    def queue(self, enrollment: str) -> Queue:
        """Return the queue of an enrollment, made if it was not there."""
        if enrollment not in self.queues:
            self.queues[enrollment] = self.new_queue()
        return self.queues[enrollment]

    def channels_of(self, device: str) -> list[Enrolled]:
        """Return the user channels of a device."""
        return [one for one in self.enrollments.values() if one.parent == device]

    def authenticate(self, enrollment: str, kind: str, serial: str | None) -> None:
        """Begin an enrollment: what waited for the device is forgotten, its channels wait for a TokenUpdate."""
        known = self.enrollments.get(enrollment)
        pushable = known is not None and known.pushable
        self.enrollments[enrollment] = Enrolled(id=enrollment, kind=kind, serial=serial, pushable=pushable)
        self.queue(enrollment).clear()
        for channel in self.channels_of(enrollment) if self.forgets_channels else ():
            channel.tally, channel.active = 0, False
            self.queue(channel.id).clear()

    def token_update(self, enrollment: str, kind: str, parent: str | None) -> int:
        """Finish an enrollment or open a user channel; return the tally."""
        known = self.enrollments.setdefault(enrollment, Enrolled(id=enrollment, kind=kind, parent=parent))
        known.tally += 1
        known.active = known.pushable = True
        return known.tally

    def check_out(self, enrollment: str) -> None:
        """End an enrollment and its channels."""
        for one in (self.enrollments.get(enrollment), *self.channels_of(enrollment)):
            if one is not None:
                one.active = False

    def report(self, answer: Answered) -> None:
        """Take an answer: NotNow keeps the command, everything else takes it out of the queue."""
        self.answers.append(answer)
        self.queue(answer.enrollment).answered(answer.command, answer.status)

    def next_for(self, enrollment: str, status: str) -> Waiting | None:
        """Return what is offered next: right after a NotNow, none of those that were put off."""
        skip = status == "NotNow"
        return next((one for one in self.queue(enrollment) if not (skip and one.not_now)), None)

    def answers_of(self, command: str) -> list[Answered]:
        """Return every answer to a command."""
        return [answer for answer in self.answers if answer.command == command]
