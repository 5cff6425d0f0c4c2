"""The management servers of a configuration, as connectors: one line per product."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path

from profilegen.config import passwords
from profilegen.config.mdm import MdmConfig, MdmKind
from profilegen.errors import ConfigProblem, ProfilegenError, UsageProblem
from profilegen.fleet.capabilities import Capabilities
from profilegen.mdm.client import MdmClient
from profilegen.mdm.keys import Credentials, FixedKey, basic, bearer
from profilegen.mdm.tokens import ClientCredentials, NoKey
from profilegen.net.pace import Timing
from profilegen.ports.mdm import MdmConnector
from profilegen.secret import Secret
from profilegen.wiring.house import House
from profilegen.wiring.machine import read_file


async def connectors(house: House, *, per_second: float | None = None) -> dict[str, MdmConnector]:
    """Return every configured server, by name; `per_second` overrides their pace. Raises ConfigProblem."""
    return {
        config.name: await _MAKERS[config.kind](house, config, per_second)
        for config in house.loaded.mdm.values()
        if config.kind in _MAKERS
    }


async def connector(house: House, name: str) -> MdmConnector:
    """Return one configured server; raises UsageProblem `no_such_mdm` for a name that is not configured."""
    config = house.loaded.mdm.get(name)
    if config is None:
        known = ", ".join(sorted(house.loaded.mdm))
        raise UsageProblem(
            f'There is no MDM called "{name}" in the configuration.',
            hint=f"There is: {known}." if known else 'Write [mdm.NAME] with kind = "…" into profilegen.toml.',
            code="no_such_mdm",
        )
    return await _MAKERS[config.kind](house, config, None)


def capabilities(kind: MdmKind) -> Capabilities:
    """Return what a kind of MDM can do."""
    record: Capabilities = import_module(f"profilegen.mdm.{_MODULES.get(kind, kind)}").CAPABILITIES
    return record


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


async def _kmfddm(house: House, config: MdmConfig, per_second: float | None) -> MdmConnector:
    from profilegen.mdm.kmfddm import USER, Kmfddm
    from profilegen.wiring.declared import credential_host, told_by

    told_by(house, config)
    credentials = FixedKey(basic(config.get("user") or USER, await _key(house, config)))
    return Kmfddm(
        name=config.name,
        client=_client(house, config, credentials, per_second),
        clock=house.clock,
        credentials=credential_host(house, config),
        api_path=config.get("api_path") or "/v1",
    )


async def _jamf(house: House, config: MdmConfig, per_second: float | None) -> MdmConnector:
    from profilegen.mdm.jamf import TOKEN_PATH, JamfPro

    tokens = await _tokens(house, config, path=TOKEN_PATH)
    return JamfPro(
        name=config.name,
        client=_client(house, config, tokens, per_second),
        tokens=tokens,
        clock=house.clock,
        timing=Timing(),
        webhook_key=_webhook_key(config),
    )


async def _fleet(house: House, config: MdmConfig, per_second: float | None) -> MdmConnector:
    from profilegen.mdm.fleetdm import FleetDm

    credentials = FixedKey(bearer(await _key(house, config)))
    client = _client(house, config, credentials, per_second)
    return FleetDm(name=config.name, client=client, clock=house.clock, timing=Timing(), team=config.get("team"))


async def _simplemdm(house: House, config: MdmConfig, per_second: float | None) -> MdmConnector:
    from profilegen.mdm.simplemdm import BASE, PER_SECOND, SimpleMdm

    user = (await _key(house, config)).reveal()  # the key is the user name there, and the password is empty
    credentials = FixedKey(basic(user, Secret(text="")))
    client = _client(house, config, credentials, per_second or config.rate or PER_SECOND, config.get("url") or BASE)
    return SimpleMdm(name=config.name, client=client, clock=house.clock, webhook_key=_webhook_key(config))


async def _intune(house: House, config: MdmConfig, per_second: float | None) -> MdmConnector:
    from profilegen.mdm.intune import BASE, CAPABILITIES, LOGIN, SCOPE, Intune, token_path

    path = token_path(config.get("tenant") or "")
    tokens = await _tokens(house, config, path=path, base=config.get("login_url") or LOGIN, scope=SCOPE)
    rate = per_second or config.rate or CAPABILITIES.rate
    return Intune(
        name=config.name,
        client=_client(house, config, tokens, rate, config.get("url") or BASE),
        tokens=tokens,
        clock=house.clock,
        timing=Timing(),
        group=config.get("group"),
    )


async def _folder(house: House, config: MdmConfig, per_second: float | None) -> MdmConnector:  # noqa: ARG001 - a maker
    from profilegen.delivery.files import FileDrop
    from profilegen.mdm.folder import FolderMdm

    folder = Path(config.get("folder") or "")
    return FolderMdm(name=config.name, folder=folder, drop=FileDrop(), clock=house.clock)


async def _tokens(
    house: House, config: MdmConfig, *, path: str, base: str | None = None, scope: str | None = None
) -> ClientCredentials:
    return ClientCredentials(
        client=_client(house, config, NoKey(), None, base),
        path=path,
        client_id=config.get("client_id") or "",
        secret=await _key(house, config),
        timing=Timing(),
        scope=scope,
    )


_Maker = Callable[[House, MdmConfig, float | None], Awaitable[MdmConnector]]

_MAKERS: Mapping[MdmKind, _Maker] = {
    MdmKind.NANOMDM: _nanomdm,
    MdmKind.MICROMDM: _micromdm,
    MdmKind.KMFDDM: _kmfddm,
    MdmKind.JAMF: _jamf,
    MdmKind.FLEET: _fleet,
    MdmKind.SIMPLEMDM: _simplemdm,
    MdmKind.INTUNE: _intune,
    MdmKind.FOLDER: _folder,
}
_MODULES = {MdmKind.FLEET: "fleetdm"}


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
