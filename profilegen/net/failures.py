"""What goes wrong on the way to an HTTP server, in the words and codes of this program."""

import ssl
from collections.abc import Iterator

from profilegen.errors import NetworkProblem


def problem(host: str, reason: str, code: str) -> NetworkProblem:
    """Return the error of a server that could not be asked."""
    return NetworkProblem(f"{host} could not be asked: {reason}.", hint="Try again later.", code=code)


def translated(exc: Exception, host: str) -> NetworkProblem:
    """
    Return what an error of the HTTP library means.

    Codes: `connect_timeout`, `timeout`, `tls_mismatch`, `tls_untrusted`, `tls`, `refused`, `no_route`, `http_protocol`.
    """
    import httpx2

    if isinstance(exc, httpx2.ConnectTimeout):
        return problem(host, "no connection in time", "connect_timeout")
    if isinstance(exc, httpx2.TimeoutException):
        return problem(host, "no answer in time", "timeout")
    causes = tuple(_causes(exc))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _bad_certificate(host, cause)
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return problem(host, "the TLS handshake failed", "tls")
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return problem(host, "the connection was refused", "refused")
    if isinstance(exc, httpx2.ConnectError):
        return problem(host, "there is no route", "no_route")
    return problem(host, "the answer breaks off or is not HTTP", "http_protocol")


def _bad_certificate(host: str, exc: ssl.SSLCertVerificationError) -> NetworkProblem:
    reason = exc.verify_message.rstrip(".")
    code = "tls_mismatch" if "mismatch" in reason.lower() else "tls_untrusted"
    return problem(host, f"its certificate is not acceptable ({reason})", code)


def _causes(exc: BaseException | None) -> Iterator[BaseException]:
    while exc is not None:
        yield exc
        exc = exc.__cause__ or exc.__context__
