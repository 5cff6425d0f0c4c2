"""`--via email`: one mail per person, through a submission server of our own."""

from pathlib import PurePath

from profilegen.address import Address
from profilegen.delivery.message import MailWords, profile_mail
from profilegen.delivery.submission import HungUp, InDoubt, Refused, SubmissionSession
from profilegen.errors import UsageProblem
from profilegen.mailing.bounce import message_id
from profilegen.net.pace import Pace
from profilegen.ports import Clock
from profilegen.ports.sending import Delivered, DeliveryState, Parcel

_TEMPORARY = range(400, 500)


class EmailChannel:
    """A `ports.sending.Channel`; the Message-ID of a mail is made of the parcel's token, so that a bounce is known."""

    def __init__(
        self,
        *,
        session: SubmissionSession,
        words: MailWords,
        sender: Address,
        clock: Clock,
        pace: Pace,
    ) -> None:
        self._session = session
        self._words = words
        self._sender = sender
        self._clock = clock
        self._pace = pace

    def compose(self, parcel: Parcel) -> bytes:
        """Return the message to the parcel's recipient; raises UsageProblem `no_recipient` for a parcel without one."""
        if parcel.recipient is None:
            raise UsageProblem("There is no address to write to.", hint="Say --to ADDRESS.", code="no_recipient")
        return profile_mail(
            parcel,
            parcel.recipient,
            words=self._words,
            sender=self._sender,
            message_id=message_id(parcel.token),
            now=self._clock.now(),
        )

    async def deliver(self, parcel: Parcel) -> Delivered:
        """Send one mail and say what the server answered."""
        message = self.compose(parcel)
        recipient = parcel.recipient or self._sender
        await self._pace.turn()
        try:
            answer = await self._session.submit(message, recipient)
        except InDoubt as doubt:
            detail = f"The connection broke while the mail was on its way ({doubt}): it may have arrived."
            return Delivered(state=DeliveryState.TRYING, detail=detail, stage="data")
        except HungUp as gone:
            return _not_delivered(gone, DeliveryState.FAILED, "The server hung up twice")
        except Refused as refused:
            soft = refused.code is None or refused.code in _TEMPORARY
            state = DeliveryState.FAILED if soft and refused.code is not None else DeliveryState.REFUSED
            return _not_delivered(refused, state, "Put off" if state is DeliveryState.FAILED else "Refused")
        return Delivered(state=DeliveryState.DELIVERED, detail=answer)

    async def close(self) -> tuple[PurePath, ...]:
        """Leave the server."""
        await self._session.close()
        return ()


def _not_delivered(refused: Refused, state: DeliveryState, words: str) -> Delivered:
    reply = f"{refused.code} {refused.text}" if refused.code is not None else refused.text
    return Delivered(
        state=state,
        detail=f"{words}: {reply}",
        code=refused.code,
        enhanced=refused.enhanced,
        stage=str(refused.stage),
    )
