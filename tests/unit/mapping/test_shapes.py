"""Partners' schemas: what of JSON Schema is understood, and how the rest is refused."""

from __future__ import annotations

from typing import Any

import pytest

from fhirbridge.mapping.shapes import schema_shape

TEXT = {"type": "string"}


def field(schema: Any) -> Any:
    return schema_shape({"type": "object", "properties": {"a": schema}}).find_child("a")


def test_null_beside_a_type_is_left_aside() -> None:
    assert field({"type": ["string", "null"], "enum": ["x", None]}).codes == {"x"}


def test_what_has_properties_is_an_object_without_saying_so() -> None:
    assert (field({"properties": {"b": TEXT}}).type, field({}).type) == ("object", "string")


def test_a_reference_is_followed_and_keeps_what_stands_beside_it() -> None:
    schema = {"$defs": {"x": TEXT}, "properties": {"a": {"$ref": "#/$defs/x", "x-sensitivity": "D4"}}}
    assert schema_shape(schema).children["a"].data_class == "D4"  # type: ignore[index]


REFUSED = [
    ({"oneOf": [TEXT]}, "`a` uses oneOf"),
    ({"anyOf": [TEXT, {"type": "integer"}]}, "more than one kind"),
    ({"type": ["string", "integer"]}, "the type of `a`"),
    ({"type": "text"}, "the type of `a`"),
    ({"type": "array", "items": {"type": "array", "items": TEXT}}, "list of lists"),
    ({"$ref": "other.json#/x"}, "another file"),
    ({"$ref": "#/$defs/x"}, "not there"),
    ({"$ref": "#/properties/a"}, "refers to itself"),
    ({"$ref": 7}, "another file"),
    ({"enum": 7}, "must be a list"),
    ({"properties": [1]}, "must be an object"),
    ({"properties": {}, "required": 7}, "must be a list"),
    (True, "must be an object"),
    ({"anyOf": [True]}, "must be an object"),
]


@pytest.mark.parametrize(("schema", "words"), REFUSED, ids=[words for _, words in REFUSED])
def test_what_is_not_understood_is_refused_by_name(schema: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        field(schema)


def test_a_small_schema_that_unfolds_to_millions_of_fields_is_refused() -> None:
    level = {
        f"d{n}": {"properties": {"a": {"$ref": f"#/$defs/d{n + 1}"}, "b": {"$ref": f"#/$defs/d{n + 1}"}}}
        for n in range(22)
    }
    with pytest.raises(ValueError, match="too many fields"):
        schema_shape({"properties": {"a": {"$ref": "#/$defs/d0"}}, "$defs": {**level, "d22": TEXT}})
