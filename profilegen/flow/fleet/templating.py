"""Templates in the flow: on servers that reach groups only, one profile for many people, proved for each of them."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from profilegen.errors import MachineProblem, ProfilegenError
from profilegen.fleet.agreement import may_push
from profilegen.fleet.drift import Action, Judgement
from profilegen.fleet.seat import Seat, SecretRoute, Wanted
from profilegen.fleet.template import Candidate, Template, plan_templates
from profilegen.flow.fleet.tailor import Patterns, Tailor, lacks_pattern
from profilegen.flow.fleet.values import Connectors
from profilegen.ports.fleet import FleetStore, SeatQuery, SeatView
from profilegen.ports.mdm import MdmConnector
from profilegen.profile.identity import default_prefix


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """One template and where it goes; `name` is what the server's console shows."""

    mdm: str
    name: str
    template: Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A seat that only a template could reach, and why none can serve it."""

    seat: Seat
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateBook:
    """Every template of the fleet, and who cannot be served; both are by seat key in `served` and `refused`."""

    placings: tuple[Placing, ...] = ()
    served: Mapping[str, Placing] = field(default_factory=dict)
    refused: Mapping[str, Refused] = field(default_factory=dict)

    def of(self, seat: Seat) -> Placing | None:
        """Return the template that serves a seat, None if its profile goes to it alone."""
        return self.served.get(seat.key)

    def dressed(self, seat: Seat, patterns: Patterns) -> Seat:
        """Return a seat as it is once its template is there; one without stays as it is."""
        placing = self.of(seat)
        if placing is None:
            return seat
        template = placing.template
        wanted = Wanted(
            uuid=template.uuid,
            revision=template.revision,
            basis=f"template {template.uuid}",
            settings_version=patterns[seat.domain].settings.version,
        )
        return replace(seat, identifier=template.identifier, wanted=wanted)

    def allows(self, seat: Seat, judgement: Judgement) -> Judgement:
        """Return a judgement as it is possible: what no template can serve is left to a person."""
        refused = self.refused.get(seat.key)
        if refused is None or judgement.action is not Action.INSTALL:
            return judgement
        why = f"{seat.mdm} takes templates only, and none can serve it: {refused.why}"
        return replace(judgement, action=Action.PERSON, why=why)


@dataclass(frozen=True, slots=True, kw_only=True)
class Templating:
    """Plans templates over all seats of a server at once: which of two differing groups comes first must not vary."""

    store: FleetStore
    tailor: Tailor
    connectors: Connectors

    async def book(self, patterns: Patterns) -> TemplateBook:
        """Return the templates of all servers that need some, for the settings their seats follow."""
        placings, served, refused = list[Placing](), dict[str, Placing](), dict[str, Refused]()
        for connector in self.connectors.values():
            if connector.capabilities.templates_only:
                for prefix, candidates in (await self._candidates(connector, patterns)).items():
                    self._plan(connector, prefix, candidates, placings, served, refused)
        return TemplateBook(placings=tuple(placings), served=served, refused=refused)

    def _plan(
        self,
        connector: MdmConnector,
        prefix: str,
        candidates: list[Candidate],
        placings: list[Placing],
        served: dict[str, Placing],
        refused: dict[str, Refused],
    ) -> None:
        dialect, seats = connector.capabilities.dialect, {one.seat.key: one.seat for one in candidates}
        if dialect is None:
            why = "the variables of this server are not known"
            refused |= {key: Refused(seat=seat, why=why) for key, seat in seats.items()}
            return
        planned = plan_templates(candidates, dialect=dialect, mdm=connector.name, identifier_prefix=prefix)
        for template in planned.templates:
            placing = Placing(mdm=connector.name, name=_name(seats[template.seats[0]]), template=template)
            placings.append(placing)
            served |= dict.fromkeys(template.seats, placing)
        refused |= {one.seat: Refused(seat=seats[one.seat], why=one.why) for one in planned.unserved}

    async def _candidates(self, connector: MdmConnector, patterns: Patterns) -> Mapping[str, list[Candidate]]:
        """Return the seats a template may serve, by the beginning of their identifiers."""
        found: dict[str, list[Candidate]] = defaultdict(list)
        async for batch in self.store.seats(SeatQuery(mdm=connector.name, retired=False)):
            for view in batch:
                candidate = await self._candidate(view, connector, patterns)
                if candidate is not None:
                    prefix = self.tailor.identifier_prefix or default_prefix(view.seat.mailboxes[0].address)
                    found[prefix].append(candidate)
        return found

    async def _candidate(self, view: SeatView, connector: MdmConnector, patterns: Patterns) -> Candidate | None:
        seat, enrollment = view.seat, view.sight.enrollment
        if seat.channel not in connector.capabilities.templates_only or lacks_pattern(seat, patterns) is not None:
            return None
        if seat.route is SecretRoute.ENCRYPTED:
            return None  # a template carries no password; said where its own profile is given out
        if enrollment is None or not enrollment.active or not may_push(seat, enrollment):
            return None  # what is in the way is told by its state
        try:
            draft = await self.tailor.draft(seat, patterns)
        except MachineProblem:
            raise
        except ProfilegenError:
            return None  # said, and to be mended, where its own profile is built
        return Candidate(seat=seat, enrollment=enrollment, content=draft.profile.content)


def _name(seat: Seat) -> str:
    group = f", {seat.group}" if seat.group else ""
    return f"Mail {seat.domain} ({seat.platform}{group})"
