"""Blocks as written: what a map makes, over what it loops, its key, its rows, its fragment."""

from __future__ import annotations

import re
from collections.abc import Mapping

import yaml

from fhirbridge.mapping.findings import did_you_mean
from fhirbridge.mapping.model import BlockText, Loop, PathText
from fhirbridge.mapping.text.fragments import Filled, FragmentText, fill
from fhirbridge.mapping.text.nodes import (
    Reader,
    condition_of,
    data_class_of,
    entries_of,
    lines_of,
    path_of,
    rows_of,
    scalar_of,
    strings_of,
    text_of,
)

BLOCK_KEYS = frozenset({"make", "key", "keyed", "class", "when", "rows", "use", "with"})
_MAKE = re.compile(r"(?P<type>[A-Za-z-]+)(?:\s+for\s+(?P<variable>[a-z_]\w*)\s+in\s+(?P<path>\S+))?")

Entries = Mapping[str, yaml.Node]
Fragments = Mapping[str, FragmentText | None]


def block_of(reader: Reader, name: str, node: yaml.Node, fragments: Fragments) -> BlockText:
    """Return one block as written."""
    entries = entries_of(reader, node, BLOCK_KEYS)
    type_, loop = _make(reader, text_of(reader, entries, "make", node), entries.get("make", node))
    fragment = _fragment(reader, entries, loop, fragments)
    filled = _filled(reader, entries, fragment)
    own = rows_of(reader, lines_of(reader, entries.get("rows")))
    return BlockText(
        name=name,
        type=type_,
        loop=loop,
        key=_key(reader, entries, node, filled),
        keyed=text_of(reader, entries, "keyed", node, filled.keyed if filled else name),
        data_class=data_class_of(reader, entries, node, fragment.data_class if fragment else ""),
        when=condition_of(reader, entries.get("when")),
        rows=(*own, *(filled.rows if filled else ())),
        place=reader.place(node),
    )


def _make(reader: Reader, text: str, node: yaml.Node) -> tuple[str, Loop | None]:
    match = _MAKE.fullmatch(text)
    if not match:
        reader.report("FB112", node, "`make:` cannot be read", "write: make: Goal for g in plan.goals[]")
        return "", None
    if match["variable"] is None:
        return match["type"], None
    return match["type"], Loop(match["variable"], path_of(reader, match["path"], node))


def _fragment(reader: Reader, entries: Entries, loop: Loop | None, fragments: Fragments) -> FragmentText | None:
    """Return the fragment that `use:` names; one that is not there, or is of another item, is reported."""
    if "use" not in entries:
        return None
    use = scalar_of(reader, entries["use"], "use")
    fragment = fragments.get(use)
    if use not in fragments:
        hint = did_you_mean(use, fragments) or f"write fragments/{use}.yaml"
        reader.report("FB111", entries["use"], f"no fragment `{use}`", hint)
    elif fragment is None:
        reader.report("FB111", entries["use"], f"fragment `{use}` does not pass", f"mend fragments/{use}.yaml first")
    elif loop and loop.variable != fragment.item:
        message = f"fragment `{use}` speaks of `{fragment.item}`"
        reader.report("FB112", entries["make"], message, f"loop `for {fragment.item} in`")
    return fragment


def _filled(reader: Reader, entries: Entries, fragment: FragmentText | None) -> Filled | None:
    given = strings_of(reader, entries.get("with"))
    if fragment is not None:
        return fill(reader, fragment, given, entries["use"])
    if "with" in entries and "use" not in entries:
        reader.report("FB114", entries["with"], "`with:` stands without `use:`", "name the fragment it fills in")
    return None


def _key(reader: Reader, entries: Entries, node: yaml.Node, filled: Filled | None) -> PathText:
    if "key" in entries:
        return path_of(reader, scalar_of(reader, entries["key"], "key"), entries["key"])
    if filled:
        return filled.key
    if "use" not in entries:
        reader.report("FB103", node, "`key:` is missing", "name the field that identifies the item")
    return PathText("", (), reader.place(node))
