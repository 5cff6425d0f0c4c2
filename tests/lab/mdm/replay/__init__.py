"""
Replay servers of hosted MDMs.

Each is built from public documentation, never run against a tenant: it answers as the documents say, keeps just enough
state for that, remembers everything it was asked, and breaks where a test tells it to.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.lab.mdm.httpd import Request, Response, http_service


@dataclass(slots=True)  # used up by the requests it breaks
class Fault:
    """What the next `times` requests of a method and a beginning of a path are answered with, done or not."""

    method: str
    path: str
    response: Response
    times: int = 1
    after: int = 0
    acts: bool = False


@dataclass(slots=True)  # remembers
class Replay:
    """A server that answers by `answer`, which a subclass writes."""

    asked: list[Request] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def __call__(self, request: Request) -> Response:
        self.asked.append(request)
        for fault in self.faults:
            if request.method == fault.method and request.path.startswith(fault.path) and fault.times:
                if fault.after:
                    fault.after -= 1
                    continue
                fault.times -= 1
                if fault.acts:
                    self.answer(request)
                return fault.response
        return self.answer(request)

    def answer(self, request: Request) -> Response:
        """Answer as the documentation says."""
        raise NotImplementedError

    def breaks(self, method: str, path: str, status: int, **how: Any) -> None:
        """
        Let requests fail.

        How: `headers`, `body`, `times`, `after` (how many go well first), `acts` (what was asked is done all the same).
        """
        response = Response(status=status, body=how.pop("body", b"{}"), headers=how.pop("headers", {}))
        self.faults.append(Fault(method=method, path=path, response=response, **how))

    def calls(self, *methods: str) -> list[str]:
        """Return what was asked, as "PUT /path", by default everything that changes something."""
        wanted = methods or ("POST", "PUT", "PATCH", "DELETE")
        return [f"{one.method} {one.path}" for one in self.asked if one.method in wanted]


def as_json(value: object, status: int = 200, **headers: str) -> Response:
    """Return an answer in JSON."""
    return Response(status=status, body=json.dumps(value).encode(), headers=headers)


@contextmanager
def serving(handler: Callable[[Request], Response]) -> Iterator[str]:
    """Serve until the block ends; yields the base URL."""
    with http_service(handler) as base:
        yield base
