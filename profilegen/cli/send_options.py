"""The options of `profilegen send`."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from profilegen.address import Address
from profilegen.cli.options import OnePassword
from profilegen.flow.sendvalues import RETRIED, RETRIED_IN_DOUBT
from profilegen.mailing.people import FEW
from profilegen.mailing.recipient import Elsewhere
from profilegen.ports.sending import DeliveryState
from profilegen.settings.rates import parse_rate
from profilegen.settings.waves import Waves


class Via(StrEnum):
    """The ways to a person."""

    EMAIL = "email"
    AIRDROP = "airdrop"
    FOLDER = "folder"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailOptions:
    """How mail goes out."""

    to: Annotated[
        str | None,
        typer.Option("--to", metavar="ADDRESS", help="Where to write to; with a roster where nothing else is known."),
    ] = None
    sender: Annotated[
        str | None, typer.Option("--from", metavar="ADDRESS", help="Write from this address, not from send.from.")
    ] = None
    rehearse: Annotated[
        bool, typer.Option("--rehearse", help="Render every mail, send the first one to the operator and nobody else.")
    ] = False
    to_operator: Annotated[
        str | None, typer.Option("--to-operator", metavar="ADDRESS", help="Who gets the mail of a rehearsal.")
    ] = None
    canary: Annotated[int | None, typer.Option("--canary", metavar="N", help="So many people first.")] = None
    wave: Annotated[int | None, typer.Option("--wave", metavar="PERCENT", help="Then this part of all at a time.")] = (
        None
    )
    max_failures: Annotated[
        int | None, typer.Option("--max-failures", metavar="PERCENT", help="Stop at so many refusals.")
    ] = None
    rate: Annotated[
        str | None, typer.Option("--rate", metavar="N/s", help="At most so many mails per second (/m, /h).")
    ] = None

    def given(self) -> tuple[str, ...]:
        """Return the names of the options that were said, `--rehearse` aside."""
        values = {
            "--to": self.to,
            "--from": self.sender,
            "--to-operator": self.to_operator,
            "--canary": self.canary,
            "--wave": self.wave,
            "--max-failures": self.max_failures,
            "--rate": self.rate,
        }
        return tuple(name for name, value in values.items() if value is not None)

    def address_from(self) -> Address | None:
        """Return `--from`; raises AddressProblem."""
        return None if self.sender is None else Address.parse(self.sender)

    def elsewhere(self, *, many: bool) -> Elsewhere:
        """Return what `--to` means: for one person it decides, for a roster it is the last resort."""
        to = None if self.to is None else Address.parse(self.to)
        return Elsewhere(otherwise=to) if many else Elsewhere(always=to)

    def per_second(self) -> float | None:
        """Return `--rate`; raises UsageProblem."""
        return None if self.rate is None else parse_rate(self.rate)

    def waves(self, people: int) -> Waves | None:
        """Return how a batch goes out, None for a few people where nothing else is said; raises UsageProblem."""
        given = {"canary": self.canary, "percent": self.wave, "max_failures": self.max_failures}
        said = {name: value for name, value in given.items() if value is not None}
        return Waves(**said, enough=1) if said or people > FEW else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerPassword(OnePassword):
    """The password of the server in question: the one that sends our mail, or the check mailbox's."""

    keep_password: Annotated[
        bool, typer.Option("--keep-password", help="Keep that password in the keyring or the home.")
    ] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryOptions:
    """What holds for every way."""

    again: Annotated[
        bool, typer.Option("--again", help="Repeat what may have arrived; for one person also what has.")
    ] = False
    allow_unverified: Annotated[
        str | None, typer.Option("--allow-unverified", metavar="REASON", help="Send without proof; recorded.")
    ] = None
    device: Annotated[
        str | None, typer.Option("--device", metavar="ID", help="The people's device, like ios-18 or macos-15.")
    ] = None
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR", help="Folder for what is written.")
    ] = None

    def repeated(self, *, many: bool) -> frozenset[DeliveryState]:
        """Return the states of an earlier delivery that do not stand in the way of another one."""
        if not self.again:
            return RETRIED
        return RETRIED_IN_DOUBT if many else frozenset(DeliveryState)
