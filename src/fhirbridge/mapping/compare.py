"""Two things that maps made, compared: which elements were added, removed or changed, and which rows make them.

Laws of this file: a change names a path without indices and the places of rows; it carries a value only where the
caller asks for one. What is equal in JSON is equal here, and nothing else is: 1, 1.0 and true are three values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any, Literal

from fhirbridge.errors import Issue
from fhirbridge.mapping.model import Map
from fhirbridge.mapping.paths import without_indices
from fhirbridge.mapping.run import Item

ChangeKind = Literal["added", "removed", "changed", "finding added", "finding gone"]
RowFinder = Callable[[str], str]
"""Returns the place of the row that made the element at a path, as FILE:LINE; "" where the engine made it."""

MAX_ALIGNED = 300
"""Longer lists are compared place by place."""

_INDEX = re.compile(r"\[\d+\]")
_NAME = re.compile(r"[A-Za-z_][\w-]{0,63}(\[\])*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Change:
    """One element that is not what it was. `subject` is what it belongs to, or the code of a finding."""

    kind: ChangeKind
    subject: str
    path: str
    old_row: str
    new_row: str
    old: Any = field(default=None, compare=False)
    new: Any = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Made:
    """Something a map made: what it is, its key, its content, and how to find the row of an element."""

    subject: str
    key: str
    body: Any
    row_of: RowFinder
    elements: tuple[str, ...] = ()
    """Paths of the elements that a row made, with indices; empty where that is not known."""


def made_of_item(item: Item) -> Made:
    """Return a resource or record with the rows that its trace names."""
    elements: Mapping[str, Mapping[str, Any]] = item.trace.get("elements") or {}

    def row_of(path: str) -> str:
        for head in _heads(path):
            entry = elements.get(head)
            if entry and entry.get("file"):
                return f"{entry['file']}:{entry['line']}"
        return ""

    return Made(item.type, item.key, item.body, row_of, tuple(elements))


def made_of_tree(map_: Map, tree: Any) -> Made:
    """Return what a map made on the way back, with the rows that write its paths."""
    places: dict[str, str] = {}
    for block in map_.blocks:
        loop = _names(block.loop) if block.is_loop else ()
        for row in block.rows:
            if row.goes_left:
                own = (*loop, *_names(row.left)) if row.variable != map_.root else _names(row.left)
                places.setdefault(".".join(own), f"{row.place.file}:{row.place.line}")

    def row_of(path: str) -> str:
        return next((places[head] for head in _heads(without_indices(path)) if head in places), "")

    return Made(map_.root, "", tree, row_of)


def compare(old: Sequence[Made], new: Sequence[Made], *, values: bool = False) -> Iterator[Change]:
    """Yield what is different between what two maps made of one message; things are paired by subject and key."""
    before = {(made.subject, made.key): made for made in old}
    after = {(made.subject, made.key): made for made in new}
    for key in dict.fromkeys((*before, *after)):
        found = _compare_one(before.get(key), after.get(key))
        yield from found if values else map(_without_values, found)


def compare_issues(old: Sequence[Issue], new: Sequence[Issue]) -> Iterator[Change]:
    """Yield the findings that only one of two runs had; equal ones are counted against each other."""
    before, after = ([_issue_key(issue) for issue in issues] for issues in (old, new))
    for issue in dict.fromkeys((*before, *after)):
        missing = after.count(issue) - before.count(issue)
        code, path, row = issue
        for _ in range(missing):
            yield Change("finding added", code, path, "", row)
        for _ in range(-missing):
            yield Change("finding gone", code, path, row, "")


def general(path: str) -> str:
    """Return a path without its indices.

    >>> general("goal[0].target[12].dueDate")
    'goal[].target[].dueDate'
    """
    return _INDEX.sub("[]", path)


def _issue_key(issue: Issue) -> tuple[str, str, str]:
    """Return code, path and row of a finding; a name that is no plain name may be data and becomes `?`."""
    steps = (step if _NAME.fullmatch(step) else "?" for step in general(issue.expression).split("."))
    return issue.code, ".".join(steps) if issue.expression else "", ":".join(issue.location.split(":")[:2])


def _without_values(change: Change) -> Change:
    return Change(change.kind, change.subject, change.path, change.old_row, change.new_row)


def _compare_one(old: Made | None, new: Made | None) -> Iterator[Change]:
    if old is None or new is None:
        only = new or old
        if only is not None:
            yield Change("added" if new else "removed", only.subject, only.subject, "", "")
        return
    if repr(old.body) != repr(new.body):
        yield from _Comparison(old, new).walk(old.body, new.body, "", "")


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Two bodies of one thing being compared; each side's paths carry its own indices."""

    old: Made
    new: Made

    def walk(self, old: Any, new: Any, old_at: str, new_at: str) -> Iterator[Change]:
        if isinstance(old, dict) and isinstance(new, dict):
            for name in dict.fromkeys((*old, *new)):
                yield from self._pair(old, new, name, _below(old_at, name), _below(new_at, name))
        elif isinstance(old, list) and isinstance(new, list):
            yield from self._lists(old, new, old_at, new_at)
        elif type(old) is not type(new) or repr(old) != repr(new):
            rows = self.old.row_of(old_at), self.new.row_of(new_at)
            yield Change("changed", self.new.subject, general(new_at), *rows, old, new)

    def _pair(self, old: dict[str, Any], new: dict[str, Any], name: str, old_at: str, new_at: str) -> Iterator[Change]:
        if name not in new:
            yield from self._removed(old[name], old_at)
        elif name not in old:
            yield from self._added(new[name], new_at)
        else:
            yield from self.walk(old[name], new[name], old_at, new_at)

    def _lists(self, old: list[Any], new: list[Any], old_at: str, new_at: str) -> Iterator[Change]:
        for one, other in _aligned(old, new):
            if other is None and one is not None:
                yield from self._removed(old[one], f"{old_at}[{one}]")
            elif one is None and other is not None:
                yield from self._added(new[other], f"{new_at}[{other}]")
            elif one is not None and other is not None:
                yield from self.walk(old[one], new[other], f"{old_at}[{one}]", f"{new_at}[{other}]")

    def _removed(self, value: Any, at: str) -> Iterator[Change]:
        for path in _made_below(self.old, at):
            yield Change("removed", self.old.subject, general(path), self.old.row_of(path), "", value)

    def _added(self, value: Any, at: str) -> Iterator[Change]:
        for path in _made_below(self.new, at):
            yield Change("added", self.new.subject, general(path), "", self.new.row_of(path), None, value)


