"""A lookup told as a story: who was asked, what each one said, what was believed, and why the rest was not. Pure."""

from collections.abc import Iterator
from datetime import UTC

from profilegen.settings.candidates import Answer, Candidate, Resolution, Source, Status, Tier
from profilegen.settings.ranking import kind_rank, kinds
from profilegen.settings.servers import Protocol

TRUST = {
    Tier.T0: "the operator says so",
    Tier.T1: "the provider catalogue knows this very domain",
    Tier.T2: "the domain itself says so, over a channel nobody can forge",
    Tier.T3: "the domain's DNS leads there",
    Tier.T4: "it leads out of the domain, or came over a channel others could have changed",
    Tier.T5: "it was heard without encryption",
    Tier.T6: "nobody says so, it was guessed",
}
"""What each tier means, as the second half of a sentence."""

_HOW = {
    "override": "read from a file of the operator",
    "catalogue": "read from the provider catalogue, no network",
    "srv": "asked in DNS",
    "mx": "asked in DNS, matched with the provider catalogue",
    "hint": "asked in DNS, matched with the provider catalogue",
    "mailconf": "asked in DNS and over https",
    "pacc": "asked over https, with a digest in DNS",
    "autoconfig": "asked over https",
    "plain-autoconfig": "asked over http without encryption",
    "ispdb": "asked over https, a third party",
    "mx-autoconfig": "asked in DNS, then over https",
    "autodiscover": "asked over https, without credentials",
    "certificate": "read from a certificate, checked in DNS",
    "guess": "tried, with verified TLS",
}


def story(resolution: Resolution) -> tuple[str, ...]:
    """Return the lines of the story, in the order things happened; what belongs to a line is indented below it."""
    return (
        *_question(resolution),
        *(line for kind in _asked(resolution) for line in _said(kind, resolution)),
        *_looked_at(resolution),
        *_believed(resolution),
        *_not_taken(resolution),
        *_disagreements(resolution),
        f"So the answer about {resolution.address} is: {resolution.status}.",
    )


def _asked(resolution: Resolution) -> list[str]:
    late = {kind for kind in resolution.timed_out if kind != "probe"}
    return sorted({answer.kind for answer in resolution.heard} | late, key=kind_rank)


def _question(resolution: Resolution) -> Iterator[str]:
    asked = _asked(resolution)
    if asked:
        yield f"Asked where the mail of {resolution.address.domain} is: {', '.join(asked)}."
    else:
        yield f"Nobody was asked about {resolution.address.domain}."
        yield from (f"  {notice.text}" for notice in resolution.notices)


# --- what each one said ----------------------------------------------------------------------------------


def _said(kind: str, resolution: Resolution) -> Iterator[str]:
    answers = [answer for answer in resolution.heard if answer.kind == kind]
    how = _HOW.get(kind, "asked")
    late = kind in resolution.timed_out
    told = [line for answer in answers for line in _told(answer)]
    if late and not told:
        yield f"{kind} ({how}): no answer in time. That does not mean that it knows nothing."
        return
    yield f"{kind} ({how}):" if told else f"{kind} ({how}): knows nothing."
    yield from told


def _told(answer: Answer) -> Iterator[str]:
    for source in dict.fromkeys(source for candidate in answer.candidates for source in candidate.sources):
        yield f"  {source.detail}{_channel(source)}"
        for candidate in answer.candidates:
            if source in candidate.sources:
                yield f"    {_direction(candidate)} {_where(candidate)}, user name {candidate.server.username}"
    if answer.declares_none:
        yield f"  The domain declares not to offer {', '.join(name.upper() for name in answer.declares_none)}."
    if answer.advice is not None and answer.advice.status is not Status.OK:
        yield f"  {answer.advice.provider}: {answer.advice.status}"
    yield from (f"  {notice.text}" for notice in answer.notices)


