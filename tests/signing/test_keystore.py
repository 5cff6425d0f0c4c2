"""Named identities in a folder."""

import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import pkcs12
from hypothesis import given
from hypothesis import strategies as st

from profilegen.errors import KeyProblem, ProfilegenError, UsageProblem
from profilegen.secret import Secret
from profilegen.signing.identity import check_usable
from profilegen.signing.keystore import Keystore
from tests.signing import pki
from tests.signing.conftest import Hierarchy
from tests.signing.pki import NOW, Certified

PASSWORD = Secret(text="correct-horse")


@pytest.fixture
def keystore(tmp_path: Path) -> Keystore:
    return Keystore(tmp_path / "home" / "keys")


def folder_of(keystore: Keystore) -> Path:
    return keystore._folder


def code_of(action: Callable[[], object], kind: type[ProfilegenError] = KeyProblem) -> str:
    with pytest.raises(kind) as caught:
        action()
    assert caught.value.hint
    return caught.value.code


def import_leaf(keystore: Keystore, name: str, signer: Certified, chain: bytes = b"") -> None:
    keystore.import_pem(name, cert=signer.cert_pem, key=signer.key_pem(), chain=chain)


def test_an_empty_home_has_no_keys_and_no_default(keystore: Keystore) -> None:
    assert keystore.names() == ()
    assert keystore.default_name() is None
    assert code_of(lambda: keystore.load("office")) == "unknown_key"
    assert not folder_of(keystore).exists()


def test_a_self_signed_identity_is_rsa_2048_for_398_days_and_can_sign_at_once(keystore: Keystore) -> None:
    made = keystore.create_self_signed("trial", common_name="Mail", organization="Example Ltd", now=NOW)
    loaded = keystore.load("trial")
    check_usable(loaded, NOW)
    assert loaded.certificate == made.certificate
    facts = loaded.facts
    assert facts.self_signed
    assert facts.chain == 1
    assert {"CN=Mail", "O=Example Ltd"} == set(facts.subject.split(","))
    assert facts.not_after - facts.not_before == timedelta(days=398)
    assert getattr(loaded.key, "key_size", None) == 2048


