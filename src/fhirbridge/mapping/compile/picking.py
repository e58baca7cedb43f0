"""Items of a list by what their selectors compare: looked through once, however many rows pick from the list."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from fhirbridge.mapping.paths import Tree, read, read_first
from fhirbridge.mapping.steps import Steps

Values = Callable[[Tree], Any]
Sorter = Callable[[list[Tree] | None], dict[Any, list[Tree]]]
_EMPTY: dict[Any, list[Tree]] = {}


def sorter(steps: Steps) -> Sorter:
    """Return what sorts the items of a list by each value that stands at a path in them.

    An item in which two values stand is found by both. The usual two kinds of path are written out.
    """
    if _is_field(steps):
        return _by_one(_field(steps[0].name))
    if _is_in_list(steps):
        return _by_all(_all_in_list(steps))
    return _by_all(lambda item: (value for _, _, value in read(item, steps)))


def first_at(steps: Steps) -> Values:
    """Return what finds the first value at a path in an item, None where nothing stands."""
    if _is_field(steps):
        return _field(steps[0].name)
    if _is_in_list(steps):
        return _first_in_list(steps)
    return lambda item: read_first(item, steps)


def _is_field(steps: Steps) -> bool:
    return len(steps) == 1 and not steps[0].is_many


def _is_in_list(steps: Steps) -> bool:
    """Say whether a path is that of an extension's value: a field of the items in which one other field is so."""
    first = steps[0]
    is_picked = len(first.where) == 1 and first.index is None and not first.each
    return len(steps) == 2 and not steps[1].is_many and is_picked and _is_field(first.where[0].steps)


def _field(name: str) -> Values:
    return lambda item: item.get(name) if type(item) is dict else None


def _first_in_list(steps: Steps) -> Values:
    listed, compared, name = steps[0].name, steps[0].where[0], steps[1].name
    field, wanted = compared.steps[0].name, compared.value

    def first(item: Tree) -> Any:
        inner = item.get(listed) if type(item) is dict else None
        for each in inner if type(inner) is list else ():
            if type(each) is dict and each.get(field) == wanted and each.get(name) is not None:
                return each[name]
        return None

    return first


def _all_in_list(steps: Steps) -> Callable[[Tree], Iterator[Any]]:
    listed, compared, name = steps[0].name, steps[0].where[0], steps[1].name
    field, wanted = compared.steps[0].name, compared.value

    def values(item: Tree) -> Iterator[Any]:
        inner = item.get(listed) if type(item) is dict else None
        for each in inner if type(inner) is list else ():
            if type(each) is dict and each.get(field) == wanted and each.get(name) is not None:
                yield each[name]

    return values


def _by_one(find: Values) -> Sorter:
    def by_value(items: list[Tree] | None) -> dict[Any, list[Tree]]:
        if items is None:
            return _EMPTY
        found: dict[Any, list[Tree]] = {}
        for item in items:
            value = find(item)
            if value is not None and type(value) is not dict and type(value) is not list:
                found.setdefault(value, []).append(item)
        return found

    return by_value


def _by_all(find: Callable[[Tree], Iterator[Any]]) -> Sorter:
    def by_value(items: list[Tree] | None) -> dict[Any, list[Tree]]:
        if items is None:
            return _EMPTY
        found: dict[Any, list[Tree]] = {}
        for item in items:
            for value in find(item):
                if type(value) is dict or type(value) is list:
                    continue
                present = found.setdefault(value, [])
                if not present or present[-1] is not item:
                    present.append(item)
        return found

    return by_value
