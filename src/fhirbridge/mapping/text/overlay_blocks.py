"""Blocks of an overlay met with those of its base: rows replaced, added and removed by right-hand path.

Laws of this file: what the overlay does not name stays as the base wrote it, with the base's places; every clash is
reported at the overlay's line; nothing is merged silently.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import yaml

from fhirbridge.mapping.findings import did_you_mean, finding
from fhirbridge.mapping.model import BlockText, ExpressionText, PathText, Place, RowText, Selector, StepText
from fhirbridge.mapping.text.blocks import Fragments, block_of
from fhirbridge.mapping.text.nodes import (
    Line,
    Reader,
    condition_of,
    data_class_of,
    entries_of,
    lines_of,
    path_of,
    rows_of,
    scalar_of,
    text_of,
)
from fhirbridge.mapping.text.paths import RowError, parse_path

REMOVE = "remove"
"""Stands in place of a block, table, system, ignored path or condition that the overlay leaves out."""
CHANGE_KEYS = frozenset({"key", "keyed", "class", "when", "rows", "remove"})
"""What an overlay may say of a block of its base."""
_MAKES = ("make", "use", "with")


def blocks_of(
    reader: Reader, node: yaml.Node | None, base: Sequence[BlockText], systems: Mapping[str, str], fragments: Fragments
) -> tuple[BlockText, ...]:
    """Return the blocks of the base as the overlay changes them, then those that it adds."""
    entries = entries_of(reader, node, None) if node is not None else {}
    known = {block.name: block for block in base}
    changed = {
        name: _changed(reader, node, known[name], systems) for name, node in entries.items() if name in known
    }  # fmt: skip
    added = (_added(reader, name, node, known, fragments) for name, node in entries.items() if name not in known)
    kept = (changed.get(block.name, block) for block in base)
    return tuple(block for block in (*kept, *added) if block is not None)


def is_removal(node: yaml.Node) -> bool:
    """Say whether an entry is the word `remove`."""
    return isinstance(node, yaml.ScalarNode) and node.value == REMOVE


def _added(
    reader: Reader, name: str, node: yaml.Node, known: Mapping[str, BlockText], fragments: Fragments
) -> BlockText | None:
    is_new = isinstance(node, yaml.MappingNode) and any(key.value == "make" for key, _ in node.value)
    if is_new:
        return block_of(reader, name, node, fragments)
    hint = did_you_mean(name, known) or "a new block begins with `make:`"
    reader.report("FB118", node, f"the base has no block `{name}`", hint)
    return None


def _changed(reader: Reader, node: yaml.Node, base: BlockText, systems: Mapping[str, str]) -> BlockText | None:
    if is_removal(node):
        return None
    entries = entries_of(reader, node, CHANGE_KEYS | set(_MAKES))
    for name in entries.keys() & set(_MAKES):
        hint = f"leave `{name}:` out to change some rows; for another block choose another name"
        reader.report("FB118", entries[name], f"`{base.name}` is made by the base already", hint)
    return replace(
        base,
        key=path_of(reader, scalar_of(reader, entries["key"], "key"), entries["key"]) if "key" in entries else base.key,
        keyed=text_of(reader, entries, "keyed", node, base.keyed),
        data_class=data_class_of(reader, entries, node, base.data_class),
        when=_when(reader, entries, base),
        rows=_rows(reader, entries, base, systems),
        place=reader.place(node),
    )


def _when(reader: Reader, entries: Mapping[str, yaml.Node], base: BlockText) -> ExpressionText | None:
    if "when" not in entries:
        return base.when
    return None if is_removal(entries["when"]) else condition_of(reader, entries["when"])


# -- rows ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Removal:
    """One line of `remove: |`: the path as written, the path to compare by."""

    text: str
    path: str
    place: Place


def _rows(
    reader: Reader, entries: Mapping[str, yaml.Node], base: BlockText, systems: Mapping[str, str]
) -> tuple[RowText, ...]:
    own = _by_path(rows_of(reader, lines_of(reader, entries.get("rows"))), systems)
    present = _by_path(base.rows, systems)
    removals = tuple(_removals(reader, lines_of(reader, entries.get("remove")), systems))
    for code, place, message, hint in (*_clashes(own, present), *_removal_clashes(own, present, removals)):
        reader.issues.append(finding(code, place, message, hint=hint))
    merged = {path: own.get(path, rows) for path, rows in (present | own).items()}
    gone = {removal.path for removal in removals}
    return tuple(row for path, rows in merged.items() if path not in gone for row in rows)


def _by_path(rows: Iterable[RowText], systems: Mapping[str, str]) -> dict[str, list[RowText]]:
    """Return the rows by right-hand path, in the order in which each path first stands."""
    found: dict[str, list[RowText]] = {}
    for row in rows:
        found.setdefault(canonical(row.right, systems), []).append(row)
    return found


def canonical(path: PathText, systems: Mapping[str, str]) -> str:
    """Return a path as text to compare by: without blanks or quotes, and with systems written out."""
    return ".".join(_step(step, systems) for step in path.steps)


def _step(step: StepText, systems: Mapping[str, str]) -> str:
    return step.name + "".join(f"[{_selector(selector, systems)}]" for selector in step.selectors)


def _selector(selector: Selector, systems: Mapping[str, str]) -> str:
    if selector.kind == "where":
        value = systems.get(selector.value[1:], selector.value) if selector.value[:1] == "@" else selector.value
        return f"{'.'.join(_step(step, systems) for step in selector.path)}={value}"
    return {"each": "", "index": str(selector.index)}.get(selector.kind, selector.value)


def _removals(reader: Reader, lines: Iterable[Line], systems: Mapping[str, str]) -> Iterator[_Removal]:
    for line, place in lines:
        text = line.partition(" #")[0].strip()
        try:
            yield _Removal(text, canonical(parse_path(text, place), systems), place)
        except RowError as error:
            reader.issues.append(error.issue)


_Clash = tuple[str, Place, str, str]
_ByPath = Mapping[str, Sequence[RowText]]


def _clashes(own: _ByPath, present: _ByPath) -> Iterator[_Clash]:
    for path, rows in own.items():
        if len(rows) > 1 and not all(row.when for row in rows):
            message = f"`{rows[1].right.text}` is written in line {rows[0].place.line} too"
            yield "FB119", rows[1].place, message, "keep one, or give each a `when`"
        same = {_squeezed(row) for row in present.get(path, ())}
        for row in rows if same == {_squeezed(row) for row in rows} else ():
            message = f"the base says the same of `{row.right.text}` in {present[path][0].place}"
            yield "FB223", row.place, message, "leave the row out"


def _removal_clashes(own: _ByPath, present: _ByPath, removals: Sequence[_Removal]) -> Iterator[_Clash]:
    written = {row.right.text: path for path, rows in present.items() for row in rows}
    seen: dict[str, _Removal] = {}
    for removal in removals:
        if removal.path in own:
            message = f"`{removal.text}` is removed here and written in line {own[removal.path][0].place.line}"
            yield "FB119", removal.place, message, "keep one; a row replaces the base's row by itself"
        elif removal.path in seen:
            message = f"`{removal.text}` is removed in line {seen[removal.path].place.line} too"
            yield "FB119", removal.place, message, "keep one"
        elif removal.path not in present:
            hint = did_you_mean(removal.text, written)
            yield "FB117", removal.place, f"no row of the base writes `{removal.text}`", hint
        seen.setdefault(removal.path, removal)


def _squeezed(row: RowText) -> str:
    return " ".join(row.text.split())
