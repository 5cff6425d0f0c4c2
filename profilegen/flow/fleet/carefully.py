"""Care with mail to many: it was rehearsed, and it stops where too much of it is refused."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from profilegen.diagnosis.coverage import Policy
from profilegen.errors import ProfilegenError, UsageProblem
from profilegen.fleet.drift import Action
from profilegen.fleet.evidence import Moment
from profilegen.fleet.seat import Seat, SecretRoute
from profilegen.flow.batch import Refusals, Rehearsals, rehearse_first
from profilegen.flow.consignment import Consignee
from profilegen.flow.fleet.planning import Planner, Survey
from profilegen.flow.fleet.pushing import WITHOUT_PASSWORD
from profilegen.flow.fleet.settling import INSTALLED
from profilegen.flow.fleet.tailor import Tailor, lacks_pattern
from profilegen.flow.fleet.values import Judged
from profilegen.flow.sendvalues import Sent
from profilegen.mailing.people import FEW, Person
from profilegen.ports import Clock
from profilegen.ports.fleet import SeatQuery
from profilegen.settings.waves import Waves


@dataclass(slots=True, kw_only=True)  # counts refusals, and whom it let through although nobody looked at their mail
class Care:
    """
    What mail to many needs: a rehearsal, remembered as that of `channel`, and waves.

    Up to 20 people get mail without either.
    """

    rehearsals: Rehearsals
    channel: str
    policy: Policy
    clock: Clock
    waves: Waves
    expected: int = 0
    _tried: int = field(init=False, default=0)
    _refusals: Refusals = field(init=False)
    _unseen: dict[str, Person] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._refusals = Refusals(self.waves)

    async def demand(self, people: Sequence[Person]) -> None:
        """Raise UsageProblem `rehearse_first` if more than 20 of these people were in no rehearsal lately."""
        self.expected = len(people)
        unseen = await self.unseen(people)
        if len(unseen) > FEW:
            raise _rehearse_first(len(unseen))

    async def unseen(self, people: Iterable[Person]) -> frozenset[str]:
        """Return the keys of those who were in no rehearsal lately."""
        return await self.rehearsals.unseen(people, self.channel, self.clock.now() - self.policy.max_age)

    async def note(self, people: Iterable[Person]) -> None:
        """Remember that these people were in a rehearsal."""
        await self.rehearsals.note(people, self.channel, self.clock.now())

    async def begin(self) -> None:
        """Begin another round: refusals are counted anew, and who was in a rehearsal since is forgotten."""
        self._refusals, self._tried = Refusals(self.waves), 0
        unseen = await self.unseen(self._unseen.values())
        self._unseen = {key: person for key, person in self._unseen.items() if key in unseen}

    def refuse(self, person: Person, unseen: frozenset[str]) -> ProfilegenError | None:
        """Return why a person may not be written to, None if they may."""
        if person.key not in unseen or person.key in self._unseen or len(self._unseen) < FEW:
            return None
        return _rehearse_first(len(self._unseen) + 1)

    def count(self, person: Person, sent: Sent, unseen: frozenset[str], total: int) -> ProfilegenError | None:
        """Count a mail in; returns why nobody else may be written to."""
        if sent.tried and person.key in unseen:
            self._unseen[person.key] = person
        self._tried += sent.tried
        # where devices come one by one, nobody knows how many there are
        people = max(total, self.expected, self._tried)
        stop = self._refusals.count(sent, people)
        return stop if people > FEW else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The people who have to type a password: surely, if these profiles go out, and perhaps, if they turn out lost."""

    surely: tuple[Person, ...]
    perhaps: tuple[Consignee, ...]


async def asked_in(planner: Planner, tailor: Tailor, query: SeatQuery, survey: Survey, moment: Moment) -> Asked:
    """Return whom a repair of these seats would tell, each person once."""
    surely, perhaps = dict[str, Person](), dict[str, Consignee]()
    async for judged in planner.judged(query, survey, moment):
        if not _types_a_password(judged.seat, survey):
            continue
        person = person_of(judged.seat)
        if _is_sure(judged):
            surely.setdefault(person.key, person)
        if judged.judgement.action is not Action.NONE or judged.judgement.state not in INSTALLED:
            perhaps.setdefault(person.key, Consignee(person=person, what=tailor.wish(judged.seat, survey.patterns)))
    return Asked(surely=tuple(surely.values()), perhaps=tuple(perhaps.values()))


def person_of(seat: Seat) -> Person:
    """Return the person of a seat, as mail is written to them."""
    return Person(
        key=seat.person,
        accounts=tuple(mailbox.address for mailbox in seat.mailboxes),
        name=seat.name,
        recovery=seat.recovery_email,
        language=seat.language,
        platform=str(seat.platform),
    )


def _types_a_password(seat: Seat, survey: Survey) -> bool:
    return not seat.retired and seat.route is SecretRoute.ASK and not lacks_pattern(seat, survey.patterns)


def _is_sure(judged: Judged) -> bool:
    return judged.judgement.action is Action.INSTALL and judged.judgement.state in WITHOUT_PASSWORD


def _rehearse_first(people: int) -> UsageProblem:
    return rehearse_first(
        people,
        hint="Run fleet apply --instruct email --rehearse first: it pushes nothing, renders every mail, and sends the "
        "first one to you.",
    )
