"""Access tokens that are bought with a client id and a secret (RFC 6749 section 4.4)."""

import asyncio
from urllib.parse import urlencode

from profilegen.errors import ConfigProblem
from profilegen.mdm.calls import Call, Method
from profilegen.mdm.client import MdmClient
from profilegen.mdm.keys import bearer
from profilegen.mdm.reading import tree
from profilegen.net.pace import Timing
from profilegen.secret import Secret

_EARLY = 60.0
_SHORTEST = 30.0
_USUAL = 300.0


class NoKey:
    """Credentials of a server that is asked without any: the one that sells tokens."""

    async def authorization(self) -> Secret:
        """Return an empty header, which is not sent."""
        return Secret(text="")

    async def refused(self) -> bool:
        """Return False: there is no other key."""
        return False


class ClientCredentials:
    """
    Credentials that are renewed in time, and once more when the server refuses them early.

    `path` is where `client` buys tokens, `scope` what for (where the server wants to know). Raises what `MdmClient.ask`
    raises, and ConfigProblem `key_refused` if the secret is not taken.
    """

    def __init__(
        self, *, client: MdmClient, path: str, client_id: str, secret: Secret, timing: Timing, scope: str | None = None
    ) -> None:
        self._client = client
        self._path = path
        self._id = client_id
        self._secret = secret
        self._scope = scope
        self._timing = timing
        self._token: Secret | None = None
        self._ends = 0.0
        self._lock = asyncio.Lock()

    async def authorization(self) -> Secret:
        """Return the header with a token that is good for a while."""
        async with self._lock:
            if self._token is None or self._timing.monotonic() >= self._ends:
                self._token = await self._buy()
            return bearer(self._token)

    async def refused(self) -> bool:
        """Forget the token; the next one is new."""
        self._token = None
        return True

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _buy(self) -> Secret:
        form = {"grant_type": "client_credentials", "client_id": self._id, "client_secret": self._secret.reveal()}
        if self._scope is not None:
            form["scope"] = self._scope
        answer = await self._client.ask(
            Call(
                method=Method.POST,
                path=self._path,
                body=urlencode(form).encode(),
                content_type="application/x-www-form-urlencoded",
                repeatable=True,
            )
        )
        sold = tree(answer.json()) if answer.status == 200 else {}
        token, seconds = sold.get("access_token"), sold.get("expires_in")
        if answer.status >= 500:
            answer.require(200)
        if not isinstance(token, str) or not token:
            raise ConfigProblem(
                f"{answer.place} was answered with {answer.status}: no token for this client id and secret.",
                hint="Check client_id and the secret of this MDM, and that its interface is switched on.",
                code="key_refused",
            )
        lasts = float(seconds) if isinstance(seconds, int | float) else _USUAL
        self._ends = self._timing.monotonic() + max(_SHORTEST, lasts - _EARLY)
        return Secret(text=token)
