"""Examples that are a matter of signing, encrypting and of several files: PG10x, PG206-PG208, PG5xx and PG6xx."""

import base64
import plistlib
import subprocess
import tempfile
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa

from profilegen.profile.envelope import build_profile
from profilegen.profile.signature import signer_facts
from tests.profile.examples.specimen import BASE, ROOT, Example, Specimen, Tree, change, snippet
from tests.profile.orders import NOW, order, password_account
from tests.profile.signers import Identity, issue, openssl_sign, signed_at

MIDDLE = issue("Example Middle", ROOT, ca=True)
SIGNER = issue("Example Signer", MIDDLE, key=rsa.generate_private_key(65537, 2048))
SAME_KEY = issue("Example Signer", MIDDLE, key=SIGNER.key)
EC_SIGNER = issue("EC Signer", MIDDLE)
EXPIRED = issue("Expired Signer", MIDDLE, ends=NOW - timedelta(days=1))
ALONE = issue("Self-signed Signer")
DEVICE = issue("Device", ROOT, key=rsa.generate_private_key(65537, 2048))
SIGN = "openssl cms -sign -binary -nodetach -outform DER -certfile chain.pem -signer cert.pem …"
_ECDSA, _RSA = bytes.fromhex("06082a8648ce3d040302"), bytes.fromhex("06082a864886f70d0101")


def by_openssl(content: bytes, *options: str, signer: Identity = SIGNER) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return openssl_sign(content, signer, Path(folder), *options, chain=(MIDDLE,))


@cache
def signed() -> bytes:
    return signed_at(BASE, SIGNER, chain=(MIDDLE,))


def signing(rule: str, shown: str, bad: Callable[[], bytes], good: str = SIGN) -> Example:
    """An example by the way a profile is signed."""

    def make() -> tuple[Specimen, Specimen]:
        return Specimen(shown=shown, files=(bad(),)), Specimen(shown=good, files=(signed(),))

    return Example(rule=rule, make=make, language="sh")


def renewed_with_another_key() -> tuple[Specimen, Specimen]:
    known = frozenset({signer_facts(SIGNER.certificate, 1).spki_sha256})
    bad = Specimen(
        shown="# the last issue was signed with another private key\n" + SIGN,
        files=(signed_at(BASE, EC_SIGNER, chain=(MIDDLE,)),),
        issued_signers=known,
    )
    good = Specimen(
        shown="# the certificate is new, the private key is that of the last issue\n" + SIGN,
        files=(signed_at(BASE, SAME_KEY, chain=(MIDDLE,)),),
        issued_signers=known,
    )
    return bad, good


def wrong_algorithm() -> bytes:
    der = signed_at(BASE, EC_SIGNER, chain=(MIDDLE,))
    at = der.rindex(_ECDSA)
    return der[:at] + _RSA + der[at + len(_RSA) :]


SIGNATURES = [
    signing(
        "PG102", "openssl cms -sign -binary -outform DER …", lambda: by_openssl(BASE, "-binary", "-outform", "DER")
    ),
    signing("PG103", "# signed, and signed again\n" + SIGN, lambda: signed_at(signed(), SIGNER, chain=(MIDDLE,))),
    signing(
        "PG109", "openssl cms -sign -nodetach -outform DER …", lambda: by_openssl(BASE, "-nodetach", "-outform", "DER")
    ),
    signing("PG501", "# not signed", lambda: BASE),
    signing(
        "PG502", SIGN + "\n# the certificate expired on 2026-02-28", lambda: signed_at(BASE, EXPIRED, chain=(MIDDLE,))
    ),
    signing("PG503", "openssl cms -sign -binary -nodetach -outform DER …", lambda: signed_at(BASE, SIGNER)),
    signing("PG504", "openssl req -x509 …\n" + SIGN, lambda: signed_at(BASE, ALONE)),
    Example(
        rule="PG505",
        make=renewed_with_another_key,
        language="sh",
        note="A new certificate for the same key is not told: of the issues before only the key is remembered, not the "
        "certificate.",
    ),
    signing(
        "PG506",
        "# an EC key, and a tool that writes sha256WithRSAEncryption all the same",
        wrong_algorithm,
    ),
    signing(
        "PG507",
        "# one byte was changed after signing\n" + SIGN,
        lambda: signed().replace(b"imap.example.com", b"imap.example.net", 1),
    ),
    signing(
        "PG508",
        "# signed while the clock stood at 2026-06-01\n" + SIGN,
        lambda: signed_at(BASE, SIGNER, chain=(MIDDLE,), time=NOW + timedelta(days=92)),
        "# signed while the clock was right\n" + SIGN,
    ),
]


