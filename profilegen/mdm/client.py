"""
The HTTP manners all connectors share: one key for one server, a pace, polite retries, one error per kind of refusal.

A connector makes its `Call`s, asks a `MdmClient`, and reads the `Answer`:

    client = MdmClient(base="https://mdm.example.com/api", credentials=FixedKey(basic("nanomdm", key)), ...)
    answer = await client.ask(Call(method=Method.GET, path="/v1/devices", query={"page": "0"}))
    devices = answer.require(200).json()
"""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from profilegen.errors import ConfigProblem, NetworkProblem
from profilegen.mdm.calls import Answer, Call, Method, json_body
from profilegen.mdm.exchange import NOT_SENT, ClientLimits, Exchange, Incoming, Outgoing
from profilegen.mdm.keys import Credentials, FixedKey, basic, bearer
from profilegen.mdm.told_to_wait import told_to_wait
from profilegen.net.pace import Pace, Timing
from profilegen.net.policy import Encryption
from profilegen.ports import Resolver

if TYPE_CHECKING:
    from httpx2 import URL

__all__ = [
    "Answer",
    "Call",
    "ClientLimits",
    "Credentials",
    "FixedKey",
    "MdmClient",
    "Method",
    "Patience",
    "basic",
    "bearer",
    "json_body",
]

TOO_MANY = 429
_BUSY = (502, 503, 504)
_PASSING = ("timeout", "http_protocol")
"""Codes of failures after which the question may or may not have been heard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """
    How often and how long a busy server is asked again.

    `attempts` in all; the pause begins at `first` seconds and doubles up to `longest`; a server that asks for more than
    `longest_told` seconds is not waited for.
    """

    attempts: int = 5
    first: float = 0.5
    longest: float = 30.0
    longest_told: float = 120.0


class MdmClient:
    """
    Asks one server.

    Every answer with a status other than 429, 502, 503 and 504 comes back as it is; those are asked again as `Call` and
    `Patience` allow. A 401 is repeated once if the credentials have a new key and repeating does no harm. `rate` is
    questions per second, `burst` how many at once. Raises NetworkProblem (`overloaded` or a code of
    `profilegen.net.failures`), ResolverProblem, ConfigProblem `bad_mdm_url`, `plain_http`. Never puts a key into a URL,
    an error or a log.
    """

    def __init__(
        self,
        *,
        base: str,
        credentials: Credentials,
        resolver: Resolver,
        trust: Callable[[], ssl.SSLContext],
        rate: float | None = None,
        burst: int = 1,
        limits: ClientLimits | None = None,
        patience: Patience | None = None,
        timing: Timing | None = None,
        encryption: Encryption = Encryption.REQUIRED,
    ) -> None:
        self._base = _checked_base(base)
        self._credentials = credentials
        self._patience = patience or Patience()
        self._timing = timing or Timing()
        self._pace = Pace(rate=rate, burst=burst, timing=self._timing)
        self._exchange = Exchange(
            resolver=resolver, trust=trust, limits=limits or ClientLimits(), encryption=encryption
        )

    @property
    def host(self) -> str:
        """The name of the server, for people."""
        return self._base.raw_host.decode("ascii")

    async def ask(self, call: Call) -> Answer:
        """Return the server's answer."""
        answer = await self._patiently(call)
        if answer.status == 401 and self._is_ours(self._url(call)):
            has_new_key = await self._credentials.refused()
            if has_new_key and call.is_repeatable:
                answer = await self._patiently(call)
        return answer

    async def close(self) -> None:
        """Close the connections."""
        await self._exchange.close()

    async def _patiently(self, call: Call) -> Answer:
        for attempt in range(1, self._patience.attempts + 1):
            last = attempt == self._patience.attempts
            try:
                incoming = await self._once(call)
            except NetworkProblem as failure:
                if last or not (failure.code in NOT_SENT or (call.is_repeatable and failure.code in _PASSING)):
                    raise
                await self._timing.sleep(self._pause(attempt))
                continue
            if not _is_worth_repeating(incoming.status, call):
                return Answer(
                    status=incoming.status, headers=incoming.headers, body=incoming.body, place=self._place(call)
                )
            if last:
                raise self._overloaded(incoming.status)
            self._pace.hold(self._told(incoming, attempt))
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _once(self, call: Call) -> Incoming:
        await self._pace.turn()
        url = self._url(call)
        headers = dict(call.headers)
        if call.content_type is not None:
            headers["Content-Type"] = call.content_type
        if self._is_ours(url):
            key = (await self._credentials.authorization()).reveal()
            headers |= {"Authorization": key} if key else {}
        return await self._exchange.send(Outgoing(method=call.method.value, url=url, headers=headers, body=call.body))

    def _told(self, incoming: Incoming, attempt: int) -> float:
        told = told_to_wait(incoming.headers, self._timing.now())
        if told is None:
            return self._pause(attempt)
        if told > self._patience.longest_told:
            raise self._overloaded(incoming.status, told)
        return told

    def _pause(self, attempt: int) -> float:
        longest = min(self._patience.longest, self._patience.first * 2.0 ** (attempt - 1))
        return longest * (0.5 + 0.5 * self._timing.chance())

    def _overloaded(self, status: int, told: float | None = None) -> NetworkProblem:
        wait = "" if told is None else f" and asks to be left alone for {told:.0f} seconds"
        return NetworkProblem(
            f"{self.host} is overloaded or out of order: it answered {status}{wait}.",
            hint="Try again later, or set a lower rate for this MDM.",
            code="overloaded",
        )

    def _url(self, call: Call) -> "URL":
        import httpx2

        if call.path.startswith(("https://", "http://")):
            url = httpx2.URL(call.path)
        else:
            path = self._base.raw_path.decode("ascii").rstrip("/") + call.path
            url = self._base.copy_with(raw_path=path.encode("ascii"))
        return url.copy_merge_params(dict(call.query)) if call.query else url

    def _is_ours(self, url: "URL") -> bool:
        return (url.scheme, url.raw_host, url.port) == (self._base.scheme, self._base.raw_host, self._base.port)

    def _place(self, call: Call) -> str:
        path = call.path.partition("?")[0] if call.path.startswith("/") else "a page it named"
        return f"{call.method.value} {path[:200]} at {self.host}"


def _is_worth_repeating(status: int, call: Call) -> bool:
    return status == TOO_MANY or (status in _BUSY and call.is_repeatable)


def _checked_base(base: str) -> "URL":
    import httpx2

    try:
        url = httpx2.URL(base)
    except (httpx2.InvalidURL, UnicodeError) as exc:
        raise _bad_base() from exc
    if url.scheme not in ("https", "http") or not url.raw_host or url.userinfo or url.query or url.fragment:
        raise _bad_base()
    return url


def _bad_base() -> ConfigProblem:
    # the text itself is not shown: people paste keys into URLs
    return ConfigProblem(
        "The URL of the MDM is not usable: write http(s)://host[:port][/path], without user name, query or fragment.",
        hint="Write url like https://mdm.example.com, and the key in its own setting.",
        code="bad_mdm_url",
    )
