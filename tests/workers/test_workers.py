"""Real worker processes, a real PostgreSQL, a protocol-true NanoMDM, and phones that answer."""

import asyncio
import os
import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest

from profilegen.diagnosis.evidence import Evidence
from profilegen.flow.fleet.planning import endpoints_of
from profilegen.wiring import open_house
from profilegen.wiring.fleet import open_store
from tests.fleetruns.conftest import DOMAIN, FRESH, Organisation
from tests.workers.conftest import SIGNED, Firm, outcome_of, wait_for

pytestmark = pytest.mark.servers

AT_ONCE = ("--canary", "0", "--wave", "100")


@pytest.mark.parametrize("count", [2, 4])
def test_workers_bring_a_fleet_right_and_push_everybody_once(firm: Firm, count: int) -> None:
    firm.organisation.hire(12)
    firm.start(*[()] * count)
    outcome = firm.apply("--canary", "2", "--wave", "50")
    assert outcome["states"] == {"password_unknown": 12}, outcome
    assert outcome["pushed"] == 12
    assert set(firm.installs().values()) == {1}
    assert firm.apply()["pushed"] == 0
    assert firm.ask("SELECT count(*) FROM procrastinate_jobs") == "0"
    assert [worker.end() for worker in firm.workers] == [0] * count


def test_what_a_killed_worker_had_begun_is_finished_by_another_and_nobody_is_pushed_twice(firm: Firm) -> None:
    firm.organisation.hire(8)
    victim, other = firm.start(("--concurrency", "3"), ("--concurrency", "3"))
    firm.organisation.kill_after(victim.process.pid, installs=2)
    outcome = firm.apply(*AT_ONCE)
    assert victim.process.wait(timeout=1) == -signal.SIGKILL
    assert outcome["states"] == {"password_unknown": 8}, outcome
    assert "of a silent worker were given to others" in other.said()
    assert sorted(firm.installs().values()) == [1] * 8


def test_a_database_that_is_restarted_amid_everything_costs_nobody_a_second_install(fragile_firm: Firm) -> None:
    firm = fragile_firm
    firm.organisation.hire(8)
    workers = firm.start((), ())
    applying = firm.apply_aside("--canary", "2", "--wave", "50")
    wait_for(lambda: len(firm.organisation.installs()) >= 3)
    firm.database.restart()
    first = outcome_of(applying)
    firm.organisation.people.poll_all()  # what was told while the database was away is lost
    last = firm.apply(*FRESH) if "error" in first or first["stopped"] else first
    assert last["states"] == {"password_unknown": 8}, (first, last)
    assert sorted(firm.installs().values()) == [1] * 8
    assert [worker.end() for worker in workers] == [0, 0]


def test_a_worker_that_is_told_to_stop_gives_back_what_only_waits(firm: Firm) -> None:
    firm.organisation.hire(1)
    firm.start(())
    assert firm.apply()["pushed"] == 1
    phone = firm.organisation.phones[0]
    firm.organisation.move_server(port=465, security="tls")
    phone.offline = True
    applying = firm.apply_aside()
    wait_for(lambda: len(firm.organisation.installs()) == 2)
    first = firm.workers[0]
    assert first.end(signal.SIGINT) == 130
    assert "given back" in first.said()
    assert firm.ask("SELECT status FROM procrastinate_jobs WHERE status IN ('todo', 'doing')") == "todo"
    phone.offline = False
    firm.start(())
    firm.organisation.people.poll_all()
    assert outcome_of(applying)["states"] == {"password_unknown": 1}
    assert firm.installs() == {phone.udid: 2}


def test_a_machine_with_another_key_refuses_and_one_with_the_same_key_serves(firm: Firm, tmp_path: Path) -> None:
    firm.organisation.hire(2)
    home, cli = tmp_path / "second", firm.organisation.cli
    assert cli("--home", home, "key", "new", "own").status == 0
    (stranger,) = firm.start((), home=home)
    outcome = firm.apply()
    assert "which this worker does not have" in outcome["stopped"], outcome
    assert firm.installs() == {}
    assert stranger.end() == 0
    assert (
        firm.ask("SELECT DISTINCT args->'batch'->>'work' FROM procrastinate_jobs") == "look"
    )  # and it went no further
    secret, container = tmp_path / "secret", tmp_path / "acme.p12"
    secret.write_text("for the journey\n")
    secret.chmod(0o600)
    assert cli("key", "export", "acme", "--p12", container, "--password-file", secret).status == 0
    imported = ("key", "import", "theirs", "--p12", container, "--password-file", secret)
    assert cli("--home", home, *imported).status == 0
    firm.start((), home=home)
    assert firm.apply()["states"] == {"password_unknown": 2}
    assert set(firm.installs().values()) == {1}


def test_the_fleet_is_planned_anew_as_often_as_the_schedule_says(firm: Firm) -> None:
    firm.organisation.hire(1)
    firm.start(())
    assert firm.apply()["pushed"] == 1
    asyncio.run(_prove())
    phone = firm.organisation.phones[0]
    phone.lose(next(iter(phone.installed())))
    firm.start(("--recheck", "* * * * * */2", "--offline", "--listen", "--patience", "20s", *SIGNED, *FRESH))
    wait_for(lambda: bool(phone.installed()))
    assert firm.installs() == {phone.udid: 2}
    assert [worker.end() for worker in firm.workers] == [0, 0]


def test_without_a_worker_nothing_is_begun(firm: Firm) -> None:
    firm.organisation.hire(1)
    answer = firm.organisation.run("apply", "--workers", "--offline", "--allow-unverified", "a test", *SIGNED, "--json")
    assert (answer.status, answer.document["error"]["code"]) == (4, "no_worker")
    assert firm.installs() == {}


def test_servers_that_nobody_proved_are_refused_before_anything_is_queued(firm: Firm) -> None:
    firm.organisation.hire(1)
    firm.start(())
    answer = firm.organisation.run("apply", "--workers", "--offline", "--patience", "5s", *SIGNED, "--json")
    assert answer.document["error"]["code"] == "unverified"
    assert firm.ask("SELECT count(*) FROM procrastinate_jobs WHERE args->'batch'->>'work' = 'push'") == "0"


def test_a_machine_with_another_prefix_gives_nobody_a_second_account(
    organisation: Organisation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    organisation.hire(1)
    monkeypatch.setenv("PROFILEGEN_IDENTIFIER_PREFIX", "org.other")
    outcome = organisation.apply(*SIGNED, "--patience", "2s")
    assert outcome["pushed"] == 0
    assert organisation.installs() == []


async def _prove() -> None:
    """Remember that the servers of the domain were proved just now."""
    house = open_house(environ=os.environ, home=Path(os.environ["PROFILEGEN_HOME"]))
    store = await open_store(house)
    try:
        settings = await store.settings_version(DOMAIN)
        assert settings is not None
        pair = endpoints_of(settings)
        assert pair is not None
        await house.proving.evidence.record(
            Evidence(pair=pair, level=4, level_asked=4, tested_at=datetime.now(UTC), canary=DOMAIN)
        )
    finally:
        await store.close()
