"""The shipped maps, loaded once, and tiny maps made for one test."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from fhirbridge.errors import Issue
from fhirbridge.fhir.extensions import ExtensionDefinition, load_extensions
from fhirbridge.mapping.library import MapLibrary, check_folder
from fhirbridge.mapping.model import Map

ROOT = Path(__file__).parents[2]
MAPPINGS = ROOT / "mappings"
SAMPLES = MAPPINGS / "tests"


@cache
def extensions() -> Mapping[str, ExtensionDefinition]:
    """Return the extensions of our own profiles."""
    return load_extensions(ROOT / "profiles" / "fhirbridge" / "extensions")


@cache
def shipped() -> MapLibrary:
    """Return the maps that fhirbridge ships."""
    return MapLibrary.load(MAPPINGS, extensions())


def check_text(folder: Path, text: str, **files: str) -> tuple[list[Map], list[Issue]]:
    """Return what `check` says of one map's text; other files are named like `tables__x_csv`."""
    (folder / "records").mkdir(exist_ok=True)
    (folder / "records" / "probe.yaml").write_text(text)
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
    return check_folder(folder, extensions())


# -- random documents of partners, and trees that fit nothing ---------------------------------------------------------

CANARY = "Zq7 Vega"
"""Stands in every odd value: it must never be seen in an issue."""

_WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=8)
_DATES = st.dates().map(lambda day: f"{day.month:02}/{day.day:02}/{day.year:04}")
_TIMES = st.tuples(_DATES.filter(lambda text: text[-4:] > "1970"), st.integers(0, 59)).map(
    lambda t: f"{t[0]} 12:{t[1]:02}"
)
_ISO_DATES = st.dates().map(lambda day: f"{day.year:04}-{day.month:02}-{day.day:02}")
_WRITTEN = {"YYYY-MM-DD": _ISO_DATES, "MM/DD/YYYY": _DATES, "MM/DD/YYYY hh:mm": _TIMES}
_KEYS = frozenset({"id", "no", "ref", "code", "badge", "number", "system", "issuer"})

ODD_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.decimals(allow_nan=False),
        st.sampled_from(["", CANARY, f"\0{CANARY}", f"\ud800{CANARY}", f" {CANARY} ", "2026-02-30", Decimal("1.0")]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from([CANARY, "", "code", "coding", "text", "system", "value", "identifier"]), inner
        ),
    ),
    max_leaves=5,
)


def documents(map_name: str) -> st.SearchStrategy[Any]:
    """Return random documents of a partner, made from the JSON Schema of a source map."""
    file = shipped().get(map_name).left.names[0]
    return _made(json.loads((MAPPINGS / file).read_text("utf-8")), "", count(1)).map(_without_empty)


def _made(schema: Mapping[str, Any], name: str, fresh: Any) -> st.SearchStrategy[Any]:
    if schema["type"] == "object":
        fields = {key: _made(child, key, fresh) for key, child in schema["properties"].items()}
        required = {key: fields.pop(key) for key in schema.get("required", ())}
        return st.fixed_dictionaries(required, optional=fields)
    if schema["type"] == "array":
        return st.lists(_made(schema["items"], name, fresh), min_size=1, max_size=3)
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if name in _KEYS or name.endswith(("No", "Code", "Number", "Id", "_id", "_no")):
        return st.builds(lambda: f"k{next(fresh)}")
    plain = {"boolean": st.booleans(), "integer": st.integers(0, 99), "string": _WORDS}[schema["type"]]
    return _WRITTEN.get(schema.get("description", ""), plain)


def _without_empty(tree: Any) -> Any:
    """Return a document without empty objects: what is not there cannot come back."""
    if isinstance(tree, dict):
        kept = {key: _without_empty(child) for key, child in tree.items()}
        return {key: child for key, child in kept.items() if child != {}}
    return [_without_empty(item) for item in tree] if isinstance(tree, list) else tree


def spoilt(trees: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return trees in which one place or more holds an odd value."""
    return st.builds(_spoil, trees, st.lists(st.tuples(st.integers(0, 10_000), ODD_VALUES), min_size=1, max_size=3))


def _spoil(tree: Any, changes: list[tuple[int, Any]]) -> Any:
    for which, odd in changes:
        places = list(_places(tree))
        if not places:
            return odd
        places[which % len(places)](odd)
    return tree


def _places(node: Any) -> Any:
    """Yield a function for each place in a tree that puts a value there."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in items:
        yield _setter(node, key)
        yield from _places(child)


def _setter(node: Any, key: Any) -> Callable[[Any], None]:
    return lambda odd: node.__setitem__(key, odd)
