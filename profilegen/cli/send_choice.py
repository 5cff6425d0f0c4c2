"""Which way `profilegen send` goes, and what does not fit that way: said before anything happens, never ignored."""

from pathlib import Path

from profilegen.cli.send_bundles import BundleOptions
from profilegen.cli.send_options import MailOptions, Via
from profilegen.errors import UsageProblem
from profilegen.mailing.guide import Occasion


def chosen_way(via: Via | None, occasion: Occasion, mail: MailOptions, bundle: BundleOptions) -> Via:
    """Return the way; raises UsageProblem: `no_way`, `no_rehearsal`, `only_mail`, `no_page`."""
    if via is None:
        raise UsageProblem("Nobody says how.", hint="Say --via email, --via airdrop or --via folder.", code="no_way")
    if via is not Via.EMAIL:
        _refuse_mail_options(mail)
    elif bundle.base_url is not None or bundle.qr is not None:
        raise UsageProblem(
            "Mail brings the profile itself; there is no page to host and no code for one.",
            hint="Leave --base-url and --qr out, or use --via folder.",
            code="no_page",
        )
    if via is Via.AIRDROP and occasion is not Occasion.INSTALL:
        raise UsageProblem(
            "AirDrop brings profiles, and no pages on other occasions.",
            hint="Say --via email or --via folder.",
            code="no_page",
        )
    return via


def refuse_with_status(via: Via | None, subject: str | None, roster: Path | None) -> None:
    """Raise UsageProblem `status_alone` for `--status` together with something to send."""
    if via is not None or subject is not None or roster is not None:
        raise UsageProblem(
            "--status sends nothing, and is about everybody something was sent to.",
            hint="Leave the rest out; profilegen person ADDRESS tells about one person.",
            code="status_alone",
        )


def _refuse_mail_options(mail: MailOptions) -> None:
    if mail.rehearse:
        raise UsageProblem(
            "Only mail is rehearsed: files can be looked at before they are handed out.",
            hint="Leave --rehearse out.",
            code="no_rehearsal",
        )
    given = mail.given()
    if given:
        raise UsageProblem(
            f"{', '.join(given)}: that is about mail, and this way sends none.",
            hint="Leave it out, or say --via email.",
            code="only_mail",
        )
