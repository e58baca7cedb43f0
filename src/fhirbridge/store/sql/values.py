"""Many values in one bound parameter, in each dialect: no limit of variables, and no other plan for more of them.

SQLite unpacks a JSON array, PostgreSQL an array.
Source: https://www.sqlite.org/json1.html#jeach, https://www.postgresql.org/docs/current/functions-array.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import msgspec
from sqlalchemy import ARRAY, BindParameter, ColumnElement, FromClause, Text, any_, bindparam, func, select

Pair = tuple[str, str]


class Values(Protocol):
    """How a dialect unpacks values."""

    def is_one_of(self, column: ColumnElement[Any], texts: Iterable[str]) -> ColumnElement[bool]:
        """Return the condition that the column holds one of the texts."""
        ...

    def pairs(self, pairs: Sequence[Pair]) -> FromClause:
        """Return the pairs as rows with the columns x and y."""
        ...


class SqliteValues:
    """Values in a JSON array."""

    def is_one_of(self, column: ColumnElement[Any], texts: Iterable[str]) -> ColumnElement[bool]:
        """Return the condition that the column holds one of the texts."""
        return column.in_(select(_json(list(texts)).c.value))

    def pairs(self, pairs: Sequence[Pair]) -> FromClause:
        """Return the pairs as rows; materialized, or SQLite would walk an index for each instead of looking it up."""
        each = _json(pairs)
        x = func.json_extract(each.c.value, "$[0]", type_=Text).label("x")
        y = func.json_extract(each.c.value, "$[1]", type_=Text).label("y")
        return select(x, y).select_from(each).cte().prefix_with("MATERIALIZED")


class PostgresqlValues:
    """Values in arrays."""

    def is_one_of(self, column: ColumnElement[Any], texts: Iterable[str]) -> ColumnElement[bool]:
        """Return the condition that the column holds one of the texts; PostgreSQL hashes them when they are many."""
        return column == any_(_array(texts))

    def pairs(self, pairs: Sequence[Pair]) -> FromClause:
        """Return the pairs as rows."""
        arrays = (_array(pair[place] for pair in pairs) for place in (0, 1))
        return func.unnest(*arrays).table_valued("x", "y").render_derived()


VALUES: dict[str, Values] = {"sqlite": SqliteValues(), "postgresql": PostgresqlValues()}


def _json(values: Sequence[str | Pair]) -> Any:
    return func.json_each(bindparam(None, msgspec.json.encode(values).decode(), Text)).table_valued("value")


def _array(texts: Iterable[str]) -> BindParameter[Sequence[str]]:
    return bindparam(None, list(texts), ARRAY(Text))
