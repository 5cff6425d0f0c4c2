"""
Whether the server our own mail goes through was proved lately.

It has no incoming half of ours, so its evidence says nothing about any account; a test-send of an account on the very
same server, login included, says as much.
"""

from collections.abc import Iterable

from profilegen.address import Address
from profilegen.diagnosis.coverage import RELAY_CHECK
from profilegen.diagnosis.evidence import EndpointPair, Evidence, UsernameForm
from profilegen.diagnosis.levels import ENDPOINT_CHECKS
from profilegen.report import Outcome, Report
from profilegen.settings.servers import FoundServer, Protocol, Server

LOGIN = "outgoing.auth"
PROVED_LEVEL = 2
"""The server is sound and takes our login."""

_ENDPOINT = (*(f"outgoing.{check}" for check in ENDPOINT_CHECKS), RELAY_CHECK)


def submission_pair(server: Server, sender: Address) -> EndpointPair:
    """Return the endpoints evidence about such a server is filed under: the incoming one is empty."""
    return EndpointPair.of(sender, incoming=FoundServer(protocol=Protocol.IMAP), outgoing=server.found)


def submission_level(report: Report) -> int:
    """Return how far a test of the outgoing half alone came: 0 nothing, 1 the server is sound, 2 the login works."""
    if not _passed(report, _ENDPOINT):
        return 0
    return PROVED_LEVEL if _passed(report, (LOGIN,)) else 1


def proves_submission(pair: EndpointPair, known: Iterable[Evidence]) -> bool:
    """
    Return whether evidence, fresh and newest first, proves the outgoing server and a login made in the same way.

    A user name that follows from no address is only proved by a test of this very server.
    """
    for evidence in known:
        if evidence.pair.outgoing != pair.outgoing:
            continue
        own = evidence.pair == pair
        failed = {failure.check for failure in evidence.failures}
        if failed & set(_ENDPOINT) or (own and LOGIN in failed):
            return False
        if evidence.level >= PROVED_LEVEL and (own or pair.outgoing.username is not UsernameForm.OTHER):
            return True
    return False


def _passed(report: Report, checks: Iterable[str]) -> bool:
    good = (Outcome.PASS, Outcome.WARN)
    return all(report.of(check) and all(one.outcome in good for one in report.of(check)) for check in checks)
