"""One map tried on one message. Nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from fhirbridge.errors import InvalidContent, Issue, MalformedInput, NotFound
from fhirbridge.fhir.bundles import FIRST, bundle, iter_resources
from fhirbridge.formats import json_text
from fhirbridge.formats.document import Document
from fhirbridge.mapping.codecs import Context
from fhirbridge.mapping.library import MapLibrary
from fhirbridge.mapping.model import Map
from fhirbridge.mapping.narrative.tell import told_together
from fhirbridge.mapping.run import Item, Mapped, narrated, to_left, to_right
from fhirbridge.mapping.side_shapes import DOCUMENT
from fhirbridge.records import KINDS
from fhirbridge.services import sides
from fhirbridge.services.definitions import beside, load_maps
from fhirbridge.services.reading import find_document_issues, find_record_issues, unnamed
from fhirbridge.times import is_date_time

Items = Sequence[tuple[str, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Forward:
    """One run to the right: the map, the tree it read and all that it made of it, for `explaining`."""

    map: Map
    tree: Any
    mapped: Mapped


@dataclass(frozen=True, slots=True)
class Tried:
    """What a map made of one file, and what was found.

    Attributes:
        output: records, resources, documents or one tree; for a CSV file with several documents a list for each.
        text: the same as CSV or XML, where that is the side it stands on.
        run: the run, where the file held one document.
    """

    output: object
    issues: tuple[Issue, ...]
    run: Forward | None = None
    text: bytes = b""


def map_file(folder: Path, name: str, body: bytes, *, source: str = "local", reverse: bool = False) -> Tried:
    """Run one map on a body: left to right, or with `reverse` right to left.

    Args:
        body: as the side it stands on wants it. JSON for records, resources and JSON documents: for `reverse` one of
            them, a Bundle, or a list as the forward run prints it.
        source: the name under which business keys and ids are made.

    Raises:
        NotFound: no such map.
        MapError: a map of the folder does not pass its checks.
        MalformedInput: the body cannot be read.
    """
    map_, context = get_map(folder, name), Context(source=source)
    return _backward(map_, body, context) if reverse else _forward(map_, body, context)


def get_map(folder: Path, name: str) -> Map:
    """Return a map of a folder.

    Raises:
        NotFound: no such map.
        MapError: a map of the folder does not pass its checks.
    """
    library = _library(folder, _stamp(folder))
    if name not in library.names():
        raise NotFound(f"There is no such map; known are: {', '.join(library.names())}.")
    return library.get(name)


@lru_cache(maxsize=1)
def _library(folder: Path, _: tuple[tuple[str, int], ...]) -> MapLibrary:
    """Return the maps of a folder; read once for many files, and again when a file of the folder has changed."""
    return load_maps(folder, beside(folder))


def _stamp(folder: Path) -> tuple[tuple[str, int], ...]:
    return tuple(sorted((str(file), file.stat().st_mtime_ns) for file in folder.rglob("*") if file.is_file()))


# -- to the right


def _forward(map_: Map, body: bytes, context: Context) -> Tried:
    documents = sides.read(sides.left_of(map_), body)
    runs = [run_document(map_, document, context) for document in documents]
    issues = [issue for _, found in runs for issue in found]
    items = [item for run, _ in runs for item in run.mapped.items]
    if map_.right.kind in sides.DOCUMENTS:
        tried = _written(sides.right_of(map_), [item.body for item in items], issues)
    else:
        outputs = [output_of(map_, run.mapped.items) for run, _ in runs]
        issues += _headless(map_, items)
        tried = Tried(outputs[0] if _is_single(map_, documents) else outputs, tuple(issues))
    run = runs[0][0] if len(runs) == 1 else None
    return Tried(tried.output, tried.issues, run, tried.text)


def _is_single(map_: Map, documents: Sequence[Document]) -> bool:
    return map_.left.kind != "csv" and len(documents) == 1


def run_document(map_: Map, document: Document, context: Context) -> tuple[Forward, list[Issue]]:
    """Return what the map makes of one document, and all that was found in it."""
    tree, mapped = _mapped(map_, document.tree, context)
    found = [*document.issues, *unnamed(mapped.issues, document.issues)]
    found += unnamed((issue for item in mapped.items for issue in _item_issues(map_, item)), found)
    return Forward(map_, tree, mapped), sides.in_document(document, found)


def _mapped(map_: Map, tree: Any, context: Context) -> tuple[Any, Mapped]:
    """Return the tree that was mapped, a record as it is kept with all its keys, and what the map made of it."""
    if map_.left.kind == "record":
        kind = map_.left.names[0]
        wrong = find_record_issues(kind, tree)
        if wrong:
            return tree, Mapped((), wrong)
        tree = KINDS[kind].model_validate(tree).model_dump(mode="json", exclude_none=True)
    made = to_right(map_, tree, context)
    return tree, Mapped(narrated(map_, made.items), made.issues)


def _item_issues(map_: Map, item: Item) -> tuple[Issue, ...]:
    if map_.right.kind == "record":
        return find_record_issues(item.type, item.body, map_, item.trace)
    return find_document_issues(map_, item) if map_.right.kind in sides.DOCUMENTS else ()


def output_of(map_: Map, items: Sequence[Item]) -> object:
    """Return what a map made of one document, as JSON has it: records with their kinds, resources, or a Bundle."""
    if map_.right.kind == "record":
        return [{"kind": item.type, "record": item.body} for item in items]
    kind = map_.right.options.get("bundle")
    together = told_together(map_, items) if kind == "document" else items
    resources = [item.body for item in together]
    return bundle(resources, kind) if kind else resources


def _headless(map_: Map, items: Sequence[Item]) -> list[Issue]:
    """Return what a Bundle of these resources lacks to be a document or a message."""
    kind = map_.right.options.get("bundle", "")
    if kind not in FIRST or not items:
        return []
    if items[0].type != FIRST[kind]:
        return [Issue("FB302", f"a Bundle of type {kind} begins with one {FIRST[kind]}", FIRST[kind], rule="bundle")]
    date = str(items[0].body.get("date", ""))
    if kind == "document" and not ("T" in date and is_date_time(date)):
        message = "a document takes its time from here: expected a date and time with seconds and zone"
        return [Issue("FB304", message, "Composition.date", rule="bundle")]
    return []


def _written(end: sides.End, trees: Sequence[Any], issues: Sequence[Issue]) -> Tried:
    """Return documents as trees and in the form of their side; what does not fit it is among the issues."""
    output = trees[0] if len(trees) == 1 and end.side.kind != "csv" else list(trees)
    if end.side.kind == "schema" or any(issue.severity in ("error", "fatal") for issue in issues):
        return Tried(output, tuple(issues))
    try:
        return Tried(output, tuple(issues), text=sides.write(end, trees))
    except InvalidContent as error:
        return Tried(output, (*issues, *error.issues))


# -- to the left


def _backward(map_: Map, body: bytes, context: Context) -> Tried:
    trees, issues = [], []
    for items, found in _groups(map_, body):
        restored = to_left(map_, items, context)
        trees.append(restored.tree)
        issues += [*found, *restored.issues]
    if map_.left.kind in ("csv", "xml"):
        return _written(sides.left_of(map_), trees, issues)
    return Tried(trees[0] if len(trees) == 1 else trees, tuple(issues))


def _groups(map_: Map, body: bytes) -> list[tuple[Items, Sequence[Issue]]]:
    """Return what goes back together, with what was found in it: all of a body, or for a CSV left each list in it."""
    if map_.right.kind in sides.DOCUMENTS:
        return _document_groups(map_, body)
    tree = json_text.parse(body)
    is_many = map_.left.kind == "csv" and isinstance(tree, list) and all(isinstance(each, list) for each in tree)
    return [(right_items(map_, each), ()) for each in (tree if is_many else [tree])]


def _document_groups(map_: Map, body: bytes) -> list[tuple[Items, Sequence[Issue]]]:
    if map_.right.kind == "schema":
        tree = json_text.parse(body)
        documents = [Document(each) for each in (tree if isinstance(tree, list) else [tree])]
    else:
        documents = sides.read(sides.right_of(map_), body)
    groups = [([(DOCUMENT, each.tree)], sides.in_document(each, each.issues)) for each in documents]
    if map_.left.kind == "csv" and not any(block.is_loop for block in map_.blocks):
        return list(groups)
    return [([item for items, _ in groups for item in items], [issue for _, found in groups for issue in found])]


def right_items(map_: Map, tree: Any) -> Items:
    """Return as (type, body) what stands on the right side of a map, in the form that the forward run prints.

    Raises:
        MalformedInput: it has another form.
    """
    if map_.right.kind in sides.DOCUMENTS:
        return [(DOCUMENT, each) for each in (tree if isinstance(tree, list) else [tree])]
    if map_.right.kind == "record":
        return [_record_item(map_, each) for each in (tree if isinstance(tree, list) else [tree])]
    if isinstance(tree, dict) and tree.get("resourceType") == "Bundle":
        entries = tree.get("entry", [])
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise MalformedInput("The entries of the Bundle are no list of objects.")
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
