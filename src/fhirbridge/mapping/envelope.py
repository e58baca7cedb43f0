"""The YAML envelope of a map or fragment: keys checked, every row read with its line and column.

Laws of this file: a file is read without running anything in it (YAML nodes, no tags); all findings are collected.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import yaml

from fhirbridge.errors import Issue, MapError
from fhirbridge.mapping.findings import did_you_mean, finding
from fhirbridge.mapping.model import BlockText, Loop, MapText, PathText, Place, RowText, Side
from fhirbridge.mapping.rows import RowError, parse_conditions, parse_path, parse_row, split_words
from fhirbridge.mapping.yaml_text import compose, split_lines

MAP_KEYS = frozenset(
    {"map", "version", "left", "right", "zone", "tables", "systems", "policy", "resources", "records", "ignore"}
)
BLOCK_KEYS = frozenset({"make", "key", "keyed", "class", "when", "rows", "use"})
FRAGMENT_KEYS = frozenset({"fragment", "version", "item", "key", "keyed", "class", "rows"})
_MAKE = re.compile(r"(?P<type>[A-Za-z-]+)(?:\s+for\s+(?P<variable>[a-z_]\w*)\s+in\s+(?P<path>\S+))?")
DATA_CLASSES = frozenset(f"D{number}" for number in range(9))
POLICIES = frozenset({"reject", "text-and-warn"})


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


def _entries(reader: _Reader, node: yaml.Node, known: frozenset[str] | None) -> dict[str, yaml.Node]:
    """Return the entries of a mapping by key; unknown and doubled keys are reported."""
    if not isinstance(node, yaml.MappingNode):
        reader.report("FB103", node, "expected `name: value` lines here")
        return {}
    found: dict[str, yaml.Node] = {}
    for key, value in node.value:
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


def _strings(reader: _Reader, node: yaml.Node | None, known: frozenset[str] | None = None) -> dict[str, str]:
    if node is None:
        return {}
    entries = _entries(reader, node, known)
    return {name: _scalar(reader, value, name) for name, value in entries.items()}


def _scalar(reader: _Reader, node: yaml.Node, name: str) -> str:
    if isinstance(node, yaml.ScalarNode) and node.value:
        return str(node.value)
    reader.report("FB103", node, f"`{name}:` must be one word or line")
    return ""


def _block_lines(reader: _Reader, node: yaml.ScalarNode) -> Iterator[tuple[str, Place]]:
    """Yield each line of a literal block with its place in the file."""
    first = node.start_mark.line + 1
    for offset, text in enumerate(split_lines(str(node.value))):
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
    reader = _Reader(file, split_lines(text))
    root = compose(text, file)
    entries = _entries(reader, root, FRAGMENT_KEYS)
    name, stem = _text(reader, entries, "fragment", root), file.rpartition("/")[2].removesuffix(".yaml")
    if name and name != stem:
        reader.report("FB103", entries["fragment"], f"the fragment in `{stem}.yaml` must be named `{stem}`")
    fragment = FragmentText(
        item=_text(reader, entries, "item", root),
        key=_path(reader, _text(reader, entries, "key", root), entries.get("key", root)),
        keyed=_text(reader, entries, "keyed", root),
        data_class=_data_class(reader, entries, root, ""),
        rows=_rows(reader, entries.get("rows")),
    )
    if reader.issues:
        raise MapError(issues=reader.issues)
    return fragment


def _data_class(reader: _Reader, entries: Mapping[str, yaml.Node], owner: yaml.Node, default: str) -> str:
    written = _text(reader, entries, "class", owner, default)
    if written and written not in DATA_CLASSES:
        reader.report("FB103", entries.get("class", owner), f"`{written}` is no data class", "write D0 to D8")
    return written


def _zone(reader: _Reader, entries: Mapping[str, yaml.Node], owner: yaml.Node) -> str:
    written = _text(reader, entries, "zone", owner, "")
    try:
        ZoneInfo(written or "UTC")
    except (ValueError, OSError, ZoneInfoNotFoundError):
        hint = did_you_mean(written, available_timezones()) or "write an IANA name, such as America/New_York"
        reader.report("FB103", entries["zone"], f"no time zone `{written}`", hint)
    return written


def _policy(reader: _Reader, entries: Mapping[str, yaml.Node]) -> Literal["reject", "text-and-warn"]:
    node = entries.get("policy")
    written = _strings(reader, node, frozenset({"unmapped-code"})).get("unmapped-code", "reject")
    if node is not None and written not in POLICIES:
        reader.report("FB103", node, f"`unmapped-code: {written}` is no policy", did_you_mean(written, POLICIES))
    return "text-and-warn" if written == "text-and-warn" else "reject"


def _make(reader: _Reader, text: str, node: yaml.Node) -> tuple[str, Loop | None]:
    match = _MAKE.fullmatch(text)
    if not match:
        reader.report("FB112", node, "`make:` cannot be read", "write: make: Goal for g in plan.goals[]")
        return "", None
    if match["variable"] is None:
        return match["type"], None
    return match["type"], Loop(match["variable"], _path(reader, match["path"], node))


def _block(reader: _Reader, name: str, node: yaml.Node, fragments: Mapping[str, FragmentText | None]) -> BlockText:
    entries = _entries(reader, node, BLOCK_KEYS)
    type_, loop = _make(reader, _text(reader, entries, "make", node), entries.get("make", node))
    use = _text(reader, entries, "use", node, "")
    fragment = fragments.get(use)
    if use and use not in fragments:
        hint = did_you_mean(use, fragments) or f"write fragments/{use}.yaml"
        reader.report("FB111", entries["use"], f"no fragment `{use}`", hint)
    elif use and fragment is None:
        reader.report("FB111", entries["use"], f"fragment `{use}` does not pass", f"mend fragments/{use}.yaml first")
    if fragment and loop and loop.variable != fragment.item:
        reader.report(
            "FB112", entries["make"], f"fragment `{use}` speaks of `{fragment.item}`", f"loop `for {fragment.item} in`"
        )
    key = entries.get("key")
    no_key = PathText("", (), reader.place(node))
    if key is None and not use:
        reader.report("FB103", node, "`key:` is missing", "name the field that identifies the item")
    when = entries.get("when")
    own = _rows(reader, entries.get("rows"))
    return BlockText(
        name=name,
        type=type_,
        loop=loop,
        key=_path(reader, _scalar(reader, key, "key"), key)
        if key is not None
        else fragment.key
        if fragment
        else no_key,
        keyed=_text(reader, entries, "keyed", node, fragment.keyed if fragment else name),
        data_class=_data_class(reader, entries, node, fragment.data_class if fragment else ""),
        when=_conditions(reader, when) if when is not None else (),
        rows=(*own, *(fragment.rows if fragment else ())),
        place=reader.place(node),
    )


def _conditions(reader: _Reader, node: yaml.Node) -> Any:
    try:
        words = split_words(_scalar(reader, node, "when"))
        return parse_conditions(words, reader.place(node))
    except RowError as error:
        reader.issues.append(error.issue)
        return ()


_SIDES: dict[str, tuple[Literal["record", "schema", "fhir"], ...]] = {
    "left": ("record", "schema"),
    "right": ("record", "fhir"),
}


def _side(reader: _Reader, node: yaml.Node | None, owner: yaml.Node, key: str) -> Side:
    entries = _entries(reader, node, frozenset({"record", "schema", "fhir", "profiles"})) if node is not None else {}
    place = reader.place(node or owner)
    for kind in _SIDES[key]:
        if kind in entries:
            profiles = _strings(reader, entries.get("profiles"))
            return Side(kind, _names(reader, entries[kind], kind, key), profiles, place)
    reader.report("FB103", node or owner, f"`{key}:` is missing or says neither {' nor '.join(_SIDES[key])}")
    return Side("record", ())


def _names(reader: _Reader, node: yaml.Node, kind: str, side: str) -> tuple[str, ...]:
    """Return the names behind `record:`, `schema:` or `fhir:`; only the right side may name several records."""
    if kind == "record" and side == "right" and isinstance(node, yaml.SequenceNode) and node.value:
        return tuple(_scalar(reader, each, kind) for each in node.value)
    name = _scalar(reader, node, kind)
    if kind == "fhir" and name not in ("", "R4"):
        reader.report("FB103", node, f"`fhir: {name}` is not spoken here", "write: {fhir: R4}")
    return (name,)


def _ignored(reader: _Reader, node: yaml.Node | None) -> dict[str, tuple[str, Place]]:
    """Return the reason for each ignored path, with the path's place."""
    reasons = _entries(reader, node, None) if node is not None else {}
    for path, reason in reasons.items():
        if not (isinstance(reason, yaml.ScalarNode) and str(reason.value).strip()):
            reader.report("FB103", reason, f"`{path}` is ignored without a reason", "write why, in one line")
    return {path: (str(reasons[path].value), place) for path, place in _places(reader, node).items()}


