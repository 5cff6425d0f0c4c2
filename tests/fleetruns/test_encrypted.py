"""The secret route "encrypted": passwords reach the device inside a profile that only this device can read."""

import os
import plistlib
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_encrypt import make_device, openssl
from tests.fleetruns.conftest import FRESH, Organisation

SIGNED = ("--allow-self-signed",)


@pytest.fixture
def office(organisation: Organisation, monkeypatch: pytest.MonkeyPatch) -> Organisation:
    for name, field in (("certificates", "DEVICE_CERTIFICATES"), ("passwords", "PASSWORDS_FOLDER")):
        (organisation.folder / name).mkdir(mode=0o700)
        monkeypatch.setenv(f"PROFILEGEN_MDM__ACME__{field}", str(organisation.folder / name))
    return organisation


def _password(office: Organisation, name: str, text: str) -> None:
    path = office.folder / "passwords" / name
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        file.write(text + "\n")


def _certificate(office: Organisation, number: int) -> Path:
    """Issue the identity of a phone and tell the operator's folder of it."""
    path = office.folder / "certificates" / f"{office.phones[number].udid}.pem"
    path.write_bytes(make_device(f"phone{number}").read_bytes())
    path.chmod(0o644)
    return path


def _equip(office: Organisation, count: int) -> None:
    office.hire(count)
    for number in range(count):
        _password(office, f"p{number}@example.com", "first password")
        _certificate(office, number)


def _payload(office: Organisation, number: int) -> dict[str, Any]:
    """Return the mail payload as the phone reads it with its own key."""
    (held,) = office.phones[number].installed().values()
    assert held.encrypted
    Path("envelope").write_bytes(held.content["EncryptedPayloadContent"])
    key, recipient = f"phone{number}.key", f"phone{number}.pem"
    asked = ("cms", "-decrypt", "-inform", "der", "-in", "envelope", "-inkey", key, "-recip", recipient)
    (payload,) = plistlib.loads(openssl(*asked))
    return dict(payload)


def _seat(office: Organisation, number: int) -> dict[str, Any]:
    return office.run("status", "--offline", "--only", f"p{number}@example.com", "--json").document


def _refusals(outcome: dict[str, Any]) -> list[str]:
    return [line["why"] for line in outcome["not_given_out"]]


def test_a_password_reaches_the_device_and_nobody_is_asked_for_it(office: Organisation) -> None:
    _equip(office, 2)
    assert _seat(office, 0)["secret_route"] == "encrypted"
    outcome = office.apply(*SIGNED)
    assert (outcome["pushed"], outcome["states"]) == (2, {"ok": 2}), outcome
    assert [_payload(office, number)["IncomingPassword"] for number in (0, 1)] == ["first password"] * 2
    assert _payload(office, 1)["OutgoingPassword"] == "first password"
    home = b"".join(path.read_bytes() for path in (office.folder / "home").rglob("*") if path.is_file())
    assert b"first password" not in home
    assert office.apply(*SIGNED)["pushed"] == 0


def test_a_new_password_is_another_revision_and_goes_out_when_asked_for(office: Organisation) -> None:
    _equip(office, 1)
    office.apply(*SIGNED)
    before = _seat(office, 0)["revision"]
    _password(office, "p0@example.com", "second password")
    assert office.apply(*SIGNED, "--only", "p0@example.com", "--again")["states"] == {"ok": 1}
    assert _payload(office, 0)["IncomingPassword"] == "second password"
    assert _seat(office, 0)["revision"] != before


def test_a_restored_phone_gets_its_password_again(office: Organisation) -> None:
    _equip(office, 1)
    office.apply(*SIGNED)
    office.phones[0].restore()
    office.look_again()
    assert office.apply(*SIGNED, *FRESH)["states"] == {"ok": 1}
    assert _payload(office, 0)["IncomingPassword"] == "first password"


def test_who_lacks_a_password_or_a_certificate_is_named_and_gets_nothing(office: Organisation) -> None:
    _equip(office, 4)
    (office.folder / "passwords" / "p0@example.com").unlink()
    (office.folder / "certificates" / f"{office.phones[1].udid}.pem").unlink()
    (office.folder / "certificates" / f"{office.phones[2].udid}.pem").chmod(0o666)
    outcome = office.apply(*SIGNED)
    assert outcome["pushed"] == 1, outcome
    said = " ".join(_refusals(outcome))
    assert "The password of p0@example.com is not known" in said
    assert f"The certificate of the device {office.phones[1].udid} is not known" in said
    assert "choose who reads the passwords" in said
    assert [len(phone.installed()) for phone in office.phones] == [0, 0, 0, 1]


@pytest.mark.skipif(os.name != "posix", reason="modes of files are checked on POSIX")
def test_a_folder_into_which_others_can_put_a_certificate_encrypts_to_nobody(office: Organisation) -> None:
    _equip(office, 1)
    (office.folder / "certificates").chmod(0o777)
    outcome = office.apply(*SIGNED)
    assert outcome["pushed"] == 0
    assert "Others can put certificates into the folder" in _refusals(outcome)[0]


def test_the_password_of_a_mailbox_is_never_given_to_a_relay_service(office: Organisation) -> None:
    _equip(office, 1)
    roster = office.folder / "relayed.csv"
    columns = "address,udid,mdm,outgoing,outgoing_username"
    roster.write_text(f"{columns}\np0@example.com,{office.phones[0].udid},acme,sendgrid,apikey\n")
    assert office.run("import", str(roster), "--trust-roster", "the list").status == 0
    assert "The password of p0@example.com is not known" in _refusals(office.apply(*SIGNED))[0]
    _password(office, "p0@example.com.outgoing", "key of the service")
    assert office.apply(*SIGNED)["pushed"] == 1
    payload = _payload(office, 0)
    assert (payload["IncomingPassword"], payload["OutgoingPassword"]) == ("first password", "key of the service")


def test_without_the_folder_of_certificates_a_seat_of_this_route_gets_no_other_one(
    office: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    _equip(office, 1)
    monkeypatch.delenv("PROFILEGEN_MDM__ACME__DEVICE_CERTIFICATES")
    outcome = office.apply(*SIGNED)
    assert outcome["pushed"] == 0
    assert "acme has no certificates of devices" in _refusals(outcome)[0]


def test_a_folder_that_is_not_there_is_named(office: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROFILEGEN_MDM__ACME__DEVICE_CERTIFICATES", "/nowhere/at/all")
    error = office.run("status", "--offline", "--json").document["error"]
    assert (error["code"], "mdm.acme.device_certificates" in error["message"]) == ("bad_mdm", True)
