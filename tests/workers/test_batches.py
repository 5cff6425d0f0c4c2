"""What a job carries arrives as it was sent, or not at all."""

import json
import string
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.errors import NotPossible
from profilegen.flow.fleet.values import RepairOrder
from profilegen.ports.fleet import SeatQuery
from profilegen.workers.batches import Admitted, Batch, Makings, SignerPrint, Work, batch_of, document_of

texts = st.text(max_size=30)
hexes = st.text(string.hexdigits, min_size=1, max_size=64)
zones = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))])
times = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=zones)  # noqa: DTZ001 - bounds, zones come apart
spans = st.timedeltas(timedelta(0), timedelta(days=400))
levels = st.integers(0, 4)

admitted = st.builds(
    Admitted,
    domain=texts,
    version=st.integers(1, 10_000),
    needed=levels,
    level=levels,
    tested_at=st.none() | times,
    allowed_because=st.none() | texts,
)
makings = st.builds(
    Makings,
    release=texts,
    identifier_prefix=st.none() | texts,
    organization=st.none() | texts,
    signer=st.none() | st.builds(SignerPrint, spki_sha256=hexes, certificate_sha256=hexes),
)


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    keys = tuple(draw(st.lists(texts, max_size=5)))
    order = RepairOrder(
        plan=draw(texts),
        actor=draw(texts),
        proof_since=draw(times),
        query=SeatQuery(keys=keys),
        again=draw(st.booleans()),
        allowed_because=draw(st.none() | texts),
        touches=draw(st.none() | st.integers(0, 10**6)),
        patience=draw(spans),
        tick=draw(spans),
    )
    return Batch(
        work=draw(st.sampled_from(Work)),
        mdm=draw(texts),
        keys=keys,
        order=order,
        domains=tuple(draw(st.lists(admitted, max_size=3))),
        makings=draw(makings),
        per_second=draw(st.none() | st.floats(0.01, 10_000)),
    )


BATCH = Batch(
    work=Work.PUSH,
    mdm="acme",
    keys=("a", "b"),
    order=RepairOrder(plan="p", actor="me", proof_since=datetime(2026, 1, 1, tzinfo=UTC)),
    domains=(Admitted(domain="example.com", version=1, needed=1, level=1),),
    makings=Makings(release="1", identifier_prefix=None, organization=None, signer=None),
)


@given(batches())
def test_a_batch_arrives_as_it_was_sent(batch: Batch) -> None:
    assert batch_of(json.loads(json.dumps(document_of(batch)))) == batch


@given(st.sampled_from(sorted(document_of(BATCH))), st.sampled_from([None, 7, "x", [], {}, [1], {"a": 1}, 10**400]))
def test_a_damaged_job_is_read_or_refused_and_never_breaks_anything(field: str, value: Any) -> None:
    document = json.loads(json.dumps(document_of(BATCH))) | {field: value}
    try:
        batch_of(document)
    except NotPossible as refusal:
        assert refusal.code == "bad_job"


@pytest.mark.parametrize("field", sorted(document_of(BATCH)))
def test_a_job_that_lacks_something_is_refused(field: str) -> None:
    document = document_of(BATCH)
    del document[field]
    with pytest.raises(NotPossible) as caught:
        batch_of(document)
    assert caught.value.code == "bad_job"


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(NotPossible, match="damaged"):
        batch_of(document_of(BATCH) | {"proof_since": "2026-01-01T00:00:00"})


def test_a_job_carries_nothing_but_these() -> None:
    who = {"keys", "mdm", "plan", "actor", "again", "allowed_because", "touches", "domains"}
    how = {"form", "work", "proof_since", "patience_us", "tick_us", "per_second"}
    assert document_of(BATCH).keys() == who | how | {"release", "identifier_prefix", "organization", "signer"}
