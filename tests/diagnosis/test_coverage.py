"""Which evidence covers whom: the same servers, lately, not contradicted."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.diagnosis.coverage import RELAY_CHECK, best_cover, covered_level, is_fresh
from profilegen.diagnosis.evidence import EndpointPair, Evidence, UsernameForm
from profilegen.settings.servers import Auth, Security
from tests.diagnosis.evidence import NOW, WEEK, evidence, pair


def level_of(*known: Evidence, about: EndpointPair | None = None, canaries: set[str] | None = None) -> int:
    cover = best_cover(about or pair(), known, max_age=WEEK, now=NOW, canaries=canaries)
    return cover.level if cover else 0


def test_the_same_servers_and_form_are_covered_to_the_full_level() -> None:
    assert covered_level(evidence(4), pair()) == 4


@pytest.mark.parametrize("form", [UsernameForm.LOCAL_PART, UsernameForm.OTHER])
def test_another_form_of_user_name_leaves_what_needs_no_login(form: UsernameForm) -> None:
    assert covered_level(evidence(4), pair(username=form)) == 1


def test_a_user_name_that_follows_from_nothing_says_nothing_about_anybody_elses() -> None:
    other = pair(username=UsernameForm.OTHER)
    assert covered_level(evidence(4, about=other), other) == 1


@pytest.mark.parametrize(
    "other",
    [
        pair(host="smtp2.example.com"),
        pair(port=465),
        pair(incoming="imap2.example.com"),
        replace(pair(), outgoing=replace(pair().outgoing, security=Security.TLS)),
        replace(pair(), outgoing=replace(pair().outgoing, auth=Auth.CRAM_MD5)),
    ],
)
def test_other_servers_are_not_covered_at_all(other: EndpointPair) -> None:
    assert covered_level(evidence(4), other) == 0


def test_what_is_not_said_in_full_is_never_covered() -> None:
    vague = pair(port=None)
    assert covered_level(evidence(4, about=vague), vague) == 0


@given(seconds=st.integers(-(10**7), 10**7), limit=st.integers(1, 10**7))
def test_fresh_is_between_now_and_the_limit_and_never_from_the_future(seconds: int, limit: int) -> None:
    old = replace(evidence(), tested_at=NOW - timedelta(seconds=seconds))
    assert is_fresh(old, max_age=timedelta(seconds=limit), now=NOW) == (0 <= seconds <= limit)


def test_the_best_fresh_evidence_counts_and_of_equals_the_newest() -> None:
    newest, older = evidence(3, days=1), evidence(3, days=2)
    cover = best_cover(pair(), [evidence(1), newest, older, evidence(4, days=8)], max_age=WEEK, now=NOW)
    assert cover is not None
    assert cover.evidence is newest


def test_nothing_known_covers_nothing() -> None:
    assert best_cover(pair(), [], max_age=WEEK, now=NOW) is None
    assert best_cover(pair(), [evidence(0)], max_age=WEEK, now=NOW) is None


@pytest.mark.parametrize("check", [RELAY_CHECK, "outgoing.tls.dates", "incoming.connect"])
def test_an_unsound_server_makes_everything_older_worthless(check: str) -> None:
    assert level_of(evidence(0, failed=(check,)), evidence(4, days=1)) == 0
    assert level_of(evidence(1), evidence(0, failed=(check,), days=1), evidence(4, days=2)) == 1


def test_an_unsound_server_is_unsound_in_every_company() -> None:
    shared = evidence(0, about=pair(incoming="pop.example.com"), failed=("outgoing.tls.dates",))
    alone = evidence(0, about=pair(incoming="pop.example.com"), failed=("incoming.tls.dates",))
    assert level_of(shared, evidence(4)) == 0
    assert level_of(alone, evidence(4)) == 4


def test_the_wrong_password_of_one_person_says_nothing_about_the_servers() -> None:
    assert level_of(evidence(1, failed=("outgoing.auth",)), evidence(4, days=1, canary="example.com")) == 4


def test_of_a_canary_only_the_newest_word_counts() -> None:
    failed, passed = evidence(1, failed=("outgoing.auth",), canary="a"), evidence(4, days=1, canary="a")
    assert level_of(failed, passed) == 1
    assert level_of(failed, passed, evidence(3, days=2, canary="b")) == 3


def test_a_canary_that_moved_to_other_servers_says_nothing_new_about_these() -> None:
    moved = evidence(1, about=pair(host="smtp2.example.com"), failed=("outgoing.auth",), canary="a")
    assert level_of(moved, evidence(4, days=1, canary="a")) == 4


def test_only_the_named_canaries_are_believed_but_everybody_may_contradict() -> None:
    mine, other, person = evidence(3, canary="a"), evidence(4, canary="b"), evidence(4)
    assert level_of(person, other, mine, canaries={"a"}) == 3
    assert level_of(person, other, canaries={"a"}) == 0
    assert level_of(evidence(0, failed=(RELAY_CHECK,)), mine, canaries={"a"}) == 0


records = st.builds(
    evidence,
    st.integers(0, 4),
    about=st.sampled_from([pair(), pair(port=465), pair(username=UsernameForm.LOCAL_PART)]),
    days=st.floats(-3, 14),
    failed=st.sets(st.sampled_from(["outgoing.auth", "outgoing.connect", "incoming.arrival"]), max_size=2).map(tuple),
    canary=st.sampled_from([None, "a", "b"]),
)


@given(st.lists(records, max_size=8), st.floats(0, 14))
def test_time_alone_never_makes_evidence_better(known: list[Evidence], days: float) -> None:
    old = [record for record in known if record.tested_at <= NOW]
    now = best_cover(pair(), old, max_age=WEEK, now=NOW)
    later = best_cover(pair(), old, max_age=WEEK, now=NOW + timedelta(days=days))
    assert (later.level if later else 0) <= (now.level if now else 0)


@given(st.lists(records, max_size=8))
def test_whatever_is_known_the_answer_is_fresh_and_about_these_servers(known: list[Evidence]) -> None:
    cover = best_cover(pair(), known, max_age=WEEK, now=NOW)
    if cover is not None:
        assert is_fresh(cover.evidence, max_age=WEEK, now=NOW)
        assert 1 <= cover.level <= covered_level(cover.evidence, pair())
        assert cover.evidence in known


# --- what is known of each server by itself --------------------------------------------------------------

OTHER_INCOMING = pair(incoming="imap2.example.com")
OTHER_OUTGOING = pair(host="smtp2.example.com")


@pytest.mark.parametrize(
    ("outgoing", "incoming", "level"),
    [(4, 4, 3), (3, 2, 3), (2, 4, 2), (3, 1, 1), (1, 4, 1), (4, 0, 0), (0, 4, 0)],
)
def test_two_servers_proved_apart_are_proved_as_far_as_they_need_not_work_together(
    outgoing: int, incoming: int, level: int
) -> None:
    known = [evidence(outgoing, about=OTHER_INCOMING), evidence(incoming, about=OTHER_OUTGOING, days=1)]

    cover = best_cover(pair(), known, max_age=WEEK, now=NOW)

    assert (cover.level if cover else 0) == level
    if cover is not None:
        assert (cover.evidence, cover.incoming) == (known[0], known[1])


def test_one_server_alone_covers_nothing() -> None:
    assert level_of(evidence(4, about=OTHER_INCOMING)) == 0
    assert level_of(evidence(4, about=OTHER_OUTGOING)) == 0


def test_servers_proved_apart_need_the_form_of_the_user_name_each() -> None:
    by_local_part = pair(host="smtp2.example.com", username=UsernameForm.LOCAL_PART)

    assert level_of(evidence(4, about=OTHER_INCOMING), evidence(4, about=by_local_part)) == 1


def test_servers_proved_apart_must_both_be_proved_lately_and_not_be_contradicted() -> None:
    old, fresh = evidence(4, about=OTHER_INCOMING, days=8), evidence(4, about=OTHER_OUTGOING)
    assert level_of(fresh, old) == 0

    halves = (evidence(4, about=OTHER_INCOMING, days=2), evidence(4, about=OTHER_OUTGOING, days=2))
    assert level_of(*halves) == 3
    assert level_of(evidence(0, failed=("incoming.tls.dates",), days=1), *halves) == 0


def test_together_wins_over_apart_and_a_canary_speaks_for_both_at_once_only() -> None:
    together, apart = evidence(3, canary="a"), (evidence(4, about=OTHER_INCOMING), evidence(4, about=OTHER_OUTGOING))

    cover = best_cover(pair(), [*apart, together], max_age=WEEK, now=NOW)

    assert cover is not None
    assert (cover.evidence, cover.incoming) == (together, None)
    assert level_of(*apart, canaries={"a"}) == 0


def test_a_canary_that_now_fails_at_one_server_no_longer_vouches_for_it_elsewhere() -> None:
    refused = evidence(1, about=pair(incoming="imap3.example.com"), failed=("outgoing.auth",), canary="a")
    before = evidence(4, about=OTHER_INCOMING, canary="a", days=1)
    incoming = evidence(4, about=OTHER_OUTGOING, days=1)

    assert level_of(before, incoming) == 3
    assert level_of(refused, before, incoming) == 1
