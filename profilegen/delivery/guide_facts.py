"""From an order to what its page may say: the facts that hold, and what the names in braces stand for."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote

from profilegen.delivery.guide_devices import DeviceRow, Devices
from profilegen.delivery.guide_pages import Fact
from profilegen.delivery.guide_text import Phrase, Run, fill, link, menu, name
from profilegen.delivery.guide_words import MENU, Words
from profilegen.mailing.guide import GuideOrder, PasswordKind


class Medium(StrEnum):
    """Where a page is read: in a message with the profile attached, in a browser beside the file, on paper."""

    MAIL = "mail"
    PLAIN_MAIL = "plain-mail"
    PAGE = "page"
    PAPER = "paper"


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """One order, on one device, in one language, on one medium."""

    order: GuideOrder
    row: DeviceRow
    words: Words
    medium: Medium


def facts_of(here: Situation) -> frozenset[Fact]:
    """Return all facts that hold."""
    return frozenset((*_device_facts(here), *_password_facts(here.order), *_profile_facts(here.order)))


def _device_facts(here: Situation) -> Iterator[Fact]:
    yield Fact(here.row.platform)
    yield Fact.MAIL if here.medium is Medium.PLAIN_MAIL else Fact(here.medium)
    yield from (Fact(fact) for fact in here.row.facts)


def _password_facts(order: GuideOrder) -> Iterator[Fact]:
    for account in order.accounts:
        yield Fact(account.password)
        if account.password in (PasswordKind.MAILBOX, PasswordKind.APP):
            yield Fact.TYPED
    if _app_page(order):
        yield Fact.APP_PAGE


def _profile_facts(order: GuideOrder) -> Iterator[Fact]:
    if order.url is not None:
        yield Fact.URL
    elif order.file_name is not None:
        yield Fact.FILE
    if order.signer is not None or order.revision is not None:
        yield Fact.COMPARE
    if order.signer is None:
        yield Fact.UNSIGNED
    else:
        yield Fact.TRUSTED if order.trusted else Fact.UNTRUSTED


def values_of(here: Situation, devices: Devices, *, device: str) -> dict[str, Phrase]:
    """Return what every name in braces stands for; `device` is the English for the kind of device."""
    order, say = here.order, here.words.say
    ways = {**devices.names, **here.row.menus}
    values = {key: menu(say(level, MENU) for level in way) for key, way in ways.items()}
    values |= {
        "device": (Run(text=say(device)),),
        "brand": name(order.brand.name),
        "signer": name(order.signer) if order.signer else (),
        "first": name(order.accounts[0].address) if order.accounts else (),
        "addresses": _listed(here, *PasswordKind),
        "app_page": link(_app_page(order) or "", _app_page(order) or ""),
        "url": link(order.url or "", order.url or ""),
        "file": _file(here),
    }
    for kind in PasswordKind:
        values[kind.replace("-", "_")] = _listed(here, kind)
    return values


def _app_page(order: GuideOrder) -> str | None:
    pages = (account.password_url for account in order.accounts if account.password is PasswordKind.APP)
    return next((page for page in pages if page is not None), None)


def _file(here: Situation) -> Phrase:
    file = here.order.file_name or ""
    return link(file, f"./{quote(file)}") if here.medium is Medium.PAGE else name(file)


def _listed(here: Situation, *kinds: PasswordKind) -> Phrase:
    addresses = [account.address for account in here.order.accounts if account.password in kinds]
    if len(addresses) < 2:
        return name(addresses[0]) if addresses else ()
    from babel import Locale
    from babel.lists import format_list

    places = [f"{{{number}}}" for number in range(len(addresses))]
    pattern = format_list(places, locale=Locale.parse(here.words.tag, sep="-"))
    return fill(pattern, {str(number): name(address) for number, address in enumerate(addresses)})
