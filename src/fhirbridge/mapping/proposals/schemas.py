"""The schema that a sample suggests: JSON Schema for a tree, columns for a CSV file.

Laws of this file: a list of codes stands in it only where the map needs one and the sample shows them over and over;
no other value of the sample does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fhirbridge.mapping.proposals.draft import Draft
from fhirbridge.mapping.proposals.sample import Sample, Source

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(sample: Sample, draft: Draft) -> str:
    """Return the text of the JSON Schema of a sample."""
    title = f"{draft.name}: as one sample shows it; ask the partner for theirs"
    top = {"$schema": DIALECT, "title": title, **_object(Source(sample.root, "doc", ()), draft)}
    return json.dumps(top, indent=1, ensure_ascii=False) + "\n"


def _object(source: Source, draft: Draft) -> dict[str, Any]:
    children = list(source.children())
    required = [child.field.name for child in children if child.field.is_always and not _is_ignored(child, draft)]
    properties = {child.field.name: _property(child, draft) for child in children}
    return {"type": "object", "properties": properties, **({"required": required} if required else {})}


def _property(source: Source, draft: Draft) -> dict[str, Any]:
    found = source.field
    item = _leaf(source, draft) if found.is_leaf else _object(source, draft)
    node = {"type": "array", "items": item} if found.is_list else item
    return {**node, "type": [node["type"], "null"]} if found.has_null else node


def _leaf(source: Source, draft: Draft) -> dict[str, Any]:
    node: dict[str, Any] = {"type": source.field.type or "string"}
    if source.path in draft.formats:
        node["description"] = draft.formats[source.path] or "YYYY-MM-DD"
    if source.path in draft.closed:
        codes: list[str | None] = list(draft.closed[source.path])
        node["enum"] = [*codes, None] if source.field.has_null and not source.field.is_list else codes
    return node


def csv_columns(sample: Sample, draft: Draft) -> Mapping[str, str]:
    """Return the type of each column of a CSV sample as a map writes it."""
    return {child.field.name: _column(child, draft) for child in Source(sample.root, "doc", ()).children()}


def _column(source: Source, draft: Draft) -> str:
    codes = draft.closed.get(source.path, ())
    type_ = " | ".join(codes) if len(codes) > 1 and not any("|" in code for code in codes) else "text"
    return f"{type_} required" if source.field.is_always and not _is_ignored(source, draft) else type_


def _is_ignored(source: Source, draft: Draft) -> bool:
    """Say whether no row reads a field: then none brings it back, and it may be missing."""
    return source.path.replace("[]", "") in draft.unplaced
