"""From the configuration to the brand people are written to in."""

import re
from pathlib import Path

from profilegen.address import Address
from profilegen.config.values import Config
from profilegen.errors import AddressProblem, ConfigProblem
from profilegen.mailing.brand import Brand

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
_PHONE = re.compile(r"\+?[0-9][0-9 ()/.-]{2,38}")


def brand_of(config: Config) -> Brand:
    """
    Return the brand, its logo read.

    Raises ConfigProblem naming the key: no name is set, an address, telephone number or language that is none, a logo
    that cannot be used.
    """
    from profilegen.delivery.brand import read_logo

    name = config.brand_name or config.organization
    if name is None:
        raise ConfigProblem(
            "Nobody is named whom people could trust.", hint='Set organization = "Example Ltd", or name in [brand].'
        )
    return Brand(
        name=name,
        logo=read_logo(Path(config.brand_logo)) if config.brand_logo else None,
        support_phone=_matching("brand.support_phone", config.brand_support_phone, _PHONE, "+43 1 234 5678"),
        support_email=_address("brand.support_email", config.brand_support_email),
        support_hours=config.brand_support_hours,
        language=_matching("brand.language", config.brand_language, _LANGUAGE, "de") or "en",
        reply_to=_address("brand.reply_to", config.brand_reply_to),
        check_mailbox=_address("brand.check_mailbox", config.brand_check_mailbox),
    )


def _address(key: str, text: str | None) -> Address | None:
    try:
        return Address.parse(text) if text is not None else None
    except AddressProblem as problem:
        raise ConfigProblem(f"{key}: {problem.message}", hint=problem.hint) from problem


def _matching(key: str, text: str | None, form: re.Pattern[str], example: str) -> str | None:
    if text is None or form.fullmatch(text):
        return text
    raise ConfigProblem(f'{key} cannot be "{text}".', hint=f'Write it like "{example}".')
