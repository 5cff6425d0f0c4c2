"""What devices say when a command fails: Apple's ErrorChain, outermost link first."""

from typing import Any

from profilegen.fleet.seen import ErrorLink

_MOST_LINKS = 10
_LONGEST_TEXT = 500
_ABSENT = {("MDMClientError", 89), ("MCMDMErrorDomain", 12075), ("MDMErrorDomain", 12075)}
"""What macOS and iOS answer to RemoveProfile for a profile they do not have."""


def error_links(chain: object) -> tuple[ErrorLink, ...]:
    """Return an ErrorChain as values, at most ten; what is no chain is none."""
    if not isinstance(chain, list):
        return ()
    return tuple(_link(item) for item in chain[:_MOST_LINKS] if isinstance(item, dict))


def is_already_absent(links: tuple[ErrorLink, ...]) -> bool:
    """Return True if a removal failed only because there was nothing to remove."""
    return any((link.domain, link.code) in _ABSENT for link in links)


def _link(item: dict[str, Any]) -> ErrorLink:
    domain, code = item.get("ErrorDomain"), item.get("ErrorCode")
    text = item.get("USEnglishDescription") or item.get("LocalizedDescription")
    return ErrorLink(
        domain=domain[:_LONGEST_TEXT] if isinstance(domain, str) else "",
        code=code if isinstance(code, int) and abs(code) < 1 << 31 else 0,
        text=text[:_LONGEST_TEXT] if isinstance(text, str) else "",
    )
