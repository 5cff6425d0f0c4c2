"""Commands found by device, and the newest of each kind without reading all the others."""

from collections.abc import Sequence

from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Put two indexes in the place of two others."""
    op.drop_index("command_by_state", "command")
    op.drop_index("command_by_seat", "command")
    op.create_index("command_by_seat", "command", ["seat", "kind", "number"])
    op.create_index("command_by_enrollment", "command", ["enrollment", "state"])
