"""
Which other ports of an unreachable submission server answer: the difference between a blocked port and a dead server.

Only connections, no word is said; nothing but advice comes of it.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.remedies import remedy_of
from profilegen.errors import NetworkProblem
from profilegen.net.dial import dial
from profilegen.probe.examine import Examined
from profilegen.report import Finding, Report

SUBMISSION_PORTS = (587, 465, 2525, 25)
_UNREACHABLE = frozenset({Cause.CONNECT_TIMEOUT, Cause.CONNECT_REFUSED, Cause.NETWORK_UNREACHABLE})


async def with_port_advice(examined: Examined, *, seconds: float) -> Examined:
    """Return the examination; if its port did not answer, its finding says which other submission ports do."""
    failure = examined.report.first_failure
    if failure is None or not failure.check.endswith(".connect") or failure.cause not in _UNREACHABLE:
        return examined
    others = [port for port in SUBMISSION_PORTS if port != examined.target.port]
    answers = await asyncio.gather(*(_answers(examined.addresses, port, seconds) for port in others))
    open_ports = [port for port, answered in zip(others, answers, strict=True) if answered]
    advised = replace(failure, detail=f"{failure.detail} {_words(open_ports, examined.target.port)}")
    if open_ports and failure.cause == Cause.NETWORK_UNREACHABLE:  # there is a route: a filter forbids this one port
        advised = replace(advised, cause=Cause.CONNECT_TIMEOUT, remedy=remedy_of(Cause.CONNECT_TIMEOUT).admin)
    return replace(examined, report=_replaced(examined.report, failure, advised))


async def _answers(addresses: Sequence[str], port: int, seconds: float) -> bool:
    try:
        dialled = await dial(addresses, port, timeout=seconds)
    except NetworkProblem:
        return False
    dialled.socket.close()
    return True


def _words(answering: list[int], port: int) -> str:
    if not answering:
        return "No other submission port answers either: the server is down, or this network blocks them all."
    return f"Port {', '.join(map(str, answering))} answers, so it is port {port} alone that is blocked or closed."


def _replaced(report: Report, old: Finding, new: Finding) -> Report:
    return Report(tuple(new if finding is old else finding for finding in report.findings))
