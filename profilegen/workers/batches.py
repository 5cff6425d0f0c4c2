"""What a job carries: which seats, by whose word, and what profiles must be made of. Values only, nothing secret."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from profilegen.errors import NotPossible
from profilegen.flow.fleet.values import RepairOrder
from profilegen.ports.fleet import SeatQuery

FORM = 1
"""Counted up whenever a job is written differently."""
_MICROSECOND = timedelta(microseconds=1)


class Work(StrEnum):
    """What is to be done about a batch: find out what is there, or push and wait for the answers."""

    LOOK = "look"
    PUSH = "push"


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """
    One mail domain as the planning machine admitted it: the version of its settings, and how well they are proved.

    `needed` and `level` as in `flow.gate.Admission`; `tested_at` is when its servers were proved, None if they were
    not; `allowed_because` the words of whoever takes responsibility, only where they were needed.
    """

    domain: str
    version: int
    needed: int
    level: int
    tested_at: datetime | None = None
    allowed_because: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerPrint:
    """Who signs: SHA-256 (hex) of the public key, which devices insist on, and of the certificate in use."""

    spki_sha256: str
    certificate_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Makings:
    """
    What profiles are made of beside the settings; every machine must have the same, or they undo each other's work.

    `signer` None: profiles go out unsigned.
    """

    release: str
    identifier_prefix: str | None
    organization: str | None
    signer: SignerPrint | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """
    One job: seats by key, all in one server and one part of its devices.

    Of `order` only what concerns a batch travels; `per_second` is the pace of the server for all workers together.
    """

    work: Work
    mdm: str
    keys: tuple[str, ...]
    order: RepairOrder
    domains: tuple[Admitted, ...]
    makings: Makings
    per_second: float | None = None


def document_of(batch: Batch) -> dict[str, Any]:
    """Return a batch as JSON."""
    order, makings = batch.order, batch.makings
    signer = makings.signer
    return {
        "form": FORM,
        "work": str(batch.work),
        "mdm": batch.mdm,
        "keys": list(batch.keys),
        "plan": order.plan,
        "actor": order.actor,
        "proof_since": order.proof_since.isoformat(),
        "again": order.again,
        "allowed_because": order.allowed_because,
        "touches": order.touches,
        "patience_us": order.patience // _MICROSECOND,
        "tick_us": order.tick // _MICROSECOND,
        "per_second": batch.per_second,
        "domains": [_admitted_document(domain) for domain in batch.domains],
        "release": makings.release,
        "identifier_prefix": makings.identifier_prefix,
        "organization": makings.organization,
        "signer": None if signer is None else [signer.spki_sha256, signer.certificate_sha256],
    }


def batch_of(document: Mapping[str, Any]) -> Batch:
    """Return the batch a job carries; raises NotPossible `bad_job` for what no release like this one wrote."""
    if document.get("form") != FORM:
        raise _bad_job("it was written by another release")
    try:
        return _batch_of(document)
    except (KeyError, TypeError, ValueError, OverflowError) as exc:
        raise _bad_job("it is damaged") from exc


def _batch_of(document: Mapping[str, Any]) -> Batch:
    keys = tuple(_text(key) for key in document["keys"])
    order = RepairOrder(
        plan=_text(document["plan"]),
        actor=_text(document["actor"]),
        proof_since=_time(document["proof_since"]),
        query=SeatQuery(keys=keys),
        again=document["again"] is True,
        allowed_because=_text_or_none(document["allowed_because"]),
        touches=None if document["touches"] is None else int(document["touches"]),
        patience=int(document["patience_us"]) * _MICROSECOND,
        tick=int(document["tick_us"]) * _MICROSECOND,
    )
    signer = document["signer"]
    return Batch(
        work=Work(document["work"]),
        mdm=_text(document["mdm"]),
        keys=keys,
        order=order,
        domains=tuple(_admitted_of(domain) for domain in document["domains"]),
        makings=Makings(
            release=_text(document["release"]),
            identifier_prefix=_text_or_none(document["identifier_prefix"]),
            organization=_text_or_none(document["organization"]),
            signer=None if signer is None else _print_of(signer),
        ),
        per_second=None if document["per_second"] is None else float(document["per_second"]),
    )


def _admitted_document(admitted: Admitted) -> dict[str, Any]:
    return {
        "domain": admitted.domain,
        "version": admitted.version,
        "needed": admitted.needed,
        "level": admitted.level,
        "tested_at": None if admitted.tested_at is None else admitted.tested_at.isoformat(),
        "allowed_because": admitted.allowed_because,
    }


def _admitted_of(document: Mapping[str, Any]) -> Admitted:
    tested_at = document["tested_at"]
    return Admitted(
        domain=_text(document["domain"]),
        version=int(document["version"]),
        needed=int(document["needed"]),
        level=int(document["level"]),
        tested_at=None if tested_at is None else _time(tested_at),
        allowed_because=_text_or_none(document["allowed_because"]),
    )


def _print_of(pair: Any) -> SignerPrint:
    spki, certificate = pair
    return SignerPrint(spki_sha256=_text(spki), certificate_sha256=_text(certificate))


def _time(value: Any) -> datetime:
    time = datetime.fromisoformat(value)
    if time.tzinfo is None:
        raise ValueError(value)
    return time


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _text_or_none(value: Any) -> str | None:
    return None if value is None else _text(value)


def _bad_job(reason: str) -> NotPossible:
    return NotPossible(
        f"A job in the queue cannot be read: {reason}.",
        hint="Run the same release of profilegen everywhere, then run fleet apply again.",
        code="bad_job",
    )
