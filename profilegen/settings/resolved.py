"""From the answer of a lookup to the settings of an account, with what the operator knows better."""

from collections.abc import Mapping
from dataclasses import replace

from profilegen.settings.candidates import Candidate, Resolution, Source, Status, Tier
from profilegen.settings.document import SettingsDocument, apply_overrides
from profilegen.settings.servers import Server

_OPEN = frozenset({Status.NOT_FOUND, Status.UNREACHABLE, Status.UNTRUSTED, Status.REFUSED})
"""Answers that settings given by hand may complete; the others say that no settings can work."""


def settings_of(resolution: Resolution) -> SettingsDocument:
    """Return the settings a lookup found."""
    return SettingsDocument(
        address=resolution.address,
        status=resolution.status,
        payload=resolution.payload,
        incoming=None if resolution.incoming is None else resolution.incoming.server,
        outgoing=None if resolution.outgoing is None else resolution.outgoing.server,
        notices=resolution.notices,
    )


def overridden(document: SettingsDocument, overrides: Mapping[str, str]) -> SettingsDocument:
    """Return the settings with single fields replaced; complete settings given by hand need no trust from a lookup."""
    if not overrides:
        return document
    changed = apply_overrides(document, overrides)
    by_hand = {"incoming.host", "outgoing.host"} <= overrides.keys()
    if by_hand and changed.incoming and changed.outgoing and changed.status in _OPEN:
        return replace(changed, status=Status.OK)
    return changed


def resolution_of(document: SettingsDocument) -> Resolution:
    """Return settings that were given by hand as the answer of a lookup: nobody had to be asked."""
    source = (Source(kind="given", detail="settings given by the operator"),)

    def candidate(server: Server | None) -> Candidate | None:
        return None if server is None else Candidate(server=server, sources=source, tier=Tier.T0)

    return Resolution(
        address=document.address,
        status=document.status,
        payload=document.payload,
        incoming=candidate(document.incoming),
        outgoing=candidate(document.outgoing),
        notices=document.notices,
    )
