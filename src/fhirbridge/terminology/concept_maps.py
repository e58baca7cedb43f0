"""Code tables as FHIR R4 ConceptMaps, both ways. Knows no file and no network: a canonical URL is a name.

Laws of this file: `parse(format(table))` is the table; what would change a translation and is not understood here is
refused; what would only be left out can be listed.
Source: http://hl7.org/fhir/R4/conceptmap.html, cmd-1 to cmd-3
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from fhirbridge.ids import CANONICAL
from fhirbridge.terminology.csv_text import every_row
from fhirbridge.terminology.linking import canonical_of
from fhirbridge.terminology.located_json import line_of, parse_located
from fhirbridge.terminology.model import (
    EQUIVALENCES,
    MAX_CELL,
    MODES,
    NO_MATCH,
    CodeTable,
    TableError,
    TableRow,
    Unmapped,
    make_table,
)

WAY_BACK = f"{CANONICAL}/StructureDefinition/way-back"
"""Extension of a target: of several codes that share it, this one it goes back to."""
NO_COMMENT = "No comment was given."
"""Stands where R4 demands a comment (cmd-1) and the table has none."""
_COMMENT_NEEDED = frozenset({"narrower", "inexact"})

_KNOWN: dict[str, frozenset[str]] = {
    "ConceptMap": frozenset({"resourceType", "url", "version", "name", "status", "group"}),
    "ConceptMap.group": frozenset({"source", "target", "element", "unmapped"}),
    "ConceptMap.group.element": frozenset({"code", "display", "target"}),
    "ConceptMap.group.element.target": frozenset({"code", "display", "equivalence", "comment", "extension"}),
    "ConceptMap.group.unmapped": frozenset({"mode", "code", "display", "url"}),
}
"""What a table keeps of each part of a ConceptMap; its name is the file's, its status always active."""
_REFUSED = frozenset({"modifierExtension", "implicitRules", "dependsOn", "product", "relationship"})
"""What changes a translation and has no place in a table; `relationship` is R5's."""
_CODE = re.compile(r"[^\s\ud800-\udfff]+(?: [^\s\ud800-\udfff]+)*")
_SURROGATE = re.compile(r"[\ud800-\udfff]")

Tree = Any


class Group(NamedTuple):
    """The lines between two code systems, and what becomes of every other code of the first."""

    source: str
    target: str
    rows: Sequence[TableRow]
    end: Unmapped | None


def parse_concept_map(name: str, text: str) -> CodeTable:
    """Return the table that the JSON text of an R4 ConceptMap holds.

    Raises:
        TableError: it is no JSON, no ConceptMap, or says more than a table can.
    """
    tree = parse_located(text)
    if not isinstance(tree, dict) or tree.get("resourceType") != "ConceptMap":
        raise TableError("expected a FHIR R4 ConceptMap", 1)
    groups = read_groups(name, tree)
    rows = [row for group in groups for row in group.rows]
    ends = [group.end for group in groups if group.end]
    if len({(end.mode, end.system, end.target) for end in ends}) > 1:
        raise TableError("two groups say different things of unmapped codes", ends[1].line)
    url = _text(tree, "url")
    own_url = "" if url == canonical_of(name) else url
    return make_table(name, rows, ends[0] if ends else None, version=_text(tree, "version"), url=own_url)


def read_groups(name: str, tree: Tree) -> list[Group]:
    """Return the groups of a ConceptMap's tree; what the tree says of itself beside them is not looked at.

    Raises:
        TableError: a group says more than a table can, or is not well formed.
    """
    _refuse_unknown(tree)
    return [
        Group(
            source=_text(group, "source"),
            target=_text(group, "target"),
            rows=list(_group_rows(name, group)),
            end=next((_unmapped(name, group, end) for end in _objects(group, "unmapped", single=True)), None),
        )
        for group in _objects(tree, "group")
    ]


def _group_rows(name: str, group: Tree) -> Iterator[TableRow]:
    for element in _objects(group, "element"):
        targets = _objects(element, "target") or [{"equivalence": "unmatched"}]
        for target in targets:
            equivalence, comment = _text(target, "equivalence"), _text(target, "comment")
            line = line_of(target) or line_of(element)
            if equivalence not in EQUIVALENCES:
                raise TableError(f"equivalence must be one of {', '.join(sorted(EQUIVALENCES))}", line)
            yield TableRow(
                source=_code(element),
                system=_text(group, "target"),
                target=_code(target) if "code" in target or equivalence not in NO_MATCH else "",
                display=_text(target, "display"),
                equivalence=equivalence,
                back=_is_way_back(target) and equivalence not in NO_MATCH,
                line=line,
                table=name,
                source_system=_text(group, "source"),
                source_display=_text(element, "display"),
                comment="" if comment == NO_COMMENT else comment,
            )


def _is_way_back(target: Tree) -> bool:
    return any(e.get("url") == WAY_BACK and e.get("valueBoolean") is True for e in _objects(target, "extension"))


def _unmapped(name: str, group: Tree, end: Tree) -> Unmapped:
    mode, line = _text(end, "mode"), line_of(end)
    if mode not in MODES:
        raise TableError(f"unmapped.mode must be one of {', '.join(MODES)}", line)
    if mode == "other-map":
        url = _text(end, "url")
        if not url:
            raise TableError("other-map needs a url (cmd-3)", line)
        return Unmapped("other-map", "", url.removeprefix(canonical_of("")), "", line, name)
    if mode == "fixed":
        return Unmapped("fixed", _text(group, "target"), _code(end), _text(end, "display"), line, name)
    return Unmapped("provided", _text(group, "target"), "", "", line, name)


