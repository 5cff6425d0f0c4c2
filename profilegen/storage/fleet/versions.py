"""Which settings every mail domain follows, and which it followed before."""

import json

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from profilegen.errors import NotPossible
from profilegen.ports.fleet import SettingsVersion
from profilegen.settings.document import SettingsDocument, parse_settings, settings_document
from profilegen.storage.fleet import tables
from profilegen.storage.fleet.dialect import insert, insert_once
from profilegen.storage.fleet.values import moment, to_time


async def get(connection: AsyncConnection, domain: str, version: int | None) -> SettingsVersion | None:
    """Return the version a domain follows, or the one named."""
    table, followed = tables.settings_version.c, tables.followed.c
    number = select(followed.version).where(followed.domain == domain).scalar_subquery() if version is None else version
    query = select(tables.settings_version).where(table.domain == domain, table.version == number)
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    return SettingsVersion(
        domain=row.domain,
        version=row.version,
        document=document_of(row.document),
        known_since=moment(row.known_since),
        plan=row.plan,
        held=row.held,
    )


async def put(connection: AsyncConnection, version: SettingsVersion) -> None:
    """Keep a version and follow it; raises NotPossible `version_taken` if the number stands for other settings."""
    row = {
        "domain": version.domain,
        "version": version.version,
        "document": document_text(version.document),
        "known_since": to_time(version.known_since),
        "plan": version.plan,
        "held": version.held,
    }
    if not await insert_once(connection, tables.settings_version, row):
        require_equal(await get(connection, version.domain, version.version), version)
    follow = insert(connection, tables.followed).values(domain=version.domain, version=version.version)
    update = follow.on_conflict_do_update(index_elements=["domain"], set_={"version": follow.excluded.version})
    await connection.execute(update)


def require_equal(known: SettingsVersion | None, version: SettingsVersion) -> None:
    """Raise NotPossible unless both are the same settings."""
    if known is not None and (known.document, known.held) == (version.document, version.held):
        return
    raise NotPossible(
        f"Version {version.version} of the settings of {version.domain} stands for other settings already.",
        hint="Plan again; another run was faster.",
        code="version_taken",
    )


def document_text(document: SettingsDocument) -> str:
    """Return settings as JSON."""
    return json.dumps(settings_document(document))


def document_of(text: str) -> SettingsDocument:
    """Return settings that were stored."""
    return parse_settings(text)[0]
