"""Which of several answers is best, and what the whole is called."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.settings.candidates import (
    AccountPayload,
    Advice,
    Answer,
    Candidate,
    Notice,
    ProbeResult,
    Resolution,
    Status,
    Tier,
)
from profilegen.settings.ranking import Probes, place, ranked
from profilegen.settings.servers import Auth, Protocol, Security, Server
from profilegen.settings.verdict import NO_TLS_OFFERED, is_settled, resolve, still_missing, worth_probing
from tests.discovery.world import YOU, answer, server

IMAPS = server("imap://imap.example.test:993/tls")
IMAP = server("imap://imap.example.test:143/starttls")
POPS = server("pop3://pop.example.test:995/tls")
SMTPS = server("smtp://smtp.example.test:465/tls")
SMTP = server("smtp://smtp.example.test:587/starttls")
OTHER_IMAPS = server("imap://imap.other.test:993/tls")
OTHER_SMTP = server("smtp://smtp.other.test:587/starttls")
PASSED = ProbeResult(ok=True)


def failed(check: str) -> ProbeResult:
    return ProbeResult(ok=False, detail="it does not work", blocked_by=check)


def probes(*passed: Server, **failing: tuple[Server, ...]) -> Probes:
    """Return probe results; `connect=(server,)` fails at that check."""
    bad = {place(one): failed(check.replace("_", ".")) for check, servers in failing.items() for one in servers}
    return {place(one): PASSED for one in passed} | bad


def order(*answers: Answer, seen: Probes | None = None) -> list[str]:
    return [f"{found.server.protocol}:{found.server.port}" for found in ranked(answers, seen or {})]


def with_priority(found: Answer, *priorities: int) -> Answer:
    numbered = zip(found.candidates, priorities, strict=True)
    return replace(found, candidates=tuple(replace(one, priority=number) for one, number in numbered))


# --- order -----------------------------------------------------------------------------------------------


def test_imap_precedes_pop_and_implicit_tls_precedes_starttls_for_incoming_mail() -> None:
    assert order(answer("srv", Tier.T3, POPS, IMAP, IMAPS)) == ["imap:993", "imap:143", "pop3:995"]


def test_587_with_starttls_precedes_465_for_outgoing_mail_whatever_the_source_prefers() -> None:
    odd = server("smtp://smtp.example.test:2525/starttls")
    assert order(answer("catalogue", Tier.T1, odd, SMTPS, SMTP)) == ["smtp:587", "smtp:465", "smtp:2525"]


def test_a_strictly_better_srv_priority_wins() -> None:
    assert order(with_priority(answer("srv", Tier.T3, SMTPS, SMTP), 0, 1)) == ["smtp:465", "smtp:587"]
    assert order(with_priority(answer("srv", Tier.T3, IMAPS, POPS), 1, 0)) == ["pop3:995", "imap:993"]


def test_a_probe_below_the_tls_minimum_beats_any_priority() -> None:
    found = with_priority(answer("srv", Tier.T3, SMTPS, SMTP), 1, 0)
    assert order(found, seen=probes(SMTPS, starttls=(SMTP,))) == ["smtp:465", "smtp:587"]


def test_trust_precedes_the_kind_of_connection() -> None:
    assert order(answer("autoconfig", Tier.T2, SMTPS), answer("srv", Tier.T3, SMTP)) == ["smtp:465", "smtp:587"]


def test_a_failed_probe_loses_to_one_that_passes_but_not_to_less_trust_unprobed() -> None:
    near, far = answer("autoconfig", Tier.T2, IMAPS), answer("srv", Tier.T4, POPS)
    assert order(near, far, seen=probes(POPS, connect=(IMAPS,)))[0] == "pop3:995"
    assert order(near, far, seen=probes(connect=(IMAPS,)))[0] == "imap:993"


def test_equal_servers_keep_the_order_of_their_source() -> None:
    second = server("imap://a.example.test:993/tls")
    assert [one.server.host for one in ranked([answer("srv", Tier.T3, IMAPS, second)], {})] == [
        "imap.example.test",
        "a.example.test",
    ]


def test_agreeing_candidates_become_one_with_the_best_tier_and_the_login_of_who_knows_it() -> None:
    local = server("imap://imap.example.test:993/tls", username="you", auth=(Auth.CRAM_MD5,))
    (merged,) = ranked([answer("srv", Tier.T2, IMAPS), answer("mx", Tier.T3, local)], {})
    assert (merged.tier, merged.server) == (Tier.T2, local)
    assert [source.kind for source in merged.sources] == ["srv", "mx"]


# --- status ----------------------------------------------------------------------------------------------


def judged(*answers: Answer, seen: Probes | None = None, timed_out: tuple[str, ...] = ()) -> Resolution:
    return resolve(YOU, answers, probes=seen or {}, timed_out=timed_out)


def test_catalogue_answers_are_ok_with_and_without_a_probe() -> None:
    known = answer("catalogue", Tier.T1, IMAPS, SMTP)
    assert judged(known).status is Status.OK
    beaten = judged(known, seen=probes(connect=(IMAPS, SMTP)))
    assert beaten.status is Status.OK
    assert [notice.code for notice in beaten.notices] == ["probe_failed", "probe_failed"]


@pytest.mark.parametrize(
    ("tier", "seen", "status"),
    [
        (Tier.T2, probes(), Status.OK),
        (Tier.T3, probes(), Status.UNTRUSTED),
        (Tier.T3, probes(IMAPS, SMTP), Status.OK),
        (Tier.T3, probes(IMAPS), Status.UNTRUSTED),
        (Tier.T4, probes(), Status.UNTRUSTED),
        (Tier.T2, probes(IMAPS, connect=(SMTP,)), Status.OK),
        (Tier.T2, probes(IMAPS, dns=(SMTP,)), Status.UNREACHABLE),
        (Tier.T3, probes(IMAPS, connect=(SMTP,)), Status.UNREACHABLE),
        (Tier.T2, probes(IMAPS, starttls=(SMTP,)), Status.REFUSED),
        (Tier.T2, probes(IMAPS, tls_hostname=(SMTP,)), Status.UNTRUSTED),
    ],
)
def test_a_single_source_is_judged_by_tier_and_probe(tier: Tier, seen: Probes, status: Status) -> None:
    assert judged(answer("srv", tier, IMAPS, SMTP), seen=seen).status is status


def test_two_sources_of_tier_3_that_agree_need_no_probe() -> None:
    srv, mx = answer("srv", Tier.T3, IMAPS, SMTP), answer("mx", Tier.T3, IMAP, SMTPS)
    assert judged(srv, mx).status is Status.OK
    assert judged(srv, replace(mx, candidates=mx.candidates[:1])).status is Status.UNTRUSTED
    assert judged(srv, answer("hint", Tier.T4, IMAPS, SMTP)).status is Status.UNTRUSTED


def test_two_sources_of_tier_4_over_different_channels_are_trusted_like_the_domains_dns() -> None:
    srv, hint = answer("srv", Tier.T4, IMAPS, SMTP), answer("hint", Tier.T4, IMAPS, SMTP)
    web = answer("autodiscover", Tier.T4, IMAPS, SMTP)
    assert [one.tier for one in ranked([srv, hint], {})] == [Tier.T4, Tier.T4]
    assert [one.tier for one in ranked([srv, web], {})] == [Tier.T3, Tier.T3]
    assert judged(srv, web).status is Status.UNTRUSTED
    assert judged(srv, web, seen=probes(IMAPS, SMTP)).status is Status.OK
    assert judged(srv, hint, seen=probes(IMAPS, SMTP)).status is Status.UNTRUSTED
    assert worth_probing([srv, hint]) == ((), ())
    assert worth_probing([srv, web]) == ((IMAPS,), (SMTP,))


@pytest.mark.parametrize("tier", [Tier.T5, Tier.T6])
def test_agreement_does_not_lift_what_was_heard_in_clear_text_or_guessed(tier: Tier) -> None:
    low, web = answer("srv", tier, IMAPS), answer("autodiscover", tier, IMAPS)
    assert [one.tier for one in ranked([low, web], {})] == [tier]


def test_servers_that_prefer_oauth_and_take_a_password_come_with_a_word_about_app_passwords() -> None:
    both = (Auth.OAUTH2, Auth.PASSWORD)
    imap, smtp = replace(IMAPS, auth=both), replace(SMTP, auth=(Auth.PASSWORD, Auth.OAUTH2))
    assert [one.code for one in judged(answer("autoconfig", Tier.T2, imap, SMTP)).notices] == ["app_password_likely"]
    assert judged(answer("autoconfig", Tier.T2, IMAPS, smtp)).notices == ()
    assert judged(answer("catalogue", Tier.T1, imap, SMTP, advice=GMAIL)).notices == GMAIL.notices


def test_what_nobody_names_may_be_guessed_unless_the_domain_or_its_provider_says_no() -> None:
    assert still_missing([]) == (Protocol.IMAP, Protocol.SMTP)
    assert still_missing([answer("srv", Tier.T6, POPS)]) == (Protocol.SMTP,)
    assert still_missing([Answer(kind="srv", declares_none=(Protocol.SMTP,))]) == (Protocol.IMAP,)
    assert still_missing([Answer(kind="mx", notices=(Notice(code="null_mx", text="No mail."),))]) == (Protocol.SMTP,)
    assert still_missing([Answer(kind="mx", advice=Advice(provider="closed", status=Status.DEAD))]) == ()


def test_not_found_only_if_every_source_answered() -> None:
    assert judged(Answer(kind="mx")).status is Status.NOT_FOUND
    assert judged(Answer(kind="mx"), timed_out=("srv",)).status is Status.UNREACHABLE
    assert resolve(YOU, [Answer(kind="mx")], probes={}, failed=["srv"]).status is Status.UNREACHABLE


def test_one_missing_direction_is_not_found_and_the_other_is_still_shown() -> None:
    resolution = judged(answer("catalogue", Tier.T1, IMAPS))
    assert (resolution.status, resolution.outgoing) == (Status.NOT_FOUND, None)
    assert resolution.incoming is not None


def test_a_late_source_does_not_spoil_two_trusted_directions() -> None:
    resolution = judged(answer("autoconfig", Tier.T2, IMAPS, SMTP), timed_out=("srv", "mx"))
    assert (resolution.status, resolution.timed_out) == (Status.OK, ("srv", "mx"))


def test_a_domain_that_declares_no_imap_is_no_imap() -> None:
    declared = Answer(kind="srv", declares_none=(Protocol.IMAP,))
    assert judged(declared).status is Status.NO_IMAP
    assert judged(declared, answer("autoconfig", Tier.T2, POPS, SMTP)).status is Status.OK


def test_settings_without_any_encryption_are_refused() -> None:
    plain = Answer(kind="autoconfig", notices=(Notice(code=NO_TLS_OFFERED, text="No encryption."),))
    assert judged(plain).status is Status.REFUSED


GMAIL = Advice(
    provider="gmail",
    status=Status.APP_PASSWORD,
    payload=AccountPayload.GOOGLE,
    notices=(Notice(code="app_password_required", text="Make an app password."),),
)


def test_an_app_password_provider_is_answered_with_servers_payload_and_notice() -> None:
    resolution = judged(answer("catalogue", Tier.T1, IMAPS, SMTP, advice=GMAIL))
    assert (resolution.status, resolution.payload, resolution.provider) == (
        Status.APP_PASSWORD,
        AccountPayload.GOOGLE,
        "gmail",
    )
    assert resolution.notices == GMAIL.notices
    assert resolution.outgoing is not None


def test_the_advice_of_an_mx_whose_servers_lost_does_not_apply() -> None:
    own, mx = answer("autoconfig", Tier.T2, IMAPS, SMTP), answer("mx", Tier.T3, OTHER_IMAPS, OTHER_SMTP, advice=GMAIL)
    resolution = judged(own, mx)
    assert (resolution.status, resolution.provider, resolution.notices) == (Status.OK, None, ())


@pytest.mark.parametrize("status", [Status.OAUTH_ONLY, Status.NO_IMAP, Status.DEAD, Status.SEND_ONLY])
def test_a_catalogue_entry_that_allows_no_password_profile_stops_whatever_others_say(status: Status) -> None:
    stop = Answer(kind="catalogue", advice=Advice(provider="closed", status=status, payload=AccountPayload.EXCHANGE))
    others = answer("autoconfig", Tier.T2, IMAPS, SMTP)
    resolution = judged(others, stop, seen=probes(IMAPS, SMTP))
    assert (resolution.status, resolution.payload) == (status, AccountPayload.EXCHANGE)
    assert (resolution.incoming, resolution.outgoing, len(resolution.alternatives)) == (None, None, 2)
    assert worth_probing([others, stop]) == ((), ())


def test_an_mx_that_wants_oauth_yields_to_the_domains_own_word_unless_that_fails() -> None:
    stop = Answer(kind="mx", advice=Advice(provider="office", status=Status.OAUTH_ONLY))
    own, srv = answer("autoconfig", Tier.T2, IMAPS, SMTP), answer("srv", Tier.T3, IMAPS, SMTP)
    assert judged(stop, own).status is Status.OK
    assert judged(stop, own, seen=probes(connect=(IMAPS,))).status is Status.OAUTH_ONLY
    assert judged(stop, srv, seen=probes(IMAPS, SMTP)).status is Status.OAUTH_ONLY


def test_sources_that_name_other_hosts_are_conflicts_once_each() -> None:
    own = answer("autoconfig", Tier.T2, IMAPS, POPS, SMTP)
    mx = answer("mx", Tier.T3, OTHER_IMAPS, OTHER_SMTP, server("smtp://smtp.other.test:465/tls"))
    stranger = answer("hint", Tier.T4, server("imap://imap.third.test:993/tls"))
    assert [(one.direction, one.chosen, one.other, one.said_by) for one in judged(own, mx, stranger).conflicts] == [
        ("incoming", IMAPS.endpoint, OTHER_IMAPS.endpoint, "mx"),
        ("outgoing", SMTP.endpoint, OTHER_SMTP.endpoint, "mx"),
    ]


def test_what_is_worth_probing_is_bounded_and_trusted() -> None:
    many = answer("srv", Tier.T3, *(server(f"imap://imap{number}.example.test:993/tls") for number in range(9)))
    incoming, outgoing = worth_probing([many, answer("hint", Tier.T4, SMTP)])
    assert ([one.host for one in incoming], outgoing) == ([f"imap{number}.example.test" for number in range(3)], ())


def test_a_search_is_settled_by_both_directions_or_by_the_catalogues_no() -> None:
    assert not is_settled([answer("mx", Tier.T3, IMAPS)])
    assert not is_settled([answer("srv", Tier.T4, IMAPS, SMTP)])
    assert is_settled([answer("mx", Tier.T3, IMAPS), answer("srv", Tier.T3, SMTP)])
    assert is_settled([Answer(kind="catalogue", advice=Advice(provider="closed", status=Status.DEAD))])
    assert not is_settled([Answer(kind="mx", advice=Advice(provider="closed", status=Status.DEAD))])


# --- the same world, the same answer ---------------------------------------------------------------------

_KINDS = ("catalogue", "autoconfig", "srv", "mx", "unheard-of")
_SERVERS = st.builds(
    Server,
    protocol=st.sampled_from(Protocol),
    host=st.sampled_from(["a.test", "b.test", "c.test"]),
    port=st.sampled_from([2000, 2001]),
    security=st.sampled_from(Security),
    auth=st.sampled_from([(Auth.PASSWORD,), (Auth.CRAM_MD5, Auth.PASSWORD)]),
    username=st.sampled_from(["you", "you@example.test"]),
)
_ADVICE = st.none() | st.builds(Advice, provider=st.just("some"), status=st.sampled_from([Status.OK, *Status]))


@st.composite
def _answers(draw: st.DrawFn) -> list[Answer]:
    kinds = draw(st.lists(st.sampled_from(_KINDS), unique=True))
    return [
        with_priority(found, *draw(st.lists(st.integers(0, 2), min_size=len(servers), max_size=len(servers))))
        for kind in kinds
        for servers in [draw(st.lists(_SERVERS, max_size=4))]
        for found in [answer(kind, draw(st.sampled_from(Tier)), *servers, advice=draw(_ADVICE))]
    ]


@given(_answers(), st.lists(st.tuples(_SERVERS, st.sampled_from([PASSED, failed("connect")]))), st.randoms())
def test_the_order_of_arrival_changes_nothing(
    answers: list[Answer], verdicts: list[tuple[Server, ProbeResult]], luck: Random
) -> None:
    seen = {place(one): result for one, result in verdicts}
    first = judged(*answers, seen=seen, timed_out=("srv", "mx"))
    luck.shuffle(answers)
    mixed = [replace(one, candidates=_shuffled(one.candidates, luck)) for one in answers]
    assert judged(*mixed, seen=seen, timed_out=("mx", "srv")) == first


def _shuffled(candidates: tuple[Candidate, ...], luck: Random) -> tuple[Candidate, ...]:
    return tuple(luck.sample(candidates, len(candidates)))


@given(_answers())
def test_every_candidate_is_chosen_or_an_alternative_and_none_is_lost(answers: list[Answer]) -> None:
    resolution = judged(*answers)
    shown = [one for one in (resolution.incoming, resolution.outgoing) if one is not None] + [*resolution.alternatives]
    assert sorted(place(one.server) for one in shown) == sorted(
        {place(one.server) for found in answers for one in found.candidates}
    )
