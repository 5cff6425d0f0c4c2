"""encrypt, build --encrypt-to, unsign and show --decrypt, with OpenSSL as the device."""

import plistlib
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Cli

PASSWORD = "Geheim-4711"


def openssl(*arguments: str | Path) -> bytes:
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=60).stdout


def make_device(name: str, *key: str, ca: bool = False) -> Path:
    """Make a key and a certificate the way a device gets one; return the certificate."""
    usage = ["-addext", f"basicConstraints=critical,CA:{str(ca).upper()}"]
    newkey = key or ("rsa:2048",)
    openssl(
        *("req", "-x509", "-newkey", *newkey, "-nodes", "-days", "30", "-subj", f"/CN={name}", *usage),
        *("-keyout", f"{name}.key", "-out", f"{name}.pem"),
    )
    return Path(f"{name}.pem")


@pytest.fixture
def device(cli: Cli) -> Path:
    return make_device("device")


def decrypted_by_openssl(profile: Path, name: str = "device") -> Any:
    """Return the payloads as a device would see them: signature off, then decrypted with its private key."""
    data = profile.read_bytes()
    if not data.startswith(b"<?xml"):
        data = openssl("cms", "-verify", "-inform", "der", "-noverify", "-purpose", "any", "-in", profile)
    outer = plistlib.loads(data)
    assert outer["IsEncrypted"] is True
    assert "PayloadContent" not in outer
    Path("envelope.der").write_bytes(outer["EncryptedPayloadContent"])
    return plistlib.loads(
        openssl(
            "cms", "-decrypt", "-inform", "der", "-in", "envelope.der", "-inkey", f"{name}.key", "-recip", f"{name}.pem"
        )
    )


def build(cli: Cli, settings: Path, *options: object) -> Path:
    built = cli("build", "you@example.com", "--settings", settings, "-o", "plain.mobileconfig", "--unsigned", *options)
    assert built.status == 0, built.err
    return Path("plain.mobileconfig")


def test_openssl_decrypts_the_payload_array_and_finds_it_unchanged(cli: Cli, settings: Path, device: Path) -> None:
    plain = build(cli, settings)

    answer = cli("encrypt", plain, "--to", device, "-o", "e.mobileconfig", "--json")

    before = plistlib.loads(plain.read_bytes())
    assert (answer.status, answer.document["encrypted"], answer.document["signed"]) == (0, True, True)
    assert decrypted_by_openssl(Path("e.mobileconfig")) == before["PayloadContent"]


def test_identifier_uuid_and_revision_are_those_from_before_encryption(cli: Cli, settings: Path, device: Path) -> None:
    plain = build(cli, settings)
    cli("encrypt", plain, "--to", device, "-o", "e.mobileconfig", "--unsigned")

    before, after = plistlib.loads(plain.read_bytes()), plistlib.loads(Path("e.mobileconfig").read_bytes())

    assert {**before, "PayloadContent": None} == {
        **{key: value for key, value in after.items() if key not in ("IsEncrypted", "EncryptedPayloadContent")},
        "PayloadContent": None,
    }


def test_the_envelope_uses_what_apple_names_aes_128_cbc_and_rsa(cli: Cli, settings: Path, device: Path) -> None:
    cli("encrypt", build(cli, settings), "--to", device, "-o", "e.mobileconfig", "--unsigned")
    Path("x.der").write_bytes(plistlib.loads(Path("e.mobileconfig").read_bytes())["EncryptedPayloadContent"])

    text = openssl("cms", "-cmsout", "-print", "-noout", "-inform", "der", "-in", "x.der").decode()

    assert "pkcs7-envelopedData" in text
    assert "algorithm: aes-128-cbc" in text
    assert "algorithm: rsaEncryption" in text


