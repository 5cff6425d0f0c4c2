"""The parts that bring profiles to people."""

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from profilegen.address import Address
from profilegen.config.resources import find_resources
from profilegen.config.values import Config
from profilegen.delivery.files import FileDrop
from profilegen.delivery.names import profile_file_name
from profilegen.errors import AddressProblem, ConfigProblem
from profilegen.flow.preparing import Preparation
from profilegen.flow.sending import Packing
from profilegen.flow.story import Flow
from profilegen.flow.submission import SubmissionGate
from profilegen.mailing.brand import Brand
from profilegen.mailing.proof_token import ENTROPY_BYTES, new_token, proof_mailto
from profilegen.ports.sending import RehearsalLog, SendLedger, Submission
from profilegen.profile.types import Platform
from profilegen.secret import Secret
from profilegen.settings.servers import SECURITY_OF_PORT, Auth, Protocol, Security, Server
from profilegen.wiring.brand import brand_of
from profilegen.wiring.house import House

if TYPE_CHECKING:
    from profilegen.delivery.email import EmailChannel
    from profilegen.delivery.message import MailWords
    from profilegen.delivery.proof_words import ProofWords
    from profilegen.delivery.rehearsal import RehearsalChannel


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """What a house needs to bring profiles to people; `words` are those of mails and pages."""

    house: House
    brand: Brand
    words: "MailWords"
    proof_words: "ProofWords"

    @classmethod
    def of(cls, house: House) -> "Dispatch":
        """Return the dispatch of a house; raises ConfigProblem for a brand that cannot be used."""
        from profilegen.delivery.guides import GuideWriter
        from profilegen.delivery.proof_words import ProofWords

        templates = find_resources().templates
        return cls(
            house=house,
            brand=brand_of(house.loaded.config),
            words=GuideWriter(templates),
            proof_words=ProofWords(templates),
        )

    @property
    def ledger(self) -> SendLedger:
        """What went to whom."""
        from profilegen.storage.sendings import SqliteSendLedger

        return SqliteSendLedger(state=self.house.state)

    @property
    def rehearsals(self) -> RehearsalLog:
        """Who was in a rehearsal."""
        from profilegen.storage.sendings import SqliteRehearsalLog

        return SqliteRehearsalLog(state=self.house.state)

    def preparation(self, flow: Flow) -> Preparation:
        """Return what builds profiles and lets them through the gate."""
        return Preparation(flow=flow, gate=self.house.proving.gate)

    @property
    def packing(self) -> Packing:
        """What makes parcels."""
        return Packing(
            new_token=lambda: new_token(secrets.token_bytes(ENTROPY_BYTES)),
            proof=self._proof,
            trusted=_Trusted(house=self.house),
            file_name=lambda address, identifier: profile_file_name(address, identifier, ()),
        )

    def _proof(self, token: str, language: str) -> str | None:
        """Return the `mailto:` URL that proves a device sends; None where no mailbox waits for it."""
        mailbox = self.brand.check_mailbox
        return None if mailbox is None else proof_mailto(token, mailbox, self.proof_words.subject(language), "")

    async def password(self, server: Server, given: Secret | None) -> Secret:
        """Return the password of the submission server: the one given, else the one kept; raises ConfigProblem."""
        return await submission_password(self.house, server, given)

    async def keep_password(self, submission: Submission) -> str:
        """Keep the password for later runs; return where, for people's eyes."""
        return await self.house.proving.vault.keep(_vault_name(submission.server), submission.password)

    def check_device(self, platform: Platform, device: str | None) -> None:
        """Raise UsageProblem `unknown_device` for a device no page is about."""
        from profilegen.delivery.guide_devices import read_devices

        read_devices(find_resources().templates / "steps" / "devices.toml").row(platform, device)

    @property
    def submission_gate(self) -> SubmissionGate:
        """What lets mail out through a server that passed our own test."""
        from profilegen.probe.examine import Tools
        from profilegen.probe.submitting import OutgoingTester
        from profilegen.storage.logins import SqliteLoginBudget

        house = self.house
        tools = Tools(resolver=house.resolver, tls=house.tls, clock=house.clock)
        budget = SqliteLoginBudget(state=house.state, clock=house.clock)
        return SubmissionGate(
            log=house.proving.evidence,
            tester=OutgoingTester(tools=tools, budget=budget),
            policy=house.proving.policy,
            clock=house.clock,
        )

    def email(self, submission: Submission, per_second: float | None) -> "EmailChannel":
        """Return the channel through a submission server, with at most so many mails per second."""
        from profilegen.delivery.email import EmailChannel
        from profilegen.delivery.submission import SubmissionSession
        from profilegen.net.pace import Pace, Timing
        from profilegen.storage.logins import SqliteLoginBudget

        house = self.house
        session = SubmissionSession(
            submission,
            resolver=house.resolver,
            context=house.tls.verified,
            budget=SqliteLoginBudget(state=house.state, clock=house.clock),
        )
        return EmailChannel(
            session=session,
            words=self.words,
            sender=submission.sender,
            clock=house.clock,
            pace=Pace(rate=per_second, timing=Timing()),
        )

    def rehearsal(self, mail: "EmailChannel", operator: Address, folder: Path | None) -> "RehearsalChannel":
        """Return the channel that renders everything and sends the first one to the operator."""
        from profilegen.delivery.rehearsal import RehearsalChannel

        return RehearsalChannel(mail=mail, operator=operator, drop=FileDrop(), folder=folder)


