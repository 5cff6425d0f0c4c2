"""What a read-only look at a server says, in the words all connectors share."""

from profilegen.mdm.calls import Answer
from profilegen.report import Finding, Outcome
from profilegen.secret import Secret

REACH, KEY, DEVICES, WEBHOOK = "mdm.reach", "mdm.key", "mdm.devices", "mdm.webhook"


def reach_finding(answer: Answer) -> Finding:
    """Return that the server answers, and with what."""
    if answer.status == 200:
        return Finding(check=REACH, outcome=Outcome.PASS, detail=f"{answer.place} answers.")
    detail = f"{answer.place} answers {answer.status}: the URL may lead to something else."
    return Finding(check=REACH, outcome=Outcome.WARN, detail=detail, remedy="Check the URL of this MDM.")


def key_finding(answer: Answer) -> Finding:
    """Return whether the key was let in, whatever was asked with it."""
    if answer.status in (401, 403):
        return Finding(
            check=KEY,
            outcome=Outcome.FAIL,
            detail=f"The MDM does not accept the key ({answer.status}).",
            remedy="Check the API key of this MDM and its permissions.",
        )
    if answer.status >= 500 or answer.status in (301, 302, 307, 308, 404):
        detail = f"{answer.place} answers {answer.status}, so the key could not be tried."
        return Finding(check=KEY, outcome=Outcome.WARN, detail=detail, remedy="Check the URL of this MDM.")
    return Finding(check=KEY, outcome=Outcome.PASS, detail="The MDM accepts the key.")


def webhook_finding(key: Secret | None) -> Finding:
    """Return whether webhook calls can be believed."""
    if key is None:
        return Finding(
            check=WEBHOOK,
            outcome=Outcome.WARN,
            detail="There is no webhook key, so answers that come by webhook are refused.",
            remedy="Give the MDM and profilegen the same webhook key.",
        )
    return Finding(check=WEBHOOK, outcome=Outcome.PASS, detail="Webhook calls are checked with a key.")
