"""An observation from one row of JSON Lines, as the command line's contract writes it."""

from collections.abc import Mapping
from typing import Any

from profilegen.diagnosis.explain import Explanation
from profilegen.diagnosis.observation import Observation, Stage

AUTH = {"none": (False, None), "rejected": (True, False), "accepted": (True, True), "unknown": (None, None)}
"""What `auth` says, as `login` and `accepted` of an observation."""

_TLS = {"on": True, "off": False, True: True, False: False}


def observed(row: Mapping[str, Any]) -> Observation:
    """
    Return the observation of a row; what is missing, null or of another kind is unknown.

    Keys: `stage, code, enhanced, text, credentials_presented, auth, tls, port`; `auth` wins over
    `credentials_presented`.
    """
    login, accepted = AUTH.get(_text(row.get("auth")) or "", (None, None))
    presented = row.get("credentials_presented")
    if login is None and isinstance(presented, bool):
        login = presented
    return Observation(
        stage=_stage(row.get("stage")),
        text=_text(row.get("text")) or "",
        code=_number(row.get("code"), range(200, 600)),
        enhanced=_text(row.get("enhanced")),
        login=login,
        accepted=accepted,
        tls=_TLS.get(row.get("tls")) if isinstance(row.get("tls"), str | bool) else None,
        port=_number(row.get("port"), range(1, 65536)),
    )


def explanation_document(explanation: Explanation) -> dict[str, Any]:
    """Return the JSON object of `explain`."""
    return {
        "unsure": explanation.unsure,
        "causes": [
            {
                "cause": one.cause.value,
                "confidence": one.confidence,
                "why": one.why,
                "remedy": {"user": one.remedy.user, "admin": one.remedy.admin, "server": one.remedy.server},
            }
            for one in explanation.causes
        ],
    }


def _stage(value: Any) -> Stage | None:
    return Stage(value) if isinstance(value, str) and value in Stage.__members__.values() else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: Any, allowed: range) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 6:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value in allowed else None
