"""What a worker decides by itself: what is tried again, who works at the same time, what it refuses."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from profilegen.diagnosis.coverage import Policy
from profilegen.errors import (
    ConfigProblem,
    KeyProblem,
    MachineProblem,
    NetworkProblem,
    NotPossible,
    ResolverProblem,
    UsageProblem,
    WorldProblem,
)
from profilegen.fleet.capabilities import Scope
from profilegen.fleet.drift import Action, Judgement, State
from profilegen.fleet.seat import EnrollmentChannel
from profilegen.fleet.seen import Enrollment, Sight
from profilegen.flow.fleet.values import Judged
from profilegen.ports.fleet import SeatView, SettingsVersion
from profilegen.settings.document import parse_settings
from profilegen.storage.fleet.memory import MemoryFleetStore
from profilegen.storage.fleet.problems import translated
from profilegen.workers.admitting import survey_of
from profilegen.workers.batches import Admitted, Makings
from profilegen.workers.making import refuse_other_makings
from profilegen.workers.problems import LONGEST_PAUSE, MOST_ATTEMPTS, GivenBack, pause_before
from profilegen.workers.runner import require_cron
from profilegen.workers.shards import LARGEST_PILE, SHARDS, Sorter, shard_of
from tests.fleetruns.conftest import SERVERS
from tests.storage.fleet_values import seat
from tests.workers.test_batches import BATCH as JOB

NOW = datetime(2026, 1, 10, tzinfo=UTC)
SAME = Makings(release="1", identifier_prefix="com.example", organization="Example", signer=None)


def problem(kind: type[WorldProblem] | type[MachineProblem] | type[NotPossible] | type[UsageProblem]) -> Exception:
    return kind("It went wrong.", hint="Do something.")


@pytest.mark.parametrize("kind", [WorldProblem, NetworkProblem, ResolverProblem])
def test_only_the_world_is_asked_again_with_growing_pauses_and_not_for_ever(kind: type[WorldProblem]) -> None:
    pauses = [pause_before(problem(kind), attempts) for attempts in range(MOST_ATTEMPTS)]
    assert pauses[-1] is None
    known = [pause for pause in pauses[:-1] if pause is not None]
    assert len(known) == MOST_ATTEMPTS - 1
    assert known == sorted(known)
    assert known[0] == timedelta(seconds=1)
    assert known[-1] == LONGEST_PAUSE


@pytest.mark.parametrize("kind", [KeyProblem, ConfigProblem, MachineProblem, NotPossible, UsageProblem])
def test_what_will_not_be_better_the_next_time_is_not_tried_again(kind: type[MachineProblem]) -> None:
    assert pause_before(problem(kind), 0) is None
    assert pause_before(TypeError("a mistake of ours"), 0) is None


def test_a_batch_that_was_given_back_goes_on_at_once_however_often() -> None:
    assert pause_before(GivenBack(), 1000) == timedelta(0)
    assert pause_before(asyncio.CancelledError(), 1000) == timedelta(0)


# --- who works at the same time


def judged(name: str, *, udid: str | None = None, enrollment: Enrollment | None = None) -> Judged:
    someone = replace(seat(name), udid=udid or f"UDID-{name}")
    view = SeatView(seat=someone, sight=Sight(enrollment=enrollment))
    return Judged(view=view, judgement=Judgement(state=State.MISSING, action=Action.INSTALL, why="gone"))


def enrolled(id_: str, *, udid: str | None = None, parent: str | None = None) -> Enrollment:
    channel = EnrollmentChannel.USER if parent else EnrollmentChannel.DEVICE
    return Enrollment(mdm="acme", id=id_, channel=channel, udid=udid, parent=parent)


def test_a_device_stays_in_its_part_whoever_of_it_is_meant_and_however_it_is_written() -> None:
    by_roster = judged("ada", udid="aaaa-1")
    by_server = judged("ada", udid="aaaa-1", enrollment=enrolled("AAAA-1", udid="AAAA-1"))
    user = judged("bob", udid="AAAA-1", enrollment=enrolled("AAAA-1:USER", parent="AAAA-1"))
    assert len({shard_of(each.view, Scope.DEVICE) for each in (by_roster, by_server, user)}) == 1


def test_devices_are_spread_over_the_parts_and_a_server_of_groups_has_one() -> None:
    everybody = [judged(f"p{number}") for number in range(2000)]
    assert len({shard_of(each.view, Scope.DEVICE) for each in everybody}) == SHARDS
    assert len({shard_of(each.view, Scope.GROUP) for each in everybody}) == 1


def test_everybody_is_in_one_pile_and_no_pile_is_too_large() -> None:
    sorter = Sorter()
    everybody = [judged(f"p{number}") for number in range(9000)]
    piles = [pile for each in everybody if (pile := sorter.add(each, Scope.GROUP)) is not None]
    piles += sorter.rest()
    assert [len(pile.keys) for pile in piles] == [LARGEST_PILE, LARGEST_PILE, 1000]
    assert sorted(key for pile in piles for key in pile.keys) == sorted(each.seat.key for each in everybody)
    assert all(pile.domains == {"example.com"} for pile in piles)


# --- what is refused


@pytest.mark.parametrize(
    ("other", "word"),
    [
        (replace(SAME, release="2"), "release"),
        (replace(SAME, identifier_prefix=None), "identifier_prefix"),
        (replace(SAME, organization="Other"), "organization"),
    ],
)
def test_a_machine_that_would_make_other_profiles_refuses(other: Makings, word: str) -> None:
    refuse_other_makings(SAME, SAME)
    with pytest.raises(ConfigProblem, match=word) as caught:
        refuse_other_makings(other, SAME)
    assert caught.value.code == "other_makings"


def settings(version: int) -> SettingsVersion:
    (document,) = parse_settings(json.dumps({"address": "you@example.com", **SERVERS}))
    return SettingsVersion(domain="example.com", version=version, document=document, known_since=NOW)


@pytest.mark.parametrize(
    ("admitted", "passes"),
    [
        (Admitted(domain="example.com", version=1, needed=1, level=3, tested_at=NOW - timedelta(days=1)), True),
        (Admitted(domain="example.com", version=1, needed=1, level=3, tested_at=NOW - timedelta(days=8)), False),
        (Admitted(domain="example.com", version=1, needed=1, level=3, tested_at=None), False),
        (Admitted(domain="example.com", version=1, needed=1, level=1, tested_at=NOW), False),
        (Admitted(domain="example.com", version=1, needed=1, level=0, allowed_because="we know"), True),
    ],
)
def test_a_worker_admits_what_the_planner_proved_lately_and_by_its_own_policy(admitted: Admitted, passes: bool) -> None:
    policy = Policy(min_level=2, max_age=timedelta(days=7))

    async def scenario() -> bool:
        store = MemoryFleetStore()
        await store.put_settings_version(settings(1))
        survey = await survey_of(replace(JOB, domains=(admitted,)), store, policy, NOW)
        (plan,) = survey.domains
        assert plan.admission is not None
        return plan.admission.admitted

    assert asyncio.run(scenario()) is passes


@pytest.mark.parametrize("followed", [0, 2])
def test_settings_that_moved_after_the_plan_are_not_pushed(followed: int) -> None:
    async def scenario() -> None:
        store = MemoryFleetStore()
        for version in range(1, followed + 1):
            await store.put_settings_version(settings(version))
        await survey_of(JOB, store, Policy(), NOW)

    with pytest.raises(NotPossible) as caught:
        asyncio.run(scenario())
    assert caught.value.code == "settings_moved"


@pytest.mark.parametrize("cron", ["*/15 * * * *", "0 6 * * 1-5", "* * * * * */2"])
def test_a_schedule_is_taken(cron: str) -> None:
    assert require_cron(cron) == cron


@pytest.mark.parametrize("cron", ["", "15m", "* * * *", "99 * * * *", "every day"])
def test_what_is_no_schedule_is_refused(cron: str) -> None:
    with pytest.raises(UsageProblem) as caught:
        require_cron(cron)
    assert caught.value.code == "bad_cron"


@pytest.mark.parametrize("said", ["starting up", "shutting down", "in recovery mode"])
def test_a_database_that_restarts_is_away_and_refuses_nobody(said: str) -> None:
    refusal = psycopg.OperationalError(f"connection failed: FATAL:  the database system is {said}")
    with pytest.raises(NetworkProblem) as caught, translated("the database"):
        raise DBAPIError("SELECT 1", None, refusal)
    assert caught.value.code == "database_unreachable"
