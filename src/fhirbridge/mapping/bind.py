"""Binding: a map as written meets both schemas. Every path becomes steps, every codec gets its table or target.

All findings are collected with their places; a row with a finding is left out of the result.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from fhirbridge.errors import Issue
from fhirbridge.fhir.elements import RESOURCE_TYPES, is_resource
from fhirbridge.fhir.extensions import ExtensionDefinition
from fhirbridge.mapping.codecs import CODECS, is_date_format
from fhirbridge.mapping.findings import did_you_mean, finding
from fhirbridge.mapping.model import (
    Block,
    BlockText,
    Codec,
    CodecCall,
    Condition,
    ConditionText,
    Loop,
    Map,
    MapText,
    PathText,
    Place,
    Reference,
    Row,
    RowText,
    Scalar,
    Selector,
    Step,
    Steps,
    StepText,
    Where,
)
from fhirbridge.mapping.shapes import FhirShape, Shape, fhir_shape
from fhirbridge.terminology.tables import CodeTable

_NO_STEPS: Steps = ()


class _Refused(Exception):
    """A part of a row cannot be bound; the finding is noted already."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a map may refer to: shapes of the left side and of each record kind, tables, extensions."""

    left_shape: Shape
    record_shapes: Mapping[str, Shape]
    tables: Mapping[str, CodeTable]
    extensions: Mapping[str, ExtensionDefinition]


