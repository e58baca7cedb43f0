"""A base document changed by `with:`."""

from __future__ import annotations

from typing import Any

import pytest

from fhirbridge.mapping.proving.overrides import CannotChange, changed

BASE = {"a": [{"b": 1}, {"b": 2}, {"b": 3}], "c": {"d": "x"}, "Rx No": "7"}
CHANGES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"doc.c.d": "y"}, {"c": {"d": "y"}}),
    ({"doc.a[1].b": 9}, {"a": [{"b": 1}, {"b": 9}, {"b": 3}]}),
    ({"doc.a[3].b": 4}, {"a": [{"b": 1}, {"b": 2}, {"b": 3}, {"b": 4}]}),
    ({"doc.a[0]": None, "doc.a[2]": None}, {"a": [{"b": 2}]}),
    ({"doc.c": None}, {"c": None}),
    ({"doc.c.none.deep": None}, {}),
    ({"doc.e.f[0]": 1}, {"e": {"f": [1]}}),
    ({'doc."Rx No"': "8"}, {"Rx No": "8"}),
]


@pytest.mark.parametrize(("changes", "wanted"), CHANGES)
def test_a_change_stands_where_its_path_says(changes: dict[str, Any], wanted: dict[str, Any]) -> None:
    expected = {key: value for key, value in {**BASE, **wanted}.items() if value is not None}
    assert changed(BASE, changes, "doc") == expected


def test_the_base_stays_as_it_was() -> None:
    changed(BASE, {"doc.a[0].b": 9}, "doc")
    assert BASE["a"] == [{"b": 1}, {"b": 2}, {"b": 3}]


@pytest.mark.parametrize("path", ["doc.a[9].b", "doc.c.d.e", "doc.a.b"])
def test_what_is_not_there_cannot_be_changed(path: str) -> None:
    with pytest.raises(CannotChange, match="doc"):
        changed(BASE, {path: 1}, "doc")


def test_a_list_of_resources_is_changed_by_its_index() -> None:
    assert changed([{"a": 1}, {"a": 2}], {"[1].a": 3}, "") == [{"a": 1}, {"a": 3}]
