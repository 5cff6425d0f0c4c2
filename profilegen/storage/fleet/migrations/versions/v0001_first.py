"""The first tables."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_ORDERED = sa.String(collation="C").with_variant(sa.Text(), "sqlite")


def _texts(*names: str, nullable: bool = True) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text, nullable=nullable) for name in names]


def _times(*names: str, nullable: bool = True) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.BigInteger, nullable=nullable) for name in names]


def _key(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text, primary_key=True) for name in names]


def upgrade() -> None:
    """Make them all."""
    _make_seats()
    _make_sights()
    _make_commands()
    _make_settings()
    _make_history()
    _protect_history()


def _make_seats() -> None:
    op.create_table(
        "import",
        sa.Column("number", _NUMBER, primary_key=True),
        *_texts("source", nullable=False),
        *_times("begun_at", nullable=False),
        sa.Column("finished", sa.Boolean, nullable=False),
    )
    said = ("profile", "person", "person_folded", "mailboxes", "domain", "mdm")
    op.create_table(
        "seat",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("key", _ORDERED, nullable=False),
        *_texts(*said, "channel", "platform", "route", "identifier", nullable=False),
        *_texts("udid", "serial", "user", "name", "language", "recovery_email", "group", "forced"),
        sa.Column("gone", sa.Boolean, nullable=False),
        *_texts("wanted_uuid", "wanted_revision", "wanted_basis"),
        sa.Column("wanted_version", sa.Integer),
        *_texts("effective_identifier", "effective_uuid", "effective_remote_id"),
        *_times("retired_at", "ok_at"),
        *_texts("ok_system"),
        *_times("ok_enrolled_at", "sends_since", "password_unknown_since"),
    )
    op.create_index("seat_by_key", "seat", ["key"], unique=True)
    op.create_table(
        "seat_term",
        *_key("term"),
        sa.Column("seat", sa.BigInteger, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "import_row",
        sa.Column("number", _NUMBER, primary_key=True),
        sa.Column("import", sa.BigInteger, nullable=False),
        *_texts("mdm", nullable=False),
        sa.Column("key", _ORDERED, nullable=False),
        *_texts("content", nullable=False),
    )
    op.create_table("import_term", *_texts("term", nullable=False), sa.Column("seat", sa.BigInteger, nullable=False))


def _make_sights() -> None:
    op.create_table(
        "enrollment",
        *_key("id", "mdm"),
        *_texts("channel", nullable=False),
        *_texts("udid", "serial", "parent", "platform", "os_version", "build", "model"),
        *_texts("emails", "sign_ins", "groups", "full_name"),
        *_times("enrolled_at", "last_seen"),
        sa.Column("tally", sa.Integer),
        sa.Column("active", sa.Boolean, nullable=False),
    )
    for column in ("udid", "serial", "parent"):
        op.create_index(f"enrollment_by_{column}", "enrollment", [column])
    op.create_table(
        "inventory",
        *_key("enrollment", "mdm"),
        *_times("collected_at", nullable=False),
        sa.Column("complete", sa.Boolean, nullable=False),
        *_texts("profiles", nullable=False),
        *_texts("mail"),
    )
    op.create_table("event", *_key("id", "mdm"), *_times("at", nullable=False), sqlite_with_rowid=False)
    op.create_index("event_by_time", "event", ["at"])


def _make_commands() -> None:
    op.create_table(
        "episode",
        *_key("seat"),
        sa.Column("number", sa.Integer, primary_key=True),
        *_texts("reason", nullable=False),
        *_times("opened_at", nullable=False),
        *_times("closed_at"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "command",
        sa.Column("number", _NUMBER, primary_key=True),
        *_texts("id", "enrollment", "seat", "mdm", "kind", nullable=False),
        sa.Column("episode", sa.Integer, nullable=False),
        *_texts("revision"),
        *_texts("state", nullable=False),
        sa.Column("progress", sa.SmallInteger, nullable=False),
        *_times("stored_at", "changed_at", nullable=False),
        *_texts("errors"),
    )
    op.create_index("command_by_id", "command", ["id", "enrollment"], unique=True)
    op.create_index("command_by_seat", "command", ["seat", "number"])
    op.create_index("command_by_state", "command", ["mdm", "state", "stored_at"])


def _make_settings() -> None:
    op.create_table(
        "settings_version",
        *_key("domain"),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        *_texts("document", nullable=False),
        *_times("known_since", nullable=False),
        *_texts("plan"),
        sa.Column("held", sa.Boolean, nullable=False),
    )
    op.create_table("settings_followed", *_key("domain"), sa.Column("version", sa.Integer, nullable=False))


def _make_history() -> None:
    op.create_table(
        "history",
        sa.Column("id", _NUMBER, primary_key=True),
        *_times("at", nullable=False),
        *_texts("actor", "kind", "why", "outcome", nullable=False),
        sa.Column("seat", sa.BigInteger),
        sa.Column("person", sa.BigInteger),
        *_texts("mdm", "enrollment", "plan"),
    )
    op.create_index("history_by_time", "history", ["at", "id"])
    op.create_table(
        "history_name",
        sa.Column("id", _NUMBER, primary_key=True),
        *_texts("text", nullable=False),
        sa.Column("forgotten", sa.Boolean, nullable=False),
    )
    known = sa.text("NOT forgotten")
    op.create_index(
        "history_name_by_text", "history_name", ["text"], unique=True, sqlite_where=known, postgresql_where=known
    )
    op.create_table(
        "history_term",
        *_key("term"),
        sa.Column("name", sa.BigInteger, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_index("history_term_by_name", "history_term", ["name"])
    op.create_table(
        "history_mention",
        sa.Column("name", sa.BigInteger, primary_key=True),
        sa.Column("line", sa.BigInteger, primary_key=True),
        sqlite_with_rowid=False,
    )


# --- append only ------------------------------------------------------------------------------------------------

_NEVER = (("history", "UPDATE"), ("history", "DELETE"), ("history_mention", "UPDATE"), ("history_mention", "DELETE"))
_FORGETTING = "NEW.forgotten AND NOT OLD.forgotten AND NEW.id = OLD.id"
"""The one change there is: a name gives way to a pseudonym, once."""


def _protect_history() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _protect_in_sqlite()
    else:
        _protect_in_postgres()


def _protect_in_sqlite() -> None:
    refuse = "BEGIN SELECT RAISE(ABORT, 'the history is append-only'); END"
    for table, action in (*_NEVER, ("history_name", "DELETE")):
        op.execute(f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table} {refuse}")
    op.execute(f"CREATE TRIGGER history_name_no_update BEFORE UPDATE ON history_name WHEN NOT ({_FORGETTING}) {refuse}")


def _protect_in_postgres() -> None:
    op.execute(
        "CREATE FUNCTION history_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the history is append-only'; END $$"
    )
    refuse = "EXECUTE FUNCTION history_is_append_only()"
    for table, action in (*_NEVER, ("history_name", "DELETE")):
        op.execute(f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table} FOR EACH ROW {refuse}")
    op.execute(
        "CREATE TRIGGER history_name_no_update BEFORE UPDATE ON history_name "
        f"FOR EACH ROW WHEN (NOT ({_FORGETTING})) {refuse}"
    )
    for table in ("history", "history_mention", "history_name"):
        op.execute(f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} {refuse}")
