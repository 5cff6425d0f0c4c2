"""The remedies, in the order of what they can lose."""

from collections.abc import Collection, Iterable
from enum import StrEnum

from profilegen.diagnosis.causes import Cause


class Cure(StrEnum):
    """
    What can be done, the least risky first.

    `outside` changes nothing on the device (the provider, the network, the server, the recipient); `retype` user name
    and password; `correct` port, SSL and switches; `profile` installs the right settings; `again` removes the account
    and adds it anew, which can lose mail.
    """

    OUTSIDE = "outside"
    RETYPE = "retype"
    CORRECT = "correct"
    PROFILE = "profile"
    AGAIN = "again"


_RETYPE = (Cure.RETYPE, Cure.CORRECT, Cure.PROFILE, Cure.AGAIN)
_CORRECT = (Cure.CORRECT, Cure.PROFILE, Cure.AGAIN)
_NEW_SECRET = (Cure.OUTSIDE, *_RETYPE)
_NEW_KIND = (Cure.PROFILE, Cure.AGAIN)

_CURES: dict[Cause, tuple[Cure, ...]] = {
    Cause.AUTH_NOT_CONFIGURED: _RETYPE,
    Cause.RELAY_DENIED_CONTEXT_NEEDED: _RETYPE,
    Cause.AUTH_BAD_CREDENTIALS: _RETYPE,
    Cause.AUTH_USERNAME_FORM: _RETYPE,
    Cause.PASSWORD_EXPIRED: _NEW_SECRET,
    Cause.APP_PASSWORD_REQUIRED: _NEW_SECRET,
    Cause.AUTH_NOT_OFFERED: _CORRECT,
    Cause.AUTH_MECH_UNSUPPORTED: _CORRECT,
    Cause.AUTH_REQUIRES_TLS: _CORRECT,
    Cause.TLS_REQUIRED_NOT_USED: _CORRECT,
    Cause.TLS_MODE_MISMATCH: _CORRECT,
    Cause.TLS_HOSTNAME_MISMATCH: (Cure.OUTSIDE, *_CORRECT),
    Cause.WRONG_SERVER_HOST: _CORRECT,
    Cause.DNS_FAILURE: _CORRECT,
    Cause.CONNECT_REFUSED: _CORRECT,
    Cause.CONNECT_TIMEOUT: (Cure.OUTSIDE, *_CORRECT),
    Cause.PROXY_INTERFERENCE: (Cure.OUTSIDE, *_CORRECT),
    Cause.STARTTLS_NOT_OFFERED: (Cure.OUTSIDE, *_CORRECT),
    Cause.SENDER_NOT_OWNED: _CORRECT,
    Cause.SENDER_DOMAIN_INVALID: _CORRECT,
    # what no retyping and no switch can cure: another kind of account, or a certificate that only a profile brings
    Cause.OAUTH_REQUIRED: _NEW_KIND,
    Cause.TLS_UNTRUSTED: (Cure.OUTSIDE, Cure.PROFILE),
}
"""What cures a cause on the device; for all others nothing on the device does."""

_ONLY_A_PROFILE = frozenset({Cause.OAUTH_REQUIRED, Cause.TLS_UNTRUSTED})


def cures_for(causes: Iterable[Cause], *, known: bool) -> tuple[Cure, ...]:
    """
    Return what to try, in this order, for causes ranked best first; `known`: there are settings to put into a profile.

    Where the best cause is one that only a profile cures, retyping and correcting are left out.
    """
    ranked = list(causes)
    wanted: set[Cure] = {cure for cause in ranked for cure in _CURES.get(cause, (Cure.OUTSIDE,))}
    if ranked and ranked[0] in _ONLY_A_PROFILE:
        wanted -= {Cure.RETYPE, Cure.CORRECT}
    if not known:
        wanted -= {Cure.PROFILE, Cure.AGAIN}
    return tuple(cure for cure in Cure if cure in wanted)


def cured_outside(causes: Collection[Cause]) -> tuple[Cause, ...]:
    """Return the causes, in order, whose cure begins away from the device."""
    return tuple(cause for cause in causes if _CURES.get(cause, (Cure.OUTSIDE,))[0] is Cure.OUTSIDE)