def _made_below(made: Made, at: str) -> Iterator[str]:
    """Yield the paths at or below a place that rows made; the place itself where one row made it as a whole."""
    below = [path for path in made.elements if path.startswith((f"{at}.", f"{at}["))]
    if made.row_of(at) or not below:
        yield at
        return
    yield from (path for path in below if not any(path.startswith((f"{top}.", f"{top}[")) for top in below))


def _aligned(old: list[Any], new: list[Any]) -> Iterator[tuple[int | None, int | None]]:
    """Yield pairs of positions to compare; None where one list has nothing that belongs to it."""
    if max(len(old), len(new)) > MAX_ALIGNED:
        yield from _side_by_side(0, len(old), 0, len(new))
        return
    texts = [repr(item) for item in old], [repr(item) for item in new]
    for tag, old_from, old_to, new_from, new_to in SequenceMatcher(None, *texts, autojunk=False).get_opcodes():
        if tag != "equal":
            yield from _side_by_side(old_from, old_to, new_from, new_to)


def _side_by_side(old_from: int, old_to: int, new_from: int, new_to: int) -> Iterator[tuple[int | None, int | None]]:
    for step in range(max(old_to - old_from, new_to - new_from)):
        one, other = old_from + step, new_from + step
        yield (one if one < old_to else None), (other if other < new_to else None)


def _heads(path: str) -> Iterator[str]:
    """Yield a path, then what it lies in, up to its first name."""
    while path:
        yield path
        cut = max(path.rfind("."), path.rfind("["))
        path = path[:cut] if cut > 0 else ""


def _names(steps: Sequence[Any]) -> tuple[str, ...]:
    return tuple(step.name for step in steps)


def _below(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name