def envelope(recipient: Identity, *options: str, content: bytes = b"") -> bytes:
    """Encrypt payloads with `openssl cms`."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "cert.pem").write_bytes(recipient.pem)
        Path(folder, "plain").write_bytes(content or array())
        command = ["openssl", "cms", "-encrypt", "-binary", "-in", "plain", "-outform", "DER", "-out", "made"]
        subprocess.run([*command, *options, "cert.pem"], cwd=folder, check=True, capture_output=True, timeout=30)
        return Path(folder, "made").read_bytes()


def array() -> bytes:
    return plistlib.dumps(plistlib.loads(BASE)["PayloadContent"])


def encrypted(value: object) -> bytes:
    tree: Tree = plistlib.loads(BASE)
    change(tree, {"PayloadContent": None, "IsEncrypted": True, "EncryptedPayloadContent": value})
    return plistlib.dumps(tree)


def sealed(rule: str, shown: str, bad: Callable[[], bytes], decrypted: bytes | None = None) -> Example:
    """An example by the way payloads are encrypted."""

    def make() -> tuple[Specimen, Specimen]:
        right = "openssl cms -encrypt -binary -aes-128-cbc -outform DER -in payloads.plist device.pem"
        good = Specimen(shown=right, files=(encrypted(envelope(DEVICE, "-aes-128-cbc")),), decrypted=array())
        return Specimen(shown=shown, files=(encrypted(bad()),), decrypted=decrypted), good

    return Example(rule=rule, make=make, language="sh")


ENCRYPTED = [
    sealed("PG601", "openssl cms -encrypt -aes-256-gcm … device.pem", lambda: envelope(DEVICE, "-aes-256-gcm")),
    sealed("PG602", "openssl cms -encrypt -aes-128-cbc … ec-device.pem", lambda: envelope(EC_SIGNER, "-aes-128-cbc")),
    sealed(
        "PG603",
        "openssl cms -encrypt -aes-128-cbc … device.pem | base64  # into <data>, which is base64 once more",
        lambda: base64.encodebytes(envelope(DEVICE, "-aes-128-cbc")),
    ),
    sealed(
        "PG604",
        "openssl cms -encrypt -aes-128-cbc -in whole-profile.plist … device.pem",
        lambda: envelope(DEVICE, "-aes-128-cbc", content=BASE),
        decrypted=BASE,
    ),
]


def profile(address: str, **keys: str) -> bytes:
    tree: Tree = plistlib.loads(build_profile(order(password_account(address, display_name="You"))).content)
    change(tree, {key: value for key, value in keys.items() if key != "InnerUUID"})
    if "InnerUUID" in keys:
        tree["PayloadContent"][0]["PayloadUUID"] = keys["InnerUUID"]
    return plistlib.dumps(tree)


def side_by_side(rule: str, bad: tuple[bytes, bytes], good: tuple[bytes, bytes]) -> Example:
    """An example by two profiles."""
    return Example(rule=rule, make=lambda: (_pair(bad), _pair(good)))


def _pair(files: tuple[bytes, bytes]) -> Specimen:
    shown = []
    for number, data in enumerate(files, 1):
        tree = plistlib.loads(data)
        lines = [
            snippet(tree, ["PayloadIdentifier"]),
            snippet(tree["PayloadContent"][0], ["EmailAddress", "PayloadUUID"]),
        ]
        shown.append("\n".join([f"<!-- {number}.mobileconfig -->", *lines]))
    return Specimen(shown="\n\n".join(shown), files=files)


_YOU, _SHARED, _OTHER_UUID = "you@example.com", "com.example.mail", "0F8BE2A4-6E1B-4C5C-9C7C-2B5A3C1D9E10"
FLEET = [
    side_by_side(
        "PG206",
        (profile(_YOU, PayloadIdentifier=_SHARED), profile("bob@example.com", PayloadIdentifier=_SHARED)),
        (profile(_YOU), profile("bob@example.com")),
    ),
    side_by_side(
        "PG207",
        (profile(_YOU), profile(_YOU, PayloadIdentifier="com.example.mail.1764000000")),
        (profile(_YOU), profile(_YOU)),
    ),
    side_by_side("PG208", (profile(_YOU), profile(_YOU, InnerUUID=_OTHER_UUID)), (profile(_YOU), profile(_YOU))),
]
EXAMPLES: list[Example] = [*SIGNATURES, *ENCRYPTED, *FLEET]
