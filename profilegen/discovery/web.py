"""How the answer or the silence of a web server that may publish settings is to be taken."""

from collections.abc import Awaitable, Iterable
from dataclasses import dataclass

from profilegen.errors import NetworkProblem, WorldProblem
from profilegen.ports import HttpAnswer
from profilegen.settings.candidates import Notice

_NOBODY_THERE = ("no_such_host", "refused")
_NOT_AUTHENTIC = (
    "tls_mismatch",
    "tls_untrusted",
    "tls",
    "bad_url",
    "bad_redirect",
    "too_large",
    "bad_encoding",
    "http_protocol",
    "forbidden_address",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """
    What one place said: an answer, a reason why nothing it says counts, or a problem that hides whether it knows.

    None of the three: nobody is there. The status of an answer is below 500 and not 429.
    """

    answer: HttpAnswer | None = None
    notice: Notice | None = None
    problem: WorldProblem | None = None

    @property
    def page(self) -> HttpAnswer | None:
        """The answer, if it has the status 200."""
        return self.answer if self.answer is not None and self.answer.status == 200 else None


async def hear(request: Awaitable[HttpAnswer]) -> Heard:
    """Return what a request to a place that may or may not be there brings; raises nothing of the network."""
    try:
        answer = await request
    except WorldProblem as problem:
        if problem.code in _NOBODY_THERE:
            return Heard()
        if problem.code in _NOT_AUTHENTIC:
            return Heard(notice=Notice(code=problem.code, text=problem.message))
        return Heard(problem=problem)
    if answer.status >= 500 or answer.status == 429:
        return Heard(problem=_server_error(answer))
    return Heard(answer=answer)


def notices_of(heard: Iterable[Heard]) -> tuple[Notice, ...]:
    """Return why places were not believed, each reason once."""
    return tuple(dict.fromkeys(one.notice for one in heard if one.notice is not None))


def first_problem(heard: Iterable[Heard]) -> WorldProblem | None:
    """Return the first problem that hides whether a place knows anything."""
    return next((one.problem for one in heard if one.problem is not None), None)


def _server_error(answer: HttpAnswer) -> NetworkProblem:
    return NetworkProblem(
        f"{answer.url.partition('?')[0]} answers with HTTP status {answer.status}.",
        hint="The domain's settings server has a fault; try again later.",
        code="http_server_error",
    )
