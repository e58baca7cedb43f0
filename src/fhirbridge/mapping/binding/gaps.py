"""What is not known of a map because a part of it was refused: later checks keep silent about that, and only that."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from fhirbridge.mapping.model import BlockText, ExpressionText, PathText, RowText, StepText
from fhirbridge.mapping.shapes import Shape

Names = tuple[str, ...]
_WORD = re.compile(r"[\w-]+")
_ANY_WORD = ("code", "@")
"""In a refused row these stand before the name of a table or system, which may be the very word that is wrong."""


@dataclass(slots=True)
class Gaps:
    """What the refused parts of a map might have said.

    Attributes:
        left: paths of the left side, as names from its root; what stands at or below one may have a row.
        right: by block, paths of the right side; what stands at or below one may be written.
        words: words of refused rows, each of which may name a table or system.
        is_whole: whether anything at all may have been said, because a part could not even be read.
    """

    left: set[Names] = field(default_factory=set)
    right: dict[str, set[Names]] = field(default_factory=dict)
    words: set[str] = field(default_factory=set)
    is_whole: bool = False

    def hides_left(self, names: Names) -> bool:
        """Say whether a refused row might have read or written this left path, or something below it."""
        return self.is_whole or any(gap[: len(names)] == names[: len(gap)] for gap in self.left)

    def hides_right(self, block: str, names: Names) -> bool:
        """Say whether a refused row of a block might have written this right path, or something below it."""
        return self.is_whole or any(gap[: len(names)] == names[: len(gap)] for gap in self.right.get(block, ()))

    def hides_word(self, word: str) -> bool:
        """Say whether a refused row might have used this table or system."""
        return self.is_whole or word in self.words or any(each in self.words for each in _ANY_WORD)

    def add_block(self, block: BlockText) -> None:
        """Note that a block is left out as a whole."""
        self.left.add(())
        self.words.update(word for row in block.rows for word in _WORD.findall(row.text))

    def add_row(self, block: str, row: RowText, bases: Mapping[str, tuple[Names, Shape]], target: Shape) -> None:
        """Note that a row is left out.

        Args:
            bases: variable in scope -> its path from the root and its shape.
        """
        for path in _paths(row):
            base, shape = bases.get(path.steps[0].name if path.steps else "", ((), None))
            self.left.add((*base, *_known(path.steps[1:], shape)) if shape else ())
        self.right.setdefault(block, set()).add(_known(row.right.steps, target))
        self.words.update(_WORD.findall(row.text))
        self.words.update(sign for sign in "@" if sign in row.text)


def _paths(row: RowText) -> Iterator[PathText]:
    if row.left is not None:
        yield row.left
    if row.expression is not None:
        yield from _paths_of(row.expression)


def _paths_of(expression: ExpressionText) -> Iterator[PathText]:
    if expression.path is not None:
        yield expression.path
    for part in expression.parts:
        yield from _paths_of(part)


def _known(steps: tuple[StepText, ...], shape: Shape | None) -> Names:
    """Return the names of a path as far as they are found below a shape."""
    names: list[str] = []
    for step in steps:
        shape = shape.find_child(step.name) if shape else None
        if shape is None:
            break
        names.append(step.name)
    return tuple(names)
