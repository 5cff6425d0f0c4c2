"""The cause behind an error message, a server's reply or a bounce, with what each of three people can do."""

from collections.abc import Iterable
from dataclasses import dataclass

from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.confidence import UNSURE_BELOW, confidences
from profilegen.diagnosis.observation import Observation
from profilegen.diagnosis.remedies import Remedy, remedy_of
from profilegen.diagnosis.rule import Rule
from profilegen.diagnosis.unwrap import unwrap
from profilegen.diagnosis.weigh import Weighed, weigh

_SHOWN = 3
_AROUND = 0.6
_SAYS_SOMETHING = 3.0
"""Less is what place and code alone suggest."""
_TELLS_LITTLE = (Cause.CONSEQUENCE_OF_EARLIER_REFUSAL, Cause.OK, Cause.TOO_MANY_ERRORS)
"""Replies that follow from another one: where there are several, the other one names the cause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LikelyCause:
    """A cause, how sure it is (0 to 1), the evidence in words, and the cure."""

    cause: Cause
    confidence: float
    why: str
    remedy: Remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Up to three causes, best first; `unsure`: the best is more likely wrong than right, or there is none."""

    unsure: bool
    causes: tuple[LikelyCause, ...]


def explain(observation: Observation, rules: Iterable[Rule] | None = None) -> Explanation:
    """
    Return the likely causes behind what was seen; the text may be wrapped in a bounce, a stack trace or JSON.

    `rules` None: all of them. Any text is answered, whatever it is; of a long one the first 64 KiB are read.
    """
    usable = None if rules is None else tuple(rules)
    candidates = [(seen, weigh(seen, usable)) for seen in unwrap(observation)]
    seen, weighed = max(candidates, key=lambda one: _tells(one[1], _wraps(one[0], candidates)))
    shares = confidences([one.score for one in weighed])
    causes = tuple(
        LikelyCause(cause=one.cause, confidence=share, why=_why(one, seen), remedy=remedy_of(one.cause))
        for one, share in zip(weighed[:_SHOWN], shares, strict=False)
    )
    return Explanation(unsure=not causes or causes[0].confidence < UNSURE_BELOW, causes=causes)


def _tells(weighed: tuple[Weighed, ...], share: float) -> tuple[bool, float]:
    if not weighed:
        return False, 0.0
    score = weighed[0].score * share
    return weighed[0].cause not in _TELLS_LITTLE and score >= _SAYS_SOMETHING, score


def _wraps(seen: Observation, candidates: list[tuple[Observation, tuple[Weighed, ...]]]) -> float:
    """Return what the words of a candidate count: those around another one are the client's, not the server's."""
    outer = any(other is not seen and other.text in seen.text for other, _ in candidates)
    return _AROUND if outer else 1.0


def _why(weighed: Weighed, seen: Observation) -> str:
    if not weighed.evidence and weighed.cause is Cause.PROXY_INTERFERENCE:
        return "Something on the way has overwritten the server's greeting with asterisks."
    if not weighed.evidence:
        return f"Code {seen.code} means success." if seen.code else "The server accepted it."
    words = next((piece.found for piece in weighed.evidence if piece.found), None)
    best = weighed.evidence[0].rule
    facts = [f'the words "{words}"' if words else ""]
    facts.append(f"the enhanced code {seen.enhanced}" if best.enhanced and seen.enhanced else "")
    facts.append(f"code {seen.code}" if best.codes and seen.code else "")
    facts.append(f"at the stage {seen.stage.value}" if best.stages and seen.stage else "")
    if best.login is not None:
        facts.append("after a login" if best.login else "no login was presented")
    facts.append(f"port {seen.port}" if best.ports else "")
    said = ", ".join(fact for fact in facts if fact)
    return f"{said[0].upper()}{said[1:]}." if said else "Nothing in the text says more."