def submission_server(config: Config, sender: Address | None) -> tuple[Server, Address]:
    """
    Return the server our own mail goes through and the address it comes from, `sender` before the configured one.

    Raises ConfigProblem for what is missing or no address, SettingsProblem for settings that cannot be right.
    """
    if config.send_server is None:
        raise _missing("send.server", "smtp.example.com")
    if sender is None:
        if config.send_from is None:
            raise _missing("send.from", "helpdesk@example.com")
        sender = _configured_address(config.send_from)
    server = Server(
        protocol=Protocol.SMTP,
        host=config.send_server,
        port=config.send_port,
        security=_security(config),
        auth=(Auth.PASSWORD,),
        username=config.send_username or config.send_from or str(sender),
    )
    return server, sender


async def submission_password(house: House, server: Server, given: Secret | None) -> Secret:
    """Return the password of the submission server: the one given, else the one kept; raises ConfigProblem."""
    password = given or await house.proving.vault.recall(_vault_name(server))
    if password is None:
        raise ConfigProblem(
            f"The password of {server.username} at {server.host} is not known.",
            hint="Give --password-file FILE, --password-env NAME or --password-stdin; --keep-password keeps it.",
            code="no_password",
        )
    return password


@dataclass(slots=True, kw_only=True)  # one run has one signer, so one look is enough
class _Trusted:
    """Whether devices show the signer of a run as verified, as far as this machine's roots tell."""

    house: House
    _known: bool | None = field(init=False, default=None)

    def __call__(self, data: bytes) -> bool:
        if self._known is None:
            from profilegen.profile.read import read
            from profilegen.profile.signature import examine_signature

            signed = read(data).signed_data
            roots, now = self.house.trusted_roots, self.house.clock.now()
            signature = None if signed is None else examine_signature(signed, roots, now)
            self._known = signature is not None and signature.chain.trusted
        return self._known


def _vault_name(server: Server) -> str:
    """No canary's name looks like this: those are domains."""
    return f"submission@{server.host}"


def _security(config: Config) -> Security:
    if config.send_security is None:
        return SECURITY_OF_PORT.get(config.send_port, Security.STARTTLS)
    try:
        return Security(config.send_security)
    except ValueError as exc:
        raise ConfigProblem(
            f'send.security is "{config.send_security}", which is no way to encrypt.',
            hint='Write send.security = "starttls" or "tls", or leave it out.',
        ) from exc


def _configured_address(text: str) -> Address:
    try:
        return Address.parse(text)
    except AddressProblem as problem:
        raise ConfigProblem(f"send.from: {problem.message}", hint=problem.hint) from problem


def _missing(key: str, example: str) -> ConfigProblem:
    return ConfigProblem(
        f"Nobody says through which server mail is to go: {key} is not set.",
        hint=f'Write {key.partition(".")[2]} = "{example}" below [send] in profilegen.toml.',
        code="no_submission_server",
    )
