"""The demo's story: a phone that cannot send, the cure, and the same mail going out."""

from dataclasses import dataclass, replace
from pathlib import Path

from profilegen.delivery.files import FileDrop
from profilegen.delivery.names import profile_file_name
from profilegen.demo.world import ADDRESS, HOST, PASSWORD, open_world
from profilegen.flow.values import Asked, Fixed, FixOrder
from profilegen.net.hosts import FixedHosts
from profilegen.ports import Progress, Trial
from profilegen.profile.wish import AccountWish, ProfileWish
from profilegen.report import Report
from profilegen.settings.document import SettingsDocument
from profilegen.settings.servers import Auth, FoundServer, Protocol
from profilegen.wiring import House

KEY_NAME = "demo"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoStory:
    """Both acts: what the broken phone met, and what `fix` made of it; `delivered` counts the mails that went out."""

    broken: Report
    fixed: Fixed


async def tell(house: House, folder: Path, progress: Progress) -> DemoStory:
    """
    Play the story in a house of its own and leave the signed profile in `folder`.

    The servers are the demo's; lookup aside, everything between them and the file is the real program.
    """
    async with open_world(house.clock.now()) as world:
        house = replace(house, extra_anchors=(world.authority,), fixed_resolver=FixedHosts({HOST: ("127.0.0.1",)}))
        house.keystore.create_self_signed(KEY_NAME, common_name="profilegen demo", now=house.clock.now())
        broken = await house.verifier.verify(_broken_phone(world.settings), progress)
        flow = house.flow(finder=house.finders.offline, signer=house.signer(KEY_NAME), drop=FileDrop())
        account = AccountWish(
            address=ADDRESS, settings=world.settings, incoming_password=PASSWORD, outgoing_password=PASSWORD
        )
        order = FixOrder(
            asked=Asked(level=4),
            path_for=lambda address, identifier: folder / profile_file_name(address, identifier, ()),
        )
        fixed = await flow.fix(ProfileWish(accounts=(account,)), order, progress)
        return DemoStory(broken=broken, fixed=fixed)


def _broken_phone(settings: SettingsDocument) -> Trial:
    """Return the account as a restore leaves it: the outgoing server lost its login and its SSL switch."""
    assert settings.incoming is not None and settings.outgoing is not None  # noqa: S101 - the world has both
    outgoing = FoundServer(
        protocol=Protocol.SMTP, host=settings.outgoing.host, port=settings.outgoing.port, use_ssl=False, auth=Auth.NONE
    )
    return Trial(
        address=ADDRESS,
        incoming=settings.incoming.found,
        outgoing=outgoing,
        level=4,
        incoming_password=PASSWORD,
        outgoing_password=PASSWORD,
    )
