"""Declarative mail: which server tells of whose devices, and where devices fetch their logins."""

import hmac
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote, urlsplit

from profilegen.config.mdm import MdmConfig, MdmKind
from profilegen.errors import UsageProblem
from profilegen.fleet.seat import SecretRoute
from profilegen.ports.mdm import CredentialHost
from profilegen.profile.declaration import Direction, NeededLogin
from profilegen.secret import Secret
from profilegen.settings.durations import parse_duration
from profilegen.wiring.house import House

LIFETIME = timedelta(days=7)
"""How long a login lies there for a device that does not come."""

_AUTHENTICATIONS = {"none": False, "mdm": True}


def tellers(house: House) -> dict[str, str]:
    """Return whose webhooks tell of the devices of each server that has none of its own: by name, the other's name."""
    return {
        config.name: told_by(house, config) for config in house.loaded.mdm.values() if config.kind is MdmKind.KMFDDM
    }


def told_by(house: House, config: MdmConfig) -> str:
    """Return the NanoMDM beside a KMFDDM; raises ConfigProblem if it is not configured."""
    name = config.get("nanomdm") or ""
    beside = house.loaded.mdm.get(name)
    if beside is None or beside.kind is not MdmKind.NANOMDM:
        raise config.problem(
            "nanomdm", f'is "{name}", and no NanoMDM goes by that name', f"Write [mdm.{name}], or its name."
        )
    return name


def secret_routes(house: House) -> Mapping[str, SecretRoute]:
    """Return how accounts get their password, by server, where that is not by asking their people."""
    fields = {"credentials_folder": SecretRoute.ASSET, "device_certificates": SecretRoute.ENCRYPTED}
    return {
        config.name: route
        for config in house.loaded.mdm.values()
        for field, route in fields.items()
        if config.get(field) is not None
    }


def credential_host(house: House, config: MdmConfig) -> CredentialHost | None:
    """Return where devices of a KMFDDM fetch their logins, None if it is not configured; raises ConfigProblem."""
    from profilegen.delivery.credentials import CredentialFolder
    from profilegen.delivery.files import FileDrop

    folder, url = config.get("credentials_folder"), config.get("credentials_url")
    if folder is None and url is None:
        return None
    if folder is None or not Path(folder).is_dir():
        reason = "is missing" if folder is None else f"is {folder}, and there is no such folder"
        raise config.problem("credentials_folder", reason, "Make a folder that your https server shows, and name it.")
    return CredentialFolder(
        folder=Path(folder),
        url=_checked_url(config, url or ""),
        key=hmac.digest(house.home.seal(), b"credential assets", "sha256"),
        passwords=MailboxPasswords(house, config),
        drop=FileDrop(),
        clock=house.clock,
        lifetime=_lifetime(config),
        by_device_identity=_authentication(config),
    )


class MailboxPasswords:
    """The passwords of mailboxes: from the operator's folder, else from the keyring."""

    def __init__(self, house: House, config: MdmConfig) -> None:
        self._house = house
        self._folder = None if (path := config.get("passwords_folder")) is None else Path(path)

    async def __call__(self, login: NeededLogin) -> Secret | None:
        """Return the password for a login, as `of` does."""
        return await self.of(login.address, login.direction)

    async def of(self, address: str, direction: Direction) -> Secret | None:
        """Return the password of a mailbox, None if there is none; raises InputProblem if its file cannot be read."""
        from profilegen.storage.mailbox_passwords import read_password

        if self._folder is not None:
            return read_password(self._folder, address, outgoing=direction is Direction.OUTGOING)
        return await self._house.proving.vault.recall(f"mailbox@{quote(address.casefold(), safe='@+')}")


def _checked_url(config: MdmConfig, url: str) -> str:
    try:
        parts = urlsplit(url)
        fits = (
            parts.scheme == "https" and bool(parts.hostname) and not (parts.query or parts.fragment or parts.username)
        )
    except ValueError:
        fits = False
    if not fits:
        reason = f'is "{url}", which is no plain https URL' if url else "is missing"
        raise config.problem("credentials_url", reason, 'Write credentials_url = "https://mdm.example.com/logins".')
    return url


def _lifetime(config: MdmConfig) -> timedelta:
    text = config.get("credentials_lifetime")
    try:
        return LIFETIME if text is None else parse_duration(text)
    except UsageProblem as problem:
        raise config.problem("credentials_lifetime", f'is "{text}"', problem.hint) from problem


def _authentication(config: MdmConfig) -> bool:
    text = config.get("credentials_authentication") or "none"
    if text not in _AUTHENTICATIONS:
        hint = "Write mdm where your server asks devices for their MDM identity, else none."
        raise config.problem("credentials_authentication", f'is "{text}"', hint)
    return _AUTHENTICATIONS[text]
