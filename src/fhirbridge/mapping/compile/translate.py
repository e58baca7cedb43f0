"""Codecs in generated code: the cheap cases written out, everything else a call of the codec itself.

Laws of this file: what is written out takes only what the codec takes, and gives what the codec gives; tests prove it
against the codec. The tree's shape has been looked at before: a left leaf of type text is a text.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fhirbridge.mapping.codecs import CODECS, CodecError, Context
from fhirbridge.mapping.compile import code
from fhirbridge.mapping.compile.branches import Branch, Source
from fhirbridge.mapping.compile.code import Unit
from fhirbridge.mapping.model import Codec, Reference, Row
from fhirbridge.mapping.paths import WriteConflict, merged

SCALARS = frozenset({str, int, bool})
_HERE = Context("")
_DAY = (
    r"(?!0000)[0-9]{4}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
    r"|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
)
is_day = re.compile(_DAY).fullmatch
"""Whether a text is a day that exists in every year; the codec is asked about the others."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value on its way: the name that holds it, and the text of the path it comes from.

    Attributes:
        once: where it was read, if that is before all loops: what depends on it alone can be made there.
    """

    name: ast.expr
    source: ast.expr
    once: Branch | None = None


Made = Callable[[Unit, Branch, Row, Value], ast.expr]


def called(unit: Unit, codec: Codec, value: ast.expr, *, to_left: bool = False) -> ast.expr:
    """Return a call of the codec itself, its result looked through for what is empty."""
    spec = CODECS[codec.name]
    function = unit.bind(spec.to_left if to_left else spec.to_right)
    return code.call(code.name("solid"), code.call(function, value, unit.bind(codec), code.name("context")))


# -- to the right


def to_right(unit: Unit, branch: Branch, row: Row, value: Value) -> ast.expr:
    """Return what the row's codec makes of a value; code that it takes is added to the branch."""
    is_typed = row.expression is None and row.default is None and not row.codec.is_turned
    made = _RIGHT.get(row.codec.name) if is_typed or row.codec.name == "copy" else None
    return made(unit, branch, row, value) if made else _asked(unit, row, value)


def _asked(unit: Unit, row: Row, value: Value) -> ast.expr:
    """Return a call of the codec; a code that it keeps though no table has it is warned of."""
    if row.codec.name == "code" and not row.codec.reject:
        return code.call(code.name("kept_code"), value.name, unit.bind(row), value.source)
    return called(unit, row.codec, value.name)


def _same(_unit: Unit, _branch: Branch, _row: Row, value: Value) -> ast.expr:
    return value.name


def _text(unit: Unit, _branch: Branch, row: Row, of: Value) -> ast.expr:
    """Text without half characters stays as it is."""
    plain = code.call(code.attribute(of.name, "isascii"))
    return code.either(plain, of.name, called(unit, row.codec, of.name))


def _date(unit: Unit, branch: Branch, row: Row, of: Value) -> ast.expr:
    value = of.name
    if not row.codec.arguments:
        return code.either(code.call(code.name("is_day"), value), value, called(unit, row.codec, value))
    turned = _turned(row.codec.arguments[0], value)
    if turned is None:
        return called(unit, row.codec, value)
    test, iso = turned
    day = unit.fresh("x")
    branch.add(code.assign(day, code.either(test, iso, code.const(""))))
    is_day_ = code.call(code.name("is_day"), code.name(day))
    return code.either(is_day_, code.name(day), called(unit, row.codec, value))


def _turned(written: str, value: ast.expr) -> tuple[ast.expr, ast.expr] | None:
    """Return a test whether a text is laid out as a date format says, and its fields as YYYY-MM-DD."""
    fields = list(re.finditer("YYYY|MM|DD", written))
    if sorted(match[0] for match in fields) != ["DD", "MM", "YYYY"]:
        return None
    places = {match[0]: code.part(value, match.start(), match.end()) for match in fields}
    between = [n for n in range(len(written)) if not any(m.start() <= n < m.end() for m in fields)]
    tests = [code.is_same(code.length(value), code.const(len(written)))]
    tests += [code.is_same(code.item(value, n), code.const(written[n])) for n in between]
    return code.both(*tests), code.text((places["YYYY"], "-", places["MM"], "-", places["DD"]))


def known_codes(codec: Codec) -> Mapping[str, Any]:
    """Return what the codec makes of each code that its table has a line for."""
    made: dict[str, Any] = {}
    for source in codec.table.forward if codec.table else ():
        try:
            made[source] = CODECS[codec.name].to_right(source, codec, _HERE)
        except CodecError:  # a line that says there is no match
            continue
    return made


def _code(unit: Unit, branch: Branch, row: Row, value: Value) -> ast.expr:
    """Return the target of a code, looked up; the codec is asked about the codes that are not in the table."""
    found, copied = _looked_up(unit, branch, value.name, known_codes(row.codec))
    return code.either(code.is_there(found), copied, _asked(unit, row, value))


def onto_selected(unit: Unit, branch: Branch, row: Row, value: Value, *, made: Mapping[str, Any]) -> ast.expr:
    """Return the target of a code as it stands in an item with what the item's selectors make true in it.

    Args:
        made: what the selectors make true.
    """
    onto: dict[str, Any] = {}
    for source, target in known_codes(row.codec).items():
        try:
            onto[source] = merged(dict(made), target)
        except WriteConflict:
            continue
    found, copied = _looked_up(unit, branch, value.name, onto)
    branch.add(code.surprised(code.is_none(found)))
    return copied


