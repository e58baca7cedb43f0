"""Every field of every record says what it is, how sensitive it is, and who asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from fhirbridge.records import KINDS
from fhirbridge.records.base import Sensitivity
from fhirbridge.records.sources import SOURCES

Field = tuple[str, dict[str, Any]]


def fields(kind: str) -> Iterator[Field]:
    """Yield each field of a record and of its parts, by where it is defined."""
    schema = KINDS[kind].published_schema()
    for name, part in (("", schema), *schema.get("$defs", {}).items()):
        for field, described in part.get("properties", {}).items():
            yield f"{kind}.{name}.{field}".replace("..", "."), described


def lacking(kind: str, key: str) -> list[str]:
    return [path for path, field in fields(kind) if not field.get(key)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_has_a_description(kind: str) -> None:
    assert lacking(kind, "description") == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_has_a_source_that_is_listed(kind: str) -> None:
    assert lacking(kind, "x-source") == []
    assert {field["x-source"] for _, field in fields(kind)} <= set(SOURCES)


@pytest.mark.parametrize("kind", KINDS)
def test_every_record_has_a_class_and_every_class_is_one(kind: str) -> None:
    classes = {field["x-sensitivity"] for _, field in fields(kind) if "x-sensitivity" in field}
    assert classes | {KINDS[kind].sensitivity.value} <= {level.value for level in Sensitivity}
