"""Profiles encrypted to their devices: where the certificates of devices and the passwords of mailboxes are."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from profilegen.address import Address
from profilegen.config.mdm import MdmConfig
from profilegen.errors import InputProblem
from profilegen.flow.fleet.encryption import Encryption
from profilegen.ports import Encrypter, Signer
from profilegen.profile.declaration import Direction
from profilegen.secret import Secret
from profilegen.wiring.declared import MailboxPasswords
from profilegen.wiring.house import House


def encryption(house: House, signer: Signer | None) -> Encryption:
    """Return what encrypts profiles to devices; raises ConfigProblem for a folder that is not there."""
    vaults = {}
    for config in house.loaded.mdm.values():
        if (folder := config.get("device_certificates")) is None:
            continue
        passwords = MailboxPasswords(house, config)
        vaults[config.name] = _Vault(folder=_checked(config, folder), passwords=passwords, signer=signer)
    return Encryption(vaults=vaults)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Vault:
    """Implements `ports.device_vault.DeviceVault` on folders of the operator's."""

    folder: Path
    passwords: MailboxPasswords
    signer: Signer | None

    async def password(self, address: Address, direction: Direction) -> Secret | None:
        return await self.passwords.of(str(address), direction)

    async def encrypter(self, device: Sequence[str]) -> Encrypter | None:
        from profilegen.signing.envelope import DeviceEncrypter
        from profilegen.storage.device_certificates import read_certificate

        data = read_certificate(self.folder, device)
        if data is None:
            return None
        known = self.signer.facts.spki_sha256 if self.signer else None
        try:
            return DeviceEncrypter.load(data, signer_spki_sha256=known)
        except InputProblem as problem:
            raise InputProblem(f"{device[0]}: {problem.message}", hint=problem.hint, code=problem.code) from problem


def _checked(config: MdmConfig, folder: str) -> Path:
    if not Path(folder).is_dir():
        reason = f"is {folder}, and there is no such folder"
        raise config.problem("device_certificates", reason, "Make it, and put the certificates of devices into it.")
    return Path(folder)
