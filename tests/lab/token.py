"""A real PKCS#11 token on this machine: SoftHSM2, in a folder of its own."""

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PIN = "4711-Pin-of-the-lab"
_SECURITY_OFFICER_PIN = "0815-of-the-lab"
_MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/local/lib/softhsm/libsofthsm2.so")


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftToken:
    """A token labelled "lab" with a PIN of its own."""

    module: Path
    folder: Path

    def uri(self, label: str, **changes: str) -> str:
        """Return the URI of a key, with parts replaced by name where the test wants them wrong."""
        parts = {"token": "lab", "module": str(self.module)} | changes
        return f"pkcs11:token={parts['token']};object={label}?module-path={parts['module']}"

    def put(self, key: Path, label: str, number: int, pin: str = PIN) -> None:
        """Move a private key (PKCS#8 PEM) into the token."""
        command = ["softhsm2-util", "--import", str(key), "--token", "lab", "--label", label, "--id", f"{number:02x}"]
        subprocess.run([*command, "--pin", pin], check=True, capture_output=True, timeout=60)

    def put_certificate(self, der: bytes, label: str, number: int, pin: str = PIN) -> None:
        """Lay a certificate beside the key with the same label."""
        import pkcs11

        token = pkcs11.lib(str(self.module)).get_token(token_label="lab")
        with token.open(user_pin=pin, rw=True) as session:
            session.create_object(
                {
                    pkcs11.Attribute.CLASS: pkcs11.ObjectClass.CERTIFICATE,
                    pkcs11.Attribute.CERTIFICATE_TYPE: pkcs11.CertificateType.X_509,
                    pkcs11.Attribute.TOKEN: True,
                    pkcs11.Attribute.LABEL: label,
                    pkcs11.Attribute.ID: bytes((number,)),
                    pkcs11.Attribute.SUBJECT: b"",
                    pkcs11.Attribute.VALUE: der,
                }
            )


def _missing() -> str | None:
    if importlib.util.find_spec("pkcs11") is None:
        return "python-pkcs11 is not installed (extra hsm)"
    if shutil.which("softhsm2-util") is None or not any(Path(module).exists() for module in _MODULES):
        return "SoftHSM2 is not installed (Debian: softhsm2)"
    return None


@pytest.fixture(scope="session")
def soft_token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoftToken]:
    """A fresh token for the whole run: a PKCS#11 module reads its configuration once per process."""
    missing = _missing()
    if missing and os.environ.get("CI") == "true":
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)
    folder = tmp_path_factory.mktemp("token")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(folder / "softhsm2.conf"))
        command = ["softhsm2-util", "--init-token", "--free", "--label", "lab"]
        pins = ["--pin", PIN, "--so-pin", _SECURITY_OFFICER_PIN]
        subprocess.run([*command, *pins], check=True, capture_output=True, timeout=60)
        module = next(Path(module) for module in _MODULES if Path(module).exists())
        yield SoftToken(module=module, folder=folder)
