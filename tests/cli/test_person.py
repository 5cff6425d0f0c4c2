"""`profilegen person`: what every memory holds about one person, also where there is no fleet."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from profilegen.ports import Allowance
from profilegen.ports.sending import DeliveryState, DeviceProof, Sending
from profilegen.storage.evidence import SqliteEvidenceLog
from profilegen.storage.sendings import SqliteSendLedger
from profilegen.storage.state import State
from tests.cli.conftest import Cli
from tests.fleetruns.conftest import Organisation, organisation

__all__ = ["organisation"]  # the fixture

NOW = datetime.now(UTC)


def _sending(person: str, *accounts: str, revision: str = "1a2b3c4d", at: datetime = NOW) -> Sending:
    return Sending(
        person=person,
        name=None,
        accounts=accounts,
        identifier="com.example.mail",
        revision=revision,
        channel="email",
        recipient=accounts[0],
        token="PG-0000-0000-0000-0000",
        state=DeliveryState.DELIVERED,
        detail="250 2.0.0 Ok",
        at=at,
    )


def test_about_a_stranger_nothing_is_remembered_and_no_fleet_is_made(cli: Cli, tmp_path: Path) -> None:
    answer = cli("person", "nobody@example.com", "--offline", "--json")
    assert answer.status == 1
    document = answer.document
    assert document["known"] is False
    assert document["seats"] == document["issued"] == document["history"] == []
    assert document["servers"]["verified_level"] is None
    assert document["servers"]["error"]["code"] == "no_settings"
    assert "signs in" not in cli("person", "nobody@example.com", "--offline").out
    assert not (tmp_path / "home" / "fleet.sqlite3").exists()


def test_a_person_in_no_fleet_shows_profiles_deliveries_proofs_and_whose_word_it_was(
    cli: Cli, tmp_path: Path, settings: Path
) -> None:
    built = cli("build", "you@example.com", "--settings", settings, "-o", "out/", "--json")
    assert built.status == 0, built.err
    state = State(path=tmp_path / "home" / "state.sqlite3")
    ledger = SqliteSendLedger(state=state)

    async def remember() -> None:
        await ledger.record(_sending("staff-7", "you@example.com", "second@example.com"))
        await ledger.record(_sending("else", "other@example.com"))
        for person in ("staff-7", "else"):
            await ledger.prove(
                DeviceProof(person=person, kind="message", seen_at=NOW - timedelta(hours=1), detail=f"from {person}")
            )
        await SqliteEvidenceLog(state=state).allow(
            Allowance(account="you@example.com", reason="the server moves tonight", level=1, allowed_at=NOW)
        )

    asyncio.run(remember())
    answer = cli("person", "You@Example.com", "--offline", "--json")
    assert answer.status == 0
    document = answer.document
    assert [issued["revision"] for issued in document["issued"]] == [built.document["revision"]]
    assert [(line["person"], line["state"]) for line in document["deliveries"]] == [("staff-7", "delivered")]
    assert [proof["detail"] for proof in document["proofs"]] == ["from staff-7"]
    assert [(one["reason"], one["level"]) for one in document["allowances"]] == [("the server moves tonight", 1)]
    shown = cli("person", "you@example.com", "--offline").out
    assert "the server moves tonight" in shown
    assert "from staff-7" in shown
    assert "else" not in shown


def test_somebody_of_the_fleet_shows_devices_how_they_stand_and_what_was_done(organisation: Organisation) -> None:
    organisation.hire(2)
    plan = organisation.apply("--allow-self-signed")["plan"]
    document = organisation.cli("person", "p0@example.com", "--offline", "--json").document
    assert [(seat["udid"], seat["state"]) for seat in document["seats"]] == [
        (organisation.phones[0].udid, "password_unknown")
    ]
    assert document["servers"]["followed"] is True
    assert document["servers"]["settings"]["address"] == "p0@example.com"
    assert document["servers"]["settings"]["outgoing"]["host"] == "smtp.example.com"
    kinds = [line["kind"] for line in document["history"]]
    assert kinds.index("push") < kinds.index("fixed")
    assert {line["plan"] for line in document["history"] if line["kind"] == "push"} == {plan}
    assert [issued["allowed_because"] for issued in document["issued"]] == ["a test"]
    assert organisation.phones[1].udid not in organisation.cli("person", "p0@example.com", "--offline").out


def test_without_the_keys_of_the_servers_a_person_is_shown_all_the_same(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    organisation.hire(1)
    monkeypatch.delenv("NANO_KEY")
    assert organisation.cli("person", "p0@example.com", "--offline", "--json").document["seats"][0]["mdm"] == "acme"
