"""Everything a device told a KMFDDM of itself, put together from its status reports."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from profilegen.fleet.seen import MailOnDevice
from profilegen.mdm.ddmstatus import (
    DeclarationState,
    accounts_named,
    declaration_states,
    declared_on_device,
    is_full,
    mail_accounts,
)
from profilegen.mdm.kmfddm_api import MOST_REPORTS, KmfddmApi, Report
from profilegen.profile.declaration import Direction, base_of_revision, is_account_name

_A_SECOND = timedelta(microseconds=999_999)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """
    What a device has by its own words.

    `at` is when it last said anything, None if it never did; `states` are those of the declarations it has; `mail` as
    in `Inventory`, where an account without a host is one that is there and that no report within reach describes.
    """

    at: datetime | None
    states: tuple[DeclarationState, ...]
    mail: tuple[MailOnDevice, ...] | None

    @property
    def revisions(self) -> tuple[DeclarationState, ...]:
        """The declarations that say what a profile's accounts were made from, one for each profile."""
        return tuple(state for state in self.states if base_of_revision(state.identifier) is not None)


async def read_told(api: KmfddmApi, enrollment: str) -> Told:
    """Return what a device told, reading back no further than needed."""
    states = declaration_states(await api.status(enrollment))
    reports = list[Report]()
    async for report in api.reports(enrollment):
        reports.append(report)
        if is_full(report.content) or _is_enough([one.content for one in reports], states):
            break
    contents = [report.content for report in reversed(reports)]
    # the server keeps the states of what a device has no longer; only the report itself leaves them out
    there = next((names for one in reversed(contents) if (names := declared_on_device(one)) is not None), None)
    held = tuple(state for state in states if there is None or state.identifier in there)
    mail = mail_accounts(contents)
    if mail is not None and len(reports) == MOST_REPORTS and not is_full(contents[0]):
        mail += tuple(_undescribed(held, contents))
    return Told(at=_last(reports, states), states=held, mail=mail)


def _is_enough(contents: Sequence[object], states: Sequence[DeclarationState]) -> bool:
    if all(declared_on_device(one) is None for one in contents):
        return False
    return _wanted(states) <= accounts_named(contents)


def _wanted(states: Sequence[DeclarationState]) -> set[tuple[str, str]]:
    accounts = (state.identifier for state in states if is_account_name(state.identifier))
    return {(str(direction), name) for name in accounts for direction in Direction}


def _undescribed(states: Sequence[DeclarationState], contents: Sequence[object]) -> Iterator[MailOnDevice]:
    for direction, name in sorted(_wanted(states) - accounts_named(contents)):
        yield MailOnDevice(identifier=f"{direction} {name}", host=None, port=None, username=None, declaration=name)


def _last(reports: Sequence[Report], states: Sequence[DeclarationState]) -> datetime | None:
    """
    Return when a device last said anything.

    The time of a report is known to the second, and it may be from the end of it; that of the states is exact, if the
    report is the one they come from.
    """
    exact = max((state.received_at for state in states if state.received_at is not None), default=None)
    newest = next((report for report in reports if report.received_at is not None), None)
    if newest is None or newest.received_at is None:
        return exact
    names = declared_on_device(newest.content)
    is_theirs = names is None or names == {state.identifier for state in states}
    if exact is not None and is_theirs and newest.received_at <= exact:
        return exact
    return newest.received_at + _A_SECOND
