"""The story of a lookup: who was asked, what was said, what was believed and why."""

from dataclasses import replace

from hypothesis import given

from profilegen.settings.candidates import Answer, Notice, Resolution, Source, Status, Tier
from profilegen.settings.servers import Protocol
from profilegen.settings.story import story
from profilegen.settings.verdict import SOURCE_FAILED
from tests.discovery.world import NOON, YOU, answer
from tests.settings.test_ranking import (
    GMAIL,
    IMAPS,
    OTHER_IMAPS,
    OTHER_SMTP,
    POPS,
    SMTP,
    SMTPS,
    _answers,
    judged,
    probes,
)


def lines(resolution: Resolution, *words: str) -> list[str]:
    return [line for line in story(resolution) if all(word in line for word in words)]


def test_everybody_who_was_asked_is_named_and_silence_is_not_ignorance() -> None:
    told = judged(answer("srv", Tier.T3, IMAPS, SMTP), Answer(kind="mx"), timed_out=("autoconfig",))
    assert story(told)[0] == "Asked where the mail of example.test is: autoconfig, srv, mx."
    assert lines(told, "mx (", "knows nothing.")
    assert lines(told, "autoconfig (", "no answer in time", "does not mean that it knows nothing")
    assert story(told)[-1] == f"So the answer about you@example.test is: {told.status}."


def test_a_source_that_could_not_be_asked_says_why() -> None:
    failed = Answer(kind="srv", notices=(Notice(code=SOURCE_FAILED, text="srv: No name server answered."),))
    assert lines(judged(failed), "  srv: No name server answered.")


def test_each_word_has_its_channel_its_time_and_its_hash() -> None:
    source = Source(kind="autoconfig", detail="published", url="https://a.test/", fetched=NOON, sha256="ab" * 32)
    heard = answer("autoconfig", Tier.T2, IMAPS, SMTP)
    heard = replace(heard, candidates=tuple(replace(one, sources=(source,)) for one in heard.candidates))
    assert "  published (https://a.test/, 2026-11-23 12:00:00 UTC, sha256 abababababab)" in story(judged(heard))
    for dnssec, words in ((True, "DNSSEC validated"), (False, "no DNSSEC")):
        signed = replace(heard, candidates=(replace(heard.candidates[0], sources=(replace(source, dnssec=dnssec),)),))
        assert lines(judged(signed), words)


def test_what_was_believed_says_why() -> None:
    both = judged(answer("srv", Tier.T3, IMAPS, SMTP), answer("mx", Tier.T3, IMAPS, SMTP), seen=probes(IMAPS, SMTP))
    (line,) = lines(both, "For incoming mail")
    assert line.endswith("is taken: the domain's DNS leads there (T3); srv and mx agree; it passed the probe.")
    known = answer("srv", Tier.T4, IMAPS)
    known = replace(known, candidates=(replace(known.candidates[0], confirmed=True, provider="fastpost"),))
    (line,) = lines(judged(known), "For incoming mail")
    assert "somebody confirmed this provider; its login is as the catalogue knows it (fastpost)" in line
    assert lines(judged(known), "For outgoing mail there is nothing to take.")


def test_what_was_not_believed_says_why() -> None:
    assert lines(judged(answer("srv", Tier.T4, IMAPS)), "not believed", "it leads out of the domain")
    assert lines(judged(answer("srv", Tier.T3, IMAPS), seen=probes(connect=(IMAPS,))), "not sound", "failed at connect")
    assert lines(judged(answer("srv", Tier.T3, IMAPS)), "imap://imap.example.test:993/tls: failed") == []


def test_what_was_not_taken_says_why() -> None:
    told = judged(
        answer("autoconfig", Tier.T2, IMAPS, POPS, SMTP, SMTPS),
        answer("mx", Tier.T3, OTHER_IMAPS),
        answer("hint", Tier.T4, OTHER_SMTP),
        seen=probes(IMAPS, SMTP),
    )
    reasons = {line.split(" ")[3]: line.rpartition(": ")[2] for line in story(told) if line.startswith("Not taken")}
    assert reasons == {
        "pop3://pop.example.test:995/tls": "IMAP is preferred to POP.",
        "smtp://smtp.example.test:465/tls": "the one taken is preferred among equally trusted ones.",
        "imap://imap.other.test:993/tls": "less trusted (T3) than what was taken (T2).",
        "smtp://smtp.other.test:587/starttls": (
            "it leads out of the domain, or came over a channel others could have changed (T4)."
        ),
    }
    assert lines(told, "They disagree about incoming mail: mx says imap.other.test:993/tls.")


def test_a_provider_that_takes_no_password_is_told() -> None:
    stop = Answer(kind="catalogue", advice=replace(GMAIL, status=Status.OAUTH_ONLY))
    told = judged(stop, answer("autoconfig", Tier.T2, IMAPS))
    assert lines(told, "  gmail: oauth_only")
    assert lines(told, "Not taken", "no sign-in a password profile could use")


def test_a_refused_domain_and_a_declared_absence_are_told() -> None:
    refused = Resolution(address=YOU, status=Status.REFUSED, notices=(Notice(code="x", text="It is a suffix."),))
    assert story(refused)[:2] == ("Nobody was asked about example.test.", "  It is a suffix.")
    assert lines(judged(Answer(kind="srv", declares_none=(Protocol.IMAP, Protocol.POP))), "not to offer IMAP, POP3.")


@given(_answers())
def test_every_server_appears_and_no_line_is_empty(answers: list[Answer]) -> None:
    told = story(judged(*answers, timed_out=("pacc",)))
    assert all(line.strip() for line in told)
    for one in (candidate for found in answers for candidate in found.candidates):
        assert any(one.server.endpoint in line for line in told)
