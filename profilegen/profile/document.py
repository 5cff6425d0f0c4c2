"""The answer of `check` as plain values, in the words of the command line's contract."""

from datetime import datetime
from typing import Any

from profilegen.profile.findings import LintFinding
from profilegen.profile.read import ReadResult
from profilegen.profile.signature import Signature, examine_signature


def check_document(
    result: ReadResult,
    findings: tuple[LintFinding, ...],
    file_name: str,
    *,
    now: datetime,
    anchors: tuple[bytes, ...] = (),
) -> dict[str, Any]:
    """
    Return the JSON object of `check` for one file.

    Of the profile only identifiers and types stand in it. `now` (aware) and `anchors` (roots in DER) are those given to
    `lint`; they decide `trusted`.
    """
    signed = result.signed_data
    signature = None if signed is None else examine_signature(signed, anchors, now)
    top = result.content or {}
    payloads = top.get("PayloadContent")
    return {
        "file": file_name,
        "format": str(result.format),
        "signed": result.signed,
        "encrypted": result.encrypted,
        "signer": None if signature is None else _signer(signature),
        "identifier": _text(top.get("PayloadIdentifier")),
        "uuid": _text(top.get("PayloadUUID")),
        "payload_types": _types(payloads) if isinstance(payloads, list) else [],
        "findings": [finding_document(finding) for finding in findings],
    }


def _signer(signature: Signature) -> dict[str, Any]:
    return {
        "subject": signature.signer.subject,
        "issuer": signature.signer.issuer,
        "not_after": signature.signer.not_after.isoformat().replace("+00:00", "Z"),
        "spki_sha256": signature.signer.spki_sha256,
        "chain": signature.signer.chain,
        "chain_complete": signature.chain.complete,
        "trusted": signature.chain.trusted,
    }


def finding_document(finding: LintFinding) -> dict[str, str]:
    """Return one finding as plain values."""
    return {
        "rule": finding.rule,
        "severity": str(finding.severity),
        "path": finding.path,
        "message": finding.message,
        "hint": finding.hint,
    }


def _types(payloads: list[Any]) -> list[str]:
    return [_text(payload.get("PayloadType")) or "" for payload in payloads if isinstance(payload, dict)]


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
