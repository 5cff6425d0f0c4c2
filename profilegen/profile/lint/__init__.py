"""The linter: every rule is one small function, listed in the table of its file."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from profilegen.profile.findings import LintFinding
from profilegen.profile.lint import container, identity, mail, mail_login, mail_servers, sibling, signature
from profilegen.profile.lint.rule import PayloadView, Rule, Subject
from profilegen.profile.read import ReadResult
from profilegen.profile.signature import examine_signature
from profilegen.profile.types import Delivery, Platform

_TABLES = (
    container.RULES,
    identity.RULES,
    mail_servers.RULES,
    mail_login.RULES,
    mail.RULES,
    sibling.RULES,
    signature.RULES,
)


def rules() -> tuple[Rule, ...]:
    """Return every rule by id."""
    return tuple(sorted((rule for table in _TABLES for rule in table), key=lambda rule: rule.id))


def lint(
    result: ReadResult,
    *,
    delivery: Delivery,
    platform: Platform,
    now: datetime,
    anchors: tuple[bytes, ...] = (),
) -> tuple[LintFinding, ...]:
    """
    Judge a profile as it was read, by how it will be delivered and for which platform.

    `now` is aware; `anchors` are the trusted roots in DER. Findings come by rule id, those of reading included.
    """
    signed = result.signed_data
    top = result.content or {}
    subject = Subject(
        result=result,
        top=top,
        payloads=_payloads(top),
        signature=None if signed is None else examine_signature(signed, anchors, now),
        delivery=delivery,
        platform=platform,
        now=now,
        anchors=anchors,
    )
    found = [finding for rule in rules() for finding in rule.apply(subject)]
    return tuple(sorted((*result.findings, *found), key=lambda finding: finding.rule))


def _payloads(top: Mapping[str, Any]) -> tuple[PayloadView, ...]:
    contents = top.get("PayloadContent")
    if not isinstance(contents, list):
        return ()
    return tuple(
        PayloadView(type=str(keys.get("PayloadType", "")), keys=keys, path=f"PayloadContent[{index}]")
        for index, keys in enumerate(contents)
        if isinstance(keys, Mapping)
    )
