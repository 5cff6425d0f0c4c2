"""The test-send: with exactly the settings of a profile, from the first look-up to the deleted message."""

import asyncio
from collections.abc import Callable

from profilegen.diagnosis.causes import Cause
from profilegen.errors import NetworkProblem
from profilegen.net.tls import TlsContexts
from profilegen.ports import Clock, LoginBudget, Progress, Resolver, Trial
from profilegen.probe.advice import with_port_advice
from profilegen.probe.examine import Examined, Tools, examine
from profilegen.probe.incoming import Incoming
from profilegen.probe.message import probe_message
from profilegen.probe.outgoing import Outgoing
from profilegen.probe.relay import RelayControl, try_relaying
from profilegen.probe.session import Patience
from profilegen.probe.target import target_of_found
from profilegen.report import Report
from profilegen.secret import Login


class TestSender:
    """
    Verifies profiles by sending one message to the account itself.

    `new_token` returns a fresh token per message: letters, digits and dashes, impossible to guess.
    """

    __test__ = False  # the name is no invitation to test collectors

    def __init__(
        self,
        *,
        resolver: Resolver,
        tls: TlsContexts,
        budget: LoginBudget,
        clock: Clock,
        new_token: Callable[[], str],
        patience: Patience | None = None,
    ) -> None:
        self._tools = Tools(resolver=resolver, tls=tls, clock=clock, patience=patience or Patience())
        self._budget = budget
        self._new_token = new_token

    async def verify(self, trial: Trial, progress: Progress) -> Report:
        """
        Return a report with every check but `profile.lint`, `skip` where it was not reached; secrets are masked.

        Raises ResolverProblem if no name server answered, NetworkProblem if this machine has no route to either server.
        """
        outgoing, incoming = await self._examine_both(trial, progress)
        progress("Checking that nobody can send without a login")
        control = await try_relaying(trial.address, outgoing, self._tools, prefix="outgoing.")
        sending = Outgoing(trial, outgoing, self._tools, self._budget)
        receiving = Incoming(trial, incoming, self._tools, self._budget)
        try:
            async with asyncio.timeout(self._tools.patience.whole):
                await self._round_trip(trial, control, sending, receiving, progress)
        except TimeoutError:
            reason = f"Not reached: the test took longer than {self._tools.patience.whole:g} s."
            sending.checks.skip_rest(reason)
            receiving.checks.skip_rest(reason)
        finally:
            await sending.close()
            await receiving.close()
        report = outgoing.report + incoming.report + control.report
        return (report + sending.checks.report() + receiving.checks.report()).scrubbed(_logins(trial))

    async def _examine_both(self, trial: Trial, progress: Progress) -> tuple[Examined, Examined]:
        targets = target_of_found(trial.outgoing), target_of_found(trial.incoming)
        for target in targets:
            progress(f"Examining {target.host or 'no host'} port {target.port}")
        both = await asyncio.gather(
            examine(targets[0], self._tools, prefix="outgoing."),
            examine(targets[1], self._tools, prefix="incoming."),
            return_exceptions=True,
        )
        outgoing, incoming = (_result(outcome) for outcome in both)
        if all(_has_no_route(examined) for examined in (outgoing, incoming)):
            raise NetworkProblem(
                "There is no route to either server.",
                hint="Check this machine's network connection.",
                code="network_unreachable",
            )
        return await with_port_advice(outgoing, seconds=self._tools.patience.connect), incoming

    async def _round_trip(
        self, trial: Trial, control: RelayControl, sending: Outgoing, receiving: Incoming, progress: Progress
    ) -> None:
        if trial.level >= 2:
            progress("Logging in to both servers")
        await sending.log_in(refusal=control.refusal)
        await receiving.log_in()
        if trial.level >= 3:
            progress("Sending the test message")
        token = self._new_token()
        recipient = trial.recipient or trial.address
        await sending.send(
            probe_message(sender=trial.address, recipient=recipient, token=token, now=self._tools.clock.now())
        )
        await sending.close()
        if trial.level >= 4 and sending.sent:
            progress("Waiting for the message to arrive")
        await receiving.receive(token, sent=sending.sent)


def _result(outcome: Examined | BaseException) -> Examined:
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def _has_no_route(examined: Examined) -> bool:
    failure = examined.report.first_failure
    return failure is not None and failure.cause == Cause.NETWORK_UNREACHABLE


def _logins(trial: Trial) -> list[Login]:
    pairs = ((trial.outgoing, trial.outgoing_password), (trial.incoming, trial.incoming_password))
    return [
        Login(username=found.username or "", password=password) for found, password in pairs if password is not None
    ]
