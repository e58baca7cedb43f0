"""A search as SQL: every clause a set of ids, all sets met in the database, nothing filtered afterwards.

Laws of this file: alternatives and persons travel as one bound value each, however many there are; every set of ids is
looked up by the primary key of an index table.
Source: http://hl7.org/fhir/R4/search.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Table,
    literal,
    select,
    union_all,
)
from sqlalchemy.sql.expression import and_, or_

from fhirbridge.store.base import STRING_CHARS, Clause, IndexRow, Query
from fhirbridge.store.schema import index_date, index_reference, index_string, index_token
from fhirbridge.store.schema import resource as head
from fhirbridge.store.sql.values import VALUES, Pair

INDEX_TABLES: Mapping[str, Table] = {
    "token": index_token,
    "reference": index_reference,
    "string": index_string,
    "date": index_date,
}

LAST = "\U0010ffff" * (STRING_CHARS + 1)
"""Sorts behind every text that is indexed."""

Match = Callable[[FromClause], ColumnElement[bool]]


def index_values(type_: str, id_: str, rows: Iterable[IndexRow]) -> dict[Table, list[dict[str, str]]]:
    """Return the rows to insert into each index table."""
    columns: Mapping[str, Callable[[IndexRow], dict[str, str]]] = {
        "token": lambda row: {"system": short(row.a), "code": short(row.b)},
        "reference": lambda row: {"target": short(row.a)},
        "string": lambda row: {"text": row.a[:STRING_CHARS]},
        "date": lambda row: {"low": row.a, "high": row.b},
    }
    values: dict[Table, dict[tuple[str, ...], dict[str, str]]] = {}
    for row in rows:
        columns_of_row = {"type": type_, "param": row.param, "id": id_, **columns[row.kind](row)}
        values.setdefault(INDEX_TABLES[row.kind], {})[tuple(columns_of_row.values())] = columns_of_row
    return {table: list(unique.values()) for table, unique in values.items()}


def short(text: str) -> str:
    """Return the text itself or, when it is too long for an index page, its beginning and its SHA-256."""
    if len(text) <= STRING_CHARS:
        return text
    return f"{text[:100]}#{hashlib.sha256(text.encode()).hexdigest()}"


def behind(prefix: str) -> str:
    """Return the first text that sorts behind every text with this prefix.

    >>> behind("ab"), behind("") == LAST
    ('ac', True)
    """
    kept = prefix.rstrip("\U0010ffff")
    if not kept:
        return LAST
    following = ord(kept[-1]) + 1
    return kept[:-1] + chr(0xE000 if 0xD800 <= following < 0xE000 else following)


def _token_matches(clause: Clause) -> list[tuple[Match, list[Pair]]]:
    code, system = index_token.c.code, index_token.c.system
    matches: dict[tuple[bool, bool], Match] = {  # by what the alternative names: a system, a code
        (True, True): lambda wanted: and_(code == wanted.c.y, system == wanted.c.x),
        (False, True): lambda wanted: code == wanted.c.y,
        (True, False): lambda wanted: system == wanted.c.x,
        (False, False): lambda wanted: wanted.c.x == "",
    }
    groups: dict[tuple[bool, bool], list[Pair]] = {} if clause.alternatives else {(True, True): []}
    for wanted_system, wanted_code in clause.alternatives:
        group = groups.setdefault((wanted_system is not None, wanted_code is not None), [])
        group.append((short(wanted_system or ""), short(wanted_code or "")))
    return [(matches[named], group) for named, group in groups.items()]


def _reference_matches(clause: Clause) -> list[tuple[Match, list[Pair]]]:
    return [(lambda wanted: index_reference.c.target == wanted.c.x, _short_pairs(clause))]


def _string_matches(clause: Clause) -> list[tuple[Match, list[Pair]]]:
    prefixes = [(text or "")[:STRING_CHARS] for text, _ in clause.alternatives]
    text = index_string.c.text
    ranges = [(prefix, behind(prefix)) for prefix in prefixes]
    return [(lambda wanted: and_(text >= wanted.c.x, text < wanted.c.y), ranges)]


def _date_matches(clause: Clause) -> list[tuple[Match, list[Pair]]]:
    low, high = index_date.c.low, index_date.c.high
    within = [(x, y) for x, y in clause.alternatives if x is not None and y is not None]
    reaching = [(x or "", LAST if y is None else y) for x, y in clause.alternatives if x is None or y is None]
    matches: list[tuple[Match, list[Pair]]] = [
        (lambda wanted: and_(low >= wanted.c.x, high <= wanted.c.y), within),
        (lambda wanted: and_(high >= wanted.c.x, low <= wanted.c.y), reaching),
    ]
    return [(match, pairs) for match, pairs in matches if pairs or not clause.alternatives]


def _short_pairs(clause: Clause) -> list[Pair]:
    return [(short(text or ""), "") for text, _ in clause.alternatives]


MATCHES: Mapping[str, Callable[[Clause], list[tuple[Match, list[Pair]]]]] = {
    "token": _token_matches,
    "reference": _reference_matches,
    "string": _string_matches,
    "date": _date_matches,
}


class Search:
    """Writes searches in one database's dialect."""

    def __init__(self, dialect: str) -> None:
        self._values = VALUES[dialect]

    def conditions(self, query: Query) -> list[ColumnElement[bool]]:
        """Return what must hold for the head rows that the query finds."""
        conditions = self._present(head, query.type, query.data_classes)
        if query.persons is not None:
            conditions.append(self._values.is_one_of(head.c.person_id, query.persons))
        return conditions + [self._holds(clause, query) for clause in query.clauses]

    def _present(self, table: FromClause, type_: str, classes: Iterable[str] | None) -> list[ColumnElement[bool]]:
        present = [table.c.type == type_, table.c.deleted.is_(False)]
        limit = [] if classes is None else [self._values.is_one_of(table.c.data_class, classes)]
        return present + limit

    def _holds(self, clause: Clause, query: Query) -> ColumnElement[bool]:
        if not clause.via:
            return self._says(head, clause, query.type)
        start = index_reference
        leads = start.c.type == query.type, start.c.param == clause.via
        return head.c.id.in_(select(start.c.id).where(*leads, start.c.target.in_(self._targets(clause, query))))

    def _targets(self, clause: Clause, query: Query) -> Select[Any]:
        """References to the resources that a chained clause speaks of and that may be seen."""
        target = head.alias("target")
        conditions = self._present(target, clause.target, query.data_classes)
        if query.persons is not None:
            about_known = self._values.is_one_of(target.c.person_id, query.persons)
            conditions.append(or_(target.c.person_id.is_(None), about_known))
        says = self._says(target, clause, clause.target)
        return select(literal(f"{clause.target}/") + target.c.id).where(*conditions, says)

    def _says(self, table: FromClause, clause: Clause, type_: str) -> ColumnElement[bool]:
        """One of the alternatives holds for the resource itself."""
        if clause.kind == "id":
            return self._values.is_one_of(table.c.id, (id_ or "" for id_, _ in clause.alternatives))
        index = INDEX_TABLES[clause.kind]
        parts = []
        for match, pairs in MATCHES[clause.kind](clause):
            wanted = self._values.pairs(pairs)
            found = select(index.c.id).join(wanted, match(wanted))
            parts.append(found.where(index.c.type == type_, index.c.param == clause.param))
        return table.c.id.in_(parts[0] if len(parts) == 1 else union_all(*parts))
