"""A certificate authority of the tests, and the certificates it issues."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

LIFETIME = timedelta(days=397)  # Apple refuses TLS certificates of more than 398 days


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedCertificate:
    """A server certificate with its chain and key, all PEM."""

    chain_pem: bytes
    key_pem: bytes

    def write(self, folder: Path, name: str = "server") -> tuple[Path, Path]:
        """Write chain and key (0600) into a folder and return their paths."""
        chain, key = folder / f"{name}.crt.pem", folder / f"{name}.key.pem"
        chain.write_bytes(self.chain_pem)
        key.touch(mode=0o600)
        key.write_bytes(self.key_pem)
        return chain, key


class Authority:
    """A certificate authority."""

    def __init__(self) -> None:
        self._ca = trustme.CA()

    @property
    def pem(self) -> bytes:
        """The root certificate."""
        return self._ca.cert_pem.bytes()

    def trust(self) -> ssl.SSLContext:
        """Return a client context that trusts this authority and nobody else."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=self.pem.decode("ascii"))
        return context

    def issue(
        self, *names: str, not_before: datetime | None = None, not_after: datetime | None = None
    ) -> IssuedCertificate:
        """Return a certificate for these names, valid from an hour ago for `LIFETIME` unless told otherwise."""
        start = not_before or datetime.now(UTC) - timedelta(hours=1)
        leaf = self._ca.issue_cert(*names, not_before=start, not_after=not_after or start + LIFETIME)
        chain = b"".join(blob.bytes() for blob in leaf.cert_chain_pems)
        return IssuedCertificate(chain_pem=chain, key_pem=leaf.private_key_pem.bytes())


@pytest.fixture(scope="session")
def authority() -> Authority:
    """The authority the clients of the tests trust."""
    return Authority()


@pytest.fixture(scope="session")
def stranger() -> Authority:
    """An authority nobody trusts."""
    return Authority()
