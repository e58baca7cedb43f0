"""The SQL adapter of the store, over SQLite and PostgreSQL; bootstrap chooses it."""

from fhirbridge.store.sql.store import SqlStore as SqlStore
