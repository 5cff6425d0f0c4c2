"""PG206-PG208: what only several profiles side by side can show."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from profilegen.profile.exchange import EXCHANGE_IOS, EXCHANGE_MACOS
from profilegen.profile.findings import LintFinding, Severity
from profilegen.profile.found import addresses_of
from profilegen.profile.google import GOOGLE
from profilegen.profile.lint.rule import Fault, text_of
from profilegen.profile.mail import MAIL
from profilegen.profile.read import ReadResult

_ACCOUNTS = (MAIL, EXCHANGE_IOS, EXCHANGE_MACOS, GOOGLE)
_MOST_PAYLOADS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """
    One profile of a fleet, cut down to what the rules compare.

    `accounts` are (payload type, account key); `payloads` are the UUIDs of the payloads by their identifiers.
    """

    name: str
    identifier: str
    accounts: frozenset[tuple[str, str]]
    payloads: Mapping[str, str]

    @property
    def mailboxes(self) -> frozenset[str]:
        """The account keys alone."""
        return frozenset(account for _, account in self.accounts)


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetFault:
    """A fault of one member, by its index."""

    index: int
    fault: Fault


FleetCheck = Callable[[Sequence[Member]], Iterator[FleetFault]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetRule:
    """One rule over many profiles."""

    id: str
    severity: Severity
    summary: str
    check: FleetCheck


def fleet_member(result: ReadResult, name: str) -> Member:
    """Return what the rules compare of a profile as it was read."""
    top = result.content or {}
    payloads = top.get("PayloadContent")
    inner = [payload for payload in payloads if isinstance(payload, Mapping)] if isinstance(payloads, list) else []
    return Member(
        name=name,
        identifier=text_of(top, "PayloadIdentifier"),
        accounts=frozenset(
            (text_of(payload, "PayloadType"), address.account)
            for payload in inner[:_MOST_PAYLOADS]
            if text_of(payload, "PayloadType") in _ACCOUNTS
            for address in addresses_of(payload)[:1]
        ),
        payloads={text_of(one, "PayloadIdentifier"): text_of(one, "PayloadUUID").upper() for one in inner},
    )


def lint_fleet(members: Sequence[Member]) -> tuple[tuple[LintFinding, ...], ...]:
    """Return the findings of every member, in the order given; a fault is told of the later of two profiles."""
    found: list[list[LintFinding]] = [[] for _ in members]
    for rule in RULES:
        for hit in rule.check(members):
            fault = hit.fault
            found[hit.index].append(
                LintFinding(
                    rule=rule.id,
                    severity=fault.severity or rule.severity,
                    path=fault.path,
                    message=fault.message,
                    hint=fault.hint,
                )
            )
    return tuple(tuple(findings) for findings in found)


def shared_identifier(members: Sequence[Member]) -> Iterator[FleetFault]:
    """PG206: on a device that gets both, the second profile replaces the first."""
    first: dict[str, int] = {}
    for index, member in enumerate(members):
        if not member.identifier or not member.mailboxes:
            continue
        other = members[first.setdefault(member.identifier, index)]
        if not member.mailboxes & other.mailboxes:
            message = f"The profile of somebody else ({other.name}) has the same PayloadIdentifier."
            hint = "Give every person's profile an identifier of its own."
            yield FleetFault(index=index, fault=Fault(path="PayloadIdentifier", message=message, hint=hint))


def changed_identifier(members: Sequence[Member]) -> Iterator[FleetFault]:
    """PG207: with another identifier the device adds the account a second time."""
    first: dict[tuple[str, str], int] = {}
    for index, member in enumerate(members):
        others = {first.setdefault(account, index) for account in sorted(member.accounts)}
        for other in (members[number] for number in sorted(others)):
            if member.identifier != other.identifier:
                message = f"{other.name} holds the same account under another PayloadIdentifier; devices keep both."
                hint = "Keep the identifier of an account from issue to issue."
                yield FleetFault(index=index, fault=Fault(path="PayloadIdentifier", message=message, hint=hint))


def changed_uuid(members: Sequence[Member]) -> Iterator[FleetFault]:
    """PG208: a payload is updated in place only if identifier and UUID are both unchanged."""
    first: dict[tuple[str, str], tuple[int, str]] = {}
    for index, member in enumerate(members):
        for identifier, uuid in member.payloads.items():
            if not (member.identifier and identifier and uuid):
                continue
            other, known = first.setdefault((member.identifier, identifier), (index, uuid))
            if known != uuid and member.mailboxes & members[other].mailboxes:
                message = (
                    f"In {members[other].name} this payload has another PayloadUUID; devices remove and re-add it."
                )
                hint = "Keep the UUID of a payload from issue to issue."
                yield FleetFault(index=index, fault=Fault(path="PayloadContent", message=message, hint=hint))


RULES = (
    FleetRule(
        id="PG206",
        severity=Severity.ERROR,
        summary="Two people's profiles share an identifier.",
        check=shared_identifier,
    ),
    FleetRule(
        id="PG207",
        severity=Severity.WARNING,
        summary="An account has two identifiers.",
        check=changed_identifier,
    ),
    FleetRule(
        id="PG208",
        severity=Severity.WARNING,
        summary="A payload changed its UUID between issues.",
        check=changed_uuid,
    ),
)
