"""
How often `explain` is right: `python -m tests.benchmarks.explain [FILE.jsonl] [--markdown]`.

The file holds one labelled reply a line (keys of `explain --jsonl`, with `cause` and `family`, and `also` where another
label is right as well); without one, the project's own. Every server family is left out in turn, with all rules
switched off that were made for it alone ("declared"), or more strictly: with all rules that fit no reply of any other
family in the file ("unsupported"). The replies of the family are then explained; what is counted comes from servers the
rules were not made for.

The same replies are also given as clients show them: without codes, without the stage, and wrapped (`WRAPPINGS`).
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from profilegen.diagnosis.concepts import read
from profilegen.diagnosis.explain import explain
from profilegen.diagnosis.observation import Observation
from profilegen.diagnosis.observed import observed
from profilegen.diagnosis.rule import Rule, evidence
from profilegen.diagnosis.rules import all_rules

OWN = Path(__file__).parents[1] / "diagnosis" / "data" / "held_out.jsonl"
_LEADING_CODE = re.compile(r"^[245]\.\d{1,3}\.\d{1,3} ")
_GROUPS = {
    "qmail-spp": "qmail",
    "cyrus": "cyrus",
    "outlook.com": "office365",
    "iredmail": "postfix",
    "rspamd": "rspamd",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A labelled reply; `also`: labels that are no mistake either; `servers` are the families it belongs to."""

    seen: Observation
    cause: str
    also: frozenset[str]
    servers: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The label of a reply, all labels accepted, the causes named for it, and how sure the first one was."""

    cause: str
    accepted: frozenset[str]
    named: tuple[str, ...]
    confidence: float
    unsure: bool


def load(path: Path) -> tuple[Sample, ...]:
    """Return the labelled replies of a file."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    return tuple(
        Sample(seen=observed(row), cause=row["cause"], also=frozenset(row.get("also", ())), servers=servers(row))
        for row in rows
    )


def servers(row: Mapping[str, Any]) -> frozenset[str]:
    """Return the server families of a row: "exim/cpanel" is one of exim, "postfix+cyrus" one of both."""
    parts = re.split(r"[/+ ]", str(row.get("family") or "unknown").lower())
    return frozenset(_GROUPS.get(part, part) for part in parts[:2] if part)


def answer(sample: Sample, rules: Iterable[Rule] | None = None) -> Result:
    """Return what is named for one reply."""
    explanation = explain(sample.seen, rules)
    first = explanation.causes[0].confidence if explanation.causes else 0.0
    named = tuple(one.cause.value for one in explanation.causes)
    accepted = sample.also | {sample.cause}
    return Result(cause=sample.cause, accepted=accepted, named=named, confidence=first, unsure=explanation.unsure)


def left_out(samples: tuple[Sample, ...], kept: Callable[[Sample], tuple[Rule, ...]]) -> list[Result]:
    """Return the answers with the rules `kept` leaves for each reply."""
    return [answer(sample, kept(sample)) for sample in samples]


def declared(sample: Sample) -> tuple[Rule, ...]:
    """Return the rules that were not made for the family of this reply alone."""
    return tuple(rule for rule in all_rules() if not rule.made_for or rule.made_for - sample.servers)


def unsupported(samples: tuple[Sample, ...]) -> Callable[[Sample], tuple[Rule, ...]]:
    """Return a function that keeps of the declared rules those that also fit a reply of another family, or none."""
    texts = [(sample, read(sample.seen.text)) for sample in samples]
    fitting = {
        place: [sample.servers for sample, text in texts if evidence(rule, sample.seen, text)]
        for place, rule in enumerate(all_rules())
    }

    def kept(sample: Sample) -> tuple[Rule, ...]:
        return tuple(
            rule
            for place, rule in enumerate(all_rules())
            if (not rule.made_for or rule.made_for - sample.servers)
            and (not fitting[place] or any(not other & sample.servers for other in fitting[place]))
        )

    return kept


def without_codes(sample: Sample) -> Sample:
    """Return the reply as clients show it that strip the codes."""
    text = _LEADING_CODE.sub("", sample.seen.text)
    return replace(sample, seen=replace(sample.seen, text=text, code=None, enhanced=None))


def without_stage(sample: Sample) -> Sample:
    """Return the reply as somebody pastes it: nothing but code and text."""
    code = f"{sample.seen.code} " if sample.seen.code else ""
    return replace(sample, seen=Observation(text=f"{code}{sample.seen.text}", login=sample.seen.login))


_COMMANDS = {"mail_from": "MAIL FROM", "rcpt_to": "RCPT TO", "data": "end of DATA", "auth": "AUTH", "ehlo": "EHLO"}


