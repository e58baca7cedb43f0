"""The bound steps of a path: what a path in a row becomes once it has met a schema."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

Scalar = str | int | bool


@dataclass(frozen=True, slots=True)
class Where:
    """An equality that both filters when reading and is made true when writing.

    Attributes:
        steps: where it is made true: of a list without a selector of its own, the first item.
        reads: where it is looked for: of such a list, every item.
    """

    steps: tuple[Step, ...]
    value: Scalar
    reads: tuple[Step, ...] = field(init=False, repr=False, compare=False, default=())

    def __post_init__(self) -> None:
        whole = tuple(replace(step, each=True, index=None) if step.index == 0 else step for step in self.steps)
        object.__setattr__(self, "reads", whole)


@dataclass(frozen=True, slots=True)
class Step:
    """One bound step: a field; for a list also which items: each, the one at an index, those where."""

    name: str
    each: bool = False
    index: int | None = None
    where: tuple[Where, ...] = ()

    @property
    def is_many(self) -> bool:
        """Whether the field holds a list."""
        return self.each or self.index is not None or bool(self.where)


Steps = tuple[Step, ...]


def count_each(steps: Steps) -> int:
    """Return how many `[]` a path has."""
    return sum(step.each for step in steps)