@dataclass(slots=True)
class Binder:
    """Binds one map; what it found wrong is in `issues`."""

    map: MapText
    around: Surroundings
    issues: list[Issue] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    @property
    def root(self) -> str:
        """The word that left paths begin with: the record kind, or `doc` for a partner's document."""
        return self.map.left.names[0] if self.map.left.kind == "record" else "doc"

    def refuse(self, code: str, place: Place, message: str, hint: str = "") -> _Refused:
        """Note a finding and return what to raise."""
        self.issues.append(finding(code, place, message, hint=hint))
        return _Refused()

    # -- paths

    def walk(self, path: PathText, shape: Shape, *, code: str) -> tuple[Steps, Shape]:
        """Return the bound steps of a path below a shape, and the shape at its end."""
        steps: list[Step] = []
        for written in path.steps:
            bound, shape = self._step(written, shape, path, code)
            steps.extend(bound)
        return tuple(steps), shape

    def _step(self, written: StepText, shape: Shape, path: PathText, code: str) -> tuple[list[Step], Shape]:
        child = shape.find_child(written.name)
        if child is None:
            hint = did_you_mean(written.name, shape.child_names())
            if shape.is_leaf:
                hint = "it is a single value; nothing stands below it"
            raise self.refuse(code, path.place, f"`{path.text}`: there is no `{written.name}` here", hint)
        named = next((s for s in written.selectors if s.kind == "named"), None)
        if named:
            return self._extension(written, named, path, child)
        if child.is_list and not written.selectors:
            hint = f"write {written.name}[] for each item, or {written.name}[0] for one"
            raise self.refuse("FB203", path.place, f"`{written.name}` is a list", hint)
        if written.selectors and not child.is_list:
            raise self.refuse("FB204", path.place, f"`{written.name}` is a single value", "leave the brackets out")
        return [self._selected(written, child, path)], child

    def _selected(self, written: StepText, child: Shape, path: PathText) -> Step:
        step = Step(written.name)
        for selector in written.selectors:
            if selector.kind == "each":
                step = replace(step, each=True)
            elif selector.kind == "index":
                step = replace(step, index=selector.index)
            else:
                step = replace(step, where=(*step.where, self._where(selector, child, path)))
        return step

    def _where(self, selector: Selector, item: Shape, path: PathText) -> Where:
        value = selector.value
        if value.startswith("@"):
            self.used.add(value[1:])
            if value[1:] not in self.map.systems:
                hint = did_you_mean(value[1:], self.map.systems)
                raise self.refuse("FB108", path.place, f"no system `{value[1:]}` in `systems:`", hint)
            value = self.map.systems[value[1:]]
        first = selector.path[0].name
        if item.find_child(first) is None and first in self.around.extensions:
            extension = self.around.extensions[first]
            return Where((_extension_step(extension.url), Step(extension.value_name)), value)
        steps: list[Step] = []
        shape = item
        for written in selector.path:
            child = shape.find_child(written.name)
            if child is None:
                hint = did_you_mean(written.name, [*shape.child_names(), *self.around.extensions])
                raise self.refuse("FB202", path.place, f"selector: no `{written.name}` here", hint)
            steps.append(Step(written.name, index=0 if child.is_list else None))
            shape = child
        return Where(tuple(steps), self._compared(value, shape, path))

    def _compared(self, value: str, shape: Shape, path: PathText) -> Scalar:
        """Return the value of a selector in the type of what it is compared with."""
        constant: Scalar = _TRUTH.get(value, value) if _kind(shape) == "boolean" else value
        if _kind(shape) == "integer" and value.isdecimal():
            constant = int(value)
        self.constant(constant, shape, path.place, path.text)
        return constant

    def constant(self, constant: Scalar, shape: Shape, place: Place, where: str) -> None:
        """Refuse a constant of another type than the place holds, or one that is not among its codes."""
        kind, own = _kind(shape), _KIND_OF[type(constant)]
        if own != kind and (own, kind) != ("integer", "number"):
            hint = f"name a field below `{where}`" if kind == "object" else _CONSTANT_HINTS.get(kind, "")
            raise self.refuse("FB210", place, f"`{where}` holds {_named(kind)}, not {_named(own)}", hint)
        if shape.codes and str(constant) not in shape.codes:
            hint = did_you_mean(str(constant), shape.codes)
            raise self.refuse("FB210", place, f"`{constant}` is no code of `{where}`", hint)

    def _extension(self, written: StepText, named: Selector, path: PathText, child: Shape) -> tuple[list[Step], Shape]:
        extension = self.around.extensions.get(named.value)
        if written.name != "extension" or extension is None or child.type != "Extension":
            hint = did_you_mean(named.value, self.around.extensions)
            raise self.refuse("FB113", path.place, f"no extension `{named.value}`", hint)
        each = any(selector.kind == "each" for selector in written.selectors)
        steps = [_extension_step(extension.url, each=each), Step(extension.value_name)]
        return steps, FhirShape(extension.type)

    def left_path(self, path: PathText, scope: Mapping[str, Shape]) -> tuple[str, Steps, Shape]:
        """Return (variable, steps, shape) of a left path; its first name is a variable in scope."""
        variable = path.steps[0].name if path.steps else ""
        if variable not in scope or path.steps[0].selectors:
            hint = did_you_mean(variable, scope)
            raise self.refuse("FB201", path.place, f"`{path.text}` does not begin with {' or '.join(scope)}", hint)
        if len(path.steps) == 1:
            return variable, (), scope[variable]
        below = replace(path, steps=path.steps[1:])
        steps, shape = self.walk(below, scope[variable], code="FB201")
        return variable, steps, shape

    # -- conditions, loops

    def conditions(self, written: tuple[ConditionText, ...], scope: Mapping[str, Shape]) -> tuple[Condition, ...]:
        """Return the bound comparisons of a `when`."""
        bound = []
        for condition in written:
            variable, steps, shape = self.left_path(condition.path, scope)
            if condition.operator in ("=", "!=") and shape.codes and condition.value not in shape.codes:
                message = f"`{condition.value}` is no code of `{condition.path.text}`"
                hint = did_you_mean(condition.value, shape.codes)
                raise self.refuse("FB210", condition.path.place, message, hint)
            bound.append(Condition(variable, steps, condition.operator, condition.value))
        return tuple(bound)

    def loop(self, loop: Loop | None, place: Place) -> tuple[str, Steps, dict[str, Shape]]:
        """Return (variable, steps from the root, scope) of a block."""
        scope = {self.root: self.around.left_shape}
        if loop is None:
            return self.root, (), scope
        variable, steps, shape = self.left_path(loop.path, scope)
        if variable != self.root or shape.is_leaf:
            raise self.refuse(
                "FB112",
                place,
                f"`for {loop.variable} in {loop.path.text}`: only objects can be looped over",
                "write a row with [] on both sides",
            )
        return loop.variable, steps, {**scope, loop.variable: shape}

    # -- codecs

    def codec(self, row: RowText, left: Shape | None, right: Shape) -> Codec:
        """Return the bound codec of a row, its arguments and types checked."""
        call = row.codec
        spec = CODECS.get(call.name)
        if spec is None:
            raise self.refuse("FB106", call.place, f"no codec `{call.name}`", did_you_mean(call.name, CODECS))
        low, high = spec.arguments
        if not low <= len(call.arguments) <= high:
            takes = str(low) if low == high else f"{low} to {high}"
            hint = f"write: {spec.usage}" if spec.usage else "leave them out"
            raise self.refuse("FB107", call.place, f"`{call.name}` takes {takes} arguments", hint)
        self._check_words(call)
        if left is not None:
            self._fits(row, left, right)
        codec = Codec(call.name, call.arguments, right_type=right.type, zone=self.map.zone)
        if call.name == "code":
            codec = self._code(codec, call.place)
        if call.name == "ref" and left is not None:
            codec = replace(codec, reference=self._reference(call.arguments, left, call.place))
        if call.name == "datetime" and call.arguments and not self.map.zone:
            hint = "write for example: zone: America/New_York"
            message = "a date-time format without a zone needs `zone:` in the envelope"
            raise self.refuse("FB107", call.place, message, hint)
        return codec

    def _check_words(self, call: CodecCall) -> None:
        """Refuse a date format that names no whole date, and a flag whose two words are one."""
        written = call.arguments[0] if call.arguments else ""
        if call.name in ("date", "datetime") and written and not is_date_format(call.name, written):
            hint = f"write: {CODECS[call.name].usage}"
            raise self.refuse("FB107", call.place, f"`{written}` is no format for `{call.name}`", hint)
        if call.name == "flag" and call.arguments[0] == call.arguments[1]:
            raise self.refuse("FB107", call.place, "`flag` needs two different words", "write: flag YES NO")

    def _code(self, codec: Codec, place: Place) -> Codec:
        name, *options = codec.arguments
        if options and (len(options) != 2 or options[0] != "else"):
            raise self.refuse("FB107", place, "`code` takes a table", "write: code TABLE else CODE")
        self.used.add(name)
        table = self.around.tables.get(name)
        if table is None:
            raise self.refuse("FB108", place, f"no table `{name}` in `tables:`", did_you_mean(name, self.around.tables))
        default = options[1] if options else ""
        if default and default not in table.forward:
            raise self.refuse("FB107", place, f"`else {default}` is no source code of table `{name}`")
        return replace(codec, table=table, default=default, reject=self.map.unmapped_code == "reject")

    def _reference(self, arguments: tuple[str, ...], left: Shape, place: Place) -> Reference:
        target, *options = arguments
        blocks = {block.name: block for block in self.map.blocks}
        key_field = "" if left.is_leaf else "number"
        match options:
            case []:
                block = blocks.get(target)
                if block is None:
                    hint = f"write: ref {target} keyed NAME" if is_resource(target) else did_you_mean(target, blocks)
                    raise self.refuse("FB110", place, f"no block `{target}`", hint)
                if not block.key.steps:
                    raise _Refused  # the block's own finding says it
                key_field = "" if left.is_leaf else block.key.steps[-1].name
                reference = Reference(block.type, block.keyed, block=target, key_field=key_field)
            case ["keyed", keyed]:
                reference = Reference(target, keyed, key_field=key_field)
            case ["by", key, "in", system]:
                reference = Reference(target, "", key_field=key, system_field=system)
            case _:
                hint = "write: ref BLOCK, ref TYPE keyed NAME, or ref TYPE by FIELD in FIELD"
                raise self.refuse("FB107", place, "`ref` cannot be read", hint)
        for name in (reference.key_field, reference.system_field):
            if name and left.find_child(name) is None:
                raise self.refuse(
                    "FB201", place, f"`ref`: the left side has no `{name}`", did_you_mean(name, left.child_names())
                )
        if not is_resource(reference.type):
            hint = did_you_mean(reference.type, RESOURCE_TYPES)
            raise self.refuse("FB110", place, f"`{reference.type}` is no resource type", hint)
        return reference

    def _fits(self, row: RowText, left: Shape, right: Shape) -> None:
        spec = CODECS[row.codec.name]
        left_kind, right_kind = _kind(left), _kind(right)
        if "any" in spec.lefts:
            fits = left_kind == right_kind or (left_kind, right_kind) == ("integer", "number")
            fits = fits and left_kind != "object" and (left.is_leaf and right.is_leaf)
        else:
            fits = left_kind in spec.lefts and (right_kind in spec.rights or right.type in spec.rights)
        fits = fits and not (row.codec.name == "datetime" and _is_date(right) == "date")
        if fits and row.codec.name in ("date", "datetime", "verbatim") and right.codes:
            message = f"`{row.codec.name}` cannot make a code of `{row.right.text}`"
            raise self.refuse("FB206", row.codec.place, message, "translate with a table: code TABLE")
        if fits and row.codec.name in ("copy", "verbatim") and _is_date(right) and not _is_date(left):
            wanted = "date DD.MM.YYYY" if _is_date(right) == "date" else 'datetime "DD.MM.YYYY hh:mm"'
            message = f"`{row.right.text}` holds a date; `{row.codec.name}` does not look at it"
            raise self.refuse("FB206", row.codec.place, message, f"write: | {wanted.split()[0]}, or | {wanted}")
        if not fits:
            message = f"`{row.codec.name}` cannot take {left.type} to {right.type}"
            raise self.refuse("FB206", row.codec.place, message, _codec_hint(left_kind, right))

    # -- rows and blocks

    def row(self, row: RowText, scope: Mapping[str, Shape], target: Shape) -> Row | None:
        """Return a bound row, or None when a finding was noted."""
        try:
            return self._bound_row(row, scope, target)
        except _Refused:
            return None

    def _bound_row(self, row: RowText, scope: Mapping[str, Shape], target: Shape) -> Row:
        variable, left = "", _NO_STEPS
        left_shape: Shape | None = None
        if row.left is not None:
            variable, left, left_shape = self.left_path(row.left, scope)
        right, right_shape = self.walk(row.right, target, code="FB202")
        if row.left is not None and _count(left) != _count(right):
            message = f"left has {_count(left)} and right {_count(right)} `[]`"
            raise self.refuse("FB205", row.place, message, "repeat on both sides, or pick one with [0]")
        if row.constant is not None:
            self.constant(row.constant, right_shape, row.place, row.right.text)
        codec = self.codec(row, left_shape, right_shape)
        if codec.reference and right_shape.targets and codec.reference.type not in right_shape.targets:
            message = f"`{row.right.text}` may not refer to {codec.reference.type}"
            raise self.refuse("FB215", row.codec.place, message, f"allowed: {', '.join(right_shape.targets)}")
        return Row(
            arrow=row.arrow,
            variable=variable,
            left=left,
            left_text=row.left.text if row.left else "",
            constant=row.constant,
            right=right,
            right_text=row.right.text,
            codec=codec,
            when=self.conditions(row.when, scope),
            lossy=row.lossy,
            data_class=left_shape.data_class if left_shape else "",
            place=row.place,
        )

    def block(self, block: BlockText, referenced: frozenset[str]) -> Block | None:
        """Return a bound block, or None when its head cannot be bound."""
        try:
            target = self._target(block)
            variable, loop, scope = self.loop(block.loop, block.place)
            key = self._key(block.key, {variable: scope[variable]})
            when = self.conditions(block.when, scope)
        except _Refused:
            return None
        bound_rows = [bound for row in block.rows if (bound := self.row(row, scope, target))]
        rows = tuple(sorted(bound_rows, key=lambda row: row.arrow == ":="))  # constants go into items that others made
        return Block(
            name=block.name,
            type=block.type,
            variable=variable,
            loop=loop,
            is_loop=block.loop is not None,
            key=key,
            keyed=block.keyed,
            data_class=block.data_class or self.around.left_shape.data_class,
            when=when,
            rows=rows,
            is_referenced=block.name in referenced,
            profile=self.map.right.profiles.get(block.name, ""),
            place=block.place,
        )

    def _key(self, path: PathText, scope: Mapping[str, Shape]) -> Steps:
        _, steps, shape = self.left_path(path, scope)
        if _kind(shape) != "string" or _count(steps):
            raise self.refuse("FB206", path.place, f"`{path.text}` is no single text", "a key is one text of the item")
        return steps

    def _target(self, block: BlockText) -> Shape:
        if self.map.right.kind == "fhir" and is_resource(block.type):
            return fhir_shape(block.type)
        names = self.map.right.names if self.map.right.kind == "record" else RESOURCE_TYPES
        if self.map.right.kind == "record" and block.type in names:
            return self.around.record_shapes[block.type]
        message = f"`make: {block.type}`: `right:` names no such {'record' if names != RESOURCE_TYPES else 'resource'}"
        raise self.refuse("FB110", block.place, message, did_you_mean(block.type, names))


