"""Where a profile with a password inside is never made: the engine refuses, whatever the configuration says."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from profilegen.address import Address
from profilegen.errors import NotPossible
from profilegen.fleet.capabilities import Signed
from profilegen.fleet.seat import EnrollmentChannel, SecretRoute
from profilegen.fleet.seen import Enrollment
from profilegen.flow.fleet.encryption import Encryption
from profilegen.mdm import jamf, nanomdm
from profilegen.ports import Encrypter
from profilegen.profile.declaration import Direction
from profilegen.secret import Secret
from tests.fleet.making import make_seat


class _Nobody:
    """A fake vault that would never be asked."""

    async def password(self, address: Address, direction: Direction) -> Secret | None:
        raise AssertionError(f"asked for the {direction} password of {address}")

    async def encrypter(self, device: Sequence[str]) -> Encrypter | None:
        raise AssertionError(f"asked for the certificate of {device}")


@dataclass
class _Listening(_Nobody):
    """A fake vault that remembers by which names it was asked, and knows none."""

    asked: list[str] = field(default_factory=list)

    async def encrypter(self, device: Sequence[str]) -> Encrypter | None:
        self.asked.extend(device)
        return None


@pytest.mark.parametrize(
    ("channel", "signed", "reason"),
    [
        (EnrollmentChannel.USER, nanomdm.CAPABILITIES.signed, "belongs to a user"),
        (EnrollmentChannel.DEVICE, jamf.CAPABILITIES.signed, "does not hand profiles on as they are"),
        (EnrollmentChannel.DEVICE, Signed.UNKNOWN, "does not hand profiles on as they are"),
    ],
)
def test_users_of_macs_and_servers_that_rewrite_get_no_encrypted_profile(
    channel: EnrollmentChannel, signed: Signed, reason: str
) -> None:
    seat = make_seat(route=SecretRoute.ENCRYPTED, channel=channel)
    enrollment = Enrollment(mdm=seat.mdm, id="AB", channel=channel)
    capabilities = replace(nanomdm.CAPABILITIES, signed=signed)
    with pytest.raises(NotPossible, match=reason) as caught:
        asyncio.run(Encryption(vaults={seat.mdm: _Nobody()}).encrypter(seat, enrollment, capabilities))
    assert caught.value.code == "cannot_encrypt"


def test_the_name_in_the_roster_chooses_the_certificate_before_what_a_device_says_of_itself() -> None:
    seat = make_seat(route=SecretRoute.ENCRYPTED, udid=None, serial="C02THEIRS")
    enrollment = Enrollment(
        mdm=seat.mdm, id="AB", channel=EnrollmentChannel.DEVICE, udid="UDID-IT-SAYS", serial="C02THEIRS"
    )
    vault = _Listening()
    with pytest.raises(NotPossible) as caught:
        asyncio.run(Encryption(vaults={seat.mdm: vault}).encrypter(seat, enrollment, nanomdm.CAPABILITIES))
    assert caught.value.code == "no_device_certificate"
    assert list(dict.fromkeys(vault.asked)) == ["C02THEIRS", "UDID-IT-SAYS", "AB"]