# -- reading a tree that may hold anything


def _objects(node: Tree, key: str, *, single: bool = False) -> list[Tree]:
    """Return the objects under a key, none where the key is not there."""
    found = node.get(key, [])
    items = [found] if single and isinstance(found, dict) else found
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise TableError(f"`{key}` must be {'an object' if single else 'a list of objects'}", line_of(node))
    return items


def _text(node: Tree, key: str) -> str:
    text = node.get(key, "")
    if not isinstance(text, str) or len(text) > MAX_CELL or _SURROGATE.search(text):
        raise TableError(f"`{key}` must be a text of at most {MAX_CELL} characters", line_of(node))
    return " ".join(text.split())


def _code(node: Tree) -> str:
    code = node.get("code")
    if not isinstance(code, str) or len(code) > MAX_CELL or not _CODE.fullmatch(code):
        raise TableError("`code` must be a code: text without blanks at its ends or two in a row", line_of(node))
    return code


def _refuse_unknown(tree: Tree) -> None:
    for path, node in _parts(tree, "ConceptMap"):
        wrong = sorted(_REFUSED & node.keys())
        if wrong:
            hint = "; this is FHIR R5, and R4 has `equivalence`" if wrong == ["relationship"] else ""
            raise TableError(f"`{path}.{wrong[0]}` has no place in a table{hint}", line_of(node))


def _parts(node: Tree, path: str) -> Iterator[tuple[str, Tree]]:
    """Yield (path, object) of a ConceptMap and each part of it that a table is made from."""
    yield path, node
    for key in sorted(_KNOWN[path]):
        if f"{path}.{key}" in _KNOWN:
            for child in _objects(node, key, single=key == "unmapped"):
                yield from _parts(child, f"{path}.{key}")


def find_losses(text: str) -> tuple[str, ...]:
    """Return the paths of a ConceptMap that a table does not keep, each with how often it stands there.

    Raises:
        TableError: it is no JSON or no ConceptMap.
    """
    counts: dict[str, int] = {}
    tree = parse_located(text)
    for path, node in _parts(tree, "ConceptMap"):
        for key in node.keys() - _KNOWN[path]:
            counts[f"{path}.{key}"] = counts.get(f"{path}.{key}", 0) + 1
        others = [each for each in _objects(node, "extension") if each.get("url") != WAY_BACK]
        if others and "extension" in _KNOWN[path]:
            counts[f"{path}.extension"] = counts.get(f"{path}.extension", 0) + len(others)
    if tree.get("status", "active") != "active":
        counts["ConceptMap.status"] = 1
    return tuple(path if count == 1 else f"{path} ({count} times)" for path, count in sorted(counts.items()))


# -- writing


def format_concept_map(table: CodeTable) -> dict[str, Any]:
    """Return a table as an R4 ConceptMap, one group for each pair of code systems.

    Raises:
        TableError: a code is no FHIR code, or the line for every other code has a system that no other line has.
    """
    groups: dict[tuple[str, str], dict[str, Any]] = {}
    for row in every_row(table):
        group = groups.setdefault((row.source_system, row.system), {"elements": {}})
        if not (_CODE.fullmatch(row.source) and (not row.target or _CODE.fullmatch(row.target))):
            raise TableError("FHIR has no place for a code with two blanks in a row, or none at all", row.line)
        element = group["elements"].setdefault(row.source, {"code": row.source, "display": row.source_display})
        element.setdefault("target", []).append(_target(row))
    name = "".join(part.capitalize() for part in re.findall(r"[A-Za-z0-9]+", table.name))
    parts = [_group(pair, group["elements"]) for pair, group in groups.items()]
    if table.unmapped:
        _add_unmapped(parts, table.unmapped)
    whole = {
        "resourceType": "ConceptMap",
        "url": table.url or canonical_of(table.name),
        "version": table.version,
        "name": name if name[:1].isalpha() else f"Table{name}",
        "status": "active",
        "group": [_filled(part) for part in parts],
    }
    return _filled(whole)


def _group(systems: tuple[str, str], elements: Mapping[str, Tree]) -> dict[str, Any]:
    source, target = systems
    return {"source": source, "target": target, "element": [_filled(each) for each in elements.values()]}


def _target(row: TableRow) -> dict[str, Any]:
    comment = row.comment or (NO_COMMENT if row.equivalence in _COMMENT_NEEDED else "")
    target = {"code": row.target, "display": row.display, "equivalence": row.equivalence, "comment": comment}
    extension = [{"url": WAY_BACK, "valueBoolean": True}] if row.back else []
    return _filled({"extension": extension, **target})


def _add_unmapped(groups: list[dict[str, Any]], end: Unmapped) -> None:
    """Put the line for every other code into the group of its code system: its code is one of that group's target."""
    fitting = [group for group in groups if end.mode == "other-map" or group["target"] == end.system]
    if not fitting:
        raise TableError("a ConceptMap cannot say this of every other code: no other line has its system", end.line)
    name = "url" if end.mode == "other-map" else "code"
    target = end.target if end.mode == "fixed" or ":" in end.target or not end.target else canonical_of(end.target)
    fitting[0]["unmapped"] = _filled({"mode": end.mode, name: target, "display": end.display})


def _filled(node: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in node.items() if value not in ("", [], {})}
