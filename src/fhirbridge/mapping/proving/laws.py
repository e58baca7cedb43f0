"""The laws of a map, on one example: there and back, back and there, and back and there with unknown elements added.

Laws of this file: a breach names paths, the row and the law, never a value; what a law leaves out, it leaves out for
a reason that `ways` gives; two right values are the same when they are equal or mean the same to the row's codec.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from fhirbridge.errors import Issue
from fhirbridge.mapping.codecs import CODECS, CodecError, Context
from fhirbridge.mapping.model import Map, Row
from fhirbridge.mapping.paths import Tree, node_at, prune, without_indices
from fhirbridge.mapping.proving.differences import Difference, whole
from fhirbridge.mapping.proving.trees import Recipe
from fhirbridge.mapping.proving.ways import leaf_places, without, without_places
from fhirbridge.mapping.run import Item, Mapped, to_left, to_right

Items = Sequence[tuple[str, dict[str, Any]]]
Validate = Callable[[Map, Mapped], Sequence[Issue]]
"""(map, what it made) -> what is wrong with the things themselves; raises Discard."""

THERE_AND_BACK = "there and back"
BACK_AND_THERE = "back and there"
UNKNOWN = "unknown elements are reported"
MAX_PATHS = 40


class Discard(Exception):
    """The example says nothing about the map: a record of its kind could not hold it."""


@dataclass(frozen=True, slots=True)
class Breach:
    """One example on which a law does not hold.

    Attributes:
        path: where it shows; `kind`: how: missing, extra, other value, other type, or the code of an error.
        place: file, line and column of the row.
        example: the paths of the smallest example that was found.
    """

    law: str
    path: str
    kind: str
    place: str
    example: tuple[str, ...]


def paths_of(tree: Tree, root: str) -> tuple[str, ...]:
    """Return the paths of an example, the first of them where there are many."""
    found = list(leaf_places(tree, root))
    more = (f"and {len(found) - MAX_PATHS} more",) if len(found) > MAX_PATHS else ()
    return (*found[:MAX_PATHS], *more)


def there_and_back(recipe: Recipe, tree: Tree, context: Context, validate: Validate) -> Breach | None:
    """Return how a left tree breaks the first law, or None: right, then left, is what it was."""
    map_ = recipe.map
    there = to_right(map_, tree, context)
    breach = _first_error(THERE_AND_BACK, map_, tree, there.issues)
    if breach is None:
        breach = _first_error(THERE_AND_BACK, map_, tree, validate(map_, there))
    if breach is not None or not recipe.ways.has_way_back:
        return breach
    back = to_left(map_, [(item.type, item.body) for item in there.items], context)
    breach = _first_error(THERE_AND_BACK, map_, tree, back.issues)
    unread = frozenset(issue.expression for issue in there.issues if issue.code == "FB306")
    wanted, found = _compared(recipe, tree, unread), _compared(recipe, back.tree, frozenset())
    difference = next(_real_differences(recipe, wanted, found, context), None)
    if breach is not None or difference is None:
        return breach
    row = recipe.ways.find_row(difference.path)
    place = str(row.place) if row else map_.file
    return Breach(THERE_AND_BACK, difference.path, difference.kind, place, paths_of(tree, map_.root))


def _real_differences(recipe: Recipe, wanted: Tree, found: Tree, context: Context) -> Iterator[Difference]:
    """Yield the differences of two left trees that are none to the codec of the row: its law says what is the same."""
    root = recipe.map.root
    for difference in whole(wanted, found, root):
        row = recipe.ways.find_row(difference.path)
        at = difference.path.rpartition(".")[0] if row and row.codec.fields else difference.path
        one, other = _find_at({root: wanted}, at), _find_at({root: found}, at)
        if row is None or not CODECS[row.codec.name].same(one, other, row.codec, context):
            yield difference


def _compared(recipe: Recipe, tree: Tree, unread: frozenset[str]) -> Tree:
    """Return what of a left tree must come back: nothing that is excluded, or that the map said it did not read."""
    root = recipe.map.root
    kept = without_places(without(tree, recipe.ways.excluded, root), unread, root)
    return prune(kept)[0]


def _first_error(law: str, map_: Map, tree: Tree, issues: Sequence[Issue]) -> Breach | None:
    issue = next((each for each in issues if each.severity in ("error", "fatal")), None)
    if issue is None:
        return None
    return Breach(law, issue.expression, issue.code, issue.location or map_.file, paths_of(tree, map_.root))


# -- back and there --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Owned:
    """An element of an item that exact two-way rows own: changed on the right, it must stay as changed."""

    item: int
    path: str
    row: Row
    source: str


def owned_elements(recipe: Recipe, items: Sequence[Item]) -> Iterator[Owned]:
    """Yield the elements that the map owns; not those that identify something, nor those that a condition reads."""
    rows = {f"{row.place.file}:{row.place.line}": row for row in recipe.ways.exact.values()}
    for number, item in enumerate(items):
        for path, origin in item.trace["elements"].items():
            row = rows.get(f"{origin['file']}:{origin['line']}")
            source, target = without_indices(origin["from"]), without_indices(path)
            if row is None or row.when is not None or target != ".".join(step.name for step in row.right):
                continue
            if origin["from"] and not _is_fixed(recipe, source, row):
                yield Owned(number, path, row, origin["from"])


def _is_fixed(recipe: Recipe, source: str, row: Row) -> bool:
    """Say whether a field identifies something or decides whether rows apply: others depend on it."""
    reading = recipe.readings.get(source)
    if reading is not None and (reading.is_key or reading.is_system):
        return True
    return row.codec.reference is not None or source in recipe.ways.guards


def back_and_there(recipe: Recipe, items: Sequence[Item], changed: Items, context: Context) -> Breach | None:
    """Return how changed right items break the second law, or None: left, then right, is what they were.

    Args:
        items: what the map made of some left tree; their traces say what it owns.
        changed: the same items, in the same order, with other values at owned elements.
    """
    map_ = recipe.map
    owned = list(owned_elements(recipe, items))
    back = to_left(map_, changed, context)
    breach = _first_error(BACK_AND_THERE, map_, back.tree, back.issues)
    if breach is not None:
        return breach
    again = to_right(map_, back.tree, context)
    breach = _first_error(BACK_AND_THERE, map_, back.tree, again.issues)
    if breach is not None:
        return breach
    found = {(item.type, item.id): item.body for item in again.items}
    for element in owned:
        made = found.get((items[element.item].type, items[element.item].id))
        kind = _differs(element, changed[element.item][1], made, context)
        if kind is not None:
            at = f"{items[element.item].type}.{element.path}"
            example = paths_of(changed[element.item][1], items[element.item].type)
            return Breach(BACK_AND_THERE, at, kind, str(element.row.place), example)
    return None


def _differs(element: Owned, wanted: Tree, made: Tree | None, context: Context) -> str | None:
    """Return how an owned element differs from what it was, or None."""
    before, after = node_at(wanted, element.path), _find_at(made, element.path)
    if after is None:
        return "missing"
    difference: Difference | None = next(whole(before, after, element.path), None)
    if difference is None or _is_same(element.row, before, after, context):
        return None
    return difference.kind


def _is_same(row: Row, one: Tree, other: Tree, context: Context) -> bool:
    """Say whether two right values mean the same on the left, by the law of the row's codec."""
    spec = CODECS[row.codec.name]
    try:
        first, second = (spec.to_left(value, row.codec, context) for value in (one, other))
        return spec.same(first, second, row.codec, context)
    except CodecError:
        return False


def _find_at(body: Tree | None, path: str) -> Tree:
    try:
        return node_at(body, path)
    except (KeyError, IndexError, TypeError):
        return None


def unknown_reported(recipe: Recipe, changed: Items, added: Sequence[str], context: Context) -> Breach | None:
    """Return the first element that was added and that the map loses without a word, or None.

    Args:
        added: "TYPE.path" of each unknown element, as often as it was added.
    """
    told = Counter(issue.expression for issue in to_left(recipe.map, changed, context).issues)
    for path, count in Counter(added).items():
        if told[path] < count:
            body = next(body for type_, body in changed if path.startswith(f"{type_}."))
            return Breach(UNKNOWN, path, "not reported", recipe.map.file, paths_of(body, path.partition(".")[0]))
    return None
