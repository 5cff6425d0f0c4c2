"""The answer of a lookup: which server each direction gets, and the status word of the command line. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from profilegen.address import Address
from profilegen.settings.candidates import Advice, Answer, Candidate, Notice, Resolution, Status, Tier
from profilegen.settings.ranking import Probes, agreed, conflicts, in_order, kind_rank, kinds, ranked
from profilegen.settings.servers import Auth, Protocol, Server
from profilegen.settings.spelling import spelling_notices

STOPS = (Status.OAUTH_ONLY, Status.NO_IMAP, Status.DEAD, Status.SEND_ONLY, Status.REFUSED)
"""Statuses of a provider, or of an operator's block, that end the search: no password profile can work there."""

PROBES = 3
"""How many servers of one direction are probed before giving up."""

NO_TLS_OFFERED = "no_tls_offered"
"""The code of a notice: settings are published, but only without encryption."""

SOURCE_FAILED = "source_failed"
"""The code of a notice: a source could not be asked, which is not the same as "it knows nothing"."""

NULL_MX = "null_mx"
"""The code of a notice: the domain declares that it receives no mail."""

_ADVICE_TIERS = {"override": Tier.T0, "catalogue": Tier.T1, "mx": Tier.T3}
_NO_CONNECTION = ("connect", "timeout", "network_unreachable")
_WORST_FIRST = (Status.REFUSED, Status.UNREACHABLE, Status.NOT_FOUND, Status.UNTRUSTED, Status.OK)