def test_openssl_finds_the_self_signed_certificate_sound(keystore: Keystore) -> None:
    keystore.create_self_signed("trial", common_name="Mail", now=NOW)
    pem = folder_of(keystore) / "trial" / "certificates.pem"
    done = subprocess.run(
        ["openssl", "verify", "-x509_strict", "-purpose", "smimesign", "-CAfile", pem, pem], capture_output=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("common_name", ["", "x" * 65])
def test_a_name_that_cannot_stand_in_a_certificate_is_refused(keystore: Keystore, common_name: str) -> None:
    code = code_of(lambda: keystore.create_self_signed("trial", common_name=common_name, now=NOW), UsageProblem)
    assert code == "invalid_name"
    assert keystore.names() == ()


@pytest.mark.skipif(os.name != "posix", reason="modes are a POSIX notion")
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_files_are_0600_and_folders_0700_whatever_the_umask(keystore: Keystore, umask: int) -> None:
    before = os.umask(umask)
    try:
        keystore.create_self_signed("trial", common_name="Mail", now=NOW)
    finally:
        os.umask(before)
    keys = folder_of(keystore)
    modes = {str(path.relative_to(keys)): stat.S_IMODE(path.stat().st_mode) for path in [keys, *keys.rglob("*")]}
    files = {".default": 0o600, "trial/key.pem": 0o600, "trial/certificates.pem": 0o600}
    assert modes == {".": 0o700, "trial": 0o700} | files


def test_the_first_identity_is_the_default_and_stays_it(keystore: Keystore, hierarchy: Hierarchy) -> None:
    import_leaf(keystore, "second-in-alphabet", hierarchy.leaf)
    import_leaf(keystore, "a-first-in-alphabet", hierarchy.leaf)
    assert keystore.names() == ("a-first-in-alphabet", "second-in-alphabet")
    assert keystore.default_name() == "second-in-alphabet"


def test_an_identity_may_be_called_default(keystore: Keystore, hierarchy: Hierarchy) -> None:
    import_leaf(keystore, "default", hierarchy.leaf)
    assert keystore.names() == ("default",)
    assert keystore.default_name() == "default"


def test_a_pem_identity_with_an_encrypted_key_and_a_wild_chain_is_kept_in_order(
    keystore: Keystore, hierarchy: Hierarchy
) -> None:
    chain = b"".join(
        member.cert_pem for member in (hierarchy.root, hierarchy.upper, hierarchy.stranger, hierarchy.lower)
    )
    key = hierarchy.leaf.key_pem(PASSWORD.reveal())
    keystore.import_pem("office", cert=hierarchy.leaf.cert_pem, key=key, chain=chain, password=PASSWORD)
    assert keystore.load("office").chain == (hierarchy.lower.certificate, hierarchy.upper.certificate)


def test_a_pkcs12_identity_survives_export_and_import(keystore: Keystore, hierarchy: Hierarchy) -> None:
    import_leaf(keystore, "office", hierarchy.leaf, hierarchy.lower.cert_pem + hierarchy.upper.cert_pem)
    data = keystore.export_p12("office", password=PASSWORD)
    assert pkcs12.load_pkcs12(data, PASSWORD.reveal().encode()).key is not None
    keystore.import_p12("copy", data=data, password=PASSWORD)
    assert keystore.load("copy").chain == keystore.load("office").chain
    assert keystore.load("copy").certificate == hierarchy.leaf.certificate
    assert code_of(lambda: keystore.export_p12("office", password=Secret(text="")), UsageProblem) == "empty_password"


def test_an_identity_is_never_overwritten(keystore: Keystore, hierarchy: Hierarchy) -> None:
    import_leaf(keystore, "office", hierarchy.leaf)
    other = Certified.issue("Other", issuer=None, key=pki.p256())
    attempts: tuple[Callable[[], object], ...] = (
        lambda: import_leaf(keystore, "office", other),
        lambda: keystore.import_p12("office", data=b""),
        lambda: keystore.create_self_signed("office", common_name="Mail", now=NOW),
    )
    assert [code_of(attempt) for attempt in attempts] == ["key_exists"] * 3
    assert keystore.load("office").certificate == hierarchy.leaf.certificate


def test_of_many_who_make_the_same_name_at_once_one_wins(keystore: Keystore, hierarchy: Hierarchy) -> None:
    def attempt(_: int) -> str:
        try:
            import_leaf(keystore, "office", hierarchy.leaf)
        except KeyProblem as problem:
            return problem.code
        return "made"

    with ThreadPoolExecutor(8) as pool:
        outcomes = sorted(pool.map(attempt, range(8)))
    assert outcomes == ["key_exists"] * 7 + ["made"]
    assert sorted(path.name for path in folder_of(keystore).iterdir()) == [".default", "office"]


@pytest.mark.parametrize(
    ("make_key", "code"),
    [(pki.ed25519_key, "unsupported_key"), (pki.rsa1024, "weak_key"), (pki.k256, "unsupported_curve")],
)
def test_a_key_that_cannot_sign_is_not_kept(
    keystore: Keystore, make_key: Callable[[], pki.IssuingKey], code: str
) -> None:
    signer = Certified.issue("Signer", issuer=None, key=make_key())
    assert code_of(lambda: import_leaf(keystore, "office", signer)) == code
    assert not folder_of(keystore).exists()


def test_renewing_takes_a_new_certificate_for_the_same_key_only(keystore: Keystore, hierarchy: Hierarchy) -> None:
    import_leaf(keystore, "office", hierarchy.leaf)
    renewed = Certified.issue("Mail Profiles", issuer=hierarchy.lower, key=hierarchy.leaf.key)
    stranger = Certified.issue("Mail Profiles", issuer=hierarchy.lower, key=pki.rsa2048())
    before = keystore.load("office").facts.spki_sha256
    keystore.renew("office", cert=renewed.cert_pem, chain=hierarchy.lower.cert_pem)
    assert code_of(lambda: keystore.renew("office", cert=stranger.cert_pem)) == "key_mismatch"
    loaded = keystore.load("office")
    assert loaded.certificate == renewed.certificate
    assert loaded.chain == (hierarchy.lower.certificate,)
    assert loaded.facts.spki_sha256 == before


@pytest.mark.parametrize("name", ["", ".", "..", ".hidden", "-option", "a/b", "a\\b", "ä", "a b", "x" * 65, "a\n"])
def test_names_that_could_leave_the_folder_or_look_like_options_are_refused(
    keystore: Keystore, hierarchy: Hierarchy, name: str
) -> None:
    assert code_of(lambda: keystore.load(name), UsageProblem) == "invalid_key_name"
    assert code_of(lambda: import_leaf(keystore, name, hierarchy.leaf), UsageProblem) == "invalid_key_name"
    assert not folder_of(keystore).exists()


@given(name=st.text(max_size=70))
def test_only_the_documented_characters_pass(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    keystore = Keystore(tmp_path_factory.getbasetemp() / "nowhere")
    fits = re.fullmatch(r"(?![.-])[A-Za-z0-9._-]{1,64}", name) is not None
    with pytest.raises(ProfilegenError) as caught:
        keystore.load(name)
    assert caught.value.code == ("unknown_key" if fits else "invalid_key_name")


@pytest.mark.skipif(os.name != "posix", reason="modes are a POSIX notion")
def test_a_private_key_that_others_can_read_is_not_used(keystore: Keystore, hierarchy: Hierarchy) -> None:
    import_leaf(keystore, "office", hierarchy.leaf)
    (folder_of(keystore) / "office" / "key.pem").chmod(0o640)
    assert code_of(lambda: keystore.load("office")) == "key_exposed"


@pytest.mark.parametrize(
    ("file", "code"), [("key.pem", "unreadable_key"), ("certificates.pem", "unreadable_certificate")]
)
def test_a_damaged_file_is_named_as_what_it_is(keystore: Keystore, hierarchy: Hierarchy, file: str, code: str) -> None:
    import_leaf(keystore, "office", hierarchy.leaf)
    (folder_of(keystore) / "office" / file).write_bytes(b"\x00")
    assert code_of(lambda: keystore.load("office")) == code


def test_a_missing_file_or_a_file_in_place_of_the_folder_is_one_clear_error(
    keystore: Keystore, hierarchy: Hierarchy, tmp_path: Path
) -> None:
    import_leaf(keystore, "office", hierarchy.leaf)
    (folder_of(keystore) / "office" / "key.pem").unlink()
    assert code_of(lambda: keystore.load("office")) == "keystore_unusable"
    (tmp_path / "plain").write_text("")
    assert code_of(lambda: import_leaf(Keystore(tmp_path / "plain"), "x", hierarchy.leaf)) == "keystore_unusable"


@pytest.mark.skipif(os.name != "posix", reason="file size limits are a POSIX notion")
def test_a_disk_that_fills_up_leaves_no_half_identity(tmp_path: Path, hierarchy: Hierarchy) -> None:
    (tmp_path / "cert.pem").write_bytes(hierarchy.leaf.cert_pem)
    (tmp_path / "key.pem").write_bytes(hierarchy.leaf.key_pem())
    program = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from profilegen.errors import KeyProblem\n"
        "from profilegen.signing.keystore import Keystore\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "try:\n"
        "    cert, key = Path('cert.pem').read_bytes(), Path('key.pem').read_bytes()\n"
        "    Keystore(Path('keys')).import_pem('x', cert=cert, key=key)\n"
        "except KeyProblem as problem:\n"
        "    sys.exit(problem.code)\n"
    )
    done = subprocess.run([sys.executable, "-B", "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert done.stderr.strip() == "keystore_unusable"
    assert list((tmp_path / "keys").iterdir()) == []
