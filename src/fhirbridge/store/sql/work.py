"""What every part of the SQL adapter stands on: one connection inside one transaction, and the store's clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Column, Connection, Executable, Row, Select, Table, literal, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from fhirbridge.times import Clock

PAGE = 200

T = TypeVar("T")
Values = Mapping[str, Any]


class Work:
    """A transaction that is open. Each part of the adapter is a class on top of this one."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock

    def _now(self) -> datetime:
        return self._clock()

    def _find(self, statement: Executable, make: Callable[[Row[Any]], T]) -> T | None:
        """Return what `make` makes of the one row that the statement gives, None when it gives none."""
        row = self._connection.execute(statement).one_or_none()
        return None if row is None else make(row)

    def _insert_new(self, table: Table, values: Values, *, unique: Sequence[str] = ()) -> bool:
        """Insert a row unless one with the same unique columns is there; say whether it was inserted.

        On PostgreSQL this waits for another transaction that is inserting the same key.
        """
        insert = postgresql.insert if self._connection.dialect.name == "postgresql" else sqlite.insert
        columns = list(unique) or [column.name for column in table.primary_key]
        statement = insert(table).values(**values).on_conflict_do_nothing(index_elements=columns)
        inserted = self._connection.execute(statement.returning(table.c[columns[0]]))  # psycopg counts no rows here
        return inserted.one_or_none() is not None

    def _find_head(self, table: Table, key: Values) -> Row[Any] | None:
        """Return the head row under this key, locked until the transaction ends."""
        conditions = [table.c[name] == value for name, value in key.items()]
        return self._connection.execute(select(table).where(*conditions).with_for_update()).one_or_none()

    def _claim_head(self, table: Table, key: Values, first: Values) -> Row[Any] | None:
        """Return the head row under this key, locked; None when there was none and `first` is there now.

        Two transactions that create the same thing: one inserts, the other waits and then finds what was inserted.
        """
        present = self._find_head(table, key)
        if present is None and not self._insert_new(table, {**key, **first}):
            present = self._find_head(table, key)
        return present

    def _pages(self, statement: Select[Any], order: Sequence[Column[Any]]) -> Iterator[Row[Any]]:
        """Return the rows in order, read page by page, so that a long list never stands in memory whole.

        Args:
            order: columns that are selected and that no two rows share.
        """
        page = statement.order_by(*order).limit(PAGE)
        while True:
            rows = self._connection.execute(page).all()
            yield from rows
            if len(rows) < PAGE:
                return
            last = [literal(getattr(rows[-1], column.name), column.type) for column in order]
            page = statement.where(tuple_(*order) > tuple_(*last)).order_by(*order).limit(PAGE)
