"""The one HTTP client: verified, pinned to the addresses it judged, bounded, without cookies, proxies or memory."""

import asyncio
import itertools
import ssl
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from profilegen import __version__
from profilegen.address import a_label
from profilegen.errors import AddressProblem, NetworkProblem
from profilegen.net.domains import registrable_domain
from profilegen.net.failures import problem, translated
from profilegen.net.opened import Opened
from profilegen.net.policy import AddressPolicy, Encryption
from profilegen.ports import HttpAnswer, Resolver

if TYPE_CHECKING:
    from httpx2 import URL, Response

MAX_BODY = 64 * 1024
MAX_REDIRECTS = 3
MAX_ADDRESSES = 4
_PORTS = {"https": 443, "http": 80}
_REDIRECTS = (301, 302, 303, 307, 308)
_SEE_OTHER = 303  # the one redirect after which the question itself is not repeated (RFC 9110 section 15.4.4)
_TRY_NEXT_ADDRESS = ("connect_timeout", "refused", "no_route")
_GZIP_WINDOW = 31  # zlib's way to say: gzip framing only


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpLimits:
    """How long one question may take, in seconds: to connect to all addresses of a host, and altogether."""

    connect: float = 3.0
    total: float = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """What is asked, wherever it has been redirected to; `body` None is a GET."""

    url: "URL"
    body: bytes | None = None
    content_type: str | None = None

    @property
    def method(self) -> str:
        return "GET" if self.body is None else "POST"

    @property
    def headers(self) -> dict[str, str]:
        """Everything but the length of the body; `Host` because the request goes to an address."""
        fixed = {
            "Host": self.url.netloc.decode("ascii"),
            "User-Agent": f"profilegen/{__version__}",
            "Accept-Encoding": "gzip",
            "Connection": "close",
        }
        return fixed if self.content_type is None else {**fixed, "Content-Type": self.content_type}


class HttpsClient:
    """
    Implements `ports.Http`.

    It connects only to addresses that `resolver` returned for this very request and `policy` allows, so that a name
    cannot lead somewhere else between judging and connecting. It verifies the certificate against the host name with
    the context that `trust` makes. The context is made once and is this client's own, because the HTTP library writes
    its ALPN names into it, and a mail server refuses a client that announces HTTP.
    """

    def __init__(
        self,
        *,
        resolver: Resolver,
        trust: Callable[[], ssl.SSLContext],
        limits: HttpLimits | None = None,
        policy: AddressPolicy = AddressPolicy.ANY,
        encryption: Encryption = Encryption.REQUIRED,
    ) -> None:
        self._resolver = resolver
        self._make_trust = trust
        self._limits = limits or HttpLimits()
        self._policy = policy
        self._schemes = ("https",) if encryption is Encryption.REQUIRED else ("https", "http")

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        return self._make_trust()

    async def get(self, url: str) -> HttpAnswer:
        """
        Return the answer whatever its status, after at most `MAX_REDIRECTS` redirects.

        Raises NetworkProblem with one of the codes `no_such_host`, `refused`, `no_route`, `connect_timeout`, `timeout`,
        `tls_mismatch`, `tls_untrusted`, `tls`, `http_protocol`, `bad_url`, `bad_redirect`, `too_large`, `bad_encoding`,
        `forbidden_address`; ResolverProblem if no name server answered.
        """
        return await self._ask(_Question(url=_checked(url, self._schemes, code="bad_url")))

    async def post(self, url: str, *, body: bytes, content_type: str) -> HttpAnswer:
        """Return the answer as `get` does; a redirect repeats the POST, except 303, which makes it a GET."""
        start = _checked(url, self._schemes, code="bad_url")
        return await self._ask(_Question(url=start, body=body, content_type=content_type))

    async def _ask(self, question: _Question) -> HttpAnswer:
        try:
            async with asyncio.timeout(self._limits.total):
                return await self._follow(question)
        except TimeoutError as exc:
            reason = f"no complete answer within {self._limits.total:g} seconds"
            raise problem(_name(question.url), reason, "timeout") from exc

    async def _follow(self, question: _Question) -> HttpAnswer:
        start = _name(question.url)
        for _ in range(MAX_REDIRECTS + 1):
            answer = await self._fetch(question)
            url = question.url
            if answer.location is None:
                crossed_to = None if _same_domain(start, _name(url)) else _name(url)
                return HttpAnswer(url=str(url), status=answer.status, body=answer.body, crossed_to=crossed_to)
            schemes = self._schemes if url.scheme == "http" else ("https",)
            url = _redirected(url, answer.location, schemes)
            question = _Question(url=url) if answer.status == _SEE_OTHER else replace(question, url=url)
        raise problem(start, f"more than {MAX_REDIRECTS} redirects", "bad_redirect")

    async def _fetch(self, question: _Question) -> "_Fetched":
        addresses = await self._addresses(_name(question.url))
        patience = self._limits.connect / min(len(addresses), 2)
        for address in addresses[:-1]:
            try:
                return await self._fetch_from(address, question, patience)
            except NetworkProblem as failure:
                if failure.code not in _TRY_NEXT_ADDRESS:
                    raise
        return await self._fetch_from(addresses[-1], question, patience)

    async def _addresses(self, host: str) -> list[str]:
        """The addresses to try in turn, never none."""
        found = await self._resolver.addresses(host)
        if not found:
            raise problem(host, "there is no such host", "no_such_host")
        allowed = [address for address in found if self._policy.allows(address)]
        if not allowed:
            raise problem(host, "its address is not a public one", "forbidden_address")
        return _interleaved(allowed)[:MAX_ADDRESSES]

    async def _fetch_from(self, address: str, question: _Question, patience: float) -> "_Fetched":
        import httpx2

        name, opened = _name(question.url), Opened()
        request = httpx2.Request(
            question.method,
            question.url.copy_with(host=address),
            headers=question.headers,
            content=question.body,
            extensions={"sni_hostname": name, "timeout": {"connect": patience}, "trace": opened.note},
        )
        try:
            async with httpx2.AsyncHTTPTransport(verify=self._trust, trust_env=False) as transport:
                response = await transport.handle_async_request(request)
                try:
                    return await _read(response, name)
                finally:
                    await response.aclose()
        except httpx2.TransportError as exc:
            raise translated(exc, name) from exc
        finally:
            await opened.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fetched:
    """One answer before redirects; `location` is None if it is final."""

    status: int
    body: bytes
    location: str | None


