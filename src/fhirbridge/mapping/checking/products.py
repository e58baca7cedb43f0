"""What the rows of a block make at one place of a profile: item by item, the values that are known beforehand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fhirbridge.mapping.checking.constraints import Constraint
from fhirbridge.mapping.checking.scene import Names, names
from fhirbridge.mapping.model import Block, Row
from fhirbridge.mapping.spelling import path_text
from fhirbridge.mapping.steps import Scalar

Parts = Mapping[Names, Any]
"""Values by their path below an item, lists not counted."""


@dataclass(slots=True)
class Product:
    """One item, or each of many, that rows of a block make.

    Attributes:
        depth: how many steps of each row's right path lead to the item.
        known: constants and what selectors set, by path below the item.
    """

    rows: list[Row]
    depth: int
    is_each: bool
    known: dict[Names, set[Scalar]] = field(default_factory=dict)

    @property
    def row(self) -> Row:
        """The first of the rows."""
        return self.rows[0]

    def may_hold(self, parts: Parts) -> bool:
        """Say whether the item holds these values, or may."""
        return all(value in self.known.get(path, ()) or self._is_open(path, value) for path, value in parts.items())

    def _is_open(self, path: Names, value: Any) -> bool:
        for row, at in self._written():
            if path[: len(at)] != at or row.arrow == ":=":
                continue
            table = row.codec.table
            codes = {str(part) for line in table.rows for part in (line.system, line.target)} if table else None
            if codes is None or value in codes or path[-1:] not in (("system",), ("code",), ()):
                return True
        return False

    def _written(self) -> Iterator[tuple[Row, Names]]:
        """Yield each row with its path below the item."""
        return ((row, names(row.right[self.depth :])) for row in self.rows)

    def contradicting(self, path: Names, value: Any) -> Row | None:
        """Return a row that writes another value at a path; None where none does for certain."""
        for row, at in self._written():
            if at == path and row.arrow == ":=" and value not in self.known.get(path, ()):
                return row
            table = row.codec.table
            is_coded = table is not None and path[: len(at)] == at and path[-1:] in (("code",), ())
            if table is not None and is_coded and any(line.target != value for line in table.rows):
                return row
        return None


def fixed_parts(rule: Constraint) -> Parts:
    """Return the values that a rule fixes, by their path below the element; {} where it fixes none."""
    tree = rule.pattern if rule.pattern is not None else rule.fixed
    return dict(_leaves(tree, ())) if tree is not None else {}


def _leaves(tree: Any, at: Names) -> Iterator[tuple[Names, Any]]:
    if isinstance(tree, dict):
        for name, child in tree.items():
            yield from _leaves(child, (*at, name))
    elif isinstance(tree, list):
        for child in tree:
            yield from _leaves(child, at)
    else:
        yield at, tree


def products_of(block: Block, rule: Constraint) -> list[Product]:
    """Return what the rows of a block make of the element that a rule is about, in the order of the rows."""
    found: dict[str, Product] = {}
    depth = len(rule.parent)
    for row in block.rows:
        own = names(row.right)
        if not (row.goes_right and own[:depth] == rule.parent and len(own) > depth and own[depth] in rule.keys):
            continue
        step = row.right[depth]
        if rule.url and not any(where.value == rule.url for where in step.where):
            continue
        product = found.setdefault(path_text(row.right[: depth + 1]), Product([], depth + 1, step.each))
        product.rows.append(row)
        _learn(product, row, depth)
    return list(found.values())


def _learn(product: Product, row: Row, depth: int) -> None:
    """Note what a row makes known of its item."""
    below = names(row.right[depth + 1 :])
    if row.arrow == ":=" and row.constant is not None:
        product.known.setdefault(below, set()).add(row.constant)
    for position, step in enumerate(row.right[depth:]):
        for where in step.where:
            path = (*names(row.right[depth + 1 : depth + position + 1]), *names(where.steps))
            product.known.setdefault(path, set()).add(where.value)
