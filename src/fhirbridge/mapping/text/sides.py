"""The two sides of a map as written: `left:` and `right:`, what kind each is and what it takes beside."""

from __future__ import annotations

from collections.abc import Mapping

import yaml

from fhirbridge.mapping.csv_layout import DELIMITERS, ENCODINGS, MAX_COLUMNS, ROWS, parse_column
from fhirbridge.mapping.findings import did_you_mean
from fhirbridge.mapping.model import Side, SideKind
from fhirbridge.mapping.text.nodes import Reader, entries_of, scalar_of, strings_of

SIDES: dict[str, tuple[SideKind, ...]] = {
    "left": ("record", "schema", "csv", "xml", "ccda"),
    "right": ("record", "schema", "csv", "xml", "fhir"),
}
OPTIONS: dict[SideKind, frozenset[str]] = {
    "record": frozenset(),
    "schema": frozenset(),
    "csv": frozenset({"encoding", "delimiter", "group"}),
    "xml": frozenset({"root"}),
    "ccda": frozenset(),
    "fhir": frozenset({"bundle"}),
}
"""What each kind of side takes beside its name."""
BUNDLES = ("collection", "document", "message", "batch", "transaction")


def side_of(reader: Reader, node: yaml.Node | None, owner: yaml.Node, key: str) -> Side:
    """Return one side as written."""
    known = frozenset({*SIDES[key], "profiles", *(option for kind in SIDES[key] for option in OPTIONS[kind])})
    entries = entries_of(reader, node, known) if node is not None else {}
    kinds = [kind for kind in SIDES[key] if kind in entries]
    if len(kinds) != 1:
        what = (
            f"says {' and '.join(kinds)}; keep one" if kinds else f"is missing or says none of {', '.join(SIDES[key])}"
        )
        reader.report("FB103", node or owner, f"`{key}:` {what}")
        return Side("record", ())
    return _side_of(reader, node or owner, entries, key, kinds[0])


def _side_of(reader: Reader, node: yaml.Node, entries: Mapping[str, yaml.Node], key: str, kind: SideKind) -> Side:
    for name in entries.keys() - OPTIONS[kind] - {kind} - ({"profiles"} if kind == "fhir" else set()):
        reader.report("FB102", entries[name], f"`{name}` says nothing about `{kind}:`", "leave it out")
    options = {name: scalar_of(reader, entries[name], name) for name in OPTIONS[kind] & entries.keys()}
    if options.get("bundle", BUNDLES[0]) not in BUNDLES:
        hint = did_you_mean(options["bundle"], BUNDLES)
        reader.report("FB103", entries["bundle"], f"no Bundle is of type `{options['bundle']}`", hint)
    columns = _columns(reader, entries["csv"]) if kind == "csv" else {}
    _check_csv(reader, entries, options, columns)
    return Side(
        kind,
        tuple(columns) if kind == "csv" else _names(reader, entries[kind], kind, key),
        profiles=strings_of(reader, entries.get("profiles")),
        options=options,
        columns=columns,
        place=reader.place(node),
    )


def _names(reader: Reader, node: yaml.Node, kind: str, side: str) -> tuple[str, ...]:
    """Return the names behind `record:`, `schema:`, `xml:` or `fhir:`; only the right side may name several records."""
    if kind == "record" and side == "right" and isinstance(node, yaml.SequenceNode) and node.value:
        return tuple(scalar_of(reader, each, kind) for each in node.value)
    name = scalar_of(reader, node, kind)
    if kind == "fhir" and name not in ("", "R4"):
        reader.report("FB103", node, f"`fhir: {name}` is not spoken here", "write: {fhir: R4}")
    return (name,)


def _columns(reader: Reader, node: yaml.Node) -> dict[str, str]:
    """Return the type of each column as written; one that cannot be read is reported and left out."""
    written = strings_of(reader, node)
    places = {str(key.value): value for key, value in node.value} if isinstance(node, yaml.MappingNode) else {}
    if isinstance(node, yaml.MappingNode) and not 0 < len(written) <= MAX_COLUMNS:
        reader.report("FB103", node, f"a CSV file has 1 to {MAX_COLUMNS} columns", "write: csv: {Name: text}")
    columns = {}
    for name, type_ in written.items():
        try:
            parse_column(name, type_)
        except ValueError as error:
            message, _, hint = str(error).partition("; ")
            reader.report("FB103", places[name], message, hint)
        else:
            columns[name] = type_
    return columns


def _check_csv(
    reader: Reader, entries: Mapping[str, yaml.Node], options: Mapping[str, str], columns: Mapping[str, str]
) -> None:
    """Report an encoding, a delimiter or a group that no CSV side has."""
    encoding, delimiter, group = (options.get(name, "") for name in ("encoding", "delimiter", "group"))
    if encoding and encoding.lower() not in ENCODINGS:
        hint = did_you_mean(encoding.lower(), ENCODINGS)
        reader.report("FB103", entries["encoding"], f"`{encoding}` is no encoding of a CSV side", hint)
    if delimiter and delimiter not in DELIMITERS:
        hint = 'write one of "," ";" "|" tab'
        reader.report("FB103", entries["delimiter"], f"`{delimiter}` is no delimiter of a CSV side", hint)
    if group and columns and group not in columns:
        reader.report("FB103", entries["group"], f"`group: {group}` is no column", did_you_mean(group, columns))
    if group and columns.get(group, "text").removesuffix(" required") != "text":
        reader.report("FB103", entries["group"], f"column `{group}` must be text", "lines are grouped by one text")
    if group and ROWS in columns:
        reader.report("FB103", entries["csv"], f"a column `{ROWS}` cannot stand beside `group:`", "rename it")
