"""FHIR resources: a head row names the present version, old versions stay, index rows follow the head."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Row, Table, and_, delete, func, insert, select, update

from fhirbridge.errors import VersionConflict
from fhirbridge.store.base import IndexRow, Query, ResourceRow
from fhirbridge.store.schema import resource as head
from fhirbridge.store.schema import resource_version as versions
from fhirbridge.store.sql.search import INDEX_TABLES, Search, index_values
from fhirbridge.store.sql.work import Work

HEAD_COLUMNS = ("person_id", "data_class", "content_hash", "deleted")
REFRESHED = ("person_id", "data_class", "trace")
NEWEST = select(versions).join(
    head, (versions.c.type == head.c.type) & (versions.c.id == head.c.id) & (versions.c.version == head.c.version)
)


class Resources(Work):
    """The part of a transaction that keeps and finds FHIR resources."""

    def put_resource(
        self, resource: ResourceRow, index: Iterable[IndexRow], *, expected_version: int | None = None
    ) -> ResourceRow:
        """Keep a new version with its index rows; an equal content_hash keeps the present version."""
        row = self._claim_version(resource, expected_version)
        if row and (row.content_hash, row.deleted) == (resource.content_hash, resource.deleted):
            return self._refresh(resource)
        version = row.version + 1 if row else 1
        if row:
            self._connection.execute(_update(head, resource).values(_head_values(resource, version)))
        new = replace(resource, version=version, last_updated=resource.last_updated or self._now())
        self._connection.execute(insert(versions).values(**asdict(new)))
        self._index(resource, () if resource.deleted else index, is_new=row is None)
        return self._get(resource)

    def find_resource(self, type_: str, id_: str) -> ResourceRow | None:
        """Return the newest version, deleted or not."""
        return self._find(NEWEST.where(head.c.type == type_, head.c.id == id_), _resource)

    def find_resource_version(self, type_: str, id_: str, version: int) -> ResourceRow | None:
        """Return one version."""
        one = versions.c.type == type_, versions.c.id == id_, versions.c.version == version
        return self._find(select(versions).where(*one), _resource)

    def search(self, query: Query) -> list[ResourceRow]:
        """Return a page of what the query finds, by id."""
        conditions = Search(self._connection.dialect.name).conditions(query)
        found = select(head.c.type, head.c.id, head.c.version).where(*conditions, head.c.id > query.after)
        page = found.order_by(head.c.id).limit(query.count).subquery("page")  # small rows first, bodies of one page
        one = [versions.c[name] == page.c[name] for name in ("type", "id", "version")]
        statement = select(versions).join(page, and_(*one)).order_by(page.c.id)
        return [_resource(row) for row in self._connection.execute(statement)]

    def count(self, query: Query) -> int:
        """Return how many resources the query finds in all."""
        conditions = Search(self._connection.dialect.name).conditions(query)
        return self._connection.execute(select(func.count()).select_from(head).where(*conditions)).scalar_one()

    def _claim_version(self, resource: ResourceRow, expected: int | None) -> Row[Any] | None:
        """Return the present head, locked, or None when the first one is there now.

        A version that is not the expected one is refused before anything is written.
        """
        key = {"type": resource.type, "id": resource.id}
        present = self._find_head(head, key)
        if present is None and expected in (None, 0):
            present = self._claim_head(head, key, _head_values(resource, 1))
            if present is None:
                return None
        if expected is not None and expected != (present.version if present else 0):
            raise VersionConflict
        return present

    def _refresh(self, resource: ResourceRow) -> ResourceRow:
        present = self._get(resource)
        changes = {name: getattr(resource, name) for name in REFRESHED}
        refreshed = replace(present, **changes)
        if refreshed != present:
            version = _update(versions, resource).where(versions.c.version == present.version)
            self._connection.execute(version.values(changes))
            self._connection.execute(_update(head, resource).values(_head_values(refreshed, present.version)))
        return refreshed

    def _index(self, resource: ResourceRow, rows: Iterable[IndexRow], *, is_new: bool) -> None:
        if not is_new:
            for table in INDEX_TABLES.values():
                one = table.c.type == resource.type, table.c.id == resource.id
                self._connection.execute(delete(table).where(*one))
        for table, values in index_values(resource.type, resource.id, rows).items():
            self._connection.execute(insert(table), values)

    def _get(self, resource: ResourceRow) -> ResourceRow:
        one = head.c.type == resource.type, head.c.id == resource.id
        return _resource(self._connection.execute(NEWEST.where(*one)).one())


def _head_values(resource: ResourceRow, version: int) -> dict[str, Any]:
    return {"version": version, **{name: getattr(resource, name) for name in HEAD_COLUMNS}}


def _update(table: Table, resource: ResourceRow) -> Any:
    return update(table).where(table.c.type == resource.type, table.c.id == resource.id)


def _resource(row: Row[Any]) -> ResourceRow:
    return ResourceRow(**row._mapping)
