"""The rules, by what they are about. Their order means nothing: all of them are weighed."""

from functools import cache

from profilegen.diagnosis.rule import Rule


@cache
def all_rules() -> tuple[Rule, ...]:
    """Return every rule."""
    from profilegen.diagnosis.rules import (
        account,
        connection,
        content,
        envelope,
        fallback,
        languages,
        languages_mail,
        limits,
        login,
        meanings,
        relay,
        tls,
    )

    return (
        connection.RULES
        + tls.RULES
        + login.RULES
        + account.RULES
        + relay.RULES
        + envelope.RULES
        + limits.RULES
        + content.RULES
        + languages.RULES
        + languages_mail.RULES
        + meanings.RULES
        + fallback.RULES
    )
