"""One map tried on one message. Nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from fhirbridge.errors import Issue, MalformedInput, NotFound
from fhirbridge.fhir.bundles import iter_resources
from fhirbridge.formats import json_text, record_json
from fhirbridge.mapping.codecs import Context
from fhirbridge.mapping.library import MapLibrary
from fhirbridge.mapping.model import Map
from fhirbridge.mapping.run import to_left, to_right
from fhirbridge.records import KINDS
from fhirbridge.services.definitions import beside, read_extensions
from fhirbridge.services.reading import find_record_issues, unnamed


@dataclass(frozen=True, slots=True)
class Tried:
    """What a map made of one file: a list of records or resources, or one tree, and what was found."""

    output: object
    issues: tuple[Issue, ...]


def map_file(folder: Path, name: str, body: bytes, *, source: str = "local", reverse: bool = False) -> Tried:
    """Run one map on a body: left to right, or with `reverse` right to left.

    Args:
        body: JSON; for `reverse` one resource, a Bundle, or a list of resources; or, where the map's right side is
            a record, one record, or a list of {"kind": ..., "record": ...} as the forward run prints it.
        source: the name under which business keys and ids are made.

    Raises:
        NotFound: no such map.
        MapError: a map of the folder does not pass its checks.
        MalformedInput: the body is not JSON.
    """
    library = _library(folder, _stamp(folder))
    if name not in library.names():
        raise NotFound(f"There is no such map; known are: {', '.join(library.names())}.")
    map_, context = library.get(name), Context(source=source)
    if reverse:
        restored = to_left(map_, _right_items(map_, json_text.parse(body)), context)
        return Tried(restored.tree, restored.issues)
    return _forward(map_, record_json.parse(body), context)


@lru_cache(maxsize=1)
def _library(folder: Path, _: tuple[tuple[str, int], ...]) -> MapLibrary:
    """Return the maps of a folder; read once for many files, and again when a file of the folder has changed."""
    return MapLibrary.load(folder, read_extensions(beside(folder)))


def _stamp(folder: Path) -> tuple[tuple[str, int], ...]:
    return tuple(sorted((str(file), file.stat().st_mtime_ns) for file in folder.rglob("*") if file.is_file()))


def _forward(map_: Map, tree: dict[str, Any], context: Context) -> Tried:
    if map_.left.kind == "record":
        wrong = find_record_issues(map_.left.names[0], tree)
        if wrong:
            return Tried([], wrong)
    mapped = to_right(map_, tree, context)
    if map_.right.kind == "fhir":
        return Tried([item.body for item in mapped.items], mapped.issues)
    found = (issue for item in mapped.items for issue in find_record_issues(item.type, item.body, map_, item.trace))
    missing = unnamed(found, mapped.issues)
    return Tried([{"kind": item.type, "record": item.body} for item in mapped.items], (*mapped.issues, *missing))


def _right_items(map_: Map, tree: Any) -> Sequence[tuple[str, dict[str, Any]]]:
    if map_.right.kind == "record":
        return [_record_item(map_, each) for each in (tree if isinstance(tree, list) else [tree])]
    if isinstance(tree, dict) and tree.get("resourceType") == "Bundle":
        tree = list(iter_resources(tree))
    resources = tree if isinstance(tree, list) else [tree]
    if not all(isinstance(each, dict) and isinstance(each.get("resourceType"), str) for each in resources):
        raise MalformedInput("Expected a resource, a Bundle, or a list of resources.")
    return [(each["resourceType"], each) for each in resources]


def _record_item(map_: Map, tree: Any) -> tuple[str, dict[str, Any]]:
    if isinstance(tree, Mapping) and tree.get("kind") in KINDS and isinstance(tree.get("record"), dict):
        return str(tree["kind"]), tree["record"]
    if isinstance(tree, dict) and len(map_.right.names) == 1:
        return map_.right.names[0], tree
    raise MalformedInput('Expected a record, or a list of {"kind": ..., "record": ...}.')
