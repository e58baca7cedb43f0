"""Partner overlays as written: a map that says only in what it differs from another.

Laws of this file: what comes out is an ordinary `MapText`; its text holds those of all its bases, so that its hash
changes with each of them; examples (`tests:`) are the overlay's own; a table or system that only removed rows used
goes with them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import yaml

from fhirbridge.errors import Issue, MapError
from fhirbridge.fhir.bundles import FIRST
from fhirbridge.mapping.findings import did_you_mean, finding
from fhirbridge.mapping.model import BlockText, MapText, Place, Side
from fhirbridge.mapping.text.blocks import Fragments
from fhirbridge.mapping.text.cases import cases_of
from fhirbridge.mapping.text.envelope import SECTIONS, ignored_of, parse_map, policy_of, zone_of
from fhirbridge.mapping.text.nodes import Reader, entries_of, places_of, scalar_of, strings_of, text_of
from fhirbridge.mapping.text.overlay_blocks import REMOVE, blocks_of
from fhirbridge.mapping.text.sides import OPTIONS
from fhirbridge.mapping.text.yaml_text import compose, split_lines

MAX_CHAIN = 4
"""No overlay stands on more maps than this, one upon the other."""
OVERLAY_KEYS = frozenset(
    {"map", "version", "extends", "right", "zone", "tables", "systems", "policy", "ignore", "tests"}
    | set(SECTIONS.values())
)
_NAME = re.compile(r"""(?m)^map:[ \t]*["']?([^\s"'#]+)""")
_SYSTEM = re.compile(r"@([\w-]+)")


@dataclass(frozen=True, slots=True)
class Head:
    """What the first lines of an overlay say: its name, and the map that it extends."""

    name: str
    base: str
    file: str
    place: Place


def parse_head(text: str, file: str) -> Head:
    """Return the name of an overlay and of its base.

    Raises:
        MapError: FB101 or FB103.
    """
    reader = Reader(file, split_lines(text))
    root = compose(text, file)
    entries = entries_of(reader, root, OVERLAY_KEYS)
    hint = "write: extends: NAME, the map that this one changes"
    if "extends" not in entries:
        reader.report("FB103", root, "`extends:` is missing in a file of partners/", hint)
    head = Head(
        text_of(reader, entries, "map", root),
        text_of(reader, entries, "extends", root, ""),
        file,
        reader.place(entries.get("extends", root)),
    )
    if reader.issues:
        raise MapError(issues=reader.issues)
    return head


def find_name(text: str) -> str:
    """Return the name of a map by its first lines alone, nothing where none is found.

    >>> find_name("# a plan\\nmap: plan\\nversion: 1.0.0")
    'plan'
    """
    found = _NAME.search(text)
    return found[1] if found else ""


def chains_of(
    heads: Sequence[Head], known: Mapping[str, str]
) -> tuple[dict[str, tuple[str, ...]], tuple[Issue, ...]]:  # fmt: skip
    """Return, by an overlay's file, the files it is made of, the whole map first; a finding where there is none.

    Args:
        known: file of each map that is no overlay, by its name.
    """
    by_name = {head.name: head for head in heads if head.name not in known}
    chains: dict[str, tuple[str, ...]] = {}
    issues: list[Issue] = []
    for head in heads:
        try:
            names = reversed(_chain(head, by_name, known))
        except MapError as error:
            issues.extend(error.issues)
        else:
            chains[head.file] = (*(known.get(name) or by_name[name].file for name in names), head.file)
    return chains, tuple(issues)


def _chain(head: Head, by_name: Mapping[str, Head], known: Collection[str]) -> list[str]:
    """Return the names of the bases of an overlay, nearest first.

    Raises:
        MapError: FB116: one of them does not exist, or there is no end to them, or too many.
    """
    chain = [head.base]
    while chain[-1] not in known:
        if chain[-1] not in by_name:
            hint = did_you_mean(chain[-1], {*known, *by_name} - {head.name})
            raise _refused(head, f"`extends: {chain[-1]}`: no such map, or it cannot be read", hint)
        if len(chain) > len(by_name):
            shown = " -> ".join([head.name, *chain[:MAX_CHAIN]])
            raise _refused(head, f"the chain of `extends:` has no end: {shown}", "end it with a whole map")
        chain.append(by_name[chain[-1]].base)
    if len(chain) > MAX_CHAIN:
        message = f"`{head.name}` stands on {len(chain)} maps, one upon the other"
        raise _refused(head, message, f"at most {MAX_CHAIN}; extend a map further down")
    return chain


def _refused(head: Head, message: str, hint: str) -> MapError:
    return MapError(issues=[finding("FB116", head.place, message, hint=hint)])


def parse_chain(texts: Sequence[tuple[str, str]], fragments: Fragments) -> MapText:
    """Return the map that a whole map, with the overlays upon it, comes to.

    Args:
        texts: text and file of each, the whole map first; one text alone is that map.

    Raises:
        MapError: with all findings of the first text that has any.
    """
    (text, file), *overlays = texts
    written = parse_map(text, file, fragments)
    for text, file in overlays:
        written = parse_overlay(text, file, written, fragments)
    return written


def parse_overlay(text: str, file: str, base: MapText, fragments: Fragments) -> MapText:
    """Return the whole map that an overlay makes of its base.

    Raises:
        MapError: with all findings of the overlay's text.
    """
    reader = Reader(file, split_lines(text))
    root = compose(text, file)
    entries = entries_of(reader, root, OVERLAY_KEYS)
    extends = reader.place(entries.get("extends", root))
    systems = _words(reader, entries.get("systems"), base.systems)
    blocks = blocks_of(reader, _section(reader, entries, base), base.blocks, systems, fragments)
    gone = _mentioned(base.blocks) - _mentioned(blocks)
    tables = _words(reader, entries.get("tables"), base.tables)
    places = {
        **base.table_places,
        **places_of(reader, entries.get("tables")),
        **places_of(reader, entries.get("systems")),
    }
    kept = (tables.keys() | systems.keys()) - gone
    right = _right(reader, entries.get("right"), base.right, {block.name for block in blocks}, extends)
    merged = MapText(
        name=text_of(reader, entries, "map", root),
        version=text_of(reader, entries, "version", root),
        file=file,
        text=f"{base.text.rstrip()}\n---\n{text}",
        left=replace(base.left, place=extends),
        right=right,
        zone=zone_of(reader, entries, root) or base.zone,
        tables={name: table for name, table in tables.items() if name in kept},
        systems={name: system for name, system in systems.items() if name in kept},
        policy=policy_of(reader, entries.get("policy"), base.policy),
        ignore=_ignored(reader, entries.get("ignore"), base.ignore),
        blocks=_in_order(blocks, right),
        cases=cases_of(reader, entries.get("tests")),
        table_places={name: place for name, place in places.items() if name in kept},
    )
    if reader.issues:
        raise MapError(issues=reader.issues)
    return merged


def _section(reader: Reader, entries: Mapping[str, yaml.Node], base: MapText) -> yaml.Node | None:
    """Return the node of the blocks: the section must be that of the base."""
    section = SECTIONS[base.right.kind]
    for name in sorted(set(SECTIONS.values()) & entries.keys() - {section}):
        reader.report("FB102", entries[name], f"the base makes `{section}:`, not `{name}:`", f"rename it `{section}:`")
    return entries.get(section)


def _right(reader: Reader, node: yaml.Node | None, base: Side, blocks: Collection[str], place: Place) -> Side:
    """Return the right side of the base with other profiles or options; its kind stays."""
    options = OPTIONS[base.kind]
    known = options | ({"profiles"} if base.kind == "fhir" else set())
    entries = entries_of(reader, node, frozenset(known)) if node is not None else {}
    profiles = _words(reader, entries.get("profiles"), base.profiles)
    return replace(
        base,
        profiles={name: url for name, url in profiles.items() if name in blocks or name not in base.profiles},
        options={**base.options, **{name: scalar_of(reader, entries[name], name) for name in options & entries.keys()}},
        place=place,
    )


def _in_order(blocks: tuple[BlockText, ...], right: Side) -> tuple[BlockText, ...]:
    """Return the blocks with that first with which the Bundle begins: an overlay's own would stand last."""
    first = FIRST.get(right.options.get("bundle", ""), "")
    return tuple(sorted(blocks, key=lambda block: block.type != first)) if first else blocks


def _words(reader: Reader, node: yaml.Node | None, base: Mapping[str, str]) -> dict[str, str]:
    """Return the base's words with those of the overlay; `remove` takes one out."""
    own = strings_of(reader, node)
    _check_removed(reader, node, own, base)
    return {name: word for name, word in {**base, **own}.items() if word != REMOVE}


def _check_removed(
    reader: Reader, node: yaml.Node | None, own: Mapping[str, str], base: Mapping[str, object]
) -> None:  # fmt: skip
    places = places_of(reader, node)
    for name in (name for name, word in own.items() if word == REMOVE and name not in base):
        hint = did_you_mean(name, base)
        reader.issues.append(finding("FB117", places[name], f"the base has no `{name}` to remove", hint=hint))


def _ignored(
    reader: Reader, node: yaml.Node | None, base: Mapping[str, tuple[str, Place]]
) -> dict[str, tuple[str, Place]]:
    own = ignored_of(reader, node)
    _check_removed(reader, node, {name: reason for name, (reason, _) in own.items()}, base)
    return {name: found for name, found in {**base, **own}.items() if found[0] != REMOVE}


def _mentioned(blocks: Iterable[BlockText]) -> set[str]:
    """Return every word that may name a table or system in the rows."""
    rows = [row for block in blocks for row in block.rows]
    arguments = {argument for row in rows for argument in row.codec.arguments}
    return arguments | {name for row in rows for name in _SYSTEM.findall(row.text)}