def _looked_up(unit: Unit, branch: Branch, value: ast.expr, known: Mapping[str, Any]) -> tuple[ast.expr, ast.expr]:
    """Return what a table holds for a value, and a copy of it that nobody else has."""
    inner = _inner_codings(known)
    var = unit.fresh("x")
    branch.add(code.assign(var, code.get_at(unit.bind(known if inner is None else inner), value)))
    found = code.name(var)
    if inner is not None:
        return found, code.mapping([("coding", code.sequence([code.call(code.attribute(found, "copy"))]))])
    is_tree = any(isinstance(made, dict) for made in known.values())
    return found, code.call(code.name("copied"), found) if is_tree else found


def _inner_codings(known: Mapping[str, Any]) -> dict[str, dict[str, Any]] | None:
    """Return the one coding of each CodeableConcept, where all are just that."""
    if not known or not all(isinstance(made, dict) and made.keys() == {"coding"} for made in known.values()):
        return None
    if not all(len(made["coding"]) == 1 for made in known.values()):
        return None
    return {source: made["coding"][0] for source, made in known.items()}


def _flag(unit: Unit, branch: Branch, row: Row, value: Value) -> ast.expr:
    words = {row.codec.arguments[0]: True, row.codec.arguments[1]: False}
    found = unit.fresh("x")
    branch.add(code.assign(found, code.get_at(unit.bind(words), value.name)))
    branch.add(code.surprised(code.is_none(code.name(found))))
    return code.name(found)


def _ref(unit: Unit, branch: Branch, row: Row, value: Value) -> ast.expr:
    reference = row.codec.reference
    if reference is None:
        return called(unit, row.codec, value.name)
    if value.once is not None and reference.key_field:
        parts = _parts_once(unit, value.once, reference, value.name)
        branch.add(code.surprised(code.is_none(parts[0])))
    else:
        key, system = _key_and_system(unit, branch, reference, value.name)
        parts = (_target(reference, system, key), system, key)
    identifier = code.mapping([("system", parts[1]), ("value", parts[2])])
    return code.mapping([("reference", parts[0]), ("identifier", identifier)])


def _key_and_system(
    unit: Unit, branch: Branch, reference: Reference, value: ast.expr
) -> tuple[ast.expr, ast.expr]:  # fmt: skip
    key = value
    if reference.key_field:
        key = code.held(unit, branch.body, code.get(value, reference.key_field))
    if reference.system_field:
        return key, code.held(unit, branch.body, code.get(value, reference.system_field))
    return key, code.item(code.name("systems"), reference.keyed)


def _target(reference: Reference, system: ast.expr, key: ast.expr) -> ast.expr:
    return code.call(code.name("target"), code.const(reference.type), system, key)


def _parts_once(unit: Unit, once: Branch, reference: Reference, value: ast.expr) -> tuple[ast.expr, ast.expr, ast.expr]:
    """Return the reference, system and key that a value stands for, made before all loops; None where it has no key."""
    var, needed = code.id_of(value), (reference.type, reference.keyed, reference.key_field, reference.system_field)
    known = once.find_read((var, needed))
    if known is None:
        known = once.read[var, needed] = Source(unit.fresh("t"))
        inside = once.within()
        key, system = _key_and_system(unit, inside, reference, value)
        named = [code.held(unit, inside.body, each) for each in (_target(reference, system, key), system, key)]
        inside.add(code.assign(known.var, code.tuple_(named)))
        once.add(code.assign(known.var, code.tuple_([code.NONE] * 3)))
        once.add(code.when(code.is_there(value), inside.body))
    held = code.name(known.var)
    return code.item(held, 0), code.item(held, 1), code.item(held, 2)


_RIGHT: dict[str, Made] = {
    "copy": _same,
    "verbatim": _text,
    "date": _date,
    "code": _code,
    "flag": _flag,
    "ref": _ref,
}


# -- to the left; what comes from outside has a type only once it is looked at


def to_left(unit: Unit, branch: Branch, row: Row, value: ast.expr) -> ast.expr:
    """Return what the row's codec makes of a right-hand value; code that it takes is added to the branch."""
    made = None if row.codec.is_turned else _LEFT.get(row.codec.name)
    return made(unit, branch, row, value) if made else called(unit, row.codec, value, to_left=True)


def _scalar_left(_unit: Unit, branch: Branch, _row: Row, value: ast.expr) -> ast.expr:
    branch.add(code.surprised(code.is_outside(code.call(code.name("type"), value), code.name("SCALARS"))))
    return value


def _text_left(unit: Unit, _branch: Branch, row: Row, value: ast.expr) -> ast.expr:
    return _if_text(unit, row, value, code.call(code.attribute(value, "isascii")))


def _date_left(unit: Unit, _branch: Branch, row: Row, value: ast.expr) -> ast.expr:
    if row.codec.arguments:
        return called(unit, row.codec, value, to_left=True)
    return _if_text(unit, row, value, code.call(code.name("is_day"), value))


def _if_text(unit: Unit, row: Row, value: ast.expr, is_plain: ast.expr) -> ast.expr:
    """Return a text as it is where a test says that the codec would change nothing."""
    is_text = code.is_type(value, "str")
    return code.either(code.both(is_text, is_plain), value, called(unit, row.codec, value, to_left=True))


Taken = Callable[[Unit, Branch, Row, ast.expr], ast.expr]
_LEFT: dict[str, Taken] = {"copy": _scalar_left, "verbatim": _text_left, "date": _date_left}
