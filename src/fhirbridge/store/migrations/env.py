"""Alembic's entry: runs migrations on the connection, and inside the transaction, that store.migrate hands over."""

from __future__ import annotations

from alembic import context

from fhirbridge.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # SQLite's DDL is transactional once the driver no longer begins by itself
)
with context.begin_transaction():
    context.run_migrations()
