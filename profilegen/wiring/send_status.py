"""The parts that tell who sends: the check mailbox with its server and password, and what remembers."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from profilegen.address import Address
from profilegen.config import passwords
from profilegen.errors import AddressProblem, ConfigProblem
from profilegen.secret import Login, Secret
from profilegen.settings.servers import SECURITY_OF_PORT, Auth, Protocol, Security, Server
from profilegen.wiring.house import House

if TYPE_CHECKING:
    from profilegen.delivery.check_mailbox import ImapCheckMailbox
    from profilegen.flow.send_status import SendStatus

VAULT_NAME = "check_mailbox"
"""The password's name in the vault; no canary's can be the same, because no domain has an underscore."""


async def make_send_status(house: House, password: Secret | None) -> "SendStatus":
    """
    Return what tells who sends; without a configured check mailbox it goes by the log and what is known.

    `password` stands above every configured place. Raises ConfigProblem: `no_check_server`, `no_check_username`,
    `no_check_password`; and what looking settings up raises.
    """
    from profilegen.flow.send_status import SendStatus
    from profilegen.storage.check_notes import SqliteCheckNotes
    from profilegen.storage.device_proofs import SqliteProofBook
    from profilegen.storage.sendings import SqliteSendLedger

    return SendStatus(
        ledger=SqliteSendLedger(state=house.state),
        notes=SqliteCheckNotes(state=house.state),
        proofs=SqliteProofBook(state=house.state),
        mailbox=await _check_mailbox(house, password),
    )


def bounces_elsewhere(house: House) -> str | None:
    """Return where bounces go, the address our mail comes from, if that is another mailbox than the one looked at."""
    config, address = house.loaded.config, _address(house)
    if config.send_from is None or address is None:
        return None
    try:
        same = Address.parse(config.send_from).account == address.account
    except AddressProblem:
        return None  # `send` says so, and has sent nothing from there
    return None if same else config.send_from


async def _check_mailbox(house: House, password: Secret | None) -> "ImapCheckMailbox | None":
    from profilegen.delivery.check_mailbox import ImapCheckMailbox
    from profilegen.storage.logins import SqliteLoginBudget

    config, address = house.loaded.config, _address(house)
    if config.check_server is None and address is None:
        return None
    server = await _server(house, address)
    return ImapCheckMailbox(
        server=server,
        login=Login(username=server.username, password=await _password(house, address, password)),
        resolver=house.resolver,
        tls=house.tls.verified,
        budget=SqliteLoginBudget(state=house.state, clock=house.clock),
    )


def _address(house: House) -> Address | None:
    text = house.loaded.config.brand_check_mailbox
    try:
        return None if text is None else Address.parse(text)
    except AddressProblem as problem:
        raise ConfigProblem(f"brand.check_mailbox: {problem.message}", hint=problem.hint) from problem


async def _server(house: House, address: Address | None) -> Server:
    config = house.loaded.config
    username = config.check_username or (str(address) if address is not None else None)
    if config.check_server is not None:
        if username is None:
            raise ConfigProblem(
                "Nobody says who logs in to the check mailbox.",
                hint="Set check.username, or brand.check_mailbox to its address.",
                code="no_check_username",
            )
        return Server(
            protocol=Protocol.IMAP,
            host=config.check_server,
            port=config.check_port,
            security=SECURITY_OF_PORT.get(config.check_port, Security.TLS),
            auth=(Auth.PASSWORD,),
            username=username,
        )
    assert address is not None  # noqa: S101 - one of the two is there, or there is no check mailbox
    return await _found(house, address, config.check_username)


async def _found(house: House, address: Address, username: str | None) -> Server:
    from profilegen.flow.trial import question_about
    from profilegen.profile.wish import LookupWish

    candidate = (await house.finders.one.resolve(question_about(address, LookupWish()))).incoming
    if candidate is None or candidate.server.protocol is not Protocol.IMAP or not candidate.usable:
        raise ConfigProblem(
            f"No IMAP server is known for the check mailbox {address}.",
            hint="Set check.server, and check.port if it is not 993; profilegen lookup shows what was found.",
            code="no_check_server",
        )
    return candidate.server if username is None else replace(candidate.server, username=username)


async def _password(house: House, address: Address | None, given: Secret | None) -> Secret:
    config = house.loaded.config
    if given is not None:
        return given
    if config.check_password_env is not None:
        return passwords.from_environment(config.check_password_env)
    if config.check_password_file is not None:
        return passwords.from_file(Path(config.check_password_file))
    known = await house.proving.vault.recall(VAULT_NAME) or await _of_canary(house, address)
    if known is None:
        raise ConfigProblem(
            "There is no password for the check mailbox.",
            hint="Give --password-file FILE (with --keep-password once and for all), or set check.password_file.",
            code="no_check_password",
        )
    return known


async def _of_canary(house: House, address: Address | None) -> Secret | None:
    """Return the password of a canary that is the very same mailbox."""
    for canary in await house.proving.canary_store.all() if address is not None else ():
        if canary.address == address:
            return await house.proving.vault.recall(canary.domain)
    return None
