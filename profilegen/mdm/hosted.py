"""What the hosted MDMs have in common: a shared key on webhook calls, and probing findings about lists and powers."""

import base64
import binascii
import hmac
from collections.abc import Mapping

from profilegen.errors import ConfigProblem, NotPossible
from profilegen.fleet.capabilities import Answers, Capabilities, Scope, Signed
from profilegen.mdm.calls import Answer, Call
from profilegen.mdm.client import MdmClient
from profilegen.mdm.probing import DEVICES, KEY
from profilegen.report import Finding, Outcome
from profilegen.secret import Secret

PROFILES, CAPABILITY = "mdm.profiles", "mdm.capability"
LARGEST_CALL = 1024 * 1024
"""Bytes of one webhook call of a hosted MDM."""

UNTESTED = "replay server built from public documentation"


def require_shared_key(headers: Mapping[str, str], body: bytes, key: Secret | None, mdm: str) -> None:
    """
    Raise NotPossible `bad_signature` unless a webhook call carries our key, as Bearer token or as Basic password.

    These servers sign nothing, so the key in their webhook setting is all there is. Raises NotPossible `bad_event` for
    a body too large to be one.
    """
    given = _given_key(headers.get("authorization", ""))
    if key is None or not hmac.compare_digest(given, key.reveal().encode()):
        raise NotPossible(
            f"A webhook call for {mdm} does not carry the key, so it need not come from the MDM.",
            hint="Set webhook_key_file, and the same key as password of the webhook in the MDM.",
            code="bad_signature",
        )
    if len(body) > LARGEST_CALL:
        raise bad_event(f"it is larger than {LARGEST_CALL >> 20} MiB")


def _given_key(header: str) -> bytes:
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip().encode()
    try:
        decoded = base64.b64decode(value, validate=True) if scheme.lower() == "basic" else b""
    except (binascii.Error, ValueError):
        return b""
    return decoded.partition(b":")[2]


def bad_event(reason: str) -> NotPossible:
    """Return the error of a webhook call that cannot be used."""
    return NotPossible(
        f"A webhook call cannot be used: {reason}.",
        hint="Check that nothing but the MDM is told this webhook URL.",
        code="bad_event",
    )


def no_webhooks(mdm: str, product: str) -> NotPossible:
    """Return the error of a product that tells us nothing by itself."""
    return NotPossible(
        f"{mdm} is {product}, whose webhooks say nothing about devices and profiles.",
        hint="It is asked in regular intervals instead.",
        code="bad_event",
    )


async def asked(client: MdmClient, call: Call) -> Answer | Finding:
    """Return the answer to a probing question, or that the key was not taken."""
    try:
        return await client.ask(call)
    except ConfigProblem as problem:
        return Finding(check=KEY, outcome=Outcome.FAIL, detail=problem.message, remedy=problem.hint)


def list_finding(check: str, what: str, answer: Answer | Finding, found: int | None) -> Finding:
    """Return whether a list can be read; `found` is how many its first page has, None if it is no list."""
    if isinstance(answer, Finding):
        return Finding(check=check, outcome=Outcome.SKIP, detail=f"{KEY} failed, so {what} could not be asked for.")
    if answer.status == 200 and found is not None:
        some = "there are some" if found else "there is none yet"
        return Finding(check=check, outcome=Outcome.PASS, detail=f"The list of {what} can be read; {some}.")
    return Finding(
        check=check,
        outcome=Outcome.FAIL,
        detail=f"The list of {what} cannot be read: {answer.place} answers {answer.status}.",
        remedy=f"Let the key read {what} in the MDM.",
    )


def devices_finding(answer: Answer | Finding, found: int | None, what: str = "devices") -> Finding:
    """Return whether the devices can be listed."""
    return list_finding(DEVICES, what, answer, found)


def capability_findings(record: Capabilities) -> tuple[Finding, ...]:
    """Return what this kind of MDM can do for us, and what not, line by line."""
    lines = (
        (record.scope is Scope.DEVICE, "A profile can go to one device.", "A profile goes to groups only."),
        (record.signed is Signed.KEPT, "The signature stays.", f"What becomes of the signature: {record.signed}."),
        (not record.rewrites_identity, "Identifiers stay as they are.", "It writes identifiers of its own."),
        (record.proves_version, "It shows which version a device has.", "It does not show which version a device has."),
        (record.answers is not Answers.NONE, f"Answers come by {record.answers}.", "It gives no answers."),
        (record.user_channel, "It reaches users of Macs.", "It does not reach users of Macs."),
    )
    return tuple(
        Finding(check=CAPABILITY, outcome=Outcome.PASS if good else Outcome.WARN, detail=yes if good else no)
        for good, yes, no in lines
    )
