"""The parts that prove, and remember what was proved."""

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from profilegen.diagnosis.coverage import Policy
from profilegen.ports import CanaryStore, Clock, EvidenceLog, Finder, PasswordVault, Resolver, Verifier

if TYPE_CHECKING:
    from profilegen.flow.canaries import Canaries
    from profilegen.flow.gate import Gate
    from profilegen.net.tls import TlsContexts
    from profilegen.storage.home import Home
    from profilegen.storage.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Proving:
    """What a house needs to prove anything."""

    home: "Home"
    state: "State"
    clock: Clock
    resolver: Resolver
    tls: "TlsContexts"
    policy: Policy

    @property
    def evidence(self) -> EvidenceLog:
        """What was proved so far."""
        from profilegen.storage.evidence import SqliteEvidenceLog

        return SqliteEvidenceLog(state=self.state)

    @property
    def canary_store(self) -> CanaryStore:
        """The canaries of the home."""
        from profilegen.storage.canaries import SqliteCanaryStore

        return SqliteCanaryStore(state=self.state)

    @property
    def vault(self) -> PasswordVault:
        """Where the canaries' passwords are."""
        from profilegen.delivery.files import FileDrop
        from profilegen.storage import vault

        service = f"profilegen {self.home.path}"
        return vault.PasswordVault(folder=self.home.canaries, service=service, drop=FileDrop())

    def verifier(self, canary: str | None = None) -> Verifier:
        """Return the test-sender; what it finds is recorded, in the name of a canary's domain if one is given."""
        from profilegen.flow.evidence import RecordingVerifier
        from profilegen.probe.verifier import TestSender
        from profilegen.storage.logins import SqliteLoginBudget

        sender = TestSender(
            resolver=self.resolver,
            tls=self.tls,
            budget=SqliteLoginBudget(state=self.state, clock=self.clock),
            clock=self.clock,
            new_token=lambda: secrets.token_hex(16),
        )
        return RecordingVerifier(verifier=sender, log=self.evidence, clock=self.clock, canary=canary)

    def canaries(self, finder: Finder) -> "Canaries":
        """Return the canaries, ready to run."""
        from profilegen.flow.canaries import Canaries

        return Canaries(
            store=self.canary_store,
            vault=self.vault,
            log=self.evidence,
            finder=finder,
            verifier_for=self.verifier,
            policy=self.policy,
            clock=self.clock,
        )

    @property
    def gate(self) -> "Gate":
        """What stands before every delivery."""
        from profilegen.flow.gate import Gate

        return Gate(log=self.evidence, policy=self.policy, clock=self.clock)
