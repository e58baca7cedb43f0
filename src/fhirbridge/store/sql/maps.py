"""Maps that were used, by the hash of their text."""

from __future__ import annotations

from sqlalchemy import select

from fhirbridge.store.schema import map_version as table
from fhirbridge.store.sql.work import Work


class Maps(Work):
    """The part of a transaction that keeps the texts of maps."""

    def put_map_version(self, name: str, version: str, content_hash: str, text: str) -> None:
        """Keep the text of a map."""
        values = {"content_hash": content_hash, "name": name, "version": version, "text": text}
        self._insert_new(table, values)

    def find_map_version(self, content_hash: str) -> str | None:
        """Return the text of the map with this hash."""
        found = select(table.c.text).where(table.c.content_hash == content_hash)
        return self._connection.execute(found).scalar_one_or_none()
