"""What Alembic runs: our connection, inside the transaction it is already in."""

from alembic import context

from profilegen.storage.fleet.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # both databases can, although Alembic does not expect it of SQLite
)
context.run_migrations()
