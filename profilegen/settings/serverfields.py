"""Servers as JSON objects, both ways; what is read may be wrong in any way and is refused by its field's name."""

import re

from profilegen.address import Address
from profilegen.errors import SettingsProblem
from profilegen.settings.fields import Fields
from profilegen.settings.servers import (
    Auth,
    DavServer,
    FoundServer,
    Protocol,
    Security,
    Server,
    clean_host,
    found_flaws,
)

SERVER_FIELDS = ("protocol", "host", "port", "security", "auth", "username")
DAV_FIELDS = ("host", "port", "username", "principal_url")

_PRINCIPAL_URL = re.compile("(https://|/)[!-~]+")


def server_document(server: Server) -> dict[str, object]:
    """Return the JSON object of a mail server."""
    return {
        "protocol": str(server.protocol),
        "host": server.host,
        "port": server.port,
        "security": str(server.security),
        "auth": [str(method) for method in server.auth],
        "username": server.username,
    }


def dav_server_document(server: DavServer) -> dict[str, object]:
    """Return the JSON object of a CalDAV or CardDAV server."""
    return {
        "host": server.host,
        "port": server.port,
        "username": server.username,
        "principal_url": server.principal_url,
    }


def read_server(fields: Fields, address: Address, protocols: tuple[Protocol, ...]) -> Server:
    """
    Return the mail server these fields describe; the first of `protocols` is meant where none is given.

    Without `auth` it is a password, without `username` the address. Raises SettingsProblem for anything nobody should
    write into a profile: port 25, no TLS, no login.
    """
    protocol = fields.choice("protocol", Protocol) or protocols[0]
    if protocol not in protocols:
        raise fields.problem("protocol", f"is {protocol}; it must be one of {', '.join(protocols)}")
    host, port, security = fields.text("host"), fields.integer("port"), fields.choice("security", Security)
    auth, username = _read_auth(fields), fields.text("username") or str(address)
    found = FoundServer(
        protocol=protocol, host=host, port=port, use_ssl=True, security=security, auth=auth[0], username=username
    )
    for flaw in found_flaws(found):
        raise fields.problem(flaw.field, f"cannot be right: {flaw.reason}")
    if host is None or port is None or security is None:
        raise fields.problem("security", "is missing: write tls or starttls")
    return Server(protocol=protocol, host=host, port=port, security=security, auth=auth, username=username)


def read_dav_server(fields: Fields, address: Address) -> DavServer:
    """Return the CalDAV or CardDAV server these fields describe, on port 443 unless said; raises SettingsProblem."""
    host, port, url = fields.text("host"), fields.integer("port"), fields.text("principal_url")
    if host is None:
        raise fields.problem("host", "is missing")
    try:
        host = clean_host(host)
    except SettingsProblem as problem:
        raise fields.problem("host", f"cannot be right: {problem.message.rstrip('.')}") from None
    port = 443 if port is None else port
    if not 1 <= port <= 65535:
        raise fields.problem("port", f"cannot be right: port {port} does not exist")
    if url is not None and not _PRINCIPAL_URL.fullmatch(url):
        raise fields.problem("principal_url", "is neither an https address nor a path on the server")
    return DavServer(host=host, port=port, username=fields.text("username") or str(address), principal_url=url)


def _read_auth(fields: Fields) -> tuple[Auth, ...]:
    if fields.values.get("auth") is None:
        return (Auth.PASSWORD,)
    auth = fields.choices("auth", Auth)
    if not auth or Auth.NONE in auth:
        raise fields.problem("auth", "cannot be right: a server without login does not relay")
    return auth
