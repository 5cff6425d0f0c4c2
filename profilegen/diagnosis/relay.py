"""
Does a mail domain authorise a relay service to send for it?

Receivers ask three things: SPF (RFC 7208), DKIM (RFC 6376) and DMARC alignment (RFC 7489). SPF and DMARC can be read
from outside; a DKIM key cannot be found without its selector, so its absence is never claimed.
"""

from collections.abc import Sequence

from profilegen.settings.candidates import Notice

CODE = "relay_not_authorised"


def relay_notice(
    *, domain: str, relay: str, relay_spf: str | None, spf: Sequence[str], dmarc: Sequence[str], free_mail: bool
) -> Notice | None:
    """
    Return a notice if mail From `domain` through `relay` will look forged; None if SPF names the relay.

    `spf` and `dmarc` are the TXT records of the domain and of `_dmarc.` before it; `free_mail`: the domain belongs to a
    mailbox provider, which never authorises a relay of its users' choice.
    """
    if free_mail:
        text = (
            f"{domain} belongs to a mailbox provider and will not authorise {relay}: receivers may refuse or junk it."
        )
        return Notice(code=CODE, text=text)
    record = next((text for text in spf if text.lower().startswith("v=spf1")), None)
    if relay_spf is not None and record is not None and f"include:{relay_spf}" in record.lower().split():
        return None
    policy = _dmarc_policy(dmarc)
    missing = "publishes no SPF record" if record is None else "does not name it in its SPF record"
    asks = f" and its DMARC policy is {policy}" if policy in ("quarantine", "reject") else ""
    return Notice(
        code=CODE,
        text=f"{domain} {missing}{asks}: mail through {relay} needs its SPF include or its DKIM keys there.",
    )


def _dmarc_policy(records: Sequence[str]) -> str | None:
    for record in records:
        tags = dict(part.strip().lower().partition("=")[::2] for part in record.split(";") if "=" in part)
        if tags.get("v") == "dmarc1":
            return tags.get("p")
    return None
