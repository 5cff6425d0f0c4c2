"""Where one organisation's names end: registrable domains by the Public Suffix List."""

from functools import cache
from typing import cast


def registrable_domain(host: str) -> str | None:
    """Return "example.co.uk" for "mail.example.co.uk"; None for a public suffix itself and for a single label."""
    return cast("str | None", _suffix_list().privatesuffix(host))


def is_public_suffix(domain: str) -> bool:
    """Return True for names under which strangers register theirs, such as "co.uk"; unknown top levels count too."""
    return cast("str | None", _suffix_list().publicsuffix(domain)) == domain


@cache
def _suffix_list():  # type: ignore[no-untyped-def]  # the library has no types
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()
