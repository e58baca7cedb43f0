"""What a search means, in plain Python: the memory twin finds by it, and so judges the SQL adapter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from fhirbridge.store.base import STRING_CHARS, Clause, IndexRow, Query, ResourceRow

Alternative = tuple[str | None, str | None]
Key = tuple[str, str]


def _token(row: IndexRow, wanted: Alternative) -> bool:
    system, code = wanted
    return system in (None, row.a) and code in (None, row.b)


def _reference(row: IndexRow, wanted: Alternative) -> bool:
    return row.a == wanted[0]


def _string(row: IndexRow, wanted: Alternative) -> bool:
    return row.a[:STRING_CHARS].startswith((wanted[0] or "")[:STRING_CHARS])


def _date(row: IndexRow, wanted: Alternative) -> bool:
    low, high = wanted
    if low is not None and high is not None:
        return low <= row.a and row.b <= high
    return (low is None or row.b >= low) and (high is None or row.a <= high)


COMPARE: Mapping[str, Callable[[IndexRow, Alternative], bool]] = {
    "token": _token,
    "reference": _reference,
    "string": _string,
    "date": _date,
}


class Finder:
    """Finds among the present, undeleted resources."""

    def __init__(self, heads: Iterable[ResourceRow], index: Mapping[Key, frozenset[IndexRow]]) -> None:
        self._heads = {(row.type, row.id): row for row in heads if not row.deleted}
        self._index = index

    def find(self, query: Query) -> list[ResourceRow]:
        """Return all that the query finds, by id; `count` and `after` are not looked at."""
        found = (row for row in self._heads.values() if row.type == query.type and self._is_found(row, query))
        return sorted(found, key=lambda row: row.id)

    def _is_found(self, row: ResourceRow, query: Query) -> bool:
        about_known = query.persons is None or row.person_id in query.persons
        permitted = query.data_classes is None or row.data_class in query.data_classes
        return about_known and permitted and all(self._holds(row, clause, query) for clause in query.clauses)

    def _holds(self, row: ResourceRow, clause: Clause, query: Query) -> bool:
        if not clause.via:
            return self._says(row, clause)
        return any(
            self._may_lead(target, query) and self._says(target, clause)
            for target in self._targets(row, clause.via, clause.target)
        )

    def _targets(self, row: ResourceRow, via: str, type_: str) -> list[ResourceRow]:
        rows = self._index.get((row.type, row.id), frozenset())
        ids = {tuple(each.a.split("/", 1)) for each in rows if (each.param, each.kind) == (via, "reference")}
        return [head for key, head in self._heads.items() if key in ids and key[0] == type_]

    def _may_lead(self, target: ResourceRow, query: Query) -> bool:
        about_known = query.persons is None or target.person_id is None or target.person_id in query.persons
        return about_known and (query.data_classes is None or target.data_class in query.data_classes)

    def _says(self, row: ResourceRow, clause: Clause) -> bool:
        if clause.kind == "id":
            return any(row.id == wanted[0] for wanted in clause.alternatives)
        compare = COMPARE[clause.kind]
        return any(
            compare(each, wanted)
            for each in self._index.get((row.type, row.id), frozenset())
            if (each.param, each.kind) == (clause.param, clause.kind)
            for wanted in clause.alternatives
        )
