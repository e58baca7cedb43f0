"""YAML nodes as the envelope's parts: entries, words, rows, paths, conditions. Every fault is noted with its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import yaml

from fhirbridge.errors import Issue
from fhirbridge.mapping.findings import did_you_mean, finding
from fhirbridge.mapping.model import ExpressionText, PathText, Place, RowText
from fhirbridge.mapping.text.expressions import parse_expression
from fhirbridge.mapping.text.paths import RowError, parse_path
from fhirbridge.mapping.text.rows import parse_row
from fhirbridge.mapping.text.yaml_text import split_lines

Line = tuple[str, Place]
MAX_ROWS = 5_000
"""No map has more rows, those of its fragments counted at each use."""
MAX_ENTRIES = 2_000
"""No part of a map has more names: blocks, tables, systems, ignored fields."""
DATA_CLASSES = frozenset(f"D{number}" for number in range(9))


@dataclass(slots=True)
class Reader:
    """One file being read: its name, its lines, what was found wrong so far."""

    file: str
    lines: list[str]
    issues: list[Issue] = field(default_factory=list)
    rows: int = 0

    def place(self, node: yaml.Node) -> Place:
        """Return where a node begins."""
        return Place(self.file, node.start_mark.line + 1, node.start_mark.column + 1)

    def report(self, code: str, node: yaml.Node, message: str, hint: str = "") -> None:
        """Note a finding at a node."""
        self.issues.append(finding(code, self.place(node), message, hint=hint))


def entries_of(reader: Reader, node: yaml.Node, known: frozenset[str] | None) -> dict[str, yaml.Node]:
    """Return the entries of a mapping by key; unknown and doubled keys are reported."""
    if not isinstance(node, yaml.MappingNode):
        reader.report("FB103", node, "expected `name: value` lines here")
        return {}
    found: dict[str, yaml.Node] = {}
    if len(node.value) > MAX_ENTRIES:
        reader.report("FB103", node, f"more than {MAX_ENTRIES} names stand here", "part the map into several")
    for key, value in node.value[:MAX_ENTRIES]:
        if not isinstance(key, yaml.ScalarNode):
            reader.report("FB103", key, "a name must be one word")
            continue
        name = str(key.value)
        if known is not None and name not in known:
            reader.report("FB102", key, f"unknown key `{name}`", did_you_mean(name, known))
        elif name in found:
            reader.report("FB102", key, f"key `{name}` stands here twice", "keep one of the two")
        found[name] = value
    return found


def text_of(
    reader: Reader, entries: Mapping[str, yaml.Node], key: str, owner: yaml.Node, default: str | None = None
) -> str:
    """Return the one word or line under a key; a missing one without default is reported."""
    node = entries.get(key)
    if node is None:
        if default is None:
            reader.report("FB103", owner, f"`{key}:` is missing")
        return default or ""
    if not isinstance(node, yaml.ScalarNode):
        reader.report("FB103", node, f"`{key}:` must be one word or line")
        return default or ""
    return str(node.value)


def strings_of(reader: Reader, node: yaml.Node | None, known: frozenset[str] | None = None) -> dict[str, str]:
    """Return a mapping of words to words."""
    if node is None:
        return {}
    entries = entries_of(reader, node, known)
    return {name: scalar_of(reader, value, name) for name, value in entries.items()}


def scalar_of(reader: Reader, node: yaml.Node, name: str) -> str:
    """Return the one word or line of a node."""
    if isinstance(node, yaml.ScalarNode) and node.value:
        return str(node.value)
    reader.report("FB103", node, f"`{name}:` must be one word or line")
    return ""


def _block_lines(reader: Reader, node: yaml.ScalarNode) -> Iterator[tuple[str, Place]]:
    """Yield each line of a literal block with its place in the file."""
    first = node.start_mark.line + 1
    for offset, text in enumerate(split_lines(str(node.value))):
        if text.strip():
            raw = reader.lines[first + offset]
            indent = len(raw) - len(raw.lstrip())
            yield text.strip(), Place(reader.file, first + offset + 1, indent + 1)


def lines_of(reader: Reader, node: yaml.Node | None) -> tuple[Line, ...]:
    """Return the lines of `rows:` that are no comment, each with its place."""
    if not isinstance(node, yaml.ScalarNode) or node.style != "|":
        if node is not None:
            reader.report("FB103", node, "`rows:` must be a literal block", "write `rows: |` and one row a line below")
        return ()
    return tuple((text, place) for text, place in _block_lines(reader, node) if not text.startswith("#"))


def rows_of(reader: Reader, lines: Iterable[Line]) -> tuple[RowText, ...]:
    """Return the rows that can be read; the others are reported."""
    rows = []
    for text, place in lines:
        reader.rows += 1
        if reader.rows > MAX_ROWS:
            if reader.rows == MAX_ROWS + 1:
                hint = "part the map: one for each kind of thing it makes"
                reader.issues.append(finding("FB103", place, f"the map has more than {MAX_ROWS} rows", hint=hint))
            break
        try:
            rows.append(parse_row(text, place))
        except RowError as error:
            reader.issues.append(error.issue)
    return tuple(rows)


def places_of(reader: Reader, node: yaml.Node | None) -> dict[str, Place]:
    """Return the place of each name of a mapping that `entries_of` has read."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return {str(key.value): reader.place(key) for key, _ in pairs[:MAX_ENTRIES] if isinstance(key, yaml.ScalarNode)}


def path_of(reader: Reader, text: str, node: yaml.Node) -> PathText:
    """Return a path; one without steps when it cannot be read."""
    try:
        return parse_path(text, reader.place(node))
    except RowError as error:
        reader.issues.append(error.issue)
        return PathText(text, (), reader.place(node))


def data_class_of(reader: Reader, entries: Mapping[str, yaml.Node], owner: yaml.Node, default: str) -> str:
    """Return the data class under `class:`."""
    written = text_of(reader, entries, "class", owner, default)
    if written and written not in DATA_CLASSES:
        reader.report("FB103", entries.get("class", owner), f"`{written}` is no data class", "write D0 to D8")
    return written


def condition_of(reader: Reader, node: yaml.Node | None) -> ExpressionText | None:
    """Return the condition of a block, None where it has none or it cannot be read."""
    if node is None:
        return None
    try:
        return parse_expression(scalar_of(reader, node, "when"), reader.place(node))
    except RowError as error:
        reader.issues.append(error.issue)
        return None