def _bounce(sample: Sample) -> str:
    reply = _reply(sample)
    command = _COMMANDS.get(sample.seen.stage or "", "RCPT TO")
    return (
        "This is the mail system at host mx.example.org.\n\nI'm sorry to have to inform you that your message could not"
        f" be delivered.\n\n<you@example.com>: host mail.example.com[192.0.2.1] said: {reply} (in reply to {command}"
        " command)\n\nReporting-MTA: dns; mx.example.org\nFinal-Recipient: rfc822; you@example.com\nAction: failed\n"
        f"Remote-MTA: dns; mail.example.com\nDiagnostic-Code: smtp; {reply}\n\nReceived: from client.example.org"
        " (using TLSv1.3) by mx.example.org with ESMTPSA; Mon, 23 Nov 2026 10:00:00 +0000\nSubject: report\n"
    )


def _node(sample: Sample) -> str:
    return json.dumps({"code": "EENVELOPE", "response": _reply(sample), "responseCode": sample.seen.code})


def _python(sample: Sample) -> str:
    text = sample.seen.text.replace("'", "\\'")
    return (
        'Traceback (most recent call last):\n  File "/usr/lib/python3.11/smtplib.py", line 887, in sendmail\n'
        f"    raise error(code, resp)\nsmtplib.SMTPResponseException: ({sample.seen.code or 550}, b'{text}')"
    )


def _java(sample: Sample) -> str:
    return (
        f"com.sun.mail.smtp.SMTPSendFailedException: {_reply(sample)}\n"
        "\tat com.sun.mail.smtp.SMTPTransport.issueSendCommand(SMTPTransport.java:2358)\n"
        "\tat javax.mail.Transport.send0(Transport.java:255)"
    )


def _php(sample: Sample) -> str:
    code = sample.seen.code or 550
    return (
        f'Swift_TransportException: Expected response code 250 but got code "{code}", with message "{_reply(sample)}"'
    )


WRAPPINGS = {"bounce": _bounce, "JSON": _node, "Python": _python, "Java": _java, "PHP": _php}
"""Ways a reply reaches people; each keeps what is known of the session, but not the codes."""


def wrapped(samples: Iterable[Sample], wrap: Callable[[Sample], str]) -> Iterator[Sample]:
    """Yield the replies with codes, wrapped; local errors and successes never come like this."""
    for sample in samples:
        if sample.seen.code and sample.seen.code >= 400:
            yield replace(sample, seen=replace(sample.seen, text=wrap(sample), code=None, enhanced=None))


def _reply(sample: Sample) -> str:
    return f"{sample.seen.code} {sample.seen.text}" if sample.seen.code else sample.seen.text


def score(results: list[Result]) -> tuple[float, float]:
    """Return the shares right in the first place, and among the first three."""
    first = sum(not result.accepted.isdisjoint(result.named[:1]) for result in results)
    three = sum(not result.accepted.isdisjoint(result.named) for result in results)
    return first / len(results), three / len(results)


def confusions(results: list[Result]) -> Counter[tuple[str, str]]:
    """Return how often each label was taken for a cause that is wrong."""
    return Counter(
        (result.cause, (result.named or ("nothing",))[0])
        for result in results
        if result.accepted.isdisjoint(result.named[:1])
    )


def calibration(results: list[Result]) -> Iterator[tuple[float, float, int, float]]:
    """Yield bands of confidence: from, to, replies there, share of them that is right."""
    for low, high in ((0.0, 0.5), (0.5, 0.7), (0.7, 0.85), (0.85, 0.95), (0.95, 1.01)):
        band = [result for result in results if low <= result.confidence < high]
        if band:
            yield low, high, len(band), score(band)[0]


def say(text: str = "") -> None:
    """Print one line."""
    sys.stdout.write(text + "\n")


def main(arguments: list[str]) -> None:
    """Measure and print, as Markdown tables."""
    samples = load(Path(arguments[0]) if arguments else OWN)
    out = left_out(samples, declared)
    runs = {
        "all rules": [answer(sample) for sample in samples],
        "family left out (declared)": out,
        "family left out (unsupported)": left_out(samples, unsupported(samples)),
        "without codes": [answer(without_codes(sample)) for sample in samples],
        "pasted: no stage": [answer(without_stage(sample)) for sample in samples],
    }
    runs |= {f"wrapped: {name}": [answer(one) for one in wrapped(samples, wrap)] for name, wrap in WRAPPINGS.items()}
    say("| run | replies | first | in three |\n|---|---|---|---|")
    for name, results in ((name, results) for name, results in runs.items() if results):
        first, three = score(results)
        say(f"| {name} | {len(results)} | {first:.1%} | {three:.1%} |")
    say("\nFamily left out (declared), taken for another cause:\n\n| label | named | times |\n|---|---|---|")
    for (label, named), times in sorted(confusions(out).items()):
        say(f"| {label} | {named} | {times} |")
    say("\n| confidence | replies | right |\n|---|---|---|")
    for low, high, count, right in calibration(out):
        say(f"| {low:.2f} to {min(high, 1.0):.2f} | {count} | {right:.0%} |")


if __name__ == "__main__":
    main(sys.argv[1:])
