"""What is asked of a server and what it said, as values; and what its refusals mean."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from profilegen.errors import ConfigProblem, NetworkProblem, NotPossible, ProfilegenError

_KEY_REFUSED = (401, 403)


class Method(StrEnum):
    """What is done to a resource (RFC 9110 section 9)."""

    GET = "GET"
    POST = "POST"
    PUT = "PUT"
    PATCH = "PATCH"
    DELETE = "DELETE"


_IDEMPOTENT = (Method.GET, Method.PUT, Method.DELETE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """
    One question.

    `path` goes behind the base URL, with its percent-encoding done; a full URL is taken as it is, and gets the key only
    if it is of the same origin. `repeatable` says whether asking twice does no harm; by default the method decides
    (GET, PUT, DELETE). What is not repeatable is asked again only if the server cannot have acted on it: it was not
    reached, or it said 429.
    """

    method: Method
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = field(default=None, repr=False)
    content_type: str | None = None
    repeatable: bool | None = None

    @property
    def is_repeatable(self) -> bool:
        """True if asking twice does no harm."""
        return self.method in _IDEMPOTENT if self.repeatable is None else self.repeatable


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the server said: header names lower-case; `place` is the method and path, for people."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    place: str

    def require(self, *statuses: int) -> "Answer":
        """
        Return the answer if its status is one of these.

        Raises ConfigProblem `key_refused` for 401 and 403 and `moved` for a redirect, NetworkProblem `server_error` for
        5xx, NotPossible `http_status` for the rest.
        """
        if self.status in statuses:
            return self
        raise _refusal(self)

    def json(self) -> Any:
        """Return the body as JSON; raises NetworkProblem `bad_answer` if it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as exc:
            raise NetworkProblem(
                f"{self.place} was answered with something that is not JSON.",
                hint="Check that the URL of the MDM leads to its interface.",
                code="bad_answer",
            ) from exc


def json_body(value: object) -> bytes:
    """Return a value as compact JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _refusal(answer: Answer) -> ProfilegenError:
    said = f"{answer.place} was answered with {answer.status}"
    if answer.status in _KEY_REFUSED:
        return ConfigProblem(
            f"{said}: the MDM does not accept the key, or the key may not do this.",
            hint="Check the API key of this MDM and its permissions.",
            code="key_refused",
        )
    if 300 <= answer.status < 400:
        return ConfigProblem(
            f"{said}, a redirect, which is not followed with a key.",
            hint="Write the final address of the MDM as its URL.",
            code="moved",
        )
    if answer.status >= 500:
        return NetworkProblem(
            f"{said}: the server failed.", hint="Look into the log of the MDM, then try again.", code="server_error"
        )
    return NotPossible(
        f"{said}: it refuses this request.", hint="Run mdm probe to see what works with this MDM.", code="http_status"
    )
