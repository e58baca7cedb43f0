"""The YAML envelope of a map: keys checked, every part read with its line and column.

Laws of this file: a file is read without running anything in it (YAML nodes, no tags); all findings are collected.
"""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import yaml

from fhirbridge.errors import Issue, MapError
from fhirbridge.mapping.findings import did_you_mean
from fhirbridge.mapping.model import MapText, Place, Policy, Side
from fhirbridge.mapping.text.blocks import Fragments, block_of
from fhirbridge.mapping.text.cases import cases_of
from fhirbridge.mapping.text.nodes import Reader, entries_of, places_of, scalar_of, strings_of, text_of
from fhirbridge.mapping.text.sides import side_of
from fhirbridge.mapping.text.yaml_text import compose, split_lines

SECTIONS = {"fhir": "resources", "record": "records", "schema": "documents", "csv": "documents", "xml": "documents"}
"""Kind of the right side -> the key under which the blocks stand."""
MAP_KEYS = frozenset(
    {"map", "version", "left", "right", "zone", "tables", "systems", "policy", "ignore", "tests", *SECTIONS.values()}
)
POLICIES: dict[str, tuple[str, ...]] = {
    "unmapped-code": ("reject", "text-and-warn"),
    "unmapped-field": ("report", "reject"),
    "unknown-inbound": ("keep", "report", "reject"),
    "required-missing": ("reject", "report"),
    "narrative": ("generated", "none"),
}
"""Each policy and what it may say; the first is what a map does that says nothing."""


def zone_of(reader: Reader, entries: Mapping[str, yaml.Node], owner: yaml.Node) -> str:
    """Return the zone of a map, nothing where it names none; an unknown one is reported."""
    written = text_of(reader, entries, "zone", owner, "")
    try:
        ZoneInfo(written or "UTC")
    except (ValueError, OSError, ZoneInfoNotFoundError):
        hint = did_you_mean(written, available_timezones()) or "write an IANA name, such as America/New_York"
        reader.report("FB103", entries["zone"], f"no time zone `{written}`", hint)
    return written


def policy_of(reader: Reader, node: yaml.Node | None, base: Policy | None = None) -> Policy:
    """Return what a map does where its rows say nothing; what is not written stays as in `base`."""
    written = entries_of(reader, node, frozenset(POLICIES)) if node is not None else {}
    chosen = {}
    for name, choices in POLICIES.items():
        inherited = getattr(base, name.replace("-", "_")) if base else choices[0]
        value = scalar_of(reader, written[name], name) if name in written else inherited
        if value and value not in choices:
            hint = did_you_mean(value, choices)
            reader.report("FB103", written[name], f"`{name}: {value}` is no policy", hint)
        chosen[name.replace("-", "_")] = value
    return Policy(**chosen)  # type: ignore[arg-type]  # the table admits the literals only


def ignored_of(reader: Reader, node: yaml.Node | None) -> dict[str, tuple[str, Place]]:
    """Return the reason for each ignored path, with the path's place."""
    reasons = entries_of(reader, node, None) if node is not None else {}
    for path, reason in reasons.items():
        if not (isinstance(reason, yaml.ScalarNode) and str(reason.value).strip()):
            reader.report("FB103", reason, f"`{path}` is ignored without a reason", "write why, in one line")
    return {_bare(path): (str(reasons[path].value), place) for path, place in places_of(reader, node).items()}


def _bare(path: str) -> str:
    """Return a path without the quotes around its names, as messages and the engine write it."""
    return path.replace('"', "")


def _section(reader: Reader, entries: Mapping[str, yaml.Node], root: yaml.Node, right: Side) -> yaml.Node | None:
    """Return the node that holds the blocks."""
    section = SECTIONS[right.kind]
    others = [name for name in sorted(set(SECTIONS.values()) - {section}) if name in entries]
    if section not in entries:
        hint = f"rename `{others[0]}:`; what `right:` names are {section}" if others else "list what the map makes"
        reader.report("FB103", entries.get("right", root), f"`{section}:` is missing", hint)
    elif others:
        reader.report("FB102", entries[others[0]], f"`{others[0]}:` and `{section}:` both stand here", "keep one")
    return entries.get(section)


def parse_map(text: str, file: str, fragments: Fragments) -> MapText:
    """Return a map as written.

    Raises:
        MapError: with all findings of the text.
    """
    parsed, issues = read_map(text, file, fragments)
    if issues:
        raise MapError(issues=issues)
    return parsed


def read_map(text: str, file: str, fragments: Fragments) -> tuple[MapText, list[Issue]]:
    """Return a map as far as it can be read, and what cannot.

    Raises:
        MapError: FB101: it is no YAML.
    """
    reader = Reader(file, split_lines(text))
    root = compose(text, file)
    entries = entries_of(reader, root, MAP_KEYS)
    right = side_of(reader, entries.get("right"), root, "right")
    blocks = _section(reader, entries, root, right)
    tables, systems = entries.get("tables"), entries.get("systems")
    ignore = entries.get("ignore")
    parsed = MapText(
        name=text_of(reader, entries, "map", root),
        version=text_of(reader, entries, "version", root),
        file=file,
        text=text,
        left=side_of(reader, entries.get("left"), root, "left"),
        right=right,
        zone=zone_of(reader, entries, root),
        tables=strings_of(reader, tables),
        systems=strings_of(reader, systems),
        policy=policy_of(reader, entries.get("policy")),
        ignore=ignored_of(reader, ignore),
        blocks=tuple(
            block_of(reader, name, node, fragments)
            for name, node in (entries_of(reader, blocks, None) if blocks is not None else {}).items()
        ),
        cases=cases_of(reader, entries.get("tests")),
        table_places={**places_of(reader, tables), **places_of(reader, systems)},
    )
    return parsed, reader.issues
