"""Looking at one server without any credential: the prober behind `profilegen.ports.Prober`."""

from profilegen.diagnosis.causes import Cause
from profilegen.errors import NetworkProblem
from profilegen.net.tls import TlsContexts
from profilegen.ports import Clock, Resolver
from profilegen.probe.examine import Tools, examine
from profilegen.probe.session import Patience
from profilegen.probe.target import target_of_server
from profilegen.report import Report
from profilegen.settings.servers import Server


class ServerProber:
    """Examines servers over the network."""

    def __init__(self, *, resolver: Resolver, tls: TlsContexts, clock: Clock, patience: Patience | None = None) -> None:
        self._tools = Tools(resolver=resolver, tls=tls, clock=clock, patience=patience or Patience())

    async def examine(self, server: Server) -> Report:
        """
        Return the findings of `dns … capabilities_tls`, named without direction.

        Raises ResolverProblem if no name server answered, and NetworkProblem if this machine has no route to any
        address of the server: neither is the server's fault.
        """
        examined = await examine(target_of_server(server), self._tools)
        failure = examined.report.first_failure
        if failure is not None and failure.cause == Cause.NETWORK_UNREACHABLE:
            raise NetworkProblem(failure.detail, hint="Check this machine's network.", code="network_unreachable")
        return examined.report
