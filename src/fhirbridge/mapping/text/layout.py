"""The one layout of a map or fragment: order of keys, two blanks deep, rows in columns, quotes where they are needed.

Laws of this file: comments and single empty lines stay with what they stand at; the text means what it meant before,
which is proved each time by reading it again; a text laid out twice is the text laid out once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import yaml

from fhirbridge.errors import MapError
from fhirbridge.mapping.findings import finding
from fhirbridge.mapping.model import Place
from fhirbridge.mapping.text.columns import aligned, squeeze
from fhirbridge.mapping.text.envelope import SECTIONS
from fhirbridge.mapping.text.rows import RowError
from fhirbridge.mapping.text.scalars import WIDTH, folded, scalar
from fhirbridge.mapping.text.trivia import Trivia, last_line
from fhirbridge.mapping.text.yaml_text import compose

_SECTIONS = tuple(dict.fromkeys(SECTIONS.values()))
ENVELOPE_ORDER = (
    *("map", "fragment", "version", "extends", "item", "left", "right", "zone", "systems", "tables", "policy"),
    *("parameters", "key", "keyed", "class", *_SECTIONS, "rows", "ignore", "tests"),
)
BLOCK_ORDER = ("make", "key", "keyed", "class", "when", "use", "with", "rows", "remove")
_BLOCK_STYLES = ("|", ">")
Path = tuple[str, ...]


@dataclass(slots=True)
class _Entry:
    """One entry of a mapping or list: its key, its value, and the comments before, behind and below it.

    `is_flow`: it is written in { } or [ ] and no comment stands inside.
    """

    key: yaml.ScalarNode | None
    value: yaml.Node
    lead: list[str]
    trail: str = ""
    children: list[_Entry] = field(default_factory=list)
    tail: list[str] = field(default_factory=list)
    is_flow: bool = False


def laid_out(text: str, file: str) -> str:
    """Return a map or fragment in its one layout.

    Raises:
        MapError: the text cannot be read, holds a row that is none, or cannot be laid out without changing it.
    """
    root = compose(text, file)
    trivia = Trivia.of(text, root)
    entries = list(_entries(trivia, root, -1))
    top, entries = _header(entries)
    writer = _Writer(file, trivia.lines)
    try:
        lines = [*top, *writer.entries(entries, (), 0), *trivia.tail(-1)]
    except RowError as error:
        raise MapError(issues=[error.issue]) from error
    result = "\n".join(chain(_trimmed(lines), [""]))
    if _meaning(compose(result, file), ()) != _meaning(root, ()):
        message = "the file cannot be laid out without changing it"
        raise MapError(issues=[finding("FB101", Place(file, 1, 1), message, hint="write it in plainer YAML")])
    return result


def _header(entries: list[_Entry]) -> tuple[list[str], list[_Entry]]:
    """Return the comment at the top of the file, and the entries without it: it stays on top."""
    if not entries:
        return [], entries
    top, entries[0].lead = entries[0].lead, []
    return top, entries


def _trimmed(lines: Sequence[str]) -> Sequence[str]:
    """Return the lines without empty ones at both ends."""
    filled = [number for number, line in enumerate(lines) if line]
    return lines[filled[0] : filled[-1] + 1] if filled else ()


# -- reading: nodes and comments -------------------------------------------------------------------------------------


def _entries(trivia: Trivia, node: yaml.CollectionNode, column: int) -> Iterator[_Entry]:
    """Yield the entries of a collection with their comments, as they stand in the text.

    Args:
        column: where the key stands that the collection belongs to; -1 for the top.
    """
    entry = None
    for key, value in _pairs(node):
        start = (key or value).start_mark
        entry = _Entry(key, value, trivia.lead(start.line))
        _read_value(trivia, entry, start.line, start.column if key else start.column - 1)
        yield entry
    if entry is not None and column >= 0:  # what follows the last entry of all stays at the end of the file
        entry.tail.extend(trivia.tail(column))


def _read_value(trivia: Trivia, entry: _Entry, line: int, column: int) -> None:
    value = entry.value
    if not isinstance(value, yaml.CollectionNode):
        entry.trail = trivia.trail(line, last_line(value, trivia.lines))
    elif value.flow_style and not _has_comment(trivia, value):
        entry.trail = trivia.trail(line, value.end_mark.line)
        entry.children = [_bare(key, child) for key, child in _pairs(value)]
        entry.is_flow = True
    else:
        entry.trail = trivia.trail(line, line) if entry.key else ""
        if not entry.key:
            trivia.at = line
        entry.children = list(_entries(trivia, value, column))
        if value.flow_style:
            entry.children[-1].tail.extend(trivia.lead(value.end_mark.line + 1))


def _pairs(node: yaml.CollectionNode) -> list[tuple[Any, yaml.Node]]:
    return node.value if isinstance(node, yaml.MappingNode) else [(None, item) for item in node.value]


def _has_comment(trivia: Trivia, node: yaml.Node) -> bool:
    inside = range(node.start_mark.line, node.end_mark.line)
    return any(number in trivia.own or number in trivia.trailing for number in inside)


def _bare(key: Any, value: yaml.Node) -> _Entry:
    pairs = _pairs(value) if isinstance(value, yaml.CollectionNode) else []
    return _Entry(key, value, [], children=[_bare(name, child) for name, child in pairs], is_flow=True)


# -- writing ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes entries. `lines` are those of the text that was read."""

    file: str
    lines: list[str]

    def entries(self, entries: Sequence[_Entry], path: Path, indent: int) -> Iterator[str]:
        """Yield the lines of the entries of one collection, in their order."""
        pad = " " * indent
        for entry in _sorted(entries, path):
            yield from (f"{pad}{line}".rstrip() for line in entry.lead)
            name = str(entry.key.value) if entry.key else "-"
            yield from self.entry(entry, (*path, name), indent)
            yield from (f"{pad}{line}".rstrip() for line in entry.tail)

    def entry(self, entry: _Entry, path: Path, indent: int) -> Iterator[str]:
        """Yield the lines of one entry."""
        head = " " * indent + (f"{_key(entry.key)}:" if entry.key else "-")
        trail = f"  {entry.trail}" if entry.trail else ""
        value = entry.value
        if not isinstance(value, yaml.CollectionNode):
            yield from self.scalar(value, head, trail, path)
            return
        flow = f"{head} {_flow(value)}{trail}"
        if not entry.children or (entry.is_flow and len(flow) <= WIDTH):
            yield flow
            return
        inner = list(self.entries(entry.children, path, indent + 2))
        if entry.key is None and inner and not inner[0].lstrip().startswith("#"):
            yield f"{head} {inner.pop(0).lstrip()}"
        else:
            yield f"{head}{trail}"
        yield from inner

    def scalar(self, node: Any, head: str, trail: str, path: Path) -> Iterator[str]:
        """Yield a scalar behind its head: rows in columns, other blocks as they were, words without needless quotes."""
        indent = len(head) - len(head.lstrip()) + 2
        if node.style in _BLOCK_STYLES:
            sign, content = self.block(node, path)
            yield f"{head} {sign}{trail}"
            yield from (f"{' ' * indent}{line}".rstrip() for line in content)
            return
        text = _words(node)
        lines = folded(head, text, indent) if text else [head]
        yield from lines[:-1]
        yield lines[-1].rstrip() + trail

    def block(self, node: Any, path: Path) -> tuple[str, list[str]]:
        """Return the sign of a literal or folded block, and its lines without their indent."""
        first, last = node.start_mark.line, last_line(node, self.lines)
        raw = self.lines[first + 1 : last + 1]
        places = [Place(self.file, first + 2 + number, _depth(line) + 1) for number, line in enumerate(raw)]
        if _is_rows(path) and node.style == "|":
            return "|", aligned(zip(raw, places, strict=True))
        if path[-1] == "remove" and node.style == "|":
            return "|", [squeeze(line) for line in raw if line.strip()]
        return _raw_block(node, raw, self.lines[first][node.start_mark.column :])