def _channel(source: Source) -> str:
    parts = [source.url] if source.url else []
    if source.fetched is not None:
        parts.append(f"{source.fetched.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC")
    if source.dnssec is not None:
        parts.append("DNSSEC validated" if source.dnssec else "no DNSSEC")
    if source.sha256 is not None:
        parts.append(f"sha256 {source.sha256[:12]}")
    return f" ({', '.join(parts)})" if parts else ""


# --- what was seen ---------------------------------------------------------------------------------------


def _looked_at(resolution: Resolution) -> Iterator[str]:
    probed = [candidate for candidate in _all(resolution) if candidate.probe is not None]
    if probed:
        yield "Looked at, without any credential:"
    for candidate in probed:
        if candidate.probe is not None:
            failed = f"failed at {candidate.probe.blocked_by}: {candidate.probe.detail}"
            yield f"  {_where(candidate)}: {'sound' if candidate.probe.ok else failed}"
    if "probe" in resolution.timed_out:
        yield "  Some servers were silent until time was up."


def _all(resolution: Resolution) -> list[Candidate]:
    chosen = [found for found in (resolution.incoming, resolution.outgoing) if found is not None]
    return [*chosen, *resolution.alternatives]


# --- what became of it -----------------------------------------------------------------------------------


def _believed(resolution: Resolution) -> Iterator[str]:
    for direction, candidate in (("incoming", resolution.incoming), ("outgoing", resolution.outgoing)):
        if candidate is None:
            yield f"For {direction} mail there is nothing to take."
            continue
        failed = candidate.probe is not None and not candidate.probe.ok
        verb = "taken" if candidate.usable and not failed else "the best there is, but not sound"
        verb = verb if candidate.usable else "the best there is, but not believed"
        yield f"For {direction} mail {_where(candidate)} is {verb}: {_why(candidate)}."


def _why(candidate: Candidate) -> str:
    reasons = [f"{TRUST[candidate.tier]} ({candidate.tier.name})"]
    named = sorted(kinds(candidate), key=kind_rank)
    if len(named) > 1:
        reasons.append(f"{' and '.join(named)} agree")
    if candidate.confirmed:
        reasons.append("somebody confirmed this provider")
    if candidate.provider is not None:
        reasons.append(f"its login is as the catalogue knows it ({candidate.provider})")
    if candidate.probe is not None:
        reasons.append("it passed the probe" if candidate.probe.ok else f"it failed at {candidate.probe.blocked_by}")
    return "; ".join(reasons)


def _not_taken(resolution: Resolution) -> Iterator[str]:
    for candidate in resolution.alternatives:
        chosen = resolution.incoming if candidate.incoming else resolution.outgoing
        named = ", ".join(sorted(kinds(candidate), key=kind_rank))
        yield f"Not taken: {_direction(candidate)} {_where(candidate)} ({named}): {_why_not(candidate, chosen)}."


def _why_not(candidate: Candidate, chosen: Candidate | None) -> str:
    if candidate.probe is not None and not candidate.probe.ok:
        return f"it failed at {candidate.probe.blocked_by}"
    if chosen is None:
        return "the provider offers no sign-in a password profile could use"
    if not candidate.usable:
        return f"{TRUST[candidate.tier]} ({candidate.tier.name})"
    if candidate.tier > chosen.tier:
        return f"less trusted ({candidate.tier.name}) than what was taken ({chosen.tier.name})"
    if candidate.server.protocol is Protocol.POP and chosen.server.protocol is Protocol.IMAP:
        return "IMAP is preferred to POP"
    return "the one taken is preferred among equally trusted ones"


def _disagreements(resolution: Resolution) -> Iterator[str]:
    for conflict in resolution.conflicts:
        yield f"They disagree about {conflict.direction} mail: {conflict.said_by} says {conflict.other}."


def _direction(candidate: Candidate) -> str:
    return "incoming" if candidate.incoming else "outgoing"


def _where(candidate: Candidate) -> str:
    return f"{candidate.server.protocol}://{candidate.server.endpoint}"
