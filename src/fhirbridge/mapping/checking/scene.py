"""What every check of a bound map looks at, and how it speaks of paths."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from fhirbridge.fhir.extensions import ExtensionDefinition
from fhirbridge.mapping.binding.gaps import Gaps
from fhirbridge.mapping.checking.constraints import Profiles
from fhirbridge.mapping.expressions import Path
from fhirbridge.mapping.model import Block, Map, MapText, Place, Row, RowText
from fhirbridge.mapping.shapes import Shape, fhir_shape
from fhirbridge.mapping.steps import Step, Steps

Names = tuple[str, ...]
SHOWN = 5
_PLAIN = re.compile(r"[^\W\d][\w-]*")
_SPOKEN = re.compile(r'"([^"]*)"|([^.]+)')


@dataclass(frozen=True)
class Scene:
    """One map, bound and as written, with all that its checks may look at."""

    map: Map
    written: MapText
    used: frozenset[str]
    gaps: Gaps = field(default_factory=Gaps)
    profiles: Profiles = field(default_factory=dict)
    extensions: Mapping[str, ExtensionDefinition] = field(default_factory=dict)

    @property
    def is_fhir(self) -> bool:
        """Whether the right side is FHIR."""
        return self.map.right.kind == "fhir"

    @cached_property
    def goes_back(self) -> bool:
        """Whether any row of the map writes its left side."""
        return any(row.goes_left for block in self.map.blocks for row in block.rows)

    @cached_property
    def _texts(self) -> dict[tuple[str, Place], RowText]:
        return {(block.name, row.place): row for block in self.written.blocks for row in block.rows}

    def text(self, block: Block, row: Row) -> RowText:
        """Return a bound row as it is written."""
        return self._texts[block.name, row.place]

    def right_place(self, block: Block, row: Row) -> Place:
        """Return where the right path of a row stands."""
        return self.text(block, row).right.place

    def codec_place(self, block: Block, row: Row) -> Place:
        """Return where what follows the bar stands; the row's own place where there is no bar."""
        return self.text(block, row).codec.place

    def rows(self) -> Iterator[tuple[Block, Row]]:
        """Yield each row with its block."""
        return ((block, row) for block in self.map.blocks for row in block.rows)

    def right_shape(self, block: Block) -> Shape:
        """Return the shape of what a block makes."""
        return fhir_shape(block.type) if self.is_fhir else self.map.right_shapes[block.type]

    def item_shape(self, block: Block, variable: str) -> Shape:
        """Return the shape of what a variable of a block stands for."""
        is_item = block.is_loop and variable == block.variable
        return at(self.map.left_shape, block.loop) if is_item else self.map.left_shape

    def left_shape(self, block: Block, row: Row) -> Shape:
        """Return the shape that the left path of a row ends at."""
        return at(self.item_shape(block, row.variable), row.left)

    def path_shape(self, block: Block, path: Path) -> Shape:
        """Return the shape that a path of an expression ends at."""
        return at(self.item_shape(block, path.variable), path.steps)

    def base(self, block: Block, variable: str) -> Steps:
        """Return the steps from the root of the left side to what a variable stands for."""
        return block.loop if block.is_loop and variable == block.variable else ()

    def left_steps(self, block: Block, row: Row) -> Steps:
        """Return the left path of a row from the root."""
        return (*self.base(block, row.variable), *row.left)

    def key_steps(self, block: Block) -> Steps:
        """Return the key of a block from the root of the left side."""
        return (*block.loop, *block.key)

    def spoken(self, names: Names) -> str:
        """Return a left path, given as names from the root, as the map writes it."""
        return ".".join((self.map.root, *(name if _PLAIN.fullmatch(name) else f'"{name}"' for name in names)))


def spoken_names(path: str) -> Names:
    """Return the names of a path as the map writes it, the root left out.

    >>> spoken_names('doc."Bed Days".from')
    ('Bed Days', 'from')
    """
    return tuple(quoted or plain for quoted, plain in _SPOKEN.findall(path))[1:]


def at(shape: Shape, steps: Steps) -> Shape:
    """Return the shape at the end of a bound path."""
    for step in steps:
        shape = shape.find_child(step.name) or shape
    return shape


def names(steps: Steps) -> Names:
    """Return a path as names alone."""
    return tuple(step.name for step in steps)


def walk(shape: Shape, steps: Steps) -> Iterator[tuple[int, Step, Shape]]:
    """Yield position, step and the shape that the step begins at."""
    for position, step in enumerate(steps):
        yield position, step, shape
        shape = shape.find_child(step.name) or shape


def may_lack(shape: Shape, steps: Steps) -> bool:
    """Say whether a path below a shape may find nothing in a tree that fits the shape."""
    for _, step, parent in walk(shape, steps):
        child = parent.find_child(step.name)
        if child is None or not child.is_required or step.where or (step.index or 0) > 0:
            return True
    return False


def listed(words: Iterator[str] | list[str] | tuple[str, ...]) -> str:
    """Return the first words of a list, and how many more there are."""
    everything = list(words)
    more = f" and {len(everything) - SHOWN} more" if len(everything) > SHOWN else ""
    return ", ".join(everything[:SHOWN]) + more
