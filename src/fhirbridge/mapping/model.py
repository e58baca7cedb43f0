"""What a map is, once read: blocks of rows, every part with its place in the text.

First as written (`RowText`, `BlockText`, `MapText`), then bound to both sides (`Row`, `Block`, `Map`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from fhirbridge.mapping.shapes import Shape
from fhirbridge.terminology.tables import CodeTable

Arrow = Literal["<=>", "=>", "<=", ":="]
Scalar = str | int | bool


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a text file; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Selector:
    """What stands in brackets after a name: `[]`, `[0]`, `[kind=preference]` or `[name]`."""

    kind: Literal["each", "index", "where", "named"]
    index: int = 0
    path: tuple[StepText, ...] = ()
    value: str = ""


@dataclass(frozen=True, slots=True)
class StepText:
    """One name of a path as written, with its selectors."""

    name: str
    selectors: tuple[Selector, ...] = ()


@dataclass(frozen=True, slots=True)
class PathText:
    """A path as written: the text, its steps and its place."""

    text: str
    steps: tuple[StepText, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class CodecCall:
    """A codec as written after the bar: its name, its arguments, its place."""

    name: str
    arguments: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class ConditionText:
    """One comparison of a `when`: a path that is there, or (un)equal to a literal."""

    path: PathText
    operator: Literal["exists", "missing", "=", "!="]
    value: str = ""


@dataclass(frozen=True, slots=True)
class RowText:
    """One row as written."""

    left: PathText | None
    constant: Scalar | None
    arrow: Arrow
    right: PathText
    codec: CodecCall
    when: tuple[ConditionText, ...]
    lossy: str
    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Loop:
    """`for VARIABLE in PATH`."""

    variable: str
    path: PathText


@dataclass(frozen=True, slots=True)
class BlockText:
    """One block as written: what it makes, over what it loops, its key and rows."""

    name: str
    type: str
    loop: Loop | None
    key: PathText
    keyed: str
    data_class: str
    when: tuple[ConditionText, ...]
    rows: tuple[RowText, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a map: `record` or `schema` (JSON Schema file) or `fhir`, with the names it speaks of."""

    kind: Literal["record", "schema", "fhir"]
    names: tuple[str, ...]
    profiles: Mapping[str, str] = field(default_factory=dict)
    place: Place = field(default_factory=lambda: Place("", 1, 1))


@dataclass(frozen=True, slots=True)
class MapText:
    """A whole map as written."""

    name: str
    version: str
    file: str
    text: str
    left: Side
    right: Side
    zone: str
    tables: Mapping[str, str]
    systems: Mapping[str, str]
    unmapped_code: Literal["reject", "text-and-warn"]
    ignore: Mapping[str, tuple[str, Place]]
    blocks: tuple[BlockText, ...]
    table_places: Mapping[str, Place]


@dataclass(frozen=True, slots=True)
class Where:
    """An equality that both filters when reading and is made true when writing."""

    steps: tuple[Step, ...]
    value: Scalar


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


@dataclass(frozen=True, slots=True)
class Condition:
    """One bound comparison of a `when`."""

    variable: str
    steps: Steps
    operator: Literal["exists", "missing", "=", "!="]
    value: str


@dataclass(frozen=True, slots=True)
class Reference:
    """What a `ref` row points at: a type, the name its keys travel under, and the fields of the left object."""

    type: str
    keyed: str
    block: str = ""
    key_field: str = ""
    system_field: str = ""


@dataclass(frozen=True, slots=True)
class Codec:
    """A bound codec: its name, its arguments, its table or reference where it has one, and the right-hand type."""

    name: str
    arguments: tuple[str, ...] = ()
    table: CodeTable | None = None
    reference: Reference | None = None
    right_type: str = ""
    default: str = ""
    reject: bool = True
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One bound row, ready to run."""

    arrow: Arrow
    variable: str
    left: Steps
    left_text: str
    constant: Scalar | None
    right: Steps
    right_text: str
    codec: Codec
    when: tuple[Condition, ...]
    lossy: str
    data_class: str
    place: Place

    @property
    def goes_right(self) -> bool:
        """Whether the row writes its right side."""
        return self.arrow != "<="

    @property
    def goes_left(self) -> bool:
        """Whether the row writes its left side."""
        return self.arrow in ("<=>", "<=")

    @property
    def is_weak(self) -> bool:
        """Whether the row writes its left side only where no exact row has: `<=` rows and lossy ones."""
        return self.arrow == "<=" or bool(self.lossy)


@dataclass(frozen=True, slots=True)
class Block:
    """One bound block, ready to run. `is_referenced`: some `ref` row of the map creates its items on the way back."""

    name: str
    type: str
    variable: str
    loop: Steps
    is_loop: bool
    key: Steps
    keyed: str
    data_class: str
    when: tuple[Condition, ...]
    rows: tuple[Row, ...]
    is_referenced: bool
    profile: str
    place: Place


@dataclass(frozen=True, slots=True)
class Map:
    """A map that can be run: both sides known, every row bound."""

    name: str
    version: str
    hash: str
    file: str
    text: str
    root: str
    left: Side
    right: Side
    left_shape: Shape
    blocks: tuple[Block, ...]
    ignore: Mapping[str, str]
