"""Installed is not sending: what makes a seat right again after a restore."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from profilegen.ports.sending import DeviceProof
from profilegen.storage.device_proofs import SqliteProofBook
from profilegen.storage.state import State
from tests.fleetruns.conftest import FRESH, Organisation

SIGNED = ("--allow-self-signed",)
IPHONE = "from an iPhone (iPhone Mail (22B83))"


def _prove(
    organisation: Organisation, person: str, detail: str = IPHONE, *, kind: str = "message", ago: float = 0
) -> None:
    book = SqliteProofBook(state=State(path=organisation.folder / "home" / "state.sqlite3"))
    seen_at = datetime.now(UTC) - timedelta(hours=ago)
    asyncio.run(book.add([DeviceProof(person=person, kind=kind, seen_at=seen_at, detail=detail)]))


def _restored(organisation: Organisation) -> str:
    """Let one of two phones be restored and repaired; its password is not known since."""
    organisation.hire(2)
    organisation.apply(*SIGNED)
    for number in (0, 1):
        _prove(organisation, f"p{number}@example.com")
    assert organisation.states() == {"ok": 2}
    organisation.phones[0].restore()
    organisation.look_again()
    organisation.apply(*SIGNED, *FRESH)
    assert organisation.states() == {"ok": 1, "password_unknown": 1}
    return "p0@example.com"


def _seat(organisation: Organisation, who: str) -> dict[str, Any]:
    return organisation.run("status", "--offline", "--only", who, "--json").document


def test_after_a_restore_only_a_newer_proof_makes_a_seat_right(organisation: Organisation) -> None:
    who = _restored(organisation)
    _prove(organisation, who, ago=1)  # from before the restore
    assert _seat(organisation, who)["state"] == "password_unknown"
    _prove(organisation, who)
    assert _seat(organisation, who)["state"] == "ok"
    assert organisation.apply(*SIGNED)["states"] == {"ok": 2}


def test_a_message_from_another_program_proves_nothing_of_the_phone(organisation: Organisation) -> None:
    who = _restored(organisation)
    _prove(organisation, who, "from another program: SquirrelMail 1.4")
    assert _seat(organisation, who)["state"] == "password_unknown"
    _prove(organisation, who, "from a Mac (Apple Mail (2.3826))")
    assert _seat(organisation, who)["state"] == "password_unknown"


def test_a_line_in_the_log_counts_and_says_what_it_is(organisation: Organisation) -> None:
    who = _restored(organisation)
    _prove(organisation, who, "the server's log: logged in, message accepted", kind="log")
    assert _seat(organisation, who)["state"] == "ok"


def test_the_word_of_the_operator_counts_and_is_recorded(organisation: Organisation) -> None:
    who = _restored(organisation)
    assert organisation.run("confirm", who, " ", "--offline", "--json").document["error"]["code"] == "no_reason"
    nobody = organisation.run("confirm", "nobody@example.com", "said so", "--offline", "--json")
    assert nobody.document["error"]["code"] == "no_seat"
    assert organisation.run("confirm", who, "said so on the phone", "--offline").status == 0
    assert _seat(organisation, who)["state"] == "ok"