def _sorted(entries: Sequence[_Entry], path: Path) -> list[_Entry]:
    order = ENVELOPE_ORDER if not path else BLOCK_ORDER if len(path) == 2 and path[0] in _SECTIONS else ()
    rank = {name: position for position, name in enumerate(order)}
    return sorted(entries, key=lambda entry: rank.get(str(entry.key.value) if entry.key else "", len(rank)))


def _is_rows(path: Path) -> bool:
    return path == ("rows",) or (len(path) == 3 and path[0] in _SECTIONS and path[2] == "rows")


def _key(node: yaml.ScalarNode | None, *, is_flow: bool = False) -> str:
    if node is None:
        return ""
    return str(node.value) if not node.style else scalar(str(node.value), is_flow=is_flow, is_key=True)


def _words(node: yaml.ScalarNode, *, is_flow: bool = False) -> str:
    return str(node.value) if not node.style else scalar(str(node.value), is_flow=is_flow)


def _flow(node: yaml.Node) -> str:
    """Return a flow collection on one line."""
    if isinstance(node, yaml.ScalarNode):
        return _words(node, is_flow=True)
    if isinstance(node, yaml.SequenceNode):
        return "[" + ", ".join(_flow(item) for item in node.value) + "]"
    pairs = (f"{_key(key, is_flow=True)}: {_flow(value)}" for key, value in node.value)
    return "{" + ", ".join(pairs) + "}"


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _raw_block(node: Any, raw: Sequence[str], header: str) -> tuple[str, list[str]]:
    """Return a block that holds no rows: its lines are as they were, only moved."""
    signs = header.split("#")[0].strip()
    digit = next((int(sign) for sign in signs if sign.isdecimal()), 0)
    written = str(node.value).lstrip("\n")
    depth = min((_depth(line) for line in raw if line.strip()), default=0)
    if digit:
        leading = len(written) - len(written.lstrip(" "))
        depth = _depth(next(line for line in raw if line.strip())) - leading
    inner = "2" if digit else ""
    keep = next((sign for sign in signs if sign in "+-"), "")
    return f"{signs[0]}{inner}{keep}", [line[depth:] for line in raw]


def _meaning(node: Any, path: Path) -> Any:
    """Return what a text says, without places, kinds of quotes, order of keys that have one, and blanks in rows."""
    if isinstance(node, yaml.MappingNode):
        pairs = [(str(key.value), _meaning(value, (*path, str(key.value)))) for key, value in node.value]
        has_order = not path or (len(path) == 2 and path[0] in _SECTIONS)
        return sorted(pairs, key=lambda pair: pair[0]) if has_order else pairs
    if isinstance(node, yaml.SequenceNode):
        return [_meaning(item, (*path, "-")) for item in node.value]
    text = str(node.value)
    if _is_rows(path) or path[-1] == "remove":
        return [squeeze(line) for line in text.split("\n") if line.strip()]
    return node.tag, text, node.style in _BLOCK_STYLES
