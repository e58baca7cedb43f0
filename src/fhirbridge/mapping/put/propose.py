"""What arrives from the right side as a proposed change of the left tree that is held. Nothing is stored here.

The order: each item is found again by its business key; the items that did not come stand as the held tree makes
them; all go back to the left together; what the map does not own, and old spellings of the same value, stay; what no
row understands becomes the complement, and with it what the map would make otherwise than it came.

Laws of this file: proposing what the held tree makes proposes no change; what is proposed makes what came.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from fhirbridge.errors import Issue
from fhirbridge.mapping.codecs import CODECS, Context
from fhirbridge.mapping.interpret.back import key_of
from fhirbridge.mapping.interpret.work import Run
from fhirbridge.mapping.model import Map, Row
from fhirbridge.mapping.paths import Tree
from fhirbridge.mapping.put.changes import Change, iter_changes
from fhirbridge.mapping.put.complement import MENDS, Complement, find_modifier, iter_paths, offered, restore, split
from fhirbridge.mapping.put.mending import Mended, is_within, iter_mends, mend
from fhirbridge.mapping.put.merge import Owned, Same, merge
from fhirbridge.mapping.run import Item, Mapped, to_left, to_right
from fhirbridge.mapping.shapes import Shape

Arrived = tuple[str, dict[str, Any]]
"""Type and body of a resource or record."""
DIRECTORY = "D0"
"""The data class of what stands in a public directory; it hides nothing."""
Kept = Mapping[str, Complement]
"""Complement of each item, by `Type/key`."""


@dataclass(frozen=True, slots=True)
class ProposedChange:
    """A change that is proposed, not made.

    Attributes:
        tree: the left tree as it would be; must not be used when an issue is an error.
        changes: where it differs from the held tree.
        complement: what no row understands, by `Type/key`, to be kept beside the tree.
    """

    tree: dict[str, Any]
    changes: tuple[Change, ...]
    complement: dict[str, Complement]
    issues: tuple[Issue, ...]


def propose(map_: Map, held: dict[str, Any], arrived: Sequence[Arrived], context: Context) -> ProposedChange:
    """Return the change that items from the right side propose to the left tree that is held; {} for none held."""
    made = to_right(map_, held, context) if held else Mapped((), ())
    standing = [(item.type, item.body) for item in made.items]
    run = Run(map_, context)  # asked for keys only; the way back reports what is wrong with them
    replaced = {name for type_, body in arrived if (name := _name(run, type_, body))}
    others = [(type_, body) for type_, body in standing if _name(run, type_, body) not in replaced]
    restored = to_left(map_, [*arrived, *others], context)
    tree = merge(held, restored.tree, owned_of(map_, context)) if held else restored.tree
    kept = dict(_complements(run, arrived))
    issues = [issue for issue in (*made.issues, *restored.issues) if issue.code != "FB306"]
    issues += _unknown(map_, arrived, kept)
    if not _keeps(map_):
        return ProposedChange(tree, tuple(iter_changes(held, tree)), {}, tuple(issues))
    again = {f"{item.type}/{item.key}": item for item in to_right(map_, tree, context).items}
    named = {name: body for type_, body in arrived if (name := _name(run, type_, body))}
    issues += [_lost(map_, name) for name in named if name not in again]
    kept |= dict(_with_mends(run, named, again, kept))
    return ProposedChange(tree, tuple(iter_changes(held, tree)), kept, tuple(issues))


def _lost(map_: Map, name: str) -> Issue:
    message = "the record that this goes back to would not make it again"
    hint = "its block has a condition that what came does not meet; send what it asks for, or agree on a row for it"
    return Issue("FB313", message, name.partition("/")[0], "error", map_.name, map_.file, hint)


def _with_mends(
    run: Run, named: Mapping[str, dict[str, Any]], again: Mapping[str, Item], kept: Kept
) -> Iterator[tuple[str, Complement]]:
    """Yield the complement of each item that the map would still make otherwise than it came, with what mends that."""
    for name, body in named.items():
        if name in again:
            rest = kept.get(name, {})
            is_resource = run.map.right.kind == "fhir"
            made = offered(restore(again[name].body, rest).body, is_resource=is_resource)
            mends = list(iter_mends(made, offered(body, is_resource=is_resource)))
            if mends:
                yield name, {**rest, MENDS: mends}


def with_complement(items: Sequence[Item], kept: Kept) -> tuple[tuple[Item, ...], tuple[Issue, ...]]:
    """Return what a map made with the complements put back, and a warning for each element whose place is gone."""
    whole, issues = [], []
    for item in items:
        rest = kept.get(f"{item.type}/{item.key}")
        if rest is None:
            whole.append(item)
            continue
        restored = restore(item.body, rest)
        item = replace(item, body=restored.body, trace=_traced(item, dict.fromkeys(restored.paths, item.data_class)))
        mended = mend(item.body, rest.get(MENDS, ()), may=partial(_may_mend, item))
        issues += [_homeless(f"{item.type}.{path}") for path in (*restored.homeless, *mended.homeless)]
        whole.append(replace(item, body=mended.body, trace=_mended(item, mended)))
    return tuple(whole), tuple(issues)


def _may_mend(item: Item, path: str) -> bool:
    return _class_of(item, path) is not None


def _class_of(item: Item, path: str) -> str | None:
    """Return the data class of what stands at a path and below it: its resource's or a finer one; None for several."""
    elements = item.trace["elements"].items()
    finer = {entry["class"] for own, entry in elements if is_within(own, path)} - {item.data_class, DIRECTORY}
    return item.data_class if not finer else finer.pop() if len(finer) == 1 else None


