"""
Makes six profiles that answer on a real device what Apple does not document.

    python make.py you@example.com --settings settings.json -o profiles/

The account must be a real one that can send and receive; `settings.json` is what `profilegen lookup --json` prints.
RESULTS.md beside this file says what to do with each profile and has room for the answers. Nothing holds a password.
"""

import argparse
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12

PASSWORD = "device-check"  # noqa: S105 - of a file that is deleted at once

PROFILES = (
    ("1-install", "same", ()),
    ("2-update", "same", ()),
    ("3-renewed-certificate", "same", ()),
    ("4-other-key", "other", ()),
    ("5-silent", "same", ("--delivery", "mdm")),
    ("6-twin", None, ()),
)
"""File name, signing key (None: unsigned) and what else is special. All are for one account with one identifier."""


def main() -> None:
    """Make the profiles and say where they are."""
    parser = argparse.ArgumentParser(description="Makes six profiles for checks on a real device.")
    parser.add_argument("address")
    parser.add_argument("--settings", type=Path, required=True)
    parser.add_argument("-o", "--output", type=Path, default=Path("profiles"))
    asked = parser.parse_args()
    asked.output.mkdir(exist_ok=True)
    home = asked.output / "home"
    for key in ("same", "other"):
        profilegen(home, "key", "new", key, "--common-name", "Device check")
    for name, key, special in PROFILES:
        if name == "3-renewed-certificate":
            renew(home, "same")
        signing = ("--unsigned",) if key is None else ("--key", key)
        path = asked.output / f"{name}.mobileconfig"
        account = ("build", asked.address, "--settings", asked.settings, "--name", f"Device check {name[0]}")
        profilegen(home, *account, *signing, *special, "-o", path)
        sys.stdout.write(f"{path}\n")


def profilegen(home: Path, *words: object) -> None:
    """Run one command of profilegen with the keys of this check."""
    command = [sys.executable, "-m", "profilegen", "--home", str(home), *map(str, words)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own program


def renew(home: Path, name: str) -> None:
    """Give a key another certificate with the same name, as a yearly renewal does."""
    exported, certificate = home / "exported.p12", home / "renewed.pem"
    password = home / "password"
    password.write_text(PASSWORD)
    try:
        profilegen(home, "key", "export", name, "--p12", exported, "--password-file", password)
        certificate.write_bytes(renewed(exported.read_bytes()))
        profilegen(home, "key", "renew", name, "--cert", certificate)
    finally:
        for path in (exported, certificate, password):
            path.unlink(missing_ok=True)


def renewed(data: bytes) -> bytes:
    """Return a fresh self-signed certificate in PEM for the key and the name in a PKCS#12 file."""
    key, old, _ = pkcs12.load_key_and_certificates(data, PASSWORD.encode())
    if not isinstance(key, rsa.RSAPrivateKey) or old is None:
        raise SystemExit("profilegen key new is expected to make RSA keys.")
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(
        issuer_name=old.issuer,
        subject_name=old.subject,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now - timedelta(hours=1),
        not_valid_after=now + timedelta(days=397),
        extensions=list(old.extensions),
    )
    return builder.sign(key, SHA256()).public_bytes(Encoding.PEM)


if __name__ == "__main__":
    os.umask(0o077)
    main()
