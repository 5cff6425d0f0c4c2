"""The rehearsal of a mailing: every mail is rendered, the first one goes to the operator, nobody else gets any."""

from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath

from profilegen.address import Address
from profilegen.delivery.email import EmailChannel
from profilegen.delivery.names import SUFFIX, profile_file_name
from profilegen.ports import Drop
from profilegen.ports.sending import Delivered, DeliveryState, Parcel


@dataclass(slots=True, kw_only=True)  # remembers whether the first one has gone, and the names it gave
class RehearsalChannel:
    """
    A `ports.sending.Channel` that sends to `operator` alone.

    With `folder` every mail is written there as it would be sent, one .eml file per person, private.
    """

    mail: EmailChannel
    operator: Address
    drop: Drop
    folder: Path | None = None
    _shown: bool = field(init=False, default=False)
    _taken: set[str] = field(init=False, default_factory=set)

    async def deliver(self, parcel: Parcel) -> Delivered:
        """Render one mail; raises OutputProblem, and for the first one what sending raises."""
        message = self.mail.compose(parcel)
        path = None if self.folder is None else self.folder / self._file_name(parcel)
        if path is not None:
            staged = await self.drop.stage(path, message, private=True)
            await staged.commit()
        if self._shown:
            return Delivered(state=DeliveryState.DELIVERED, detail="Rendered.", path=path)
        shown = await self.mail.deliver(replace(parcel, recipient=self.operator))
        self._shown = shown.state is DeliveryState.DELIVERED
        words = f"Rendered, and sent to {self.operator}: {shown.detail}"
        return replace(shown, detail=words if self._shown else shown.detail, path=path)

    def _file_name(self, parcel: Parcel) -> str:
        """Different addresses can have the same profile name in ASCII; nobody's mail hides another's."""
        name = profile_file_name(Address.parse(parcel.accounts[0]), parcel.identifier, self._taken)
        self._taken.add(name)
        return f"{name.removesuffix(SUFFIX)}.eml"

    async def close(self) -> tuple[PurePath, ...]:
        """Leave the server."""
        return await self.mail.close()
