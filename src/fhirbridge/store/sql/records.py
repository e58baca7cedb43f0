"""Internal records: a head row names the present version, old versions stay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Row, Select, insert, select, update

from fhirbridge.store.base import RecordRow, has_same_content
from fhirbridge.store.schema import record as head
from fhirbridge.store.schema import record_version as versions
from fhirbridge.store.sql.work import Work

SAME = (
    (versions.c.kind == head.c.kind)
    & (versions.c.source == head.c.source)
    & (versions.c.key == head.c.key)
    & (versions.c.version == head.c.version)
)


class Records(Work):
    """The part of a transaction that keeps internal records."""

    def put_record(self, record: RecordRow) -> RecordRow:
        """Keep a new version; the same content about the same person keeps the present one."""
        key = {"kind": record.kind, "source": record.source, "key": record.key}
        row = self._claim_head(head, key, {"person_id": record.person_id, "version": 1})
        if row is None:
            return self._add_record_version(record, 1)
        present = self._get_record(record)
        if has_same_content(present, record):
            return self._keep_record(present, record)
        changes = {"person_id": record.person_id, "version": row.version + 1}
        self._connection.execute(update(head).where(*_is(head, record)).values(changes))
        return self._add_record_version(record, row.version + 1)

    def find_record(self, kind: str, source: str, key: str) -> RecordRow | None:
        """Return the newest version."""
        one = head.c.kind == kind, head.c.source == source, head.c.key == key
        return self._find(_newest().where(*one), _record)

    def iter_records(self, person_id: str, kind: str | None = None) -> Iterator[RecordRow]:
        """The newest version of each record of a person."""
        statement = _newest().where(head.c.person_id == person_id)
        if kind is not None:
            statement = statement.where(head.c.kind == kind)
        return map(_record, self._pages(statement, [versions.c.kind, versions.c.source, versions.c.key]))

    def iter_record_versions(self, kind: str, source: str | None = None, key: str | None = None) -> Iterator[RecordRow]:
        """Every version of each record of a kind."""
        wanted = ((versions.c.kind, kind), (versions.c.source, source), (versions.c.key, key))
        statement = select(versions).where(*(column == value for column, value in wanted if value is not None))
        return map(_record, self._pages(statement, [versions.c.source, versions.c.key, versions.c.version]))

    def _add_record_version(self, record: RecordRow, version: int) -> RecordRow:
        new = replace(record, version=version, stored_at=record.stored_at or self._now())
        self._connection.execute(insert(versions).values(**asdict(new)))
        return self._get_record(record)

    def _keep_record(self, present: RecordRow, record: RecordRow) -> RecordRow:
        kept = replace(present, trace=record.trace, message_id=record.message_id)
        if kept != present:
            one = (*_is(versions, present), versions.c.version == present.version)
            changes = {"trace": kept.trace, "message_id": kept.message_id}
            self._connection.execute(update(versions).where(*one).values(changes))
        return kept

    def _get_record(self, record: RecordRow) -> RecordRow:
        return _record(self._connection.execute(_newest().where(*_is(head, record))).one())


def _newest() -> Select[Any]:
    return select(versions).join(head, SAME)


def _is(table: Any, record: RecordRow) -> tuple[Any, ...]:
    return table.c.kind == record.kind, table.c.source == record.source, table.c.key == record.key


def _record(row: Row[Any]) -> RecordRow:
    return RecordRow(**row._mapping)
