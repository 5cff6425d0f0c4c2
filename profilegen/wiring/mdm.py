"""The management servers of a configuration, as connectors: one line per product."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from profilegen.config import passwords
from profilegen.config.mdm import MdmConfig, MdmKind
from profilegen.errors import ConfigProblem, ProfilegenError
from profilegen.mdm.client import MdmClient
from profilegen.mdm.keys import Credentials, FixedKey, basic
from profilegen.net.policy import Encryption
from profilegen.ports.mdm import MdmConnector
from profilegen.secret import Secret
from profilegen.wiring.house import House
from profilegen.wiring.machine import read_file

LOOPBACK = ("http://127.", "http://[::1]", "http://localhost")
"""Servers on this very machine may be spoken to without TLS; all others never."""


async def connectors(house: House, *, per_second: float | None = None) -> dict[str, MdmConnector]:
    """Return every configured server, by name; `per_second` overrides their pace. Raises ConfigProblem."""
    return {
        config.name: await _MAKERS[config.kind](house, config, per_second)
        for config in house.loaded.mdm.values()
        if config.kind in _MAKERS
    }


def webhook_endpoints(
    house: House, known: Mapping[str, MdmConnector]
) -> tuple[tuple[tuple[str, int], MdmConnector], ...]:
    """Return where webhooks arrive, and for whom: every server whose configuration says `listen`."""
    places = ((config.listen, config.name) for config in house.loaded.mdm.values() if config.name in known)
    return tuple((place, known[name]) for place, name in places if place is not None)


async def _nanomdm(house: House, config: MdmConfig, per_second: float | None) -> MdmConnector:
    from profilegen.mdm.nanomdm import USER, NanoMdm

    credentials = FixedKey(basic(config.get("user") or USER, await _key(house, config)))
    return NanoMdm(
        name=config.name,
        client=_client(house, config, credentials, per_second),
        clock=house.clock,
        webhook_key=_webhook_key(config),
        api_path=config.get("api_path") or "/v1",
    )


async def _micromdm(house: House, config: MdmConfig, per_second: float | None) -> MdmConnector:
    from profilegen.mdm.micromdm import MicroMdm

    credentials = FixedKey(basic("micromdm", await _key(house, config)))
    return MicroMdm(
        name=config.name,
        client=_client(house, config, credentials, per_second),
        clock=house.clock,
        webhook_key=_webhook_key(config),
    )


_Maker = Callable[[House, MdmConfig, float | None], Awaitable[MdmConnector]]

_MAKERS: Mapping[MdmKind, _Maker] = {
    MdmKind.NANOMDM: _nanomdm,
    MdmKind.MICROMDM: _micromdm,
}


def _client(
    house: House, config: MdmConfig, credentials: Credentials, per_second: float | None, base: str | None = None
) -> MdmClient:
    from profilegen.net.tls import verified_context

    url = base or config.get("url") or ""
    anchors: Sequence[bytes] = house.anchor_files
    if (more := config.get("ca")) is not None:
        anchors = (*anchors, read_file(Path(more)))
    return MdmClient(
        base=url,
        credentials=credentials,
        resolver=house.resolver,
        trust=lambda: verified_context(tuple(anchors)),
        rate=per_second or config.rate,
        encryption=Encryption.OPTIONAL if url.startswith(LOOPBACK) else Encryption.REQUIRED,
    )


async def _key(house: House, config: MdmConfig) -> Secret:
    """Return the key to a server's interface: from the environment, a file, or the keyring."""
    given = _secret(config, "key_env", "key_file")
    if given is None:
        given = await house.proving.vault.recall(vault_name(config.name))
    if given is None:
        raise config.problem(
            "key_file", "is missing, and the keyring has no key either", 'Write key_file = "…" or key_env = "…".'
        )
    return given


def vault_name(name: str) -> str:
    """Return the name a server's key has in the keyring; no canary's name looks like this."""
    return f"mdm@{name}"


def _webhook_key(config: MdmConfig) -> Secret | None:
    return _secret(config, "webhook_key_env", "webhook_key_file")


def _secret(config: MdmConfig, env: str, file: str) -> Secret | None:
    name, path = config.get(env), config.get(file)
    try:
        if name is not None:
            return passwords.from_environment(name)
        return None if path is None else passwords.from_file(Path(path))
    except ProfilegenError as problem:
        field = env if name is not None else file
        raise ConfigProblem(
            f"mdm.{config.name}.{field} ({config.origin}): {problem.message}", hint=problem.hint, code="bad_mdm"
        ) from problem
