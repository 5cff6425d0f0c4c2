"""key renew, export and check, with certificates made by OpenSSL."""

import json
import plistlib
import stat
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Cli


def openssl(*arguments: str | Path) -> bytes:
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=60).stdout


def certificate(key: str, path: str, *, subject: str = "Profiles", days: int = 90) -> Path:
    """Make a self-signed certificate for a key file, which is made first if it is missing."""
    if not Path(key).exists():
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key)
    openssl("req", "-x509", "-new", "-key", key, "-days", str(days), "-subj", f"/CN={subject}", "-out", path)
    return Path(path)


@pytest.fixture
def office(cli: Cli) -> Cli:
    certificate("a.key", "a.pem", days=10)
    assert cli("key", "import", "office", "--cert", "a.pem", "--key", "a.key").status == 0
    return cli


def test_a_renewed_certificate_for_the_same_key_is_taken(office: Cli) -> None:
    before = office("key", "show", "office", "--json").document
    certificate("a.key", "renewed.pem", days=90)

    renewed = office("key", "renew", "office", "--cert", "renewed.pem", "--json")

    assert (renewed.status, renewed.document["notices"]) == (0, [])
    assert renewed.document["spki_sha256"] == before["spki_sha256"]
    assert renewed.document["not_after"] > before["not_after"]


def test_a_certificate_for_another_key_is_refused_and_nothing_changes(office: Cli) -> None:
    before = office("key", "show", "office").out
    certificate("b.key", "b.pem")

    answer = office("key", "renew", "office", "--cert", "b.pem", "--json")

    assert (answer.status, answer.document["error"]["code"]) == (3, "key_mismatch")
    assert office("key", "show", "office").out == before


def test_another_name_on_the_renewed_certificate_is_worth_a_warning(office: Cli) -> None:
    certificate("a.key", "renewed.pem", subject="Other")

    notices = office("key", "renew", "office", "--cert", "renewed.pem", "--json").document["notices"]

    assert [notice["code"] for notice in notices] == ["signer_renamed"]


def test_check_exits_1_before_the_expiry_and_0_after_renewal(office: Cli) -> None:
    due = office("key", "check", "--json")
    early = office("key", "check", "--days", "5")
    certificate("a.key", "renewed.pem", days=90)
    office("key", "renew", "office", "--cert", "renewed.pem")
    later = office("key", "check", "--json")

    assert (due.status, due.document["ok"], due.document["keys"][0]["days_left"]) == (1, False, 9)
    assert (early.status, early.err) == (0, "")
    assert (later.status, later.document["keys"][0]["due"]) == (0, False)


def test_an_expired_certificate_is_said_to_have_expired_and_never_signs(cli: Cli) -> None:
    authority("old")
    openssl(
        *("x509", "-in", "old.pem", "-signkey", "old.key", "-out", "expired.pem", "-days", "-1"),
    )

    imported = cli("key", "import", "old", "--cert", "expired.pem", "--key", "old.key")
    checked = cli("key", "check")
    Path("x.mobileconfig").write_bytes(plistlib.dumps({"PayloadContent": []}))
    signed = cli("sign", "x.mobileconfig", "-o", "y.mobileconfig", "--json")

    assert imported.status == 0
    assert (checked.status, "expired" in checked.out) == (1, True)
    assert (signed.status, signed.document["error"]["code"]) == (3, "signer_expired")
    assert not Path("y.mobileconfig").exists()


def test_check_says_what_to_do(office: Cli) -> None:
    answer = office("key", "check")

    assert "✗ office ends" in answer.out
    assert "key renew NAME --cert FILE" in answer.err


def test_a_certificate_about_to_expire_is_said_when_it_signs(office: Cli, settings: Path) -> None:
    built = office("build", "you@example.com", "--settings", settings, "-o", "x.mobileconfig", "--json")
    signed = office("sign", "x.mobileconfig", "-o", "y.mobileconfig", "--json")

    for answer in (built, signed):
        assert "signer_expires_soon" in [notice["code"] for notice in answer.document["notices"]]


def test_an_exported_identity_is_private_and_openssl_opens_it(office: Cli) -> None:
    Path("password").write_text("geheim\n")

    answer = office("key", "export", "office", "--p12", "office.p12", "--password-file", "password", "--json")

    opened = openssl("pkcs12", "-in", "office.p12", "-nodes", "-passin", "pass:geheim")
    assert (answer.status, answer.document["path"]) == (0, "office.p12")
    assert stat.S_IMODE(Path("office.p12").stat().st_mode) == 0o600
    assert b"PRIVATE KEY" in opened
    assert b"CN = Profiles" in opened


def test_no_private_key_leaves_without_a_password(office: Cli) -> None:
    answer = office("key", "export", "office", "--p12", "office.p12", "--json")

    assert (answer.status, answer.document["error"]["code"]) == (2, "empty_password")
    assert not Path("office.p12").exists()


def test_an_exported_identity_comes_back_as_the_same_signer(office: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("P12", "geheim")
    office("key", "export", "office", "--p12", "office.p12", "--password-env", "P12")

    again = office("key", "import", "again", "--p12", "office.p12", "--password-env", "P12", "--json").document

    assert again["spki_sha256"] == json.loads(office("key", "show", "office", "--json").out)["spki_sha256"]


def test_a_new_key_is_explained_with_the_number_of_profiles_it_concerns(cli: Cli, settings: Path) -> None:
    for name in ("first", "second"):
        cli("key", "new", name)
    asked = ("build", "you@example.com", "--settings", settings, "-o", "x.mobileconfig", "--json")

    fresh, same = (cli(*asked, "--key", "first").document["notices"] for _ in range(2))
    other = cli(*asked, "--key", "second").document["notices"]

    for notices in (fresh, same):
        assert [notice["code"] for notice in notices] == ["self_signed"]
    assert [notice["code"] for notice in other] == ["signer_changed", "self_signed", "signer_rotation"]
    assert "1 profile was last signed with another key" in other[2]["text"]


def test_signing_with_another_key_than_the_issued_ones_is_explained_too(cli: Cli, settings: Path) -> None:
    for name in ("first", "second"):
        cli("key", "new", name)
    cli("build", "you@example.com", "--settings", settings, "-o", "x.mobileconfig", "--key", "first")

    notices = cli("sign", "x.mobileconfig", "-o", "y.mobileconfig", "--key", "second", "--json").document["notices"]

    assert [notice["code"] for notice in notices] == ["self_signed", "signer_rotation"]


def authority(name: str, issuer: str | None = None) -> None:
    """Make NAME.key and NAME.pem of an authority, issued by itself or by another."""
    signed_by = ("-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key") if issuer else ()
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    subject = ("-days", "90", "-subj", f"/CN={name}", "-addext", "basicConstraints=critical,CA:TRUE")
    openssl("req", "-x509", *curve, *subject, *signed_by, "-keyout", f"{name}.key", "-out", f"{name}.pem")


def test_a_chain_without_its_intermediate_is_noticed_when_the_key_is_imported(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority("root")
    authority("middle", "root")
    authority("leaf", "middle")
    monkeypatch.setenv("SSL_CERT_FILE", str(Path("root.pem").absolute()))
    asked = ("--cert", "leaf.pem", "--key", "leaf.key", "--json")

    short = cli("key", "import", "short", *asked).document
    whole = cli("key", "import", "whole", *asked, "--chain", "middle.pem").document

    assert [notice["code"] for notice in short["notices"]] == ["chain_incomplete"]
    assert "CN=middle" in short["notices"][0]["text"]
    assert (whole["notices"], whole["chain"]) == ([], 2)