def _extension_step(url: str, *, each: bool = False) -> Step:
    return Step("extension", each=each, where=(Where((Step("url"),), url),))


def _count(steps: Steps) -> int:
    return sum(step.each for step in steps)


_TRUTH: dict[str, Scalar] = {"true": True, "false": False}
_KIND_OF: dict[type, str] = {str: "string", bool: "boolean", int: "integer"}
_KIND_NAMES = {"string": "text", "integer": "a number", "number": "a number", "boolean": "true or false"}
_CONSTANT_HINTS = {
    "boolean": "write true or false, without quotes",
    "integer": "write the number without quotes",
    "number": "write the number without quotes",
    "string": "put it in quotes",
}
_DATES = {"date": "date", "dateTime": "datetime", "instant": "datetime"}


def _named(kind: str) -> str:
    return _KIND_NAMES.get(kind, "an object")


def _is_date(shape: Shape) -> str:
    """Return `date` or `datetime` for a place that holds one, else nothing."""
    if isinstance(shape, FhirShape):
        return _DATES.get(shape.type, "")
    return shape.format.removeprefix("fhir-") if shape.format.startswith("fhir-") else ""


_INTEGERS = frozenset({"integer", "positiveInt", "unsignedInt"})


def _kind(shape: Shape) -> str:
    """Return the JSON kind of a shape: string, integer, number, boolean or object."""
    if not isinstance(shape, FhirShape):
        return shape.type if shape.is_leaf else "object"
    if not shape.is_leaf:
        return "object"
    if shape.type in _INTEGERS:
        return "integer"
    return {"boolean": "boolean", "decimal": "number"}.get(shape.type, "string")


def _codec_hint(left_kind: str, right: Shape) -> str:
    fitting = [
        name for name, spec in CODECS.items() if left_kind in spec.lefts and {_kind(right), right.type} & spec.rights
    ]
    return f"codecs that fit: {', '.join(fitting)}" if fitting else "no codec joins these two types"


def bind(map_: MapText, around: Surroundings) -> tuple[Map, tuple[Issue, ...], frozenset[str]]:
    """Return the bound map, the findings, and the names of tables and systems that were used."""
    binder = Binder(map_, around)
    referenced = frozenset(
        row.codec.arguments[0] for b in map_.blocks for row in b.rows if row.codec.name == "ref" and row.codec.arguments
    )
    blocks = tuple(bound for block in map_.blocks if (bound := binder.block(block, referenced)))
    bound_map = Map(
        name=map_.name,
        version=map_.version,
        hash=hashlib.sha256(map_.text.encode()).hexdigest(),
        file=map_.file,
        text=map_.text,
        root=binder.root,
        left=map_.left,
        right=map_.right,
        left_shape=around.left_shape,
        blocks=blocks,
        ignore={path: reason for path, (reason, _) in map_.ignore.items()},
    )
    return bound_map, tuple(binder.issues), frozenset(binder.used)
