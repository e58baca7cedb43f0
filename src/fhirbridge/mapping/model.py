"""What a map is, once read: blocks of rows, every part with its place in the text.

First as written (`RowText`, `BlockText`, `MapText`), then bound to both sides (`Row`, `Block`, `Map`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from fhirbridge.mapping.expressions import Expression
from fhirbridge.mapping.shapes import Shape
from fhirbridge.mapping.steps import Scalar, Steps
from fhirbridge.terminology.tables import CodeTable

Arrow = Literal["<=>", "=>", "<=", ":="]
SideKind = Literal["record", "schema", "csv", "xml", "ccda", "fhir"]


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
class ExpressionText:
    """An expression as written: an operator or function with its parts, a path, or a constant (`value`)."""

    kind: Literal["path", "constant", "compare", "within", "logic", "not", "exists", "count", "take", "join"]
    place: Place
    operator: str = ""
    parts: tuple[ExpressionText, ...] = ()
    path: PathText | None = None
    value: Scalar | Decimal = ""


@dataclass(frozen=True, slots=True)
class RowText:
    """One row as written. The left is a path, a constant (`:=`) or an expression (`=>`)."""

    left: PathText | None
    constant: Scalar | None
    expression: ExpressionText | None
    arrow: Arrow
    right: PathText
    codec: CodecCall
    default: Scalar | None
    when: ExpressionText | None
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
    when: ExpressionText | None
    rows: tuple[RowText, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a map: what kind of thing stands there, and what it is called.

    Attributes:
        names: record kinds; or the schema file (`schema`, `xml`); or the columns (`csv`); or the FHIR version.
        profiles: canonical URL by block, for `fhir`.
        options: what the kind takes beside: `bundle` (fhir), `encoding`, `delimiter`, `group` (csv), `root` (xml).
        columns: name of each column -> its type as written, for `csv`.
    """

    kind: SideKind
    names: tuple[str, ...]
    profiles: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    place: Place = field(default_factory=lambda: Place("", 1, 1))


@dataclass(frozen=True, slots=True)
class Policy:
    """What a map does where its rows say nothing."""

    unmapped_code: Literal["reject", "text-and-warn"] = "reject"
    unmapped_field: Literal["report", "reject"] = "report"
    unknown_inbound: Literal["keep", "report", "reject"] = "keep"
    required_missing: Literal["reject", "report"] = "reject"
    narrative: Literal["generated", "none"] = "generated"


@dataclass(frozen=True, slots=True)
class CasePath:
    """A path in a test once it has met the map: which item of which block it begins at (or the left root), and on."""

    head: str
    index: int
    steps: Steps


@dataclass(frozen=True, slots=True)
class CaseText:
    """One entry of `tests:` as written: plain YAML values, and the place of each by its path (`expect[0].title`).

    Attributes:
        paths: each path that it expects something at, bound; empty until the map is bound.
    """

    name: str
    tree: Mapping[str, Any]
    places: Mapping[str, Place]
    place: Place
    paths: Mapping[str, CasePath] = field(default_factory=dict)


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
    policy: Policy
    ignore: Mapping[str, tuple[str, Place]]
    blocks: tuple[BlockText, ...]
    cases: tuple[CaseText, ...]
    table_places: Mapping[str, Place]


@dataclass(frozen=True, slots=True)
class Reference:
    """What a `ref` row points at: a type, the name its keys travel under, and the fields of the left object."""

    type: str
    keyed: str
    block: str = ""
    key_field: str = ""
    system_field: str = ""


@dataclass(frozen=True, slots=True)
class FieldPair:
    """An element of a FHIR datatype, and the field of the left object that holds it; `is_list` speaks of the field."""

    element: str
    field: str
    is_list: bool = False


@dataclass(frozen=True, slots=True)
class Codec:
    """A bound codec: its name, its arguments, its table or reference where it has one, and the types of both sides.

    Attributes:
        left_type, right_type: the JSON kind on the left, the FHIR type or JSON kind on the right.
        fields: for a codec that takes an object apart, which field is which element.
        system: the URI that an `identifier` or other word of the arguments stands for.
        is_turned: the codec speaks of how the right side is written, not the left.
    """

    name: str
    arguments: tuple[str, ...] = ()
    table: CodeTable | None = None
    reference: Reference | None = None
    right_type: str = ""
    default: str = ""
    reject: bool = True
    zone: str = ""
    left_type: str = ""
    fields: tuple[FieldPair, ...] = ()
    system: str = ""
    is_turned: bool = False

    @property
    def left_fields(self) -> tuple[str, ...]:
        """The fields of a left object that the codec reads; () when it takes the left value whole."""
        if self.reference and self.reference.key_field:
            return tuple(name for name in (self.reference.key_field, self.reference.system_field) if name)
        return tuple(pair.field for pair in self.fields)


@dataclass(frozen=True, slots=True)
class Row:
    """One bound row, ready to run. `default` goes right where the left side holds nothing; `text` is as written."""

    arrow: Arrow
    variable: str
    left: Steps
    left_text: str
    constant: Scalar | None
    expression: Expression | None
    right: Steps
    right_text: str
    codec: Codec
    default: Scalar | None
    when: Expression | None
    lossy: str
    data_class: str
    place: Place
    text: str = ""

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
    when: Expression | None
    rows: tuple[Row, ...]
    is_referenced: bool
    profile: str
    place: Place

    @property
    def key_row(self) -> Row | None:
        """The row that brings the key back from a document; None where no row does."""
        rows = (row for row in self.rows if row.goes_left and (row.variable, row.left) == (self.variable, self.key))
        return next(rows, None)


@dataclass(slots=True, eq=False)
class Compiled:
    """What was made of one map once: its program each way, and how each block is told; neither copied nor pickled."""

    right: Any = None
    left: Any = None
    telling: dict[str, Any] = field(default_factory=dict)

    def __reduce__(self) -> tuple[type[Compiled], tuple[()]]:
        return Compiled, ()


@dataclass(frozen=True, slots=True)
class Map:
    """A map that can be run: both sides known, every row bound.

    `tables`: name -> CSV file; `right_shapes`: what a block may make -> its shape, FHIR resources left out;
    `odd_names`: names of the schemas on both sides that are no plain names, such as the column `Booking No`.
    """

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
    policy: Policy
    cases: tuple[CaseText, ...]
    tables: Mapping[str, str] = field(default_factory=dict)
    right_shapes: Mapping[str, Shape] = field(default_factory=dict)
    odd_names: frozenset[str] = frozenset()
    compiled: Compiled = field(init=False, repr=False, compare=False, default_factory=Compiled)
