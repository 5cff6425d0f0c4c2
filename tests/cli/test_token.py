"""Signing with a key in a token: SoftHSM2 holds it, OpenSSL judges what comes out."""

import itertools
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.lab.token import PIN, SoftToken

pytestmark = pytest.mark.servers
_numbers = itertools.count(1)


def openssl(*arguments: str | Path) -> bytes:
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=60).stdout


def make_key(token: SoftToken, label: str, algorithm: str) -> int:
    """Make a key, a certificate for it (LABEL.pem), and keep the key in the token alone; return its id there."""
    number = next(_numbers)
    curve = ["-pkeyopt", "ec_paramgen_curve:P-256"] if algorithm == "ec" else []
    openssl(
        *("req", "-x509", "-newkey", algorithm, *curve, "-nodes", "-days", "90", "-subj", f"/CN={label}"),
        *("-keyout", f"{label}.key", "-out", f"{label}.pem"),
    )
    openssl("pkcs8", "-topk8", "-nocrypt", "-in", f"{label}.key", "-out", f"{label}.p8")
    token.put(Path(f"{label}.p8"), label, number)
    Path(f"{label}.key").unlink()
    Path(f"{label}.p8").unlink()
    return number


@pytest.fixture
def pin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROFILEGEN_PIN", PIN)


def import_key(cli: Cli, token: SoftToken, label: str, algorithm: str = "ec") -> None:
    make_key(token, label, algorithm)
    answer = cli("key", "import", label, "--pkcs11", token.uri(label), "--cert", f"{label}.pem", "--json")
    assert answer.status == 0, answer.out


@pytest.mark.usefixtures("pin")
@pytest.mark.parametrize("algorithm", ["rsa:2048", "ec"])
def test_openssl_accepts_what_the_token_signed(cli: Cli, soft_token: SoftToken, settings: Path, algorithm: str) -> None:
    label = f"office-{algorithm.partition(':')[0]}"
    import_key(cli, soft_token, label, algorithm)

    built = cli("build", "you@example.com", "--settings", settings, "-o", "x.mobileconfig", "--key", label, "--json")
    plain = cli("build", "you@example.com", "--settings", settings, "-o", "p.mobileconfig", "--unsigned", "--json")

    inside = openssl(
        *("cms", "-verify", "-inform", "der", "-CAfile", f"{label}.pem", "-purpose", "any", "-in", "x.mobileconfig")
    )
    assert (built.status, plain.status) == (0, 0), built.err
    assert inside == Path("p.mobileconfig").read_bytes()
    assert cli("check", "x.mobileconfig", "--json").document["signer"]["subject"] == f"CN={label}"


@pytest.mark.usefixtures("pin")
def test_neither_key_nor_pin_is_kept_in_the_home(cli: Cli, soft_token: SoftToken, tmp_path: Path) -> None:
    import_key(cli, soft_token, "homeless")

    kept = {path.name: path.read_bytes() for path in (tmp_path / "home").rglob("*") if path.is_file()}

    assert soft_token.uri("homeless").encode() in kept["key.uri"]
    assert not any(b"PRIVATE KEY" in data or PIN.encode() in data for data in kept.values())
    assert (tmp_path / "home" / "keys" / "homeless" / "key.uri").stat().st_mode & 0o077 == 0


