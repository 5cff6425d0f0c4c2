"""Named signing identities in a folder: one sub-folder each, 0700, with files of 0600."""

from __future__ import annotations

import os
import re
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from profilegen.errors import KeyProblem, UsageProblem
from profilegen.signing.private_files import replace_private, scratch_name, sync_folder, write_private

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from profilegen.secret import Secret
    from profilegen.signing.identity import SigningIdentity
    from profilegen.signing.token import PinSource

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}")  # no leading dot or dash: not a hidden file, not an option
_KEY = "key.pem"
_URI = "key.uri"  # instead of the key, where that stays in a token
_CERTIFICATES = "certificates.pem"
_DEFAULT = ".default"


def _no_pin(_source: Path | None) -> Secret | None:
    return None


class Keystore:
    """
    The signing identities of one home. `pin` unlocks those whose key is in a token; it is asked when one signs.

    Identities appear in one step or not at all and are never overwritten. Every method raises UsageProblem
    `invalid_key_name`, and KeyProblem `keystore_unusable` if the folder cannot be read or written.
    """

    def __init__(self, folder: Path, *, pin: PinSource = _no_pin) -> None:
        self._folder = folder
        self._pin = pin

    def names(self) -> tuple[str, ...]:
        """Return the names of all identities in alphabetical order."""
        with _translated(self._folder):
            if not self._folder.is_dir():
                return ()
            folders = [entry.name for entry in self._folder.iterdir() if entry.is_dir()]
        return tuple(sorted(name for name in folders if _NAME.fullmatch(name)))

    def default_name(self) -> str | None:
        """Return the name of the identity made first, None if there is none."""
        names = self.names()
        with _translated(self._folder):
            try:
                recorded = (self._folder / _DEFAULT).read_text("ascii").strip()
            except FileNotFoundError:
                recorded = ""
        if recorded in names:
            return recorded
        return names[0] if len(names) == 1 else None

    def load(self, name: str) -> SigningIdentity:
        """Return an identity; raises KeyProblem `unknown_key`, `key_exposed` or a code of `load_pem`."""
        folder = self._existing(name)
        with _translated(folder):
            cert = (folder / _CERTIFICATES).read_bytes()
        return self._with_key_of(folder, cert=cert)

    def create_self_signed(
        self, name: str, *, common_name: str, organization: str | None = None, now: datetime
    ) -> SigningIdentity:
        """Make, keep and return a self-signed identity; raises KeyProblem `key_exists`, UsageProblem `invalid_name`."""
        from profilegen.signing.selfsigned import make_self_signed

        self._refuse_taken(name)
        try:
            identity = make_self_signed(common_name=common_name, organization=organization, now=now)
        except ValueError as exc:
            raise UsageProblem(
                "The name or organisation cannot stand in a certificate: it has 1 to 64 characters.",
                hint="Give a shorter name.",
                code="invalid_name",
            ) from exc
        return self._add(name, identity)

    def import_pem(
        self, name: str, *, cert: bytes, key: bytes, chain: bytes = b"", password: Secret | None = None
    ) -> SigningIdentity:
        """Keep an identity given as PEM; raises KeyProblem `key_exists`, a code of `load_pem` or of `check_key`."""
        from profilegen.signing.loading import load_pem

        self._refuse_taken(name)
        return self._add(name, load_pem(cert=cert, key=key, chain=chain, password=password))

    def import_p12(self, name: str, *, data: bytes, password: Secret | None = None) -> SigningIdentity:
        """Keep an identity given as PKCS#12; raises KeyProblem `key_exists`, a code of `load_pkcs12` or `check_key`."""
        from profilegen.signing.loading import load_pkcs12

        self._refuse_taken(name)
        return self._add(name, load_pkcs12(data, password=password))

    def import_token(self, name: str, *, uri: str, cert: bytes = b"", chain: bytes = b"") -> SigningIdentity:
        """
        Keep an identity whose private key stays in a token; without `cert` its certificate is read from there too.

        The key signs once, to show that it is there and belongs to the certificate. Raises UsageProblem
        `bad_pkcs11_uri` or `pin_in_uri`, KeyProblem `key_exists` or a code of `token.TokenKey.sign` or `check_key`.
        """
        from profilegen.signing.loading import load_token

        self._refuse_taken(name)
        identity = load_token(uri, self._pin, cert=cert, chain=chain)
        return self._add(name, identity)

    def renew(self, name: str, *, cert: bytes, chain: bytes = b"") -> SigningIdentity:
        """Replace the certificate of an identity by one for the same private key; KeyProblem `key_mismatch` if not."""
        from profilegen.signing.identity import check_key

        folder = self._existing(name)
        identity = self._with_key_of(folder, cert=cert, chain=chain)
        check_key(identity)
        with _translated(folder):
            replace_private(folder / _CERTIFICATES, _certificates_pem(identity))
        return identity

    def export_p12(self, name: str, *, password: Secret) -> bytes:
        """
        Return an identity with its chain as PKCS#12, encrypted with a password that is not empty.

        Raises KeyProblem `key_in_token` for a key that cannot leave its token.
        """
        from profilegen.signing.identity import signing_key
        from profilegen.signing.token import TokenKey

        identity = self.load(name)
        key = signing_key(identity)
        if isinstance(key, TokenKey):
            raise KeyProblem(
                f"The private key of {name} is in a token and cannot leave it.",
                hint="Import the same token on the other machine.",
                code="key_in_token",
            )
        if not password.reveal():
            raise UsageProblem(
                "A private key is exported only under a password.", hint="Give a password.", code="empty_password"
            )
        from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

        encryption = BestAvailableEncryption(password.reveal().encode("utf-8", "surrogatepass"))
        return pkcs12.serialize_key_and_certificates(
            name.encode("ascii"), key, identity.certificate, identity.chain, encryption
        )

    def _with_key_of(self, folder: Path, *, cert: bytes, chain: bytes = b"") -> SigningIdentity:
        """Return the kept private key together with these certificates, whether they belong together or not."""
        from profilegen.signing.loading import load_pem, reload_token

        with _translated(folder):
            if (folder / _URI).is_file():
                uri, known = (folder / _URI).read_text("utf-8"), (folder / _CERTIFICATES).read_bytes()
                return reload_token(uri, self._pin, known=known, cert=cert, chain=chain)
            _refuse_exposed(folder / _KEY)
            key = (folder / _KEY).read_bytes()
        return load_pem(cert=cert, key=key, chain=chain)

    def _add(self, name: str, identity: SigningIdentity) -> SigningIdentity:
        from profilegen.signing.identity import check_key

        check_key(identity)
        with _translated(self._folder):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh = scratch_name(self._folder)
            fresh.mkdir(mode=0o700)
            try:
                write_private(fresh / _key_file(identity), _key_bytes(identity))
                write_private(fresh / _CERTIFICATES, _certificates_pem(identity))
                sync_folder(fresh)
                self._publish(fresh, name)
            except BaseException:
                shutil.rmtree(fresh, ignore_errors=True)
                raise
            self._remember_first(name)
        return identity

    def _publish(self, fresh: Path, name: str) -> None:
        try:
            fresh.rename(self._folder / name)  # fails on a folder with files, so nobody is overwritten
        except OSError:
            self._refuse_taken(name)
            raise
        sync_folder(self._folder)

    def _remember_first(self, name: str) -> None:
        if self.default_name() in (None, name):
            replace_private(self._folder / _DEFAULT, name.encode("ascii"))

    def _existing(self, name: str) -> Path:
        if _valid(name) not in self.names():
            known = ", ".join(self.names()) or "none yet"
            raise KeyProblem(
                f'There is no signing key named "{name}".', hint=f"Known keys: {known}.", code="unknown_key"
            )
        return self._folder / name

    def _refuse_taken(self, name: str) -> None:
        if os.path.lexists(self._folder / _valid(name)):
            raise KeyProblem(
                f'There is a signing key named "{name}" already.',
                hint="Choose another name, or renew the certificate of that key.",
                code="key_exists",
            )


