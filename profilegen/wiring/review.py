"""The parts that review a mail server."""

from typing import TYPE_CHECKING

from profilegen.config.resources import find_resources
from profilegen.ports import Clock, Resolver, ReverseResolver

if TYPE_CHECKING:
    from profilegen.net.tls import TlsContexts
    from profilegen.probe.reputation import BlockLists
    from profilegen.probe.review import ServerReviewer
    from profilegen.review.advice import AdviceBook
    from profilegen.storage.state import State


def make_reviewer(
    *,
    resolver: Resolver,
    reverse: ReverseResolver,
    tls: "TlsContexts",
    clock: Clock,
    state: "State",
    lists: "BlockLists",
) -> "ServerReviewer":
    """Return what reviews a server from outside; failed logins are counted in the home, as for every other test."""
    from profilegen.probe.examine import Tools
    from profilegen.probe.reputation import Reputation
    from profilegen.probe.review import ServerReviewer
    from profilegen.storage.logins import SqliteLoginBudget

    return ServerReviewer(
        tools=Tools(resolver=resolver, tls=tls, clock=clock),
        reputation=Reputation(resolver=resolver, reverse=reverse, lists=lists),
        budget=SqliteLoginBudget(state=state, clock=clock),
    )


def advice_book() -> "AdviceBook":
    """Return the advice of `templates/relay/`; raises MachineProblem if it is not there."""
    from profilegen.review.advice import read_advice

    return read_advice(find_resources().templates / "relay")
