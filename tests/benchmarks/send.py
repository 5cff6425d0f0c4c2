"""
What one person costs when profiles are handed out: `python -m tests.benchmarks.send [PEOPLE]`, 200 without argument.

CPU time of this process per person, in milliseconds and as a ratio to that of one signature (RSA, 2048 bits), the part
nobody can leave out; the least of three rounds, as other work on the machine only ever adds. `mail` is a whole message,
`page` the instructions as HTML, `paper` as PDF, `card` one card of the printed sheet, `ledger` the two records of a
delivery on disk.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from profilegen.address import Address
from profilegen.delivery.bundles import Bundle
from profilegen.delivery.guide_pdf import guide_pdf
from profilegen.delivery.guides import GuideWriter
from profilegen.delivery.handout import Handout
from profilegen.delivery.message import profile_mail
from profilegen.delivery.sheet import CardSheet
from profilegen.mailing.proof_token import new_token
from profilegen.ports.sending import DeliveryState, Sending
from profilegen.signing.identity import SigningIdentity, sign_sha256, signing_key
from profilegen.signing.selfsigned import make_self_signed
from profilegen.storage.sendings import SqliteSendLedger
from profilegen.storage.state import State
from tests.delivery.guide_orders import ORDER
from tests.delivery.people import BRAND, HOSTING, TEMPLATES, parcel

ROUNDS = 3
NOW = datetime(2026, 11, 23, tzinfo=UTC)
HELPDESK = Address.parse("helpdesk@example.com")


def least(work: Callable[[int], object], people: int) -> float:
    """Return the CPU milliseconds per person of the quickest round, after one person to warm up."""
    work(1)
    rounds: list[float] = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work(people)
        rounds.append((time.process_time() - start) * 1000 / people)
    return min(rounds)


def mails(writer: GuideWriter, people: int) -> None:
    """Compose one message per person."""
    for number in range(people):
        goods = parcel(number + 1)
        to = goods.recipient or HELPDESK
        profile_mail(goods, to, words=writer, sender=HELPDESK, message_id=f"id-{number}", now=NOW)


def pages(write: Callable[[int], object], people: int) -> None:
    """Write one page per person."""
    for number in range(people):
        write(number)


def cards(people: int) -> None:
    """Print the sheet of all."""
    bundles = [
        Bundle(
            person=f"p{number}",
            name=f"Person {number}",
            accounts=(f"person{number}@example.com",),
            identifier=f"i{number}",
            revision="deadbeef",
            language="en",
            label=f"person{number}",
            profile=f"person{number}.mobileconfig",
            token=new_token((number << 8).to_bytes(9)),
        )
        for number in range(people)
    ]
    CardSheet(handout=Handout(templates=TEMPLATES), brand=BRAND).pdf(bundles, HOSTING)


def records(people: int) -> None:
    """Remember the beginning and the end of one delivery per person."""
    with tempfile.TemporaryDirectory() as folder:
        state = State(path=Path(folder) / "state.sqlite3")
        with state.kept():
            asyncio.run(_remembered(SqliteSendLedger(state=state), people))


async def _remembered(ledger: SqliteSendLedger, people: int) -> None:
    for number in range(people):
        line = Sending(
            person=f"p{number}",
            name=None,
            accounts=(f"person{number}@example.com",),
            identifier="i",
            revision="deadbeef",
            channel="email",
            recipient=f"person{number}@example.com",
            token=new_token((number << 8).to_bytes(9)),
            state=DeliveryState.TRYING,
            detail="",
            at=NOW,
        )
        await ledger.claim(line, over=frozenset())
        await ledger.record(replace(line, state=DeliveryState.DELIVERED))


def signatures(identity: SigningIdentity, people: int) -> None:
    """Sign once per person."""
    for _ in range(people):
        sign_sha256(signing_key(identity), b"profile" * 1000)


def main() -> None:
    """Measure and print."""
    people = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    writer = GuideWriter(TEMPLATES)
    identity = make_self_signed(common_name="Benchmark", organization=None, now=NOW)
    named = [replace(ORDER, person=f"Person {number}") for number in range(people)]
    works: dict[str, Callable[[int], object]] = {
        "signature": lambda count: signatures(identity, count),
        "mail": lambda count: mails(writer, count),
        "page": lambda count: pages(lambda number: writer.html(named[number]), count),
        "paper": lambda count: pages(lambda number: guide_pdf([named[number]], writer), count),
        "card": cards,
        "ledger": records,
    }
    base = least(works.pop("signature"), people)
    sys.stdout.write(f"{'signature':<12} {base:8.2f} ms  1.0\n")
    for name, work in works.items():
        took = least(work, people)
        sys.stdout.write(f"{name:<12} {took:8.2f} ms {took / base:5.1f}\n")


if __name__ == "__main__":
    main()
