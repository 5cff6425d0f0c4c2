"""TLS contexts: one that verifies like a device, one that only collects a certificate, and the trust anchors."""

import re
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from profilegen.errors import InputProblem

MAX_ANCHOR_BYTES = 4 * 1024 * 1024
_PEM_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_HASHED_NAME = re.compile(r"[0-9a-f]{8}\.\d+")  # how OpenSSL names the files of a certificate folder


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsContexts:
    """
    The two ways to start TLS.

    `verified` checks chain, name and dates and is the only one a credential may travel over. `collecting` accepts any
    certificate, so that a refused one can be read and explained; nothing secret is ever sent over it.
    """

    verified: ssl.SSLContext
    collecting: ssl.SSLContext


def tls_contexts(extra_anchors: Iterable[bytes] = ()) -> TlsContexts:
    """Return both contexts; `extra_anchors` as for `verified_context`."""
    return TlsContexts(verified=verified_context(extra_anchors), collecting=_collecting_context())


def verified_context(extra_anchors: Iterable[bytes] = ()) -> ssl.SSLContext:
    """
    Return a client context with TLS 1.2 or newer that trusts the system's roots and `extra_anchors`.

    Each extra anchor is the content of a file: PEM (any number of certificates) or DER (one). OpenSSL itself honours
    SSL_CERT_FILE and SSL_CERT_DIR. Raises InputProblem for bytes that hold no certificate.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.hostname_checks_common_name = False  # RFC 9525: the subject's common name proves nothing
    context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    for anchor in extra_anchors:
        _trust(context, anchor)
    return context


def anchors(extra_anchors: Iterable[bytes] = ()) -> tuple[bytes, ...]:
    """
    Return the trusted certificates, DER each: the system's roots and the extra ones; for judging signatures.

    Raises InputProblem as `verified_context` does.
    """
    extra_anchors = tuple(extra_anchors)
    context = verified_context(extra_anchors)
    folder = ssl.get_default_verify_paths().capath
    for path in _hashed_files(folder):
        # OpenSSL reads a certificate folder one lookup at a time and lists none of it
        context.load_verify_locations(cafile=path)
    # OpenSSL lists authorities only, and an extra anchor may be a single self-signed certificate
    extra = [der for anchor in extra_anchors for der in _certificates(anchor)]
    return tuple(dict.fromkeys([*context.get_ca_certs(binary_form=True), *extra]))


def _collecting_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("DEFAULT:@SECLEVEL=0")  # a key too weak to accept is still worth naming
    return context


def _trust(context: ssl.SSLContext, anchor: bytes) -> None:
    data: str | bytes = anchor
    try:
        if len(anchor) > MAX_ANCHOR_BYTES:
            raise ValueError("too large")
        if b"-----BEGIN" in anchor:
            data = anchor.decode("ascii", "ignore")
        context.load_verify_locations(cadata=data)
    except (ssl.SSLError, ValueError) as exc:
        raise InputProblem(
            "The trust anchor holds no certificate that OpenSSL can read.",
            hint="Give a file with one or more CA certificates in PEM form, or one in DER form.",
        ) from exc


def _certificates(anchor: bytes) -> list[bytes]:
    blocks = _PEM_BLOCK.findall(anchor.decode("ascii", "ignore"))
    return [ssl.PEM_cert_to_DER_cert(block) for block in blocks] or [anchor]


def _hashed_files(folder: str | None) -> list[Path]:
    if folder is None or not Path(folder).is_dir():
        return []
    return sorted(path for path in Path(folder).iterdir() if _HASHED_NAME.fullmatch(path.name) and path.is_file())
