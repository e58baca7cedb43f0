"""The tables, one MetaData for SQLite and PostgreSQL.

Laws of this file: what is versioned has a head table (one small row a thing, the row that writers lock, and all that a
search looks at) and a version table that only grows; bodies are bytes, never parsed by the database; texts compare by
code point on both databases, so that pages are cut at the same places; moments are kept in UTC.

Head rows instead of a "current" flag: the primary key itself decides who creates a thing, an update never touches an
old version, and finding the present one needs no index over a flag. The body stands once, in the version table.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

metadata = MetaData()

TEXT = Text().with_variant(Text(collation="C"), "postgresql")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment: kept in UTC, given back in UTC, to the microsecond, by both databases."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the moment in UTC.

        Raises:
            ValueError: it has no zone.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment to keep needs a zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the moment in UTC; SQLite gives it without a zone, PostgreSQL in the session's zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _key(name: str) -> Column[str]:
    return Column(name, TEXT, primary_key=True)


def _text(name: str) -> Column[str]:
    return Column(name, TEXT, nullable=False)


def _moment(name: str, *, nullable: bool = False) -> Column[datetime]:
    return Column(name, UtcDateTime, nullable=nullable)


def _count(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False)


def _bytes(name: str) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=False)


message = Table(
    "message",
    metadata,
    _key("id"),
    _text("partner"),
    _text("kind"),
    _text("media_type"),
    _bytes("body"),
    _text("idempotency_key"),
    _text("fingerprint"),
    _moment("received_at"),
    _text("state"),
    _bytes("outcome"),
    _count("attempts"),
    _moment("run_at", nullable=True),
    _moment("lease_until", nullable=True),
    UniqueConstraint("partner", "idempotency_key", name="message_once"),
    Index("message_by_state", "state", "received_at", "id"),
    Index("message_by_arrival", "received_at", "id"),
)

person_identifier = Table(
    "person_identifier",
    metadata,
    _key("system"),
    _key("value"),
    _text("person_id"),
    Index("person_identifier_by_person", "person_id"),
)

record = Table(
    "record",
    metadata,
    _key("kind"),
    _key("source"),
    _key("key"),
    _text("person_id"),
    _count("version"),
    Index("record_by_person", "person_id", "kind"),
)

record_version = Table(
    "record_version",
    metadata,
    _key("kind"),
    _key("source"),
    _key("key"),
    Column("version", Integer, primary_key=True, autoincrement=False),
    _text("person_id"),
    _bytes("body"),
    _bytes("trace"),
    _text("message_id"),
    _moment("stored_at"),
    Column("complement", LargeBinary, nullable=False, server_default=text("''")),
    ForeignKeyConstraint(["kind", "source", "key"], ["record.kind", "record.source", "record.key"]),
)

resource = Table(
    "resource",
    metadata,
    _key("type"),
    _key("id"),
    _count("version"),
    Column("person_id", TEXT),
    _text("data_class"),
    _text("content_hash"),
    Column("deleted", Boolean, nullable=False),
    Index("resource_by_person", "person_id", "type", "id"),
)

resource_version = Table(
    "resource_version",
    metadata,
    _key("type"),
    _key("id"),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("person_id", TEXT),
    _text("data_class"),
    _text("content_hash"),
    Column("deleted", Boolean, nullable=False),
    _moment("last_updated"),
    _bytes("body"),
    _bytes("trace"),
    ForeignKeyConstraint(["type", "id"], ["resource.type", "resource.id"]),
)


def _index_table(name: str, *values: str) -> Table:
    """A table of search values: the primary key is the search index, the second index clears a resource's rows."""
    return Table(
        f"index_{name}",
        metadata,
        _key("type"),
        _key("param"),
        *(_key(value) for value in values),
        _key("id"),
        Index(f"index_{name}_by_resource", "type", "id"),
        sqlite_with_rowid=False,
    )


index_token = _index_table("token", "code", "system")
index_reference = _index_table("reference", "target")
index_string = _index_table("string", "text")
index_date = _index_table("date", "low", "high")

delivery = Table(
    "delivery",
    metadata,
    _key("id"),
    _text("partner"),
    _text("action"),
    _text("subject"),
    _text("person_id"),
    _moment("created_at"),
    _moment("run_at"),
    _text("state"),
    _count("attempts"),
    _moment("lease_until", nullable=True),
    _text("last_error"),
    UniqueConstraint("partner", "action", "subject", name="delivery_once"),
    Index("delivery_by_state", "state", "created_at", "id"),
)

consent = Table(
    "consent",
    metadata,
    _key("id"),
    _text("person_id"),
    _count("version"),
    _moment("first_stored_at"),
    Index("consent_by_person", "person_id", "first_stored_at", "id"),
)

consent_version = Table(
    "consent_version",
    metadata,
    Column("id", TEXT, ForeignKey("consent.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    _text("person_id"),
    _text("source"),
    _bytes("body"),
    _text("recipients"),
    _moment("stored_at"),
)

consent_recipient = Table(
    "consent_recipient",
    metadata,
    _key("recipient"),
    Column("consent_id", TEXT, ForeignKey("consent.id"), primary_key=True),
    _text("person_id"),
    Index("consent_recipient_by_consent", "consent_id"),
)

ledger = Table(
    "ledger",
    metadata,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("id", TEXT, nullable=False, unique=True),
    _moment("at"),
    _text("person_id"),
    _text("recipient"),
    _text("purpose"),
    _text("channel"),
    _text("outcome"),
    _text("table_row"),
    _text("consent_id"),
    _count("consent_version"),
    _text("details"),
    _text("chain"),
    Index("ledger_by_person", "person_id", "sequence"),
)

assertion = Table(
    "assertion",
    metadata,
    _key("issuer"),
    _key("jti"),
    _moment("expires_at"),
    Index("assertion_by_expiry", "expires_at"),
)

token = Table(
    "token",
    metadata,
    _key("token_hash"),
    _text("client"),
    _text("scopes"),
    _moment("expires_at"),
    Index("token_by_expiry", "expires_at"),
)

map_version = Table(
    "map_version",
    metadata,
    _key("content_hash"),
    _text("name"),
    _text("version"),
    _text("text"),
)

map_release = Table("map_release", metadata, _key("hash"), _bytes("bundle"), _moment("created_at"))


def _release() -> Column[str]:
    return Column("release", TEXT, ForeignKey("map_release.hash"), nullable=False)


def _sequence() -> Column[int]:
    return Column("sequence", Integer, primary_key=True, autoincrement=False)


map_activation = Table(
    "map_activation",
    metadata,
    _sequence(),
    _release(),
    _text("kind"),
    _text("who"),
    _text("why"),
    _moment("at"),
    _bytes("details"),
)

map_preview = Table(
    "map_preview", metadata, _key("id"), _text("release"), _text("base"), _bytes("body"), _moment("made_at")
)

map_shadow = Table(
    "map_shadow",
    metadata,
    _sequence(),
    _release(),
    _text("who"),
    _text("why"),
    _moment("since"),
    _moment("ended_at", nullable=True),
)

map_shadow_count = Table(
    "map_shadow_count",
    metadata,
    Column("sequence", Integer, ForeignKey("map_shadow.sequence"), primary_key=True, autoincrement=False),
    *(_key(name) for name in ("map", "kind", "path", "old_row", "new_row")),
    _count("count"),
)
