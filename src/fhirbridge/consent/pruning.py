"""Trees taken apart into leaves and put together again without some of them. Knows nothing of consent.

A path is `name`, `a.b`, `a[0].b`. A leaf is a value that is neither dict nor list. Null is nothing: it is kept only
where FHIR needs it, to keep a list of primitives in step with the list of their extensions (`given` and `_given`).
Source: http://hl7.org/fhir/R4/json.html#null
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Tree = Any
Keep = Callable[[str], bool]
"""Says of a leaf's path whether it stays."""

Moved = dict[str, str]
"""New path -> old path, of every node that stays."""


def iter_leaves(tree: Tree, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (path, value) of each leaf, nulls left out, in order."""
    if isinstance(tree, dict):
        for name, child in tree.items():
            yield from iter_leaves(child, join(path, name))
    elif isinstance(tree, list):
        for index, child in enumerate(tree):
            yield from iter_leaves(child, f"{path}[{index}]")
    elif tree is not None:
        yield path, tree


def join(path: str, name: str) -> str:
    """Return the path of a child."""
    return f"{path}.{name}" if path else name


def parent(path: str) -> str:
    """Return the path one step up: of `a[0].b` it is `a[0]`, then `a`, then "".

    >>> parent("a[0].b"), parent("a[0]"), parent("a")
    ('a[0]', 'a', '')
    """
    return path[: max(path.rfind("."), path.rfind("["), 0)]


def leaf_name(path: str) -> str:
    """Return the last name in a path, without its index.

    >>> leaf_name("goal[0].note[2]")
    'note'
    """
    return path[path.rfind(".") + 1 :].split("[")[0]


def rebuild(tree: Tree, keep: Keep) -> tuple[Tree, Moved]:
    """Return what is left of a tree, None when nothing is, and where each node that stays stood before.

    Objects and lists that become empty go; the items of a list move up.
    """
    moved: Moved = {}
    return _rebuilt(tree, "", "", keep, moved), moved


def _rebuilt(tree: Tree, old: str, new: str, keep: Keep, moved: Moved) -> Tree:
    inner: Moved = {}
    left: Tree = None
    if isinstance(tree, dict):
        left = _rebuilt_dict(tree, old, new, keep, inner) or None
    elif isinstance(tree, list):
        left = _rebuilt_list(tree, old, new, keep, inner) or None
    elif keep(old):
        left = tree
    if left is None:
        return None
    moved.update(inner)
    moved[new] = old
    return left


def _rebuilt_dict(tree: dict[str, Any], old: str, new: str, keep: Keep, moved: Moved) -> dict[str, Any]:
    left: dict[str, Any] = {}
    for name, child in tree.items():
        if _is_paired(tree, name):
            left.update(_rebuilt_pair(tree, name, (old, new), keep, moved))
        elif not _is_paired(tree, name.removeprefix("_")):
            value = _rebuilt(child, join(old, name), join(new, name), keep, moved)
            left.update({} if value is None else {name: value})
    return left


def _rebuilt_list(items: list[Any], old: str, new: str, keep: Keep, moved: Moved) -> list[Any]:
    left: list[Any] = []
    for index, item in enumerate(items):
        value = _rebuilt(item, f"{old}[{index}]", f"{new}[{len(left)}]", keep, moved)
        left.extend([] if value is None else [value])
    return left


def _is_paired(tree: dict[str, Any], name: str) -> bool:
    """Say whether this is a list of primitives that has a list of extensions beside it."""
    return not name.startswith("_") and isinstance(tree.get(name), list) and isinstance(tree.get(f"_{name}"), list)


def _rebuilt_pair(
    tree: dict[str, Any], name: str, bases: tuple[str, str], keep: Keep, moved: Moved
) -> dict[str, list[Any]]:
    """Return what is left of `name` and `_name`, still in step; a place where both are gone goes."""
    old, new = bases
    names = (name, f"_{name}")
    left: dict[str, list[Any]] = {key: [] for key in names}
    for index in range(max(len(tree[key]) for key in names)):
        at = len(left[name])
        values = [
            _rebuilt(tree[key][index], f"{join(old, key)}[{index}]", f"{join(new, key)}[{at}]", keep, moved)
            if index < len(tree[key])
            else None
            for key in names
        ]
        if values != [None, None]:
            for key, value in zip(names, values, strict=True):
                left[key].append(value)
    stays = {key: items for key, items in left.items() if any(item is not None for item in items)}
    moved.update({join(new, key): join(old, key) for key in stays})
    return stays
