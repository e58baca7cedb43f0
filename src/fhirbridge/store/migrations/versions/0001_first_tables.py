"""The first tables: inbox, people, records, resources with search values, outbox, consents, ledger, tokens, maps.

A migration is never edited once it was released: it must make today what it made then. There is no way
back either, since it would drop what people wrote: going back means the backup taken before.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, TEXT, primary_key=True)


def _version() -> sa.Column[int]:
    return sa.Column("version", sa.Integer, primary_key=True, autoincrement=False)


def _must(name: str, type_: Any) -> sa.Column[Any]:
    return sa.Column(name, type_, nullable=False)


def upgrade() -> None:
    """Make the tables."""
    _inbox()
    _people_and_records()
    _resources()
    _search_values()
    _outbox()
    _consents()
    _ledger()
    _tokens_and_maps()


def _inbox() -> None:
    op.create_table(
        "message",
        _key("id"),
        _must("partner", TEXT),
        _must("kind", TEXT),
        _must("media_type", TEXT),
        _must("body", sa.LargeBinary),
        _must("idempotency_key", TEXT),
        _must("fingerprint", TEXT),
        _must("received_at", MOMENT),
        _must("state", TEXT),
        _must("outcome", sa.LargeBinary),
        _must("attempts", sa.Integer),
        sa.Column("run_at", MOMENT),
        sa.Column("lease_until", MOMENT),
        sa.UniqueConstraint("partner", "idempotency_key", name="message_once"),
    )
    op.create_index("message_by_state", "message", ["state", "received_at", "id"])


def _people_and_records() -> None:
    op.create_table("person_identifier", _key("system"), _key("value"), _must("person_id", TEXT))
    op.create_index("person_identifier_by_person", "person_identifier", ["person_id"])
    op.create_table(
        "record", _key("kind"), _key("source"), _key("key"), _must("person_id", TEXT), _must("version", sa.Integer)
    )
    op.create_index("record_by_person", "record", ["person_id", "kind"])
    op.create_table(
        "record_version",
        _key("kind"),
        _key("source"),
        _key("key"),
        _version(),
        _must("person_id", TEXT),
        _must("body", sa.LargeBinary),
        _must("trace", sa.LargeBinary),
        _must("message_id", TEXT),
        _must("stored_at", MOMENT),
        sa.ForeignKeyConstraint(["kind", "source", "key"], ["record.kind", "record.source", "record.key"]),
    )


def _resources() -> None:
    op.create_table(
        "resource",
        _key("type"),
        _key("id"),
        _must("version", sa.Integer),
        sa.Column("person_id", TEXT),
        _must("data_class", TEXT),
        _must("content_hash", TEXT),
        _must("deleted", sa.Boolean),
    )
    op.create_index("resource_by_person", "resource", ["person_id", "type", "id"])
    op.create_table(
        "resource_version",
        _key("type"),
        _key("id"),
        _version(),
        sa.Column("person_id", TEXT),
        _must("data_class", TEXT),
        _must("content_hash", TEXT),
        _must("deleted", sa.Boolean),
        _must("last_updated", MOMENT),
        _must("body", sa.LargeBinary),
        _must("trace", sa.LargeBinary),
        sa.ForeignKeyConstraint(["type", "id"], ["resource.type", "resource.id"]),
    )


def _search_values() -> None:
    tables = {"token": ("code", "system"), "reference": ("target",), "string": ("text",), "date": ("low", "high")}
    for name, values in tables.items():
        columns = ("type", "param", *values, "id")
        op.create_table(f"index_{name}", *(_key(column) for column in columns), sqlite_with_rowid=False)
        op.create_index(f"index_{name}_by_resource", f"index_{name}", ["type", "id"])


def _outbox() -> None:
    op.create_table(
        "delivery",
        _key("id"),
        _must("partner", TEXT),
        _must("action", TEXT),
        _must("subject", TEXT),
        _must("person_id", TEXT),
        _must("created_at", MOMENT),
        _must("run_at", MOMENT),
        _must("state", TEXT),
        _must("attempts", sa.Integer),
        sa.Column("lease_until", MOMENT),
        _must("last_error", TEXT),
        sa.UniqueConstraint("partner", "action", "subject", name="delivery_once"),
    )
    op.create_index("delivery_by_state", "delivery", ["state", "created_at", "id"])


def _consents() -> None:
    op.create_table(
        "consent",
        _key("id"),
        _must("person_id", TEXT),
        _must("version", sa.Integer),
        _must("first_stored_at", MOMENT),
    )
    op.create_index("consent_by_person", "consent", ["person_id", "first_stored_at", "id"])
    op.create_table(
        "consent_version",
        sa.Column("id", TEXT, sa.ForeignKey("consent.id"), primary_key=True),
        _version(),
        _must("person_id", TEXT),
        _must("source", TEXT),
        _must("body", sa.LargeBinary),
        _must("recipients", TEXT),
        _must("stored_at", MOMENT),
    )
    op.create_table(
        "consent_recipient",
        _key("recipient"),
        sa.Column("consent_id", TEXT, sa.ForeignKey("consent.id"), primary_key=True),
        _must("person_id", TEXT),
    )
    op.create_index("consent_recipient_by_consent", "consent_recipient", ["consent_id"])


def _ledger() -> None:
    texts = ("person_id", "recipient", "purpose", "channel", "outcome", "table_row", "consent_id")
    op.create_table(
        "ledger",
        sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("id", TEXT, nullable=False, unique=True),
        _must("at", MOMENT),
        *(_must(name, TEXT) for name in texts),
        _must("consent_version", sa.Integer),
        _must("details", TEXT),
        _must("chain", TEXT),
    )
    op.create_index("ledger_by_person", "ledger", ["person_id", "sequence"])


def _tokens_and_maps() -> None:
    op.create_table("assertion", _key("issuer"), _key("jti"), _must("expires_at", MOMENT))
    op.create_index("assertion_by_expiry", "assertion", ["expires_at"])
    op.create_table(
        "token", _key("token_hash"), _must("client", TEXT), _must("scopes", TEXT), _must("expires_at", MOMENT)
    )
    op.create_index("token_by_expiry", "token", ["expires_at"])
    op.create_table(
        "map_version", _key("content_hash"), _must("name", TEXT), _must("version", TEXT), _must("text", TEXT)
    )
