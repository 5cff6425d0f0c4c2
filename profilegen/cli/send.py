"""`profilegen send`: profiles on their way to people."""

from pathlib import Path
from typing import Annotated

import typer

from profilegen.cli.encryption import device_encrypter
from profilegen.cli.grouped import grouped
from profilegen.cli.options import Json, LookupOptions, PasswordOptions, ProfileOptions, SigningOptions
from profilegen.cli.output import note
from profilegen.cli.send_bundles import WRITTEN_ANEW, BundleOptions
from profilegen.cli.send_handing import Handing, only_written
from profilegen.cli.send_mail import Mailing
from profilegen.cli.send_options import DeliveryOptions, MailOptions, ServerPassword, Via
from profilegen.cli.send_status import StatusOptions, status
from profilegen.cli.sendees import sendees_of
from profilegen.cli.sendrun import Means, Run, status_of
from profilegen.cli.sendview import SendView
from profilegen.cli.session import run_async, session_of
from profilegen.cli.signers import choose_signer
from profilegen.cli.target import Target
from profilegen.cli.wishes import wish_maker
from profilegen.errors import UsageProblem
from profilegen.flow.gate import refuse_empty_reason
from profilegen.flow.preparing import Preparation
from profilegen.flow.sendvalues import SendOrder
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
    tell_status: Annotated[bool, typer.Option("--status", help="Say who has sent from the device since.")] = False,
    as_json: Json = False,
) -> None:
    """
    Bring profiles to people, and say who has sent from the device since (--status).

    The password options are those of the server that sends the mail (send.server), with --status of the check mailbox.
    With --json a roster gives JSON Lines: one object per person, and a summary at the end.

    Example: profilegen send you@example.com --via email
    """
    house = session_of(context).house(how.ca)
    if tell_status:
        status(house, seen, password.given(), keep_password=password.keep_password, as_json=as_json)
    chosen = _chosen(via, mail, delivery)
    many = roster is not None
    dispatch = Dispatch.of(house)
    dispatch.check_device(profile.platform, delivery.device)
    sendees = sendees_of(wish_maker(house.loaded.config, profile, how, PasswordOptions()), subject, roster)
    preparation = _preparation(dispatch, profile, signing, how, many=many)
    means: Means
    if chosen is Via.EMAIL:
        people = tuple(one.person for one in sendees.consignees)
        means = Mailing(
            dispatch=dispatch,
            preparation=preparation,
            people=people,
            asked=mail,
            password=password,
            folder=delivery.output,
        )
    else:
        means = Handing(
            dispatch=dispatch,
            preparation=preparation,
            via=chosen,
            asked=bundle,
            folder=delivery.output,
            as_json=as_json,
        )
    order = _order(dispatch, chosen, mail, delivery, profile.platform, many=many)
    view = SendView(channel=str(chosen), many=many, as_json=as_json)
    waves = mail.waves(len(sendees.consignees)) if chosen is Via.EMAIL and not mail.rehearse else None
    run = Run(order=order, sendees=sendees, ledger=dispatch.ledger, waves=waves, means=means, view=view)
    with house.state.kept():
        tally = run_async(run.whole())
    view.end(tally)
    means.after()
    raise typer.Exit(status_of(tally))


def _chosen(via: Via | None, mail: MailOptions, delivery: DeliveryOptions) -> Via:
    if delivery.allow_unverified is not None:
        refuse_empty_reason(delivery.allow_unverified)
    if via is None:
        raise UsageProblem("Nobody says how.", hint="Say --via email, --via airdrop or --via folder.", code="no_way")
    if mail.rehearse and via is not Via.EMAIL:
        raise UsageProblem(
            "Only mail is rehearsed: files can be looked at before they are handed out.",
            hint="Leave --rehearse out.",
            code="no_rehearsal",
        )
    return via


def _order(
    dispatch: Dispatch, via: Via, mail: MailOptions, delivery: DeliveryOptions, platform: Platform, *, many: bool
) -> SendOrder:
    return SendOrder(
        channel=str(via),
        brand=dispatch.brand,
        elsewhere=mail.elsewhere(many=many) if via is Via.EMAIL else None,
        platform=platform,
        device=delivery.device,
        allowed_because=delivery.allow_unverified,
        repeated=WRITTEN_ANEW if only_written(via) else delivery.repeated(many=many),
    )


def _preparation(
    dispatch: Dispatch, profile: ProfileOptions, signing: SigningOptions, how: LookupOptions, *, many: bool
) -> Preparation:
    house = dispatch.house
    chosen = choose_signer(house, signing, for_many=many)
    flow = house.flow(
        finder=house.finders.roster if many and not how.offline else how.finder(house),
        signer=chosen.signer,
        drop=Target(path=".", many=False).drop,
        encrypter=device_encrypter(house, profile, chosen.signer, many=many),
    )
    for notice in chosen.notices:
        note(f"profilegen: {notice.text}")
    return dispatch.preparation(flow)
