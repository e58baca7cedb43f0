"""Releases of maps, their activations, previews and shadows; and messages found by when they arrived."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, TEXT, primary_key=True)


def _must(name: str, type_: Any) -> sa.Column[Any]:
    return sa.Column(name, type_, nullable=False)


def _release() -> sa.Column[str]:
    return sa.Column("release", TEXT, sa.ForeignKey("map_release.hash"), nullable=False)


def _sequence() -> sa.Column[int]:
    return sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False)


def upgrade() -> None:
    """Make the tables."""
    op.create_index("message_by_arrival", "message", ["received_at", "id"])
    op.create_table("map_release", _key("hash"), _must("bundle", sa.LargeBinary), _must("created_at", MOMENT))
    _activations()
    _shadows()


def _activations() -> None:
    op.create_table(
        "map_activation",
        _sequence(),
        _release(),
        *(_must(name, TEXT) for name in ("kind", "who", "why")),
        _must("at", MOMENT),
        _must("details", sa.LargeBinary),
    )
    op.create_table(
        "map_preview",
        _key("id"),
        *(_must(name, TEXT) for name in ("release", "base")),
        _must("body", sa.LargeBinary),
        _must("made_at", MOMENT),
    )


def _shadows() -> None:
    op.create_table(
        "map_shadow",
        _sequence(),
        _release(),
        *(_must(name, TEXT) for name in ("who", "why")),
        _must("since", MOMENT),
        sa.Column("ended_at", MOMENT, nullable=True),
    )
    op.create_table(
        "map_shadow_count",
        sa.Column("sequence", sa.Integer, sa.ForeignKey("map_shadow.sequence"), primary_key=True, autoincrement=False),
        *(_key(name) for name in ("map", "kind", "path", "old_row", "new_row")),
        _must("count", sa.Integer),
    )
