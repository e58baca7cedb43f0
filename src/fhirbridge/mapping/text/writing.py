"""A map as written, written again: whole, without fragments or overlays, each part with the place it comes from.

Laws of this file: the text reads back as the same map, places aside; comments tell files and lines and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from fhirbridge.mapping.model import BlockText, CaseText, ExpressionText, MapText, Place, Policy, RowText, Side
from fhirbridge.mapping.steps import Scalar
from fhirbridge.mapping.text.envelope import POLICIES, SECTIONS
from fhirbridge.mapping.text.scalars import scalar

_BINDING = {"logic": 1, "not": 2, "compare": 3, "within": 3, "join": 4}
"""How strongly the parts of an expression hold together; what is not here holds most."""
_ATOM = 5


def map_text(written: MapText) -> str:
    """Return the YAML of a map; each block, row and entry ends with `# file:line`."""
    return "\n".join(_lines(written)) + "\n"


def _lines(written: MapText) -> Iterator[str]:
    yield f"# map {written.name} as a whole, written by `fhirbridge effective`; change the files named beside the lines"
    yield f"map: {scalar(written.name)}"
    yield f"version: {scalar(written.version)}"
    yield from _side("left", written.left)
    yield from _side("right", written.right)
    if written.zone:
        yield f"zone: {scalar(written.zone)}"
    yield from _words("tables", written.tables, written.table_places)
    yield from _words("systems", written.systems, written.table_places)
    yield from _policy(written.policy)
    yield f"{SECTIONS[written.right.kind]}:"
    for block in written.blocks:
        yield from _block(block)
    reasons = {path: reason for path, (reason, _) in written.ignore.items()}
    yield from _words("ignore", reasons, {path: place for path, (_, place) in written.ignore.items()})
    yield from _cases(written.cases)


def _from(place: Place) -> str:
    return f"  # {place.file}:{place.line}"


def _side(key: str, side: Side) -> Iterator[str]:
    yield f"{key}:"
    if side.kind == "csv":
        yield from _words("csv", side.columns, {}, indent=2)
    else:
        names = [scalar(name, is_flow=True) for name in side.names]
        yield f"  {side.kind}: {names[0] if len(names) == 1 else '[' + ', '.join(names) + ']'}"
    for name, value in sorted(side.options.items()):
        yield f"  {name}: {scalar(value)}"
    yield from _words("profiles", side.profiles, {}, indent=2)


def _words(key: str, words: Mapping[str, str], places: Mapping[str, Place], *, indent: int = 0) -> Iterator[str]:
    if not words:
        return
    yield f"{' ' * indent}{key}:"
    for name, word in words.items():
        comment = _from(places[name]) if name in places else ""
        yield f"{' ' * indent}  {scalar(name, is_key=True)}: {scalar(word)}{comment}"


def _policy(policy: Policy) -> Iterator[str]:
    chosen = {name: getattr(policy, name.replace("-", "_")) for name in POLICIES}
    changed = {name: value for name, value in chosen.items() if value != POLICIES[name][0]}
    yield from _words("policy", changed, {})


def _block(block: BlockText) -> Iterator[str]:
    loop = f" for {block.loop.variable} in {block.loop.path.text}" if block.loop else ""
    yield f"  {scalar(block.name, is_key=True)}:{_from(block.place)}"
    yield f"    make: {scalar(block.type + loop)}"
    yield f"    key: {scalar(block.key.text)}"
    if block.keyed != block.name:
        yield f"    keyed: {scalar(block.keyed)}"
    if block.data_class:
        yield f"    class: {block.data_class}"
    if block.when:
        yield f"    when: {scalar(expression_text(block.when))}"
    if block.rows:
        yield "    rows: |"
        yield from (f"      {_row(row)}" for row in block.rows)


def _row(row: RowText) -> str:
    return f"{row.text}{_from(row.place)}"


def expression_text(expression: ExpressionText) -> str:
    """Return an expression as a map writes it; brackets stand where it would be read otherwise without them."""
    parts = expression.parts
    match expression.kind:
        case "path":
            return expression.path.text if expression.path else ""
        case "constant":
            return _literal(expression.value)
        case "compare":
            return f"{_inner(parts[0], 4)} {expression.operator} {_inner(parts[1], 4)}"
        case "within" if expression.operator:
            return f"{_inner(parts[0], 4)} in {expression.operator}"
        case "within":
            return f"{_inner(parts[0], 4)} in ({', '.join(expression_text(part) for part in parts[1:])})"
        case "logic":
            return f" {expression.operator} ".join(_inner(part, 2) for part in parts)
        case "join":
            return " & ".join(_inner(part, _ATOM) for part in parts)
        case "not":
            return f"not {_inner(parts[0], 3)}"
    return f"{expression_text(parts[0])}.{expression.operator or expression.kind}()"


def _inner(expression: ExpressionText, least: int) -> str:
    text = expression_text(expression)
    return text if _BINDING.get(expression.kind, _ATOM) >= least else f"({text})"


def _literal(value: Scalar | Decimal) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"'{value}'" if isinstance(value, str) else str(value)


# -- tests: plain values ---------------------------------------------------------------------------------------------


def _cases(cases: Sequence[CaseText]) -> Iterator[str]:
    if cases:
        yield "tests:"
    for case in cases:
        yield from plain_lines([dict(case.tree)], 2)


def plain_lines(value: Any, indent: int) -> Iterator[str]:
    """Yield plain values (groups, lists, texts, numbers, flags) as lines of YAML."""
    pad = " " * indent
    for head, child in _children(value):
        if isinstance(child, Mapping | list) and child:
            inner = list(plain_lines(child, indent + 2))
            yield from [f"{pad}- {inner[0].lstrip()}", *inner[1:]] if head == "-" else [f"{pad}{head}", *inner]
        else:
            yield f"{pad}{head} {_plain(child)}"


def _children(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        yield from ((f"{scalar(str(name), is_key=True)}:", child) for name, child in value.items())
    else:
        yield from (("-", child) for child in value)


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{}"
    if isinstance(value, list):
        return "[]"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | Decimal) else scalar(str(value))
