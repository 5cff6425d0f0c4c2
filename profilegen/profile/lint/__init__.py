"""The linter: every rule is one small function, listed in the table of its file."""

from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from profilegen.profile.findings import LintFinding, Severity
from profilegen.profile.lint import (
    certificates,
    container,
    encryption,
    fleet,
    identity,
    lifetime,
    mail,
    mail_login,
    mail_passwords,
    mail_servers,
    sibling,
    signature,
    smime,
)
from profilegen.profile.lint.fleet import FleetRule
from profilegen.profile.lint.rule import PayloadView, Rule, Subject
from profilegen.profile.read import ReadResult
from profilegen.profile.signature import examine_signature
from profilegen.profile.types import Delivery, Platform

MOST_FINDINGS = 1000
"""Findings of one file; who has more has one mistake a thousand times."""

_MOST_PAYLOADS = 500
_TABLES = (
    container.RULES,
    identity.RULES,
    lifetime.RULES,
    mail_servers.RULES,
    mail_login.RULES,
    mail_passwords.RULES,
    mail.RULES,
    smime.RULES,
    sibling.RULES,
    certificates.RULES,
    signature.RULES,
    encryption.RULES,
)


def rules() -> tuple[Rule | FleetRule, ...]:
    """Return every rule by id, those over several profiles included."""
    every: tuple[Rule | FleetRule, ...] = (*single_rules(), *fleet.RULES)
    return tuple(sorted(every, key=lambda rule: rule.id))


def single_rules() -> tuple[Rule, ...]:
    """Return every rule over one profile by id."""
    return tuple(sorted((rule for table in _TABLES for rule in table), key=lambda rule: rule.id))


def lint(
    result: ReadResult,
    *,
    delivery: Delivery,
    platform: Platform,
    now: datetime,
    anchors: tuple[bytes, ...] = (),
    issued_signers: frozenset[str] = frozenset(),
    decrypted: bytes | None = None,
) -> tuple[LintFinding, ...]:
    """
    Judge a profile as it was read, by how it will be delivered and for which platform.

    `now` is aware; `anchors` are the trusted roots in DER; `issued_signers` and `decrypted` are those of `Subject`.
    Findings come by rule id, those of reading included, at most a thousand.
    """
    signed = result.signed_data
    top = result.content or {}
    payloads = _payloads(top)
    subject = Subject(
        result=result,
        top=top,
        payloads=payloads[:_MOST_PAYLOADS],
        signature=None if signed is None else examine_signature(signed, anchors, now),
        delivery=delivery,
        platform=platform,
        now=now,
        anchors=anchors,
        issued_signers=issued_signers,
        decrypted=decrypted,
        unjudged=max(len(payloads) - _MOST_PAYLOADS, 0),
    )
    found = [finding for rule in single_rules() for finding in islice(rule.apply(subject), MOST_FINDINGS)]
    every = sorted((*result.findings, *found), key=lambda finding: finding.rule)
    if len(every) > MOST_FINDINGS:
        every = sorted(every, key=lambda finding: finding.severity is not Severity.ERROR)[:MOST_FINDINGS]
    return tuple(sorted(every, key=lambda finding: finding.rule))


def _payloads(top: Mapping[str, Any]) -> tuple[PayloadView, ...]:
    contents = top.get("PayloadContent")
    if not isinstance(contents, list):
        return ()
    return tuple(
        PayloadView(type=str(keys.get("PayloadType", "")), keys=keys, path=f"PayloadContent[{index}]")
        for index, keys in enumerate(contents)
        if isinstance(keys, Mapping)
    )
