"""The one HTTP client: https on port 443, verified, bounded, without cookies, proxies or memory."""

import asyncio
import itertools
import ssl
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from profilegen import __version__
from profilegen.address import a_label
from profilegen.errors import AddressProblem, NetworkProblem
from profilegen.net.domains import registrable_domain
from profilegen.ports import HttpAnswer, Resolver

if TYPE_CHECKING:
    from httpx2 import URL, Response

MAX_BODY = 64 * 1024
MAX_REDIRECTS = 3
MAX_ADDRESSES = 4
_REDIRECTS = (301, 302, 303, 307, 308)
_TRY_NEXT_ADDRESS = ("connect_timeout", "refused", "no_route")
_GZIP_WINDOW = 31  # zlib's way to say: gzip framing only


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpLimits:
    """How long one `get` may take, in seconds: to connect to all addresses of a host, and altogether."""

    connect: float = 3.0
    total: float = 6.0


class HttpsClient:
    """
    Implements `ports.Http`.

    It connects only to addresses that `resolver` returned, and verifies the certificate against the host name with the
    context that `trust` makes. The context is made once and is this client's own, because the HTTP library writes its
    ALPN names into it, and a mail server refuses a client that announces HTTP.
    """

    def __init__(
        self, *, resolver: Resolver, trust: Callable[[], ssl.SSLContext], limits: HttpLimits | None = None
    ) -> None:
        self._resolver = resolver
        self._make_trust = trust
        self._limits = limits or HttpLimits()

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        return self._make_trust()

    async def get(self, url: str) -> HttpAnswer:
        """
        Return the answer whatever its status, after at most `MAX_REDIRECTS` redirects.

        Raises NetworkProblem with one of the codes `no_such_host`, `refused`, `no_route`, `connect_timeout`, `timeout`,
        `tls_mismatch`, `tls_untrusted`, `tls`, `http_protocol`, `bad_url`, `bad_redirect`, `too_large`, `bad_encoding`;
        ResolverProblem if no name server answered.
        """
        start = _checked(url, code="bad_url")
        try:
            async with asyncio.timeout(self._limits.total):
                return await self._follow(start)
        except TimeoutError as exc:
            raise _problem(
                _name(start), f"no complete answer within {self._limits.total:g} seconds", "timeout"
            ) from exc

    async def _follow(self, start: "URL") -> HttpAnswer:
        url = start
        for _ in range(MAX_REDIRECTS + 1):
            answer = await self._fetch(url)
            if answer.location is None:
                crossed_to = None if _same_domain(_name(start), _name(url)) else _name(url)
                return HttpAnswer(url=str(url), status=answer.status, body=answer.body, crossed_to=crossed_to)
            url = _redirected(url, answer.location)
        raise _problem(_name(start), f"more than {MAX_REDIRECTS} redirects", "bad_redirect")

    async def _fetch(self, url: "URL") -> "_Fetched":
        addresses = _interleaved(await self._resolver.addresses(_name(url)))[:MAX_ADDRESSES]
        if not addresses:
            raise _problem(_name(url), "there is no such host", "no_such_host")
        patience = self._limits.connect / min(len(addresses), 2)
        for address in addresses[:-1]:
            try:
                return await self._fetch_from(address, url, patience)
            except NetworkProblem as problem:
                if problem.code not in _TRY_NEXT_ADDRESS:
                    raise
        return await self._fetch_from(addresses[-1], url, patience)

    async def _fetch_from(self, address: str, url: "URL", patience: float) -> "_Fetched":
        import httpx2

        request = httpx2.Request(
            "GET",
            url.copy_with(host=address),
            headers={
                "Host": url.netloc.decode("ascii"),
                "User-Agent": f"profilegen/{__version__}",
                "Accept-Encoding": "gzip",
                "Connection": "close",
            },
            extensions={"sni_hostname": _name(url), "timeout": {"connect": patience}},
        )
        try:
            async with httpx2.AsyncHTTPTransport(verify=self._trust, trust_env=False) as transport:
                response = await transport.handle_async_request(request)
                try:
                    return await _read(response, _name(url))
                finally:
                    await response.aclose()
        except httpx2.TransportError as exc:
            raise _translated(exc, _name(url)) from exc


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
        raise _problem(host, "the answer has an encoding that was not asked for", "bad_encoding")
    inflater = zlib.decompressobj(_GZIP_WINDOW)
    try:
        body = inflater.decompress(raw, MAX_BODY + 1)
    except zlib.error as exc:
        raise _problem(host, "the compressed answer is damaged", "bad_encoding") from exc
    if len(body) > MAX_BODY:
        raise _too_large(host)
    if not inflater.eof:
        raise _problem(host, "the compressed answer is damaged", "bad_encoding")
    return body


def _checked(text: str, *, code: str) -> "URL":
    import httpx2

    try:
        url = httpx2.URL(text)
        a_label(_name(url))
    except (httpx2.InvalidURL, AddressProblem, UnicodeError) as exc:
        raise _problem(text[:80], "this is no URL with a host name", code) from exc
    if url.scheme != "https" or url.port not in (None, 443) or url.userinfo:
        raise _problem(text[:80], "only plain https addresses on port 443 are asked", code)
    return url.copy_with(fragment=None)


def _name(url: "URL") -> str:
    """The host in A-label form; `URL.host` would decode it."""
    return url.raw_host.decode("ascii")


def _redirected(url: "URL", location: str) -> "URL":
    import httpx2

    try:
        return _checked(str(url.join(location)), code="bad_redirect")
    except (httpx2.InvalidURL, ValueError) as exc:
        raise _problem(_name(url), "it redirects to something that is no URL", "bad_redirect") from exc


def _same_domain(one: str, other: str) -> bool:
    return one == other or registrable_domain(one) == registrable_domain(other) is not None


def _interleaved(addresses: Sequence[str]) -> list[str]:
    six = [address for address in addresses if ":" in address]
    four = [address for address in addresses if ":" not in address]
    pairs = itertools.zip_longest(six, four)
    return [address for pair in pairs for address in pair if address is not None]


def _translated(exc: Exception, host: str) -> NetworkProblem:
    import httpx2

    if isinstance(exc, httpx2.ConnectTimeout):
        return _problem(host, "no connection in time", "connect_timeout")
    if isinstance(exc, httpx2.TimeoutException):
        return _problem(host, "no answer in time", "timeout")
    causes = tuple(_causes(exc))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _bad_certificate(host, cause)
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return _problem(host, "the TLS handshake failed", "tls")
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return _problem(host, "the connection was refused", "refused")
    if isinstance(exc, httpx2.ConnectError):
        return _problem(host, "there is no route", "no_route")
    return _problem(host, "the answer breaks off or is not HTTP", "http_protocol")


def _bad_certificate(host: str, exc: ssl.SSLCertVerificationError) -> NetworkProblem:
    reason = exc.verify_message.rstrip(".")
    code = "tls_mismatch" if "mismatch" in reason.lower() else "tls_untrusted"
    return _problem(host, f"its certificate is not acceptable ({reason})", code)


def _causes(exc: BaseException | None) -> Iterator[BaseException]:
    while exc is not None:
        yield exc
        exc = exc.__cause__ or exc.__context__


def _too_large(host: str) -> NetworkProblem:
    return _problem(host, f"the answer is larger than {MAX_BODY // 1024} KiB", "too_large")


def _problem(host: str, reason: str, code: str) -> NetworkProblem:
    return NetworkProblem(f"{host} could not be asked over https: {reason}.", hint="Try again later.", code=code)
