"""The shipped maps, loaded once, and tiny maps made for one test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from fhirbridge.errors import Issue
from fhirbridge.fhir.extensions import ExtensionDefinition
from fhirbridge.formats.xsd import read_schema
from fhirbridge.mapping.library import Definitions, MapLibrary, inspect_folder
from fhirbridge.mapping.model import Map
from fhirbridge.mapping.proving.trees import left_tree, recipe_of
from fhirbridge.services.definitions import read_extensions
from fhirbridge.services.maps.laws import Drawn

ROOT = Path(__file__).parents[2]
MAPPINGS = ROOT / "mappings"
SAMPLES = MAPPINGS / "tests"


@cache
def extensions() -> Mapping[str, ExtensionDefinition]:
    """Return the extensions that maps may name: those of our own profiles and of R4 itself."""
    return read_extensions(ROOT / "profiles")


@cache
def shipped() -> MapLibrary:
    """Return the maps that fhirbridge ships."""
    return MapLibrary.load(MAPPINGS, extensions(), xml=read_schema)


def check_folder(folder: Path) -> tuple[list[Map], list[Issue]]:
    """Return the maps of a folder that bind, and every finding, with our own extensions and no profiles."""
    read = inspect_folder(folder, Definitions(extensions(), read_schema))
    return read.maps, read.issues


def check_text(folder: Path, text: str, **files: str) -> tuple[list[Map], list[Issue]]:
    """Return the errors that `check` finds in one map's text; other files are named like `tables__x_csv`.

    Warnings do not keep a map from running and are left out; `tests.support.finding_pages` has all findings.
    """
    (folder / "records").mkdir(exist_ok=True)
    (folder / "records" / "probe.yaml").write_text(text)
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
    maps, issues = check_folder(folder)
    return maps, [issue for issue in issues if issue.severity == "error"]


# -- random documents of partners, and trees that fit nothing ---------------------------------------------------------

CANARY = "Zq7 Vega"
"""Stands in every odd value: it must never be seen in an issue."""

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


@cache
def documents(map_name: str) -> st.SearchStrategy[Any]:
    """Return random documents of a partner, as the laws of `fhirbridge test` make them."""
    recipe = recipe_of(shipped().get(map_name))

    @st.composite
    def drawn(draw: Callable[[Any], Any]) -> Any:
        return left_tree(recipe, Drawn(draw, st.integers))

    return drawn()


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
