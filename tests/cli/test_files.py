"""check, sign, key, config, providers and demo."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import CLIENT_CONFIG, Cli


def test_check_describes_a_signed_profile_in_the_shape_of_the_contract(cli: Cli, settings: Path) -> None:
    cli("build", "you@example.com", "--settings", settings, "-o", "x.mobileconfig")

    answer = cli("check", "x.mobileconfig", "--json")

    found = answer.document
    assert answer.status == 0
    assert list(found) == [
        *("file", "format", "signed", "encrypted", "signer", "identifier", "uuid", "payload_types", "findings")
    ]
    assert (found["format"], found["signed"], found["signer"]["trusted"]) == ("cms-der", True, False)
    assert [finding["rule"] for finding in found["findings"]] == ["PG504"]


def test_the_given_authority_makes_a_signer_trusted(cli: Cli, settings: Path) -> None:
    cli("key", "new", "trial")
    cli("build", "you@example.com", "--settings", settings, "-o", "x.mobileconfig")
    home = cli("config", "show", "--json").document["home"]["value"]
    [certificate] = [path for path in Path(home, "keys", "trial").iterdir() if b"CERTIFICATE" in path.read_bytes()]

    found = cli("check", "x.mobileconfig", "--ca", certificate, "--json").document

    assert found["signer"]["trusted"] is True
    assert found["findings"] == []


def test_check_finds_what_breaks_sending_and_exits_1(cli: Cli, settings: Path) -> None:
    cli("build", "you@example.com", "--settings", settings, "-o", "x.mobileconfig", "--unsigned")
    path = Path("x.mobileconfig")
    text = path.read_text().replace("<key>OutgoingMailServerUseSSL</key>\n\t\t\t<true/>", "")
    path.write_text(text)

    answer = cli("check", "x.mobileconfig", "--select", "PG305", "--json")

    [finding] = answer.document["findings"]
    assert answer.status == 1
    assert finding["rule"] == "PG305"
    assert finding["path"] == "PayloadContent[0].OutgoingMailServerUseSSL"


def test_check_walks_folders_and_prints_json_lines(cli: Cli, settings: Path) -> None:
    for name in ("a", "b"):
        cli("build", "you@example.com", "--settings", settings, "-o", f"many/{name}.mobileconfig", "--unsigned")

    answer = cli("check", "many", "--json")

    assert [document["file"] for document in answer.documents] == ["many/a.mobileconfig", "many/b.mobileconfig"]


@pytest.mark.parametrize("data", [b"", b"<html>", b"\x1f\x8b\x08", b"\x30\x80\x00", bytes(1000)])
def test_unreadable_bytes_are_a_finding_and_a_missing_file_is_not(cli: Cli, data: bytes) -> None:
    Path("x.mobileconfig").write_bytes(data)

    answer = cli("check", "x.mobileconfig", "--json")

    assert answer.status == 1
    assert answer.document["findings"][0]["rule"].startswith("PG1")
    assert cli("check", "missing.mobileconfig").status == 2


def test_strict_counts_warnings(cli: Cli, settings: Path) -> None:
    cli("build", "you@example.com", "--settings", settings, "-o", "x.mobileconfig")

    assert cli("check", "x.mobileconfig", "--strict").status == 1
    assert cli("check", "x.mobileconfig", "--strict", "--ignore", "PG504").status == 0


def test_sign_replaces_a_signature_instead_of_wrapping_it(cli: Cli, settings: Path) -> None:
    cli("build", "you@example.com", "--settings", settings, "-o", "plain.mobileconfig", "--unsigned")
    cli("sign", "plain.mobileconfig", "-o", "once.mobileconfig")
    answer = cli("sign", "once.mobileconfig", "-o", "twice.mobileconfig", "--json")

    inside = subprocess.run(
        ["openssl", "cms", "-verify", "-inform", "der", "-noverify", "-purpose", "any", "-in", "twice.mobileconfig"],
        capture_output=True,
        check=True,
    ).stdout
    assert answer.document["signed"] is True
    assert inside == Path("plain.mobileconfig").read_bytes()


def test_sign_refuses_what_is_no_profile(cli: Cli) -> None:
    Path("page.html").write_text("<html>")

    answer = cli("sign", "page.html", "-o", "out.mobileconfig", "--json")

    assert (answer.status, answer.document["error"]["code"]) == (2, "unreadable_input")
    assert not Path("out.mobileconfig").exists()


def test_keys_made_by_openssl_are_imported_and_used(cli: Cli, settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, algorithm in (("rsa", "rsa:2048"), ("ec", "ec")):
        curve = ["-pkeyopt", "ec_paramgen_curve:P-256"] if name == "ec" else []
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", algorithm, *curve, "-nodes", "-days", "30"),
                *("-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.crt"),
            ],
            capture_output=True,
            check=True,
        )
    subprocess.run(
        [
            "openssl",
            "pkcs12",
            "-export",
            "-inkey",
            "ec.key",
            "-in",
            "ec.crt",
            "-out",
            "ec.p12",
            "-passout",
            "pass:geheim",
        ],
        check=True,
    )
    monkeypatch.setenv("P12", "geheim")

    pem = cli("key", "import", "office", "--cert", "rsa.crt", "--key", "rsa.key", "--json")
    p12 = cli("key", "import", "spare", "--p12", "ec.p12", "--password-env", "P12", "--json")
    mixed = cli("key", "import", "mixed", "--cert", "rsa.crt", "--key", "ec.key", "--json")
    built = cli("build", "you@example.com", "--settings", settings, "--key", "spare", "-o", "x.mobileconfig")

    assert (pem.document["default"], pem.document["subject"]) == (True, "CN=rsa")
    assert p12.document["subject"] == "CN=ec"
    assert (mixed.status, mixed.document["error"]["code"]) == (3, "key_mismatch")
    assert built.status == 0
    assert cli("check", "x.mobileconfig", "--json").document["signer"]["subject"] == "CN=ec"


def test_an_unreadable_key_is_this_machines_fault(cli: Cli) -> None:
    for name in ("cert.pem", "key.pem"):
        Path(name).write_text("no key")

    answer = cli("key", "import", "x", "--cert", "cert.pem", "--key", "key.pem", "--json")

    assert answer.status == 3
    assert answer.document["error"]["code"] in ("unreadable_key", "unreadable_certificate")


def test_config_shows_where_each_value_came_from(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("profilegen.toml").write_text('organization = "Example"\n')
    monkeypatch.setenv("PROFILEGEN_NETWORK__RESOLVER", "127.0.0.1:5353")

    shown = cli("config", "show", "--json").document

    assert shown["organization"]["value"] == "Example"
    assert shown["organization"]["origin"].endswith("profilegen.toml")
    assert shown["network.resolver"]["origin"] == "environment PROFILEGEN_NETWORK__RESOLVER"
    assert shown["identifier_prefix"] == {"value": None, "origin": "default"}


def test_config_shows_the_servers_it_names_and_where_each_setting_stands(cli: Cli) -> None:
    Path("profilegen.toml").write_text(
        '[mdm.office]\nkind = "nanomdm"\nurl = "https://mdm.example.com"\nkey_file = "/etc/profilegen/nano.key"\n'
    )

    document = cli("config", "show", "--json").document
    table = cli("config", "show").out

    assert document["mdm.office.kind"]["value"] == "nanomdm"
    assert document["mdm.office.key_file"]["value"] == "/etc/profilegen/nano.key"
    assert document["mdm.office.key_file"]["origin"].endswith("profilegen.toml:4")
    assert "mdm.office.url" in table
    assert "https://mdm.example.com" in table


def test_the_catalogue_is_listed_shown_and_checked(cli: Cli) -> None:
    listed = cli("providers", "list", "--json").document["providers"]
    shown = cli("providers", "show", "icloud", "--json").document
    checked = cli("providers", "check", "--json")
    unknown = cli("providers", "show", "nobody", "--json")

    assert {"id": "smtp2go", "name": "SMTP2GO", "kind": "relay", "status": "ok", "domains": 0} in listed
    assert shown["imap"][0]["username"] == "%EMAILLOCALPART%"
    assert shown["smtp"][0]["username"] == "%EMAILADDRESS%"
    assert (checked.status, checked.document["findings"]) == (0, [])
    assert (unknown.status, unknown.document["error"]["code"]) == (1, "unknown_provider")


def test_a_broken_provider_file_is_named_with_its_key(cli: Cli) -> None:
    Path("x.toml").write_text('id = "x"\nname = "X"\nstatus = "ok"\nchecked = 2026-11-23\ndomains = ["x.example"]\n')

    answer = cli("providers", "check", "x.toml", "--json")

    assert answer.status == 1
    assert answer.document["findings"][0]["file"] == "x.toml"


def test_what_a_provider_publishes_becomes_a_provider_file(cli: Cli) -> None:
    Path("config-v1.1.xml").write_text(CLIENT_CONFIG)

    imported = cli("providers", "import", "autoconfig", "config-v1.1.xml", "-o", "new", "--json")
    again = cli("providers", "import", "autoconfig", "config-v1.1.xml", "-o", "new", "--json")

    [path] = imported.document["written"]
    assert imported.status == 0
    assert cli("providers", "check", path).status == 0
    assert (again.status, again.document["error"]["code"]) == (2, "exists")


def test_an_imported_domain_that_the_catalogue_has_is_a_finding(cli: Cli) -> None:
    Path("other.xml").write_text(CLIENT_CONFIG.replace("lab.test", "gmx.de"))
    cli("providers", "import", "ispdb", "other.xml", "-o", "new")
    [path] = Path("new").iterdir()

    answer = cli("providers", "check", path, "--json")

    assert answer.status == 1
    assert {finding["file"] for finding in answer.document["findings"]} == {path.name}
    assert "gmx.de" in answer.document["findings"][0]["message"]


def test_the_demo_shows_the_refusal_the_cure_and_a_signed_file(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "profilegen", "demo", "--json"], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    story = json.loads(done.stdout)
    broken = {finding["check"]: finding for finding in story["broken"]["findings"]}
    assert "554 5.7.1" in broken["outgoing.auth"]["detail"]
    assert broken["outgoing.auth"]["cause"] == "auth_not_configured"
    assert broken["incoming.auth"]["outcome"] == "pass"
    assert (story["fixed"]["verified"], story["fixed"]["level"]) == (True, 4)
    assert done.stderr == ""
    signed = tmp_path / story["fixed"]["path"]
    subprocess.run(
        [
            "openssl",
            "cms",
            "-verify",
            "-inform",
            "der",
            "-noverify",
            "-purpose",
            "any",
            "-in",
            signed,
            "-out",
            "/dev/null",
        ],
        check=True,
        capture_output=True,
    )
