"""
The tables of the fleet, in terms both databases share.

Times are microseconds since 1970, UTC. Texts that are compared by order have the order of their code points in both.
Lists that are only ever read whole are JSON. A UDID and a serial number are upper case from here on.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)

metadata = MetaData()

_ID = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only where the type is INTEGER."""
_ORDERED = String(collation="C").with_variant(Text(), "sqlite")


def _text(name: str, *, optional: bool = True) -> Column[Any]:
    return Column(name, Text, nullable=optional)


def _time(name: str, *, optional: bool = True) -> Column[Any]:
    return Column(name, BigInteger, nullable=optional)


imports = Table(
    "import",
    metadata,
    Column("number", _ID, primary_key=True),
    _text("source", optional=False),
    _time("begun_at", optional=False),
    Column("finished", Boolean, nullable=False),
)

seat = Table(
    "seat",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("key", _ORDERED, nullable=False),
    # what an import says
    _text("profile", optional=False),
    _text("person", optional=False),
    _text("person_folded", optional=False),
    _text("mailboxes", optional=False),  # JSON
    _text("domain", optional=False),
    _text("mdm", optional=False),
    _text("channel", optional=False),
    _text("platform", optional=False),
    _text("route", optional=False),
    _text("identifier", optional=False),
    _text("udid"),
    _text("serial"),
    _text("user"),
    _text("name"),
    _text("language"),
    _text("recovery_email"),
    _text("group"),
    _text("forced"),
    Column("gone", Boolean, nullable=False),  # not named by the import that was finished last
    # what the fleet wants and knows of it
    _text("wanted_uuid"),
    _text("wanted_revision"),
    _text("wanted_basis"),
    Column("wanted_version", Integer),
    _text("effective_identifier"),
    _text("effective_uuid"),
    _text("effective_remote_id"),
    _time("retired_at"),
    _time("ok_at"),
    _text("ok_system"),
    _time("ok_enrolled_at"),
    _time("sends_since"),
    _time("password_unknown_since"),
    Index("seat_by_key", "key", unique=True),
)

seat_term = Table(
    "seat_term",
    metadata,
    Column("term", Text, primary_key=True),  # person and addresses case-folded, UDID and serial number upper case
    Column("seat", BigInteger, primary_key=True),
    sqlite_with_rowid=False,
)

# what an import brought, until it is finished: written in the order it comes, read in the order of the seats

import_row = Table(
    "import_row",
    metadata,
    Column("number", _ID, primary_key=True),
    Column("import", BigInteger, nullable=False),
    _text("mdm", optional=False),
    Column("key", _ORDERED, nullable=False),
    _text("content", optional=False),  # JSON
)

import_term = Table(
    "import_term",
    metadata,
    Column("term", Text, nullable=False),
    Column("seat", BigInteger, nullable=False),
)

enrollment = Table(
    "enrollment",
    metadata,
    Column("id", Text, primary_key=True),
    Column("mdm", Text, primary_key=True),
    _text("channel", optional=False),
    _text("udid"),
    _text("serial"),
    _text("parent"),
    _text("platform"),
    _text("os_version"),
    _text("build"),
    _text("model"),
    _text("emails"),  # JSON, NULL where nothing was ever said; so are the next two
    _text("sign_ins"),
    _text("groups"),
    _text("full_name"),
    _time("enrolled_at"),
    _time("last_seen"),
    Column("tally", Integer),
    Column("active", Boolean, nullable=False),
    Index("enrollment_by_udid", "udid"),
    Index("enrollment_by_serial", "serial"),
    Index("enrollment_by_parent", "parent"),
)

inventory = Table(
    "inventory",
    metadata,
    Column("enrollment", Text, primary_key=True),
    Column("mdm", Text, primary_key=True),
    _time("collected_at", optional=False),
    Column("complete", Boolean, nullable=False),
    _text("profiles", optional=False),  # JSON
    _text("mail"),  # JSON
)

episode = Table(
    "episode",
    metadata,
    Column("seat", Text, primary_key=True),  # its key: the numbering goes on if a seat is dropped and comes back
    Column("number", Integer, primary_key=True),
    _text("reason", optional=False),
    _time("opened_at", optional=False),
    _time("closed_at"),
    sqlite_with_rowid=False,
)

command = Table(
    "command",
    metadata,
    Column("number", _ID, primary_key=True),
    _text("id", optional=False),
    _text("enrollment", optional=False),
    _text("seat", optional=False),  # its key: answers may come after the seat was dropped
    _text("mdm", optional=False),
    _text("kind", optional=False),
    Column("episode", Integer, nullable=False),
    _text("revision"),
    _text("state", optional=False),
    Column("progress", SmallInteger, nullable=False),  # of the state; a command only ever goes forward
    _time("stored_at", optional=False),
    _time("changed_at", optional=False),
    _text("errors"),  # JSON
    Index("command_by_id", "id", "enrollment", unique=True),
    Index("command_by_seat", "seat", "kind", "number"),
    Index("command_by_enrollment", "enrollment", "state"),
)

event = Table(
    "event",
    metadata,
    Column("id", Text, primary_key=True),
    Column("mdm", Text, primary_key=True),
    _time("at", optional=False),
    Index("event_by_time", "at"),
    sqlite_with_rowid=False,
)

settings_version = Table(
    "settings_version",
    metadata,
    Column("domain", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    _text("document", optional=False),  # JSON
    _time("known_since", optional=False),
    _text("plan"),
    Column("held", Boolean, nullable=False),
)

followed = Table(
    "settings_followed",
    metadata,
    Column("domain", Text, primary_key=True),
    Column("version", Integer, nullable=False),
)

# --- the history: append only, names apart ---------------------------------------------------------------------

history = Table(
    "history",
    metadata,
    Column("id", _ID, primary_key=True),
    _time("at", optional=False),
    _text("actor", optional=False),
    _text("kind", optional=False),
    _text("why", optional=False),  # names in it are references, as in `outcome`
    _text("outcome", optional=False),
    Column("seat", BigInteger),  # history_name.id
    Column("person", BigInteger),  # history_name.id
    _text("mdm"),
    _text("enrollment"),
    _text("plan"),
    Index("history_by_time", "at", "id"),
)

_KNOWN = text("NOT forgotten")

history_name = Table(
    "history_name",
    metadata,
    Column("id", _ID, primary_key=True),
    _text("text", optional=False),
    Column("forgotten", Boolean, nullable=False),
    # several forgotten names of one person read the same
    Index("history_name_by_text", "text", unique=True, sqlite_where=_KNOWN, postgresql_where=_KNOWN),
)

history_term = Table(
    "history_term",
    metadata,
    Column("term", Text, primary_key=True),  # case-folded: whatever somebody may look a name up by
    Column("name", BigInteger, primary_key=True),
    Index("history_term_by_name", "name"),
    sqlite_with_rowid=False,
)

history_mention = Table(
    "history_mention",
    metadata,
    Column("name", BigInteger, primary_key=True),
    Column("line", BigInteger, primary_key=True),
    sqlite_with_rowid=False,
)