def _places(reader: _Reader, node: yaml.Node | None) -> dict[str, Place]:
    """Return the place of each name of a mapping that `_entries` has read."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return {str(key.value): reader.place(key) for key, _ in pairs if isinstance(key, yaml.ScalarNode)}


def parse_map(text: str, file: str, fragments: Mapping[str, FragmentText | None]) -> MapText:
    """Return a map as written.

    Raises:
        MapError: with all findings of the text.
    """
    reader = _Reader(file, split_lines(text))
    root = compose(text, file)
    entries = _entries(reader, root, MAP_KEYS)
    right = _side(reader, entries.get("right"), root, "right")
    section = "resources" if right.kind == "fhir" else "records"
    blocks = entries.get(section)
    if blocks is None:
        other = "records" if section == "resources" else "resources"
        hint = (
            f"rename `{other}:`; what `right:` names are {section}" if other in entries else "list what the map makes"
        )
        reader.report("FB103", entries.get("right", root), f"`{section}:` is missing", hint)
    tables, systems = entries.get("tables"), entries.get("systems")
    ignore = entries.get("ignore")
    parsed = MapText(
        name=_text(reader, entries, "map", root),
        version=_text(reader, entries, "version", root),
        file=file,
        text=text,
        left=_side(reader, entries.get("left"), root, "left"),
        right=right,
        zone=_zone(reader, entries, root),
        tables=_strings(reader, tables),
        systems=_strings(reader, systems),
        unmapped_code=_policy(reader, entries),
        ignore=_ignored(reader, ignore),
        blocks=tuple(
            _block(reader, name, node, fragments)
            for name, node in (_entries(reader, blocks, None) if blocks is not None else {}).items()
        ),
        table_places={**_places(reader, tables), **_places(reader, systems)},
    )
    if reader.issues:
        raise MapError(issues=reader.issues)
    return parsed
