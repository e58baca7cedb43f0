"""What a sample of a partner's format shows: its fields, their types, which are always there, how values look.

Laws of this file: what the sample holds is counted and never told; a field that a schema cannot describe is told by
its path.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

MAX_TEXTS = 500
"""So many different texts of one field are looked at."""
_KINDS: dict[type, str] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    Decimal: "number",
    float: "number",
    dict: "object",
}
_NAME = re.compile(r"@?[^\W\d][\w-]*")


@dataclass(slots=True)
class Field:
    """One field of the sample.

    Attributes:
        type: its JSON type, or that of its items; nothing where it never held a value.
        owners, seen: how often that which holds it was there, and how often it held a value.
        texts: the texts it held, with their numbers.
    """

    name: str
    type: str = ""
    is_list: bool = False
    owners: int = 0
    seen: int = 0
    has_null: bool = False
    texts: Counter[str] = field(default_factory=Counter)
    children: dict[str, Field] = field(default_factory=dict)

    @property
    def is_always(self) -> bool:
        """Whether it held a value wherever it could."""
        return self.seen == self.owners and not self.has_null

    @property
    def is_leaf(self) -> bool:
        """Whether it holds single values."""
        return self.type != "object"


@dataclass(slots=True)
class Sample:
    """The fields of a sample, as children of `root`, and what cannot be described, in words."""

    root: Field
    problems: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, trees: Iterable[Any]) -> Sample:
        """Return the fields of some documents of one format."""
        sample = cls(Field("doc"))
        for tree in trees:
            sample.root.owners += 1
            sample._take(sample.root, tree, "doc")
        _drop_unclear(sample.root)
        sample.problems = list(dict.fromkeys(sample.problems))
        return sample

    def _take(self, found: Field, value: Any, at: str) -> None:
        if value is None:
            found.has_null = True
        elif isinstance(value, list):
            self._take_list(found, value, at)
        else:
            self._take_single(found, value, at)

    def _take_list(self, found: Field, items: list[Any], at: str) -> None:
        if any(isinstance(item, list) for item in items):
            self._refuse(found, f"`{at}` is a list of lists, which no path can name")
            return
        if found.seen and not found.is_list:
            self._refuse(found, f"`{at}` is sometimes a list and sometimes one value")
        found.is_list = True
        found.seen += bool(items)
        for item in items:
            if item is None:
                self._refuse(found, f"`{at}` has items that are null")
            else:
                self._take_value(found, item, f"{at}[]")

    def _take_single(self, found: Field, value: Any, at: str) -> None:
        if found.is_list:
            self._refuse(found, f"`{at}` is sometimes a list and sometimes one value")
        found.seen += 1
        self._take_value(found, value, at)

    def _take_value(self, found: Field, value: Any, at: str) -> None:
        kind = _KINDS.get(type(value), "string")
        if {found.type, kind} == {"integer", "number"}:
            kind = found.type = "number"
        if found.type == "unclear":
            return
        if found.type not in ("", kind):
            self._refuse(found, f"`{at}` is sometimes {found.type} and sometimes {kind}")
            return
        found.type = kind
        if isinstance(value, dict):
            self._take_children(found, value, at)
        elif kind == "string" and (len(found.texts) < MAX_TEXTS or value in found.texts):
            found.texts[value] += 1

    def _take_children(self, found: Field, value: Mapping[str, Any], at: str) -> None:
        before = next((child.owners for child in found.children.values()), 0)
        for name in value:
            if '"' in name or "]" in name:
                self.problems.append(f"`{at}` has a field whose name holds a quote or bracket; no path can name it")
            elif name not in found.children:
                found.children[name] = Field(name, owners=before)
        for name, child in found.children.items():
            child.owners += 1
            if name in value:
                self._take(child, value[name], f"{at}.{quoted(name)}")

    def _refuse(self, found: Field, problem: str) -> None:
        found.type = "unclear"
        self.problems.append(f"{problem}; it is left out of the schema")


def _drop_unclear(found: Field) -> None:
    for child in found.children.values():
        _drop_unclear(child)
    found.children = {
        name: child
        for name, child in found.children.items()
        if child.type != "unclear" and not (child.type == "object" and not child.children)
    }


def quoted(name: str) -> str:
    """Return a field's name as a path writes it.

    >>> quoted("bookingNo"), quoted("Booking No")
    ('bookingNo', '"Booking No"')
    """
    return name if _NAME.fullmatch(name) else f'"{name}"'


@dataclass(frozen=True, slots=True)
class Source:
    """A field where it stands: `path` as a map writes it, `names` from the outermost, and how many lists it lies in."""

    field: Field
    path: str
    names: tuple[str, ...]
    lists: int = 0

    def children(self) -> Iterator[Source]:
        """Yield the fields of an object, or of a list's items."""
        yield from (self._child(child) for child in self.field.children.values())

    def _child(self, child: Field) -> Source:
        mark = "[]" if child.is_list else ""
        path = f"{self.path}.{quoted(child.name)}{mark}"
        return Source(child, path, (*self.names, child.name), self.lists + child.is_list)

    def reachable(self) -> Iterator[Source]:
        """Yield the leaves and lists that can be reached without going through another list."""
        for child in self.children():
            if child.field.is_list or child.field.is_leaf:
                yield child
            else:
                yield from child.reachable()

    def leaves(self) -> Iterator[Source]:
        """Yield every leaf below, through lists too."""
        for child in self.children():
            if child.field.is_leaf:
                yield child
            else:
                yield from child.leaves()
