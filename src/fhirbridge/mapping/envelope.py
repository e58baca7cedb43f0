"""The YAML envelope of a map or fragment: keys checked, every row read with its line and column.

Laws of this file: a file is read without running anything in it (YAML nodes, no tags); all findings are collected.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from fhirbridge.errors import Issue, MapError
from fhirbridge.mapping.findings import did_you_mean, finding
from fhirbridge.mapping.model import BlockText, Loop, MapText, PathText, Place, RowText, Side
from fhirbridge.mapping.rows import RowError, parse_conditions, parse_path, parse_row, split_words

MAP_KEYS = frozenset(
    {"map", "version", "left", "right", "zone", "tables", "systems", "policy", "resources", "records", "ignore"}
)
BLOCK_KEYS = frozenset({"make", "key", "key-system", "keyed", "class", "when", "rows", "use"})
FRAGMENT_KEYS = frozenset({"fragment", "version", "item", "key", "keyed", "class", "rows"})
_MAKE = re.compile(r"(?P<type>[A-Za-z-]+)(?:\s+for\s+(?P<variable>[a-z_]\w*)\s+in\s+(?P<path>\S+))?")
_MAX_BYTES = 512 * 1024


@dataclass(slots=True)
class _Reader:
    """One file being read: its name, its lines, what was found wrong so far."""

    file: str
    lines: list[str]
    issues: list[Issue] = field(default_factory=list)

    def place(self, node: yaml.Node) -> Place:
        return Place(self.file, node.start_mark.line + 1, node.start_mark.column + 1)

    def report(self, code: str, node: yaml.Node, message: str, hint: str = "") -> None:
        self.issues.append(finding(code, self.place(node), message, hint=hint))


def _compose(text: str, file: str) -> yaml.MappingNode:
    if len(text) > _MAX_BYTES:
        raise MapError(issues=[finding("FB101", Place(file, 1, 1), "the file is larger than 512 KiB")])
    try:
        node = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = Place(file, mark.line + 1 if mark else 1, mark.column + 1 if mark else 1)
        raise MapError(issues=[finding("FB101", place, error.problem or "not readable as YAML")]) from error
    if not isinstance(node, yaml.MappingNode):
        raise MapError(issues=[finding("FB101", Place(file, 1, 1), "a map is a YAML mapping")])
    return node


def _entries(reader: _Reader, node: yaml.Node, known: frozenset[str] | None) -> dict[str, yaml.Node]:
    """Return the entries of a mapping by key; unknown and doubled keys are reported."""
    if not isinstance(node, yaml.MappingNode):
        reader.report("FB103", node, "expected `name: value` lines here")
        return {}
    found: dict[str, yaml.Node] = {}
    for key, value in node.value:
        name = str(key.value)
        if known is not None and name not in known:
            reader.report("FB102", key, f"unknown key `{name}`", did_you_mean(name, known))
        elif name in found:
            reader.report("FB102", key, f"key `{name}` stands here twice")
        found[name] = value
    return found


def _text(
    reader: _Reader, entries: Mapping[str, yaml.Node], key: str, owner: yaml.Node, default: str | None = None
) -> str:
    node = entries.get(key)
    if node is None:
        if default is None:
            reader.report("FB103", owner, f"`{key}:` is missing")
        return default or ""
    if not isinstance(node, yaml.ScalarNode):
        reader.report("FB103", node, f"`{key}:` must be one word or line")
        return default or ""
    return str(node.value)


def _strings(reader: _Reader, node: yaml.Node | None) -> dict[str, str]:
    if node is None:
        return {}
    return {name: str(value.value) for name, value in _entries(reader, node, None).items()}


def _block_lines(reader: _Reader, node: yaml.ScalarNode) -> Iterator[tuple[str, Place]]:
    """Yield each line of a literal block with its place in the file."""
    first = node.start_mark.line + 1
    for offset, text in enumerate(str(node.value).split("\n")):
        if text.strip():
            raw = reader.lines[first + offset]
            indent = len(raw) - len(raw.lstrip())
            yield text.strip(), Place(reader.file, first + offset + 1, indent + 1)


def _rows(reader: _Reader, node: yaml.Node | None) -> tuple[RowText, ...]:
    rows = []
    if not isinstance(node, yaml.ScalarNode) or node.style != "|":
        if node is not None:
            reader.report("FB103", node, "`rows:` must be a literal block", "write `rows: |` and one row a line below")
        return ()
    for text, place in _block_lines(reader, node):
        if text.startswith("#"):
            continue
        try:
            rows.append(parse_row(text, place))
        except RowError as error:
            reader.issues.append(error.issue)
    return tuple(rows)


def _path(reader: _Reader, text: str, node: yaml.Node) -> PathText:
    try:
        return parse_path(text, reader.place(node))
    except RowError as error:
        reader.issues.append(error.issue)
        return PathText(text, (), reader.place(node))


@dataclass(frozen=True, slots=True)
class FragmentText:
    """Rows that several maps share, about one item."""

    item: str
    key: PathText
    keyed: str
    data_class: str
    rows: tuple[RowText, ...]


def parse_fragment(text: str, file: str) -> FragmentText:
    """Return a fragment.

    Raises:
        MapError: with all findings.
    """
    reader = _Reader(file, text.split("\n"))
    root = _compose(text, file)
    entries = _entries(reader, root, FRAGMENT_KEYS)
    fragment = FragmentText(
        item=_text(reader, entries, "item", root),
        key=_path(reader, _text(reader, entries, "key", root), entries.get("key", root)),
        keyed=_text(reader, entries, "keyed", root),
        data_class=_text(reader, entries, "class", root, ""),
        rows=_rows(reader, entries.get("rows")),
    )
    if reader.issues:
        raise MapError(issues=reader.issues)
    return fragment


def _make(reader: _Reader, text: str, node: yaml.Node) -> tuple[str, Loop | None]:
    match = _MAKE.fullmatch(text)
    if not match:
        reader.report("FB112", node, "`make:` cannot be read", "write: make: Goal for g in plan.goals[]")
        return "", None
    if match["variable"] is None:
        return match["type"], None
    return match["type"], Loop(match["variable"], _path(reader, match["path"], node))


def _block(reader: _Reader, name: str, node: yaml.Node, fragments: Mapping[str, FragmentText]) -> BlockText:
    entries = _entries(reader, node, BLOCK_KEYS)
    type_, loop = _make(reader, _text(reader, entries, "make", node), entries.get("make", node))
    use = _text(reader, entries, "use", node, "")
    fragment = fragments.get(use)
    if use and fragment is None:
        reader.report("FB111", entries["use"], f"no fragment `{use}`", did_you_mean(use, fragments))
    if fragment and loop and loop.variable != fragment.item:
        reader.report(
            "FB112", entries["make"], f"fragment `{use}` speaks of `{fragment.item}`", f"loop `for {fragment.item} in`"
        )
    key = entries.get("key")
    no_key = PathText("", (), reader.place(node))
    if key is None and fragment is None:
        reader.report("FB103", node, "`key:` is missing", "name the field that identifies the item")
    when = entries.get("when")
    own = _rows(reader, entries.get("rows"))
    key_system = entries.get("key-system")
    return BlockText(
        name=name,
        type=type_,
        loop=loop,
        key=_path(reader, str(key.value), key) if key is not None else fragment.key if fragment else no_key,
        key_system=_path(reader, str(key_system.value), key_system) if key_system is not None else None,
        keyed=_text(reader, entries, "keyed", node, fragment.keyed if fragment else name),
        data_class=_text(reader, entries, "class", node, fragment.data_class if fragment else ""),
        when=_conditions(reader, when) if when is not None else (),
        rows=(*own, *(fragment.rows if fragment else ())),
        place=reader.place(node),
    )


def _conditions(reader: _Reader, node: yaml.Node) -> Any:
    try:
        return parse_conditions(split_words(str(node.value)), reader.place(node))
    except RowError as error:
        reader.issues.append(error.issue)
        return ()


def _side(reader: _Reader, node: yaml.Node | None, owner: yaml.Node, key: str) -> Side:
    entries = _entries(reader, node, frozenset({"record", "schema", "fhir", "profiles"})) if node is not None else {}
    for kind in ("record", "schema", "fhir"):
        if kind in entries:
            value = entries[kind]
            names = [value] if isinstance(value, yaml.ScalarNode) else value.value
            profiles = _strings(reader, entries.get("profiles"))
            return Side(kind, tuple(str(name.value) for name in names), profiles)
    reader.report("FB103", node or owner, f"`{key}:` is missing or says neither record, schema nor fhir")
    return Side("record", ())


def parse_map(text: str, file: str, fragments: Mapping[str, FragmentText]) -> MapText:
    """Return a map as written.

    Raises:
        MapError: with all findings of the text.
    """
    reader = _Reader(file, text.split("\n"))
    root = _compose(text, file)
    entries = _entries(reader, root, MAP_KEYS)
    right = _side(reader, entries.get("right"), root, "right")
    section = "resources" if right.kind == "fhir" else "records"
    blocks = entries.get(section)
    if blocks is None:
        reader.report("FB103", root, f"`{section}:` is missing")
    policy = _strings(reader, entries.get("policy"))
    ignore = entries.get("ignore")
    parsed = MapText(
        name=_text(reader, entries, "map", root),
        version=_text(reader, entries, "version", root),
        file=file,
        text=text,
        left=_side(reader, entries.get("left"), root, "left"),
        right=right,
        zone=_text(reader, entries, "zone", root, ""),
        tables=_strings(reader, entries.get("tables")),
        systems=_strings(reader, entries.get("systems")),
        unmapped_code="text-and-warn" if policy.get("unmapped-code") == "text-and-warn" else "reject",
        ignore={
            path: (str(reason.value), reader.place(reason))
            for path, reason in (_entries(reader, ignore, None) if ignore is not None else {}).items()
        },
        blocks=tuple(
            _block(reader, name, node, fragments)
            for name, node in (_entries(reader, blocks, None) if blocks is not None else {}).items()
        ),
        table_places={
            name: reader.place(node)
            for key in ("tables", "systems")
            if key in entries
            for name, node in _entries(reader, entries[key], None).items()
        },
    )
    if reader.issues:
        raise MapError(issues=reader.issues)
    return parsed
