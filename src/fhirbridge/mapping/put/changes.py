"""The difference between two trees, as paths. It holds values of nobody.

An item of a list is named by its key where it has one (`goals[id=g1]` would hold data, so its position is told).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from fhirbridge.mapping.paths import Tree

Kind = Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True)
class Change:
    """One place where two trees differ. A removed item of a list is told at its old position, all else at its new."""

    path: str
    kind: Kind


def iter_changes(old: Tree, new: Tree, at: str = "") -> Iterator[Change]:
    """Yield each place where two trees differ, the deepest that tells it."""
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for name in (*old, *(name for name in new if name not in old)):
            yield from iter_changes(old.get(name), new.get(name), f"{at}.{name}" if at else name)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _items(old, new, at)
    else:
        yield Change(at, "added" if old is None else "removed" if new is None else "changed")


def _items(old: list[Tree], new: list[Tree], at: str) -> Iterator[Change]:
    """Yield what differs between two lists; items that stand in both are no change, wherever they stand."""
    gone = [(position, item) for position, item in enumerate(old) if item not in new]
    fresh = [(position, item) for position, item in enumerate(new) if item not in old]
    for (_, before), (position, after) in zip(gone, fresh, strict=False):
        yield from iter_changes(before, after, f"{at}[{position}]")
    yield from (Change(f"{at}[{position}]", "added") for position, _ in fresh[len(gone) :])
    yield from (Change(f"{at}[{position}]", "removed") for position, _ in gone[len(fresh) :])
    if not gone and not fresh:
        yield Change(at, "changed")  # the order, or how often one item stands there