def test_listing_and_checking_ask_for_no_pin(cli: Cli, soft_token: SoftToken, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROFILEGEN_PIN", PIN)
    import_key(cli, soft_token, "listed")
    monkeypatch.delenv("PROFILEGEN_PIN")

    assert [key["name"] for key in cli("key", "list", "--json").document["keys"]] == ["listed"]
    assert cli("key", "check").status == 0
    assert cli("key", "show", "listed").status == 0


def test_the_pin_may_come_from_the_file_the_uri_names(cli: Cli, soft_token: SoftToken, settings: Path) -> None:
    make_key(soft_token, "filed", "ec")
    Path("pin").write_text(f"{PIN}\n")
    uri = f"{soft_token.uri('filed')}&pin-source=file:{Path('pin').absolute()}"

    imported = cli("key", "import", "filed", "--pkcs11", uri, "--cert", "filed.pem")
    built = cli("build", "you@example.com", "--settings", settings, "-o", "x.mobileconfig")

    assert (imported.status, built.status) == (0, 0), imported.err + built.err


def test_the_pin_may_come_from_the_password_options(
    cli: Cli, soft_token: SoftToken, settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTHER", PIN)
    make_key(soft_token, "optional", "ec")
    asked = ("key", "import", "optional", "--pkcs11", soft_token.uri("optional"), "--cert", "optional.pem")

    assert cli(*asked, "--password-env", "OTHER").status == 0
    cli("build", "you@example.com", "--settings", settings, "-o", "x.mobileconfig", "--unsigned")
    assert cli("sign", "x.mobileconfig", "-o", "y.mobileconfig", "--password-env", "OTHER").status == 0
    assert cli("sign", "x.mobileconfig", "-o", "y.mobileconfig", "--json").document["error"]["code"] == "no_pin"


@pytest.mark.usefixtures("pin")
def test_a_certificate_beside_the_key_in_the_token_is_found(cli: Cli, soft_token: SoftToken) -> None:
    number = make_key(soft_token, "complete", "ec")
    der = openssl("x509", "-in", "complete.pem", "-outform", "der")
    soft_token.put_certificate(der, "complete", number)

    answer = cli("key", "import", "complete", "--pkcs11", soft_token.uri("complete"), "--json")

    assert (answer.status, answer.document["subject"]) == (0, "CN=complete")


@pytest.mark.usefixtures("pin")
def test_a_certificate_for_another_key_is_refused_at_import(cli: Cli, soft_token: SoftToken) -> None:
    for label in ("one", "two"):
        make_key(soft_token, label, "ec")

    answer = cli("key", "import", "mixed", "--pkcs11", soft_token.uri("one"), "--cert", "two.pem", "--json")

    assert (answer.status, answer.document["error"]["code"]) == (3, "key_mismatch")
    assert cli("key", "list", "--json").document["keys"] == []


@pytest.mark.usefixtures("pin")
def test_renewal_takes_a_certificate_for_the_same_key_and_export_is_refused(
    cli: Cli, soft_token: SoftToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_key(cli, soft_token, "renewable")
    make_key(soft_token, "foreign", "ec")
    monkeypatch.setenv("P12", "geheim")

    same = cli("key", "renew", "renewable", "--cert", "renewable.pem", "--json")
    other = cli("key", "renew", "renewable", "--cert", "foreign.pem", "--json")
    export = cli("key", "export", "renewable", "--p12", "x.p12", "--password-env", "P12", "--json")

    assert same.status == 0
    assert (other.status, other.document["error"]["code"]) == (3, "key_mismatch")
    assert (export.status, export.document["error"]["code"]) == (3, "key_in_token")
    assert not Path("x.p12").exists()


@pytest.mark.usefixtures("pin")
def test_every_way_a_token_can_fail_has_an_error_of_its_own(
    cli: Cli, soft_token: SoftToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_key(soft_token, "failing", "ec")
    asked = ("key", "import", "failing", "--cert", "failing.pem", "--json", "--pkcs11")
    uris = {
        "no_token_key": soft_token.uri("nobody"),
        "no_token": soft_token.uri("failing", token="elsewhere"),
        "bad_pkcs11_uri": "pkcs11:token=lab;object=failing",
        "pin_in_uri": f"{soft_token.uri('failing')}&pin-value={PIN}",
    }

    codes = {cli(*asked, uri).document["error"]["code"] for uri in uris.values()}
    module = cli(*asked, soft_token.uri("failing", module="/nowhere.so"))
    monkeypatch.setenv("PROFILEGEN_PIN", "wrong-pin")
    wrong = cli(*asked, soft_token.uri("failing"))
    monkeypatch.delenv("PROFILEGEN_PIN")
    none = cli(*asked, soft_token.uri("failing"))

    assert codes == set(uris)
    assert [answer.document["error"]["code"] for answer in (module, wrong, none)] == ["no_token", "wrong_pin", "no_pin"]
    assert "wrong-pin" not in wrong.out + wrong.err