def _mended(item: Item, mended: Mended) -> dict[str, Any]:
    """Return the trace without what was taken out or stands otherwise now, with an entry for each element put in."""
    touched = [*mended.gone, *mended.came]
    classes = {path: str(_class_of(item, path)) for path in mended.came}
    elements = item.trace["elements"].items()
    left = {path: entry for path, entry in elements if not any(is_within(path, each) for each in touched)}
    return _traced(replace(item, trace={**item.trace, "elements": left}), classes)


def _homeless(path: str) -> Issue:
    return Issue("FB312", "what was kept beside this has lost its place", path, "warning", "complement")


def _traced(item: Item, classes: Mapping[str, str]) -> dict[str, Any]:
    """Return the trace with an entry for each element put back or mended, by its path."""
    entry = {"from": "", "file": "", "line": 0, "codec": "kept"}
    own = {path: {**entry, "class": data_class} for path, data_class in classes.items()}
    return {**item.trace, "elements": {**item.trace["elements"], **own}}


# -- which item is which


def _name(run: Run, type_: str, body: dict[str, Any]) -> str:
    """Return `Type/key` of an item by the first block that knows its key, "" when none does."""
    keys = (key_of(run, block, body) for block in run.map.blocks if block.type == type_)
    return next((f"{type_}/{key}" for key in keys if key), "")


# -- what no row understands


def _complements(run: Run, arrived: Sequence[Arrived]) -> Iterator[tuple[str, Complement]]:
    for type_, body in arrived:
        for block in run.map.blocks:
            key = key_of(run, block, body) if block.type == type_ else None
            rest = split(block, body, run.context).rest if key else None
            if rest is not None:
                yield f"{type_}/{key}", rest


def _keeps(map_: Map) -> bool:
    return map_.policy.unknown_inbound == "keep"


_UNKNOWN = {
    "keep": ("information", "no row reads this; it is kept, and sent again with the rest"),
    "report": ("warning", "no row reads this; it is not kept"),
    "reject": ("error", "no row reads this, and the map takes nothing it does not know"),
}


def _unknown(map_: Map, arrived: Sequence[Arrived], kept: Kept) -> Iterator[Issue]:
    severity, message = _UNKNOWN[map_.policy.unknown_inbound]
    for name, rest in kept.items():
        for path in iter_paths(rest):
            where = f"{name.partition('/')[0]}.{path}"
            yield Issue("FB306", message, where, severity, map_.name, map_.file)  # type: ignore[arg-type]
    for type_, body in arrived:
        modifier = find_modifier(body) if map_.right.kind == "fhir" else None
        if modifier is not None:
            message = "this element changes the meaning of others, and no row understands it"
            hint = "send it without, or agree with the partner what it means and add a row"
            yield Issue("FB311", message, f"{type_}.{modifier}", "error", map_.name, map_.file, hint)


# -- what the map owns of the left tree


def owned_of(map_: Map, context: Context) -> Owned:
    """Return what a map brings back of the left tree: each field that a row writes on the way back, and keys."""
    tree: dict[str, Any] = {}
    for block in map_.blocks:
        base = tuple(step.name for step in block.loop)
        if any(row.goes_left for row in block.rows):
            _note(tree, (*base, *(step.name for step in block.key)), None)
            if block.is_loop and block.loop and block.loop[-1].is_many:
                _at(tree, base)["#key"] = block.key[-1].name
        for row in block.rows:
            if row.goes_left:
                inner = base if row.variable == block.variable else ()
                place = (*inner, *(step.name for step in row.left))
                for pair in row.codec.fields:
                    _note(tree, (*place, pair.field), _same_of(row, context, pair.field))
                if not row.codec.fields:
                    _note(tree, place, _same_of(row, context))
    return _owned(tree, map_.left_shape)


def _at(tree: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    for name in names:
        tree = tree.setdefault(name, {})
    return tree


def _note(tree: dict[str, Any], names: Sequence[str], same: Same | None) -> None:
    node = _at(tree, names)
    node["#whole"] = True
    if same is not None:
        node.setdefault("#same", same)


def _owned(node: dict[str, Any], shape: Shape | None) -> Owned:
    fields = {}
    for name, inner in node.items():
        if not name.startswith("#"):
            fields[name] = _owned(inner, shape.find_child(name) if shape else None)
    key = str(node.get("#key", "")) or ("id" if "id" in fields and shape and shape.is_list else "")
    return Owned(node.get("#same"), fields or None, key)


def _same_of(row: Row, context: Context, name: str = "") -> Same:
    """Return how two values of a row's left side are compared: by the law of its codec.

    Args:
        name: the field that is compared, where the codec takes an object apart.
    """
    is_same, codec = CODECS[row.codec.name].same, row.codec

    def same(old: Tree, new: Tree) -> bool:
        return is_same({name: old}, {name: new}, codec, context) if name else is_same(old, new, codec, context)

    return same
