"""Domains that are never asked about, because the question itself would leak or mean nothing."""

from profilegen.net.domains import is_public_suffix
from profilegen.settings.candidates import Notice

# `.test` and `.example` (RFC 6761) are reserved too, but harmless: no public server answers for them, and networks of
# their own use them for trials and documentation.
_SPECIAL_USE = ("localhost", "local", "internal", "onion", "invalid", "arpa")


def refusal(domain: str) -> Notice | None:
    """
    Return why no source may be asked about a domain, or None if it may.

    `domain` is in lower-case A-label form. Refused are names without a dot, special-use names (RFC 6761, RFC 6762,
    RFC 7686) and public suffixes, below which strangers register theirs and would receive the question.
    """
    if "." not in domain:
        return Notice(code="single_label", text=f'"{domain}" is a name without a dot and has no mailboxes.')
    if domain.rpartition(".")[2] in _SPECIAL_USE:
        return Notice(code="special_use_domain", text=f"{domain} is a special-use name and is never looked up.")
    if is_public_suffix(domain):
        return Notice(code="public_suffix", text=f"{domain} is a public suffix: its names belong to different people.")
    return None
