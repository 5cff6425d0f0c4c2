"""Where a profile with a password inside is never made: the engine refuses, whatever the configuration says."""

import asyncio
from dataclasses import replace

import pytest

from profilegen.address import Address
from profilegen.errors import NotPossible
from profilegen.fleet.capabilities import Signed
from profilegen.fleet.seat import EnrollmentChannel, SecretRoute
from profilegen.fleet.seen import Enrollment
from profilegen.flow.fleet.sealing import Sealing
from profilegen.mdm import jamf, nanomdm
from profilegen.ports import Encrypter
from profilegen.profile.declaration import Direction
from profilegen.secret import Secret
from tests.fleet.making import make_seat


class _Nobody:
    """A fake vault that would never be asked."""

    async def password(self, address: Address, direction: Direction) -> Secret | None:
        raise AssertionError(f"asked for the {direction} password of {address}")

    async def encrypter(self, enrollment: Enrollment) -> Encrypter | None:
        raise AssertionError(f"asked for the certificate of {enrollment.id}")


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
        asyncio.run(Sealing(vaults={seat.mdm: _Nobody()}).encrypter(seat, enrollment, capabilities))
    assert caught.value.code == "cannot_encrypt"