async def _read(response: "Response", host: str) -> _Fetched:
    location = response.headers.get("location") if response.status_code in _REDIRECTS else None
    if location is not None:
        return _Fetched(status=response.status_code, body=b"", location=location)
    raw = bytearray()
    async for chunk in response.aiter_raw():
        raw += chunk
        if len(raw) > MAX_BODY:
            raise _too_large(host)
    body = _decoded(bytes(raw), response.headers.get("content-encoding", ""), host)
    return _Fetched(status=response.status_code, body=body, location=None)


def _decoded(raw: bytes, encoding: str, host: str) -> bytes:
    if encoding.lower() in ("", "identity"):
        return raw
    if encoding.lower() not in ("gzip", "x-gzip"):
        raise problem(host, "the answer has an encoding that was not asked for", "bad_encoding")
    inflater = zlib.decompressobj(_GZIP_WINDOW)
    try:
        body = inflater.decompress(raw, MAX_BODY + 1)
    except zlib.error as exc:
        raise problem(host, "the compressed answer is damaged", "bad_encoding") from exc
    if len(body) > MAX_BODY:
        raise _too_large(host)
    if not inflater.eof:
        raise problem(host, "the compressed answer is damaged", "bad_encoding")
    return body


def _checked(text: str, schemes: Sequence[str], *, code: str) -> "URL":
    import httpx2

    try:
        url = httpx2.URL(text)
        a_label(_name(url))
    except (httpx2.InvalidURL, AddressProblem, UnicodeError) as exc:
        raise problem(text[:80], "this is no URL with a host name", code) from exc
    if url.scheme not in schemes or url.port not in (None, _PORTS[url.scheme]) or url.userinfo:
        raise problem(text[:80], f"only {' and '.join(schemes)} URLs on the usual port are asked", code)
    return url.copy_with(fragment=None)


def _name(url: "URL") -> str:
    """The host in A-label form; `URL.host` would decode it."""
    return url.raw_host.decode("ascii")


def _redirected(url: "URL", location: str, schemes: Sequence[str]) -> "URL":
    import httpx2

    try:
        return _checked(str(url.join(location)), schemes, code="bad_redirect")
    except (httpx2.InvalidURL, ValueError) as exc:
        raise problem(_name(url), "it redirects to something that is no URL", "bad_redirect") from exc


def _same_domain(one: str, other: str) -> bool:
    return one == other or registrable_domain(one) == registrable_domain(other) is not None


def _interleaved(addresses: Sequence[str]) -> list[str]:
    six = [address for address in addresses if ":" in address]
    four = [address for address in addresses if ":" not in address]
    pairs = itertools.zip_longest(six, four)
    return [address for pair in pairs for address in pair if address is not None]


def _too_large(host: str) -> NetworkProblem:
    return problem(host, f"the answer is larger than {MAX_BODY // 1024} KiB", "too_large")