def _valid(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise UsageProblem(
            "A key name has 1 to 64 of the characters A-Z a-z 0-9 . _ - and begins with none of . and -.",
            hint='Choose a name such as "office".',
            code="invalid_key_name",
        )
    return name


def _key_file(identity: SigningIdentity) -> str:
    from profilegen.signing.token import TokenKey

    return _URI if isinstance(identity.key, TokenKey) else _KEY


def _key_bytes(identity: SigningIdentity) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    from profilegen.signing.token import TokenKey

    if isinstance(identity.key, TokenKey):
        return identity.key.uri.text.encode("utf-8")
    return identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _certificates_pem(identity: SigningIdentity) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return b"".join(item.public_bytes(Encoding.PEM) for item in (identity.certificate, *identity.chain))


def _refuse_exposed(path: Path) -> None:
    mode = path.stat().st_mode
    if os.name == "posix" and mode & 0o077:
        raise KeyProblem(
            f"The private key {path} can be read by others (mode {mode & 0o777:04o}).",
            hint=f"Run chmod 600 {path}, and replace the key if others may have seen it.",
            code="key_exposed",
        )


@contextmanager
def _translated(folder: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "a file in it is damaged"
        raise KeyProblem(
            f"The key folder {folder} cannot be used: {reason}.",
            hint="Check its owner, its permissions and the free space.",
            code="keystore_unusable",
        ) from exc
