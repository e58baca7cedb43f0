"""What a sender added to a record that no row of its map understands, kept beside each version."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the column."""
    op.add_column(
        "record_version",
        sa.Column("complement", sa.LargeBinary, nullable=False, server_default=sa.text("''")),
    )
