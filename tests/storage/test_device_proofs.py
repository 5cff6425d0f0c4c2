"""The proofs of everybody at once are those the ledger has of each."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from profilegen.storage.device_proofs import SqliteProofBook
from profilegen.storage.sendings import SqliteSendLedger
from profilegen.storage.state import State
from tests.storage.test_send_ledger_contract import PROOF


def test_the_book_and_the_ledger_read_the_same_table(tmp_path: Path) -> None:
    state = State(path=tmp_path / "state.sqlite3")
    book, ledger = SqliteProofBook(state=state), SqliteSendLedger(state=state)
    older, bens = replace(PROOF, seen_at=PROOF.seen_at - timedelta(days=1)), replace(PROOF, person="ben")
    asyncio.run(ledger.prove(PROOF))

    asyncio.run(book.add([older, PROOF, bens, bens]))
    asyncio.run(book.add([]))

    assert asyncio.run(book.everybodys()) == {"anna": (PROOF, older), "ben": (bens,)}
    assert asyncio.run(ledger.proofs("anna")) == (PROOF, older)
    assert asyncio.run(ledger.proofs("ben")) == (bens,)