_APP_PASSWORD_LIKELY = Notice(
    code="app_password_likely",
    text="The servers prefer OAuth sign-in; where they take a password, it is usually an app password.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _World:
    """Everything that was heard, in an order that does not depend on who answered first."""

    answers: tuple[Answer, ...]
    candidates: tuple[Candidate, ...]
    unanswered: tuple[str, ...]


def resolve(
    address: Address,
    answers: Iterable[Answer],
    *,
    probes: Probes,
    timed_out: Iterable[str] = (),
    failed: Iterable[str] = (),
) -> Resolution:
    """
    Return the resolution of everything heard; the same answers in any order give the same resolution.

    `timed_out` and `failed` name the sources (or "probe") that gave no answer. No probes at all is `--no-probe`.
    """
    ordered = tuple(sorted(answers, key=lambda answer: kind_rank(answer.kind)))
    late = tuple(sorted(timed_out, key=kind_rank))
    world = _World(answers=ordered, candidates=ranked(ordered, probes), unanswered=(*late, *failed))
    stop = _stop(world)
    only = None if stop is None else stop.kind
    incoming = _chosen(world, incoming=True, only=only)
    outgoing = _chosen(world, incoming=False, only=only)
    chosen = [candidate for candidate in (incoming, outgoing) if candidate is not None]
    advice = stop.advice if stop is not None else _advice(world, chosen)
    return Resolution(
        address=address,
        status=advice.status if stop is not None and advice is not None else _status(world, incoming, outgoing, advice),
        payload=advice.payload if advice is not None else None,
        provider=advice.provider if advice is not None else None,
        incoming=incoming,
        outgoing=outgoing,
        alternatives=tuple(candidate for candidate in world.candidates if candidate not in chosen),
        conflicts=tuple(found for candidate in chosen for found in conflicts(candidate, world.candidates)),
        notices=(*_notices(world, advice, chosen), *spelling_notices(address)),
        timed_out=late,
        heard=tuple(in_order(answer) for answer in ordered),
    )


def worth_probing(answers: Iterable[Answer]) -> tuple[tuple[Server, ...], tuple[Server, ...]]:
    """
    Return the incoming and the outgoing servers to probe, best first, at most `PROBES` each.

    None of tier 4 that nobody confirmed, and none of a worse one: RFC 6186 section 6 wants a person's word before any
    connection. None where the provider allows no password profile anyway.
    """
    ordered = tuple(sorted(answers, key=lambda answer: kind_rank(answer.kind)))
    world = _World(answers=ordered, candidates=ranked(ordered, {}), unanswered=())
    if _stop(world) is not None:
        return (), ()
    trusted = [candidate for candidate in world.candidates if candidate.usable]
    incoming = [candidate.server for candidate in trusted if candidate.incoming]
    outgoing = [candidate.server for candidate in trusted if not candidate.incoming]
    return tuple(incoming[:PROBES]), tuple(outgoing[:PROBES])


def is_settled(answers: Iterable[Answer]) -> bool:
    """Return True if both directions have a usable candidate, or override or catalogue end the search."""
    ordered = tuple(answers)
    trusted = {candidate.incoming for candidate in ranked(ordered, {}) if candidate.usable}
    return len(trusted) == 2 or any(_ends_search(answer) for answer in ordered)


def still_missing(answers: Iterable[Answer]) -> tuple[Protocol, ...]:
    """
    Return what may be guessed: IMAP and SMTP, where no source names any server of that direction.

    Nothing where the provider allows no password profile, and no direction that the domain declares not to have.
    """
    heard = tuple(answers)
    if any(answer.advice is not None and answer.advice.status in STOPS for answer in heard):
        return ()
    named = {candidate.incoming for answer in heard for candidate in answer.candidates}
    declined = {protocol for answer in heard for protocol in answer.declares_none}
    if any(notice.code == NULL_MX for answer in heard for notice in answer.notices):
        declined.add(Protocol.IMAP)
    wanted = ((Protocol.IMAP, True), (Protocol.SMTP, False))
    return tuple(protocol for protocol, incoming in wanted if incoming not in named and protocol not in declined)


def _ends_search(answer: Answer) -> bool:
    known = _ADVICE_TIERS.get(answer.kind, Tier.T4) <= Tier.T1
    return known and answer.advice is not None and answer.advice.status in STOPS


def _stop(world: _World) -> Answer | None:
    """The first answer whose provider allows no password profile, unless a more trusted source names a server."""
    for answer in world.answers:
        if answer.advice is None or answer.advice.status not in STOPS:
            continue
        tier = _advice_tier(answer)
        rivals = (candidate for candidate in world.candidates if candidate.incoming and not _has_failed(candidate))
        if not any(rival.tier < tier for rival in rivals if answer.kind not in kinds(rival)):
            return answer
    return None


def _advice_tier(answer: Answer) -> Tier:
    """Advice that came with a server is believed as far as the one who named the server."""
    named = [candidate.tier for candidate in answer.candidates if candidate.provider is not None]
    return min([_ADVICE_TIERS.get(answer.kind, Tier.T4), *named])


def _chosen(world: _World, *, incoming: bool, only: str | None) -> Candidate | None:
    return next(
        (
            candidate
            for candidate in world.candidates
            if candidate.incoming is incoming and (only is None or only in kinds(candidate))
        ),
        None,
    )


def _advice(world: _World, chosen: Sequence[Candidate]) -> Advice | None:
    named = {kind for candidate in chosen for kind in kinds(candidate)}
    heard = (answer.advice for answer in world.answers if answer.kind in named)
    return next((advice for advice in heard if advice is not None and advice.status not in STOPS), None)


def _status(world: _World, incoming: Candidate | None, outgoing: Candidate | None, advice: Advice | None) -> Status:
    standings = [_standing(candidate, world) for candidate in (incoming, outgoing)]
    if all(standing is Status.OK for standing in standings):
        return advice.status if advice is not None else Status.OK
    if world.unanswered and Status.REFUSED not in standings:
        return Status.UNREACHABLE
    if incoming is None and any(Protocol.IMAP in answer.declares_none for answer in world.answers):
        return Status.NO_IMAP
    return next(status for status in _WORST_FIRST if status in standings)


def _standing(candidate: Candidate | None, world: _World) -> Status:
    if candidate is None:
        plain = any(notice.code == NO_TLS_OFFERED for answer in world.answers for notice in answer.notices)
        return Status.REFUSED if plain else Status.NOT_FOUND
    if candidate.tier <= Tier.T1:
        return Status.OK
    if not candidate.usable:
        return Status.UNTRUSTED
    if candidate.probe is not None and not candidate.probe.ok:
        return _failure(candidate.probe.blocked_by or "", candidate.tier)
    by_itself = candidate.tier is Tier.T2 or candidate.confirmed
    trusted = by_itself or candidate.probe is not None or agreed(candidate, world.answers)
    return Status.OK if trusted else Status.UNTRUSTED


def _has_failed(candidate: Candidate) -> bool:
    return candidate.probe is not None and not candidate.probe.ok


def _failure(check: str, tier: Tier) -> Status:
    if check == "starttls":
        return Status.REFUSED
    if check.startswith("tls."):
        return Status.UNTRUSTED
    # A closed port may be the fault of the network in between: the domain's own word stands, with a notice.
    return Status.OK if check in _NO_CONNECTION and tier is Tier.T2 else Status.UNREACHABLE


def _notices(world: _World, advice: Advice | None, chosen: Sequence[Candidate]) -> tuple[Notice, ...]:
    notices = list(advice.notices) if advice is not None else []
    notices += [notice for answer in world.answers for notice in answer.notices]
    notices += [_probe_notice(candidate) for candidate in chosen if _has_failed(candidate)]
    if advice is None and any(_prefers_oauth(candidate) for candidate in chosen):
        notices.append(_APP_PASSWORD_LIKELY)
    return tuple(dict.fromkeys(notices))


def _prefers_oauth(candidate: Candidate) -> bool:
    return candidate.server.auth[0] is Auth.OAUTH2 and Auth.PASSWORD in candidate.server.auth


def _probe_notice(candidate: Candidate) -> Notice:
    detail = candidate.probe.detail if candidate.probe is not None else ""
    return Notice(code="probe_failed", text=f"{candidate.server.endpoint} did not pass the probe: {detail}")
