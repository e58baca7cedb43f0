"""An old tree and a new one become one: what the map owns is the new one's, all else stays, old spellings stay too.

Laws of this file: `merge(old, old)` is `old`; a field that the map does not own is never changed; an item of a list
is found by its key, and without a key by what the map owns of it, never by its position.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fhirbridge.mapping.paths import Tree

Same = Callable[[Tree, Tree], bool]
"""Whether two values of one field mean the same."""


@dataclass(frozen=True, slots=True)
class Owned:
    """What a map brings back at one place of the left tree.

    Attributes:
        same: how two values of the place are compared; None where only fields below it are owned.
        fields: what is owned below it.
        key: the field by which the items of a list here are found again, "" for none.
    """

    same: Same | None = None
    fields: Mapping[str, Owned] | None = None
    key: str = ""


def merge(old: Tree, new: Tree, owned: Owned) -> Tree:
    """Return the new value of a place: the old one wherever it means the same, and whatever the map does not own."""
    if isinstance(old, list) and isinstance(new, list):
        return _merge_lists(old, new, owned)
    if owned.fields is not None and isinstance(old, dict) and isinstance(new, dict):
        return _merge_objects(old, new, owned.fields)
    if old is not None and new is not None and _is_same(old, new, owned):
        return old
    return new


def _merge_objects(old: dict[str, Tree], new: dict[str, Tree], fields: Mapping[str, Owned]) -> dict[str, Any]:
    """Return the old object with its owned fields as the new one has them, in the old order."""
    merged: dict[str, Any] = {}
    for name in (*old, *(name for name in new if name not in old)):
        value = merge(old.get(name), new.get(name), fields[name]) if name in fields else old.get(name)
        if name in fields and value is None and name in old:
            value = _without_owned(old[name], fields[name])
        if value is not None:
            merged[name] = value
    return merged


def _without_owned(old: Tree, owned: Owned) -> Tree:
    """Return what stays of a value that the new tree no longer has: the fields in it that the map does not own."""
    if owned.fields is None or not isinstance(old, dict):
        return None
    return _merge_objects(old, {}, owned.fields) or None


def _merge_lists(old: list[Tree], new: list[Tree], owned: Owned) -> list[Tree]:
    left = list(old)
    merged = []
    for item in new:
        present = next((each for each in left if _is_item(each, item, owned)), None)
        if present is not None:
            left.remove(present)
        merged.append(item if present is None else merge(present, item, owned))
    return merged


def _is_item(old: Tree, new: Tree, owned: Owned) -> bool:
    if owned.key and isinstance(old, dict) and isinstance(new, dict):
        return bool(old.get(owned.key) == new.get(owned.key))
    return _is_same(old, new, owned)


def _is_same(old: Tree, new: Tree, owned: Owned) -> bool:
    """Say whether two values mean the same in all that the map owns."""
    if owned.fields is not None and isinstance(old, dict) and isinstance(new, dict):
        return all(_is_same(old.get(name), new.get(name), own) for name, own in owned.fields.items())
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(_is_same(one, two, owned) for one, two in zip(old, new, strict=True))
    if old is None or new is None or owned.same is None:
        return bool(old == new)
    return bool(old == new) or owned.same(old, new)
