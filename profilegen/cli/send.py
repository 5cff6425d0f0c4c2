"""`profilegen send`: profiles on their way to people."""

from pathlib import Path
from typing import Annotated

import typer

from profilegen.cli.encryption import device_encrypter
from profilegen.cli.grouped import grouped
from profilegen.cli.options import Json, LookupOptions, PasswordOptions, ProfileOptions, SigningOptions
from profilegen.cli.output import note
from profilegen.cli.send_bundles import WRITTEN_ANEW, BundleOptions
from profilegen.cli.send_choice import chosen_way, refuse_with_status
from profilegen.cli.send_handing import Handing, only_written
from profilegen.cli.send_mail import Mailing
from profilegen.cli.send_options import DeliveryOptions, MailOptions, ServerPassword, Via
from profilegen.cli.send_status import StatusOptions, status
from profilegen.cli.sendees import Sendees, sendees_of
from profilegen.cli.sendrun import Means, Run, status_of
from profilegen.cli.sendview import SendView
from profilegen.cli.session import run_async, session_of
from profilegen.cli.signers import ChosenSigner, choose_signer
from profilegen.cli.target import Target
from profilegen.cli.test import names_file
from profilegen.cli.wishes import wish_maker
from profilegen.flow.gate import refuse_empty_reason
from profilegen.flow.preparing import Preparation
from profilegen.flow.sendvalues import SendOrder
from profilegen.mailing.guide import Occasion
from profilegen.profile.types import Platform
from profilegen.wiring.sending import Dispatch


@grouped
def send(
    context: typer.Context,
    profile: ProfileOptions,
    signing: SigningOptions,
    how: LookupOptions,
    mail: MailOptions,
    delivery: DeliveryOptions,
    bundle: BundleOptions,
    seen: StatusOptions,
    password: ServerPassword,
    subject: Annotated[str | None, typer.Argument(metavar="[ADDRESS|FILE]", show_default=False)] = None,
    via: Annotated[Via | None, typer.Option("--via", help="The way to the person.")] = None,
    roster: Annotated[Path | None, typer.Option("--roster", metavar="FILE", help="CSV, JSON Lines or XLSX.")] = None,
    occasion: Annotated[
        Occasion,
        typer.Option("--occasion", help="What the page is about; only install and start-over bring a profile."),
    ] = Occasion.INSTALL,
    tell_status: Annotated[bool, typer.Option("--status", help="Say who has sent from the device since.")] = False,
    as_json: Json = False,
) -> None:
    """
    Bring profiles to people, and say who has sent from the device since (--status).

    The password options are those of the server that sends the mail (send.server), with --status of the check mailbox.
    With --json a roster gives JSON Lines: one object per person, and a summary at the end.

    Example: profilegen send you@example.com --via email

    Example: profilegen send --roster people.csv --via email --occasion password-changed
    """
    house = session_of(context).house(how.ca)
    if tell_status:
        refuse_with_status(via, subject, roster)
        status(house, seen, password.given(), keep_password=password.keep_password, as_json=as_json)
    if delivery.allow_unverified is not None:
        refuse_empty_reason(delivery.allow_unverified)
    chosen = chosen_way(via, occasion, mail, bundle)
    many = roster is not None
    dispatch = Dispatch.of(house)
    dispatch.check_device(profile.platform, delivery.device)
    sendees = sendees_of(wish_maker(house.loaded.config, profile, how, PasswordOptions()), subject, roster)
    signs = occasion.names_signer and not (subject is not None and names_file(subject))
    preparation = _preparation(dispatch, profile, signing, how, signs=signs, many=many)
    means = _mailing(dispatch, preparation, sendees, mail, occasion, password, delivery.output)
    if chosen is not Via.EMAIL:
        means = _handing(dispatch, preparation, chosen, bundle, occasion, delivery.output, as_json=as_json)
    order = _order(dispatch, chosen, mail, delivery, profile.platform, occasion, many=many)
    view = SendView(channel=str(chosen), occasion=occasion, many=many, as_json=as_json)
    waves = mail.waves(len(sendees.consignees)) if chosen is Via.EMAIL and not mail.rehearse else None
    run = Run(order=order, sendees=sendees, ledger=dispatch.ledger, waves=waves, means=means, view=view)
    with house.state.kept():
        tally = run_async(run.whole())
    view.end(tally)
    means.after()
    raise typer.Exit(status_of(tally))


def _mailing(
    dispatch: Dispatch,
    preparation: Preparation,
    sendees: Sendees,
    asked: MailOptions,
    occasion: Occasion,
    password: ServerPassword,
    folder: Path | None,
) -> Means:
    return Mailing(
        dispatch=dispatch,
        preparation=preparation,
        people=tuple(one.person for one in sendees.consignees),
        asked=asked,
        occasion=occasion,
        password=password,
        folder=folder,
    )


def _handing(
    dispatch: Dispatch,
    preparation: Preparation,
    via: Via,
    asked: BundleOptions,
    occasion: Occasion,
    folder: Path | None,
    *,
    as_json: bool,
) -> Means:
    return Handing(
        dispatch=dispatch,
        preparation=preparation,
        via=via,
        asked=asked,
        folder=folder,
        occasion=occasion,
        as_json=as_json,
    )


def _order(
    dispatch: Dispatch,
    via: Via,
    mail: MailOptions,
    delivery: DeliveryOptions,
    platform: Platform,
    occasion: Occasion,
    *,
    many: bool,
) -> SendOrder:
    house = dispatch.house
    return SendOrder(
        channel=str(via),
        brand=dispatch.brand,
        elsewhere=mail.elsewhere(many=many) if via is Via.EMAIL else None,
        platform=platform,
        device=delivery.device,
        allowed_because=delivery.allow_unverified,
        repeated=WRITTEN_ANEW if only_written(via) else delivery.repeated(many=many),
        occasion=occasion,
        since=None if occasion is Occasion.INSTALL else house.clock.now() - house.proving.policy.max_age,
    )


def _preparation(
    dispatch: Dispatch,
    profile: ProfileOptions,
    signing: SigningOptions,
    how: LookupOptions,
    *,
    signs: bool,
    many: bool,
) -> Preparation:
    house = dispatch.house
    chosen = choose_signer(house, signing, for_many=many) if signs else ChosenSigner(signer=None)
    flow = house.flow(
        finder=house.finders.roster if many and not how.offline else how.finder(house),
        signer=chosen.signer,
        drop=Target(path=".", many=False).drop,
        encrypter=device_encrypter(house, profile, chosen.signer, many=many),
    )
    for notice in chosen.notices:
        note(f"profilegen: {notice.text}")
    return dispatch.preparation(flow)
