"""The secret route "encrypted": a profile with its passwords inside, for the one device that can read it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from profilegen.errors import NotPossible
from profilegen.fleet.capabilities import Capabilities, Signed
from profilegen.fleet.seat import EnrollmentChannel, Seat
from profilegen.fleet.seen import Enrollment
from profilegen.ports import Encrypter
from profilegen.ports.device_vault import DeviceVault
from profilegen.profile.declaration import Direction
from profilegen.profile.wish import AccountWish, PasswordsInProfile, ProfileWish


@dataclass(frozen=True, slots=True, kw_only=True)
class Encryption:
    """Puts passwords into profiles, and says to whom those are encrypted; `vaults` by the name of the server."""

    vaults: Mapping[str, DeviceVault] = field(default_factory=dict)

    async def with_passwords(self, wish: ProfileWish, seat: Seat) -> ProfileWish:
        """
        Return the wish with the passwords of its accounts.

        Raises NotPossible `no_password` where one is not known, `no_vault` where the server has none to ask.
        """
        vault = self._vault(seat)
        accounts = tuple([await _with_password(account, vault) for account in wish.accounts])
        return replace(wish, accounts=accounts, passwords=PasswordsInProfile.ENCRYPTED)

    async def encrypter(self, seat: Seat, enrollment: Enrollment, capabilities: Capabilities) -> Encrypter:
        """
        Return what encrypts the profile of a seat.

        Raises NotPossible `no_device_certificate`, and `cannot_encrypt` where a server changes profiles on their way or
        a profile would go to a user of a Mac, of whom no source says that the device's key serves them.
        """
        if seat.channel is not EnrollmentChannel.DEVICE or capabilities.signed is not Signed.KEPT:
            reason = f"{seat.mdm} does not hand profiles on as they are"
            if seat.channel is not EnrollmentChannel.DEVICE:
                reason = "mail on a Mac belongs to a user, and the certificate to the Mac"
            raise NotPossible(
                f"The profile of {seat.mailboxes[0].address} cannot be encrypted to its device: {reason}.",
                hint="Use a KMFDDM with credentials_folder, or import without device_certificates, so that people are "
                "asked for their password.",
                code="cannot_encrypt",
            )
        # what the roster says first: of the other names a device only says itself that they are its own
        names = tuple(filter(None, (seat.udid, seat.serial, enrollment.udid, enrollment.serial, enrollment.id)))
        encrypter = await self._vault(seat).encrypter(names)
        if encrypter is None:
            device = names[0]
            raise NotPossible(
                f"The certificate of the device {device} is not known, so nothing can be encrypted to it.",
                hint=f"Put the certificate of its identity, as {device}.pem, into the folder that "
                f"mdm.{seat.mdm}.device_certificates names.",
                code="no_device_certificate",
            )
        return encrypter

    def _vault(self, seat: Seat) -> DeviceVault:
        vault = self.vaults.get(seat.mdm)
        if vault is None:
            raise NotPossible(
                f"{seat.mailboxes[0].address} was to get its password in an encrypted profile, and {seat.mdm} has no "
                "certificates of devices.",
                hint=f"Set mdm.{seat.mdm}.device_certificates, or import the roster again without it.",
                code="no_vault",
            )
        return vault


async def _with_password(wish: AccountWish, vault: DeviceVault) -> AccountWish:
    if wish.settings is not None and wish.settings.payload is not None:
        return wish  # signs in on the device
    incoming = await vault.password(wish.address, Direction.INCOMING)
    outgoing = await vault.password(wish.address, Direction.OUTGOING)
    if incoming is None or outgoing is None or (wish.relay is not None and outgoing == incoming):
        # what a mailbox falls back to is no password of a relay service, and none of its business
        name = f"{wish.address}{'' if incoming is None else '.outgoing'}"
        raise NotPossible(
            f"The password of {wish.address} is not known, so its profile would ask for one that nobody can type.",
            hint=f"Write it into the file {name} of passwords_folder, with mode 0600"
            f"{', or into the keyring' if incoming is None else ''}.",
            code="no_password",
        )
    return replace(wish, incoming_password=incoming, outgoing_password=outgoing)
