"""
What the story asks of the world, one narrow Protocol per need.

Adapters implement these; the core and the flow know nothing else of the outside. Every method that may wait is
`async def`. Errors are those of `profilegen.errors`; an empty answer is an empty value, never an exception.
"""

from profilegen.ports.issue import Clock, Drop, Encrypter, Issued, IssueLog, Signer, StagedFile
from profilegen.ports.lookup import (
    AnswerStore,
    Catalogue,
    Finder,
    Guesser,
    Prober,
    ProviderAnswer,
    Question,
    RelayService,
    SettingsSource,
    Trust,
    TrustStore,
)
from profilegen.ports.network import Http, HttpAnswer, MxRecord, Records, Resolver, ReverseResolver, SrvRecord
from profilegen.ports.proof import (
    Allowance,
    Canary,
    CanaryStore,
    EvidenceLog,
    LoginBudget,
    PasswordVault,
    Progress,
    Trial,
    Verifier,
)

__all__ = [
    "Allowance",
    "AnswerStore",
    "Canary",
    "CanaryStore",
    "Catalogue",
    "Clock",
    "Drop",
    "Encrypter",
    "EvidenceLog",
    "Finder",
    "Guesser",
    "Http",
    "HttpAnswer",
    "IssueLog",
    "Issued",
    "LoginBudget",
    "MxRecord",
    "PasswordVault",
    "Prober",
    "Progress",
    "ProviderAnswer",
    "Question",
    "Records",
    "RelayService",
    "Resolver",
    "ReverseResolver",
    "SettingsSource",
    "Signer",
    "SrvRecord",
    "StagedFile",
    "Trial",
    "Trust",
    "TrustStore",
    "Verifier",
]
