"""Who is who: which identifier belongs to which person."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from fhirbridge.errors import IdentityConflict
from fhirbridge.store.schema import person_identifier as table
from fhirbridge.store.sql.work import Work


class People(Work):
    """The part of a transaction that knows people."""

    def find_person(self, system: str, value: str) -> str | None:
        """Return the id of the person to whom the identifier belongs."""
        same = table.c.system == system, table.c.value == value
        return self._connection.execute(select(table.c.person_id).where(*same)).scalar_one_or_none()

    def link_identifier(self, system: str, value: str, person_id: str) -> None:
        """Say that this identifier belongs to this person."""
        self._insert_new(table, {"system": system, "value": value, "person_id": person_id})
        if self.find_person(system, value) != person_id:
            raise IdentityConflict

    def iter_identifiers(self, person_id: str) -> Iterator[tuple[str, str]]:
        """(system, value) of each identifier of a person."""
        statement = select(table.c.system, table.c.value).where(table.c.person_id == person_id)
        rows = self._connection.execute(statement.order_by(table.c.system, table.c.value)).all()
        return iter([(row.system, row.value) for row in rows])