def test_a_profile_built_for_a_device_may_carry_the_password(
    cli: Cli, settings: Path, device: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL", PASSWORD)
    asked = ("build", "you@example.com", "--settings", settings, "--password-env", "MAIL", "--json")
    clear = cli(*asked, "--allow-cleartext-password", "-o", "clear.mobileconfig")

    answer = cli(*asked, "--encrypt-to", device, "-o", "e.mobileconfig")

    assert answer.status == 0, answer.err
    [mail] = decrypted_by_openssl(Path("e.mobileconfig"))
    assert mail["IncomingPassword"] == PASSWORD
    assert PASSWORD.encode() not in Path("e.mobileconfig").read_bytes()
    assert answer.document["uuid"] == clear.document["uuid"]
    assert answer.document["payload_types"] == ["com.apple.mail.managed"]


@pytest.mark.parametrize("form", ["pem", "p12"])
def test_show_decrypts_with_the_key_of_the_device(
    cli: Cli, settings: Path, device: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("P12", "geheim")
    p12 = ("pkcs12", "-export", "-inkey", "device.key", "-in", device, "-out", "device.p12", "-passout", "pass:geheim")
    openssl(*p12)
    cli("encrypt", build(cli, settings), "--to", device, "-o", "e.mobileconfig")
    key = ("device.key",) if form == "pem" else ("device.p12", "--password-env", "P12")

    closed = cli("show", "e.mobileconfig", "--json")
    opened = cli("show", "e.mobileconfig", "--decrypt", *key, "--json")

    assert (closed.document["encrypted"], closed.document["accounts"]) == (True, [])
    assert [account["address"] for account in opened.document["accounts"]] == ["you@example.com"]


@pytest.mark.parametrize("cipher", ["-aes-128-cbc", "-aes-256-cbc", "-des3"])
def test_what_openssl_encrypted_is_shown_too(cli: Cli, settings: Path, device: Path, cipher: str) -> None:
    content = plistlib.loads(build(cli, settings).read_bytes())
    Path("array").write_bytes(plistlib.dumps(content.pop("PayloadContent")))
    openssl("cms", "-encrypt", "-binary", cipher, "-outform", "der", "-in", "array", "-out", "array.der", device)
    content |= {"IsEncrypted": True, "EncryptedPayloadContent": Path("array.der").read_bytes()}
    Path("e.mobileconfig").write_bytes(plistlib.dumps(content))

    shown = cli("show", "e.mobileconfig", "--decrypt", "device.key", "--json")

    assert [account["address"] for account in shown.document["accounts"]] == ["you@example.com"]


def test_another_key_does_not_open_it(cli: Cli, settings: Path, device: Path) -> None:
    make_device("stranger")
    cli("encrypt", build(cli, settings), "--to", device, "-o", "e.mobileconfig")

    answer = cli("show", "e.mobileconfig", "--decrypt", "stranger.key", "--json")

    assert (answer.status, answer.document["error"]["code"]) == (3, "wrong_device_key")


@pytest.mark.parametrize("inside", [b"", b"\x30\x80", b"not DER at all", b"\x30\x03\x02\x01\x00"])
def test_an_envelope_that_is_none_is_one_clear_error(cli: Cli, device: Path, inside: bytes) -> None:
    Path("e.mobileconfig").write_bytes(plistlib.dumps({"IsEncrypted": True, "EncryptedPayloadContent": inside}))

    answer = cli("show", "e.mobileconfig", "--decrypt", "device.key", "--json")

    assert (answer.status, answer.document["error"]["code"]) == (2, "bad_encryption")


def test_an_encrypted_dictionary_instead_of_the_array_is_refused(cli: Cli, device: Path) -> None:
    Path("dict").write_bytes(plistlib.dumps({"PayloadContent": []}))
    openssl("cms", "-encrypt", "-binary", "-aes128", "-outform", "der", "-in", "dict", "-out", "dict.der", device)
    content = {"IsEncrypted": True, "EncryptedPayloadContent": Path("dict.der").read_bytes()}
    Path("e.mobileconfig").write_bytes(plistlib.dumps(content))

    answer = cli("show", "e.mobileconfig", "--decrypt", "device.key", "--json")

    assert (answer.status, answer.document["error"]["code"]) == (2, "bad_encryption")


def test_devices_that_cannot_decrypt_are_refused_by_name(cli: Cli, settings: Path) -> None:
    plain = build(cli, settings)
    certificates = {
        "recipient_not_rsa": make_device("ec", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
        "recipient_weak": make_device("weak", "rsa:1024"),
        "recipient_is_authority": make_device("authority", ca=True),
    }
    Path("two.pem").write_bytes(b"".join(path.read_bytes() for path in certificates.values()))
    Path("none.pem").write_bytes(b"nothing")
    certificates |= {"several_certificates": Path("two.pem"), "no_certificate": Path("none.pem")}

    for code, certificate in certificates.items():
        answer = cli("encrypt", plain, "--to", certificate, "-o", "e.mobileconfig", "--json")
        assert (answer.status, answer.document["error"]["code"]) == (2, code)
        assert not Path("e.mobileconfig").exists()


def test_encrypting_for_the_signer_instead_of_the_device_is_refused(cli: Cli, settings: Path, device: Path) -> None:
    cli("key", "import", "office", "--cert", device, "--key", "device.key")

    answer = cli("encrypt", build(cli, settings), "--to", device, "-o", "e.mobileconfig", "--json")

    assert (answer.status, answer.document["error"]["code"]) == (2, "recipient_is_signer")


def test_encrypting_twice_is_refused(cli: Cli, settings: Path, device: Path) -> None:
    cli("encrypt", build(cli, settings), "--to", device, "-o", "e.mobileconfig")

    answer = cli("encrypt", "e.mobileconfig", "--to", device, "-o", "ee.mobileconfig", "--json")

    assert (answer.status, answer.document["error"]["code"]) == (2, "already_encrypted")


def test_one_certificate_does_not_serve_many_people(cli: Cli, settings: Path, device: Path) -> None:
    answer = cli("build", "you@example.com", "me@example.com", "--encrypt-to", device, "-o", "many", "--json")

    assert (answer.status, answer.document["error"]["code"]) == (2, "one_device")


def test_a_password_that_would_change_on_the_way_is_refused(cli: Cli, device: Path) -> None:
    payload = {"PayloadType": "com.apple.mail.managed", "IncomingPassword": "a&#13;b"}
    xml = plistlib.dumps({"PayloadContent": [payload]}).replace(b"&amp;#13;", b"&#13;")
    Path("cr.mobileconfig").write_bytes(xml)

    answer = cli("encrypt", "cr.mobileconfig", "--to", device, "-o", "e.mobileconfig", "--unsigned", "--json")

    assert (answer.status, answer.document["error"]["code"]) == (2, "bad_text")


def test_unsign_gives_back_exactly_what_was_signed(cli: Cli, settings: Path) -> None:
    plain = build(cli, settings)
    cli("sign", plain, "-o", "signed.mobileconfig")

    answer = cli("unsign", "signed.mobileconfig", "-o", "again.mobileconfig", "--json")

    assert (answer.status, answer.document["signed"], answer.document["notices"]) == (0, False, [])
    assert Path("again.mobileconfig").read_bytes() == plain.read_bytes()


def test_unsign_says_when_there_was_nothing_to_take_off(cli: Cli, settings: Path) -> None:
    plain = build(cli, settings)

    answer = cli("unsign", plain, "-o", "again.mobileconfig", "--json")

    assert [notice["code"] for notice in answer.document["notices"]] == ["not_signed"]
    assert Path("again.mobileconfig").read_bytes() == plain.read_bytes()


def test_a_file_with_passwords_is_private_and_one_without_need_not_be(
    cli: Cli, settings: Path, device: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL", PASSWORD)
    plain = build(cli, settings, "--password-env", "MAIL", "--allow-cleartext-password")
    cli("sign", plain, "-o", "signed.mobileconfig")
    cli("unsign", "signed.mobileconfig", "-o", "unsigned.mobileconfig")
    cli("encrypt", "signed.mobileconfig", "--to", device, "-o", "e.mobileconfig")

    modes = {name: Path(f"{name}.mobileconfig").stat().st_mode & 0o077 for name in ("signed", "unsigned", "e")}

    assert (modes["signed"], modes["unsigned"]) == (0, 0)
    assert modes["e"] != 0


def test_the_linter_has_nothing_against_what_encrypt_makes(cli: Cli, settings: Path, device: Path) -> None:
    cli("encrypt", build(cli, settings), "--to", device, "-o", "e.mobileconfig")

    found = cli("check", "e.mobileconfig", "--decrypt", "device.key", "--json").document

    assert found["encrypted"] is True
    assert [finding["rule"] for finding in found["findings"]] == ["PG504"]


def test_fix_does_not_call_a_password_readable_that_it_encrypts(
    cli: Cli, settings: Path, device: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL", PASSWORD)
    closed = settings.read_text().replace("imap.example.com", "127.0.0.1").replace("smtp.example.com", "127.0.0.1")
    settings.write_text(closed)
    asked = ("fix", "you@example.com", "--settings", settings, "--password-env", "MAIL", "--level", "1", "--json")

    words = {}
    for name, how in (("clear", ("--allow-cleartext-password",)), ("encrypted", ("--encrypt-to", device))):
        fixed = cli(*asked, *how, "--allow-unverified", "nobody listens here", "-o", f"{name}.mobileconfig")
        [lint] = [finding for finding in fixed.document["findings"] if finding["check"] == "profile.lint"]
        words[name] = lint["detail"]

    assert "PG313" in words["clear"]
    assert "PG313" not in words["encrypted"]
    assert decrypted_by_openssl(Path("encrypted.mobileconfig"))[0]["IncomingPassword"] == PASSWORD
