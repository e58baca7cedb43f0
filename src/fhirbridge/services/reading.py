"""From the bytes of a message to typed records, with every finding in the sender's own field names.

Laws of this file: it stores nothing; all findings are collected; none holds a value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from fhirbridge.auth.partners import Partner
from fhirbridge.errors import InvalidContent, Issue, MappingFailed
from fhirbridge.formats import record_json
from fhirbridge.formats.document import Document
from fhirbridge.mapping import coverage
from fhirbridge.mapping.codecs import Context
from fhirbridge.mapping.library import MapLibrary
from fhirbridge.mapping.model import Map, Side
from fhirbridge.mapping.naming import without_brackets
from fhirbridge.mapping.put.complement import Complement
from fhirbridge.mapping.run import Item, to_right
from fhirbridge.records import KINDS, Record
from fhirbridge.services import sides
from fhirbridge.validation.quality.judge import quality

Trace = dict[str, Any]

MAX_ISSUES = 1_000
"""More findings in one message than this are counted and not listed."""


@dataclass(frozen=True, slots=True)
class ReadRecord:
    """One record read from a message.

    `tree` is its JSON form without empty fields; `trace` says where from; `complement` is what nobody understood.
    """

    record: Record
    tree: dict[str, Any]
    trace: Trace
    complement: Mapping[str, Complement] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The record kind."""
        return type(self.record).kind

    @property
    def key(self) -> str:
        """The record's key in the system that owns it."""
        return self.record.id


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read. `maps` are the names of the source maps used."""

    records: tuple[ReadRecord, ...]
    issues: tuple[Issue, ...]
    maps: tuple[str, ...] = ()


def find_side(maps: MapLibrary, partner: Partner, kind: str) -> Side | None:
    """Return what a message of this kind is written in: the left side of the partner's map; None for our own record."""
    map_ = _find_map(maps, partner, kind)
    return map_.left if map_ else None


def _find_map(maps: MapLibrary, partner: Partner, kind: str) -> Map | None:
    name = partner.sources.get(kind)
    return maps.get(name) if name is not None else None


def parse(maps: MapLibrary, partner: Partner, kind: str, body: bytes) -> list[Document]:
    """Return the documents in a message of this kind: one, or several where it is a CSV file.

    Raises:
        MalformedInput: the body cannot be read.
    """
    map_ = _find_map(maps, partner, kind)
    return sides.read(sides.left_of(map_), body) if map_ else [Document(record_json.parse(body))]


def read(
    maps: MapLibrary, partner: Partner, kind: str, documents: Iterable[Document], *, received: date | None = None
) -> Reading:
    """Return the records in the documents of a message of this kind, and all that was found wrong with them.

    Args:
        received: the day the message arrived; without it nothing is said of lead time.
    """
    map_ = _find_map(maps, partner, kind)
    records: list[ReadRecord] = []
    issues: list[Issue] = []
    for document in documents:
        items, found = _map(map_, partner, document) if map_ else ([_as_item(kind, document.tree)], [])
        own, wrong = _collect(items, found, map_, received)
        records += own
        issues += sides.in_document(document, wrong)
    if not records and not issues:
        issues.append(Issue(MappingFailed.code, "The map found no record in this message.", rule="no-record"))
    return Reading(tuple(records), tuple(_listed(issues)), (map_.name,) if map_ else ())


def _map(map_: Map, partner: Partner, document: Document) -> tuple[list[Item], list[Issue]]:
    """Return what a map makes of a document, and what is wrong with it; each trace tells its lines in the file."""
    mapped = to_right(map_, document.tree, Context(source=partner.id))
    lines = {"lines": list(document.lines)} if document.lines else {}
    items = [replace(item, trace={**item.trace, **lines}) for item in mapped.items]
    return items, [*document.issues, *unnamed(mapped.issues, document.issues)]


def _listed(issues: list[Issue]) -> list[Issue]:
    """Return the findings; where there are too many the first, errors before the others, and how many more."""
    if len(issues) <= MAX_ISSUES:
        return issues
    issues = sorted(issues, key=lambda issue: issue.severity not in ("error", "fatal"))
    rest = issues[MAX_ISSUES:]
    message = f"{len(rest)} more problems are not listed"
    return [*issues[:MAX_ISSUES], Issue("FB310", message, severity=rest[0].severity)]


def _as_item(kind: str, tree: dict[str, Any]) -> Item:
    """Return a body that is a record already, as the map that changes nothing would give it."""
    key = tree.get("id")
    return Item(kind, "", key if isinstance(key, str) else "", tree, {"elements": {}}, "")


def load_trace(body: bytes) -> Trace:
    """Return the trace kept with a record or resource."""
    trace: Trace = json.loads(body)
    return trace


def _collect(
    items: Sequence[Item], found: Sequence[Issue], map_: Map | None, received: date | None
) -> tuple[list[ReadRecord], list[Issue]]:
    """Return the records that items stand for, and all that was found."""
    records: list[ReadRecord] = []
    issues = list(found)
    for item in items:
        trace = {**item.trace, "declared": _declared(map_, item.type)}
        try:
            record = KINDS[item.type].model_validate(item.body)
        except ValidationError as error:
            issues += unnamed(iter_record_issues(error.errors(), item.type, trace), issues)
            continue
        issues += [named_by_sender(issue, item.type, trace) for issue in quality(record, received=received)]
        records.append(ReadRecord(record, record.model_dump(mode="json", exclude_none=True), item.trace))
    return records, issues


def _declared(map_: Map | None, kind: str) -> dict[str, str]:
    """Return, for each field of a record kind without indices, the sender's field that the map reads for it."""
    found: dict[str, str] = {}
    for block in map_.blocks if map_ else ():
        for row in block.rows if block.type == kind else ():
            if row.goes_right and row.left:
                found.setdefault(without_brackets(row.right_text), _bare(row.left_text))
    return found


def _bare(path: str) -> str:
    """Return a path without the quotes around its names, as concrete paths are."""
    return path.replace('"', "")


def _indexed(declared: str, path: str) -> str:
    """Return a declared field with the indices of a concrete path in place of its `[]`, as far as they go.

    >>> _indexed("doc.onward[].service", "referrals[2].category")
    'doc.onward[2].service'
    """
    for index in re.findall(r"\[\d+\]", path):
        declared = declared.replace("[]", index, 1)
    return declared


def unnamed(candidates: Iterable[Issue], known: Sequence[Issue]) -> list[Issue]:
    """Return the findings at places that no error names yet: a date the map refused is not also missing."""
    named = {issue.expression for issue in known if issue.severity == "error"}
    return [issue for issue in candidates if issue.expression not in named]


# -- what pydantic says, in the sender's field names

RULES: Mapping[str, tuple[str, str]] = {
    "missing": ("required", "This field is required."),
    "extra_forbidden": ("unknown-field", "There is no such field in this record."),
    "literal_error": ("known-code", ""),
    "value_error": ("format", ""),
    "string_too_short": ("not-empty", "This field must not be empty."),
    "too_short": ("not-empty", "This list must not be empty."),
    "string_type": ("type", "This field must be text."),
    "int_type": ("type", "This field must be a whole number."),
    "bool_type": ("type", "This field must be true or false."),
    "list_type": ("type", "This field must be a list."),
    "model_type": ("type", "This field must be an object."),
    "string_pattern_mismatch": ("format", "This field must not start or end with a space."),
}
"""Kind of error in pydantic -> our rule and message; "" takes pydantic's message, which names what is expected."""


def find_record_issues(
    kind: str, tree: Mapping[str, Any], map_: Map | None = None, trace: Trace | None = None
) -> tuple[Issue, ...]:
    """Return what is wrong with a record's tree; with its map and trace, in the sender's field names."""
    try:
        KINDS[kind].model_validate(tree)
    except ValidationError as error:
        known = {**(trace or {}), "declared": _declared(map_, kind)}
        return tuple(iter_record_issues(error.errors(), kind, known))
    return ()


def find_document_issues(map_: Map, item: Item) -> tuple[Issue, ...]:
    """Return what of a document for a partner breaks its schema, at the fields it came from."""
    trace = {**item.trace, "declared": _declared(map_, item.type)}
    found = coverage.document_issues(item.body, map_.right_shapes[item.type])
    return tuple(named_by_sender(issue, item.type, trace) for issue in found)


def iter_record_issues(errors: Iterable[ErrorDetails], kind: str, trace: Trace) -> Iterator[Issue]:
    """Yield what is wrong with a record, each finding at the field of the sender it came from."""
    for error in errors:
        rule, message = RULES.get(error["type"], (error["type"], ""))
        text = message or f"{error['msg'].removeprefix('Value error, ').rstrip('.')}."
        path = ".".join(_steps(error["loc"])).replace(".[", "[")
        yield named_by_sender(Issue(InvalidContent.code, text, path, rule=f"{kind}:{rule}"), kind, trace)


def _steps(loc: tuple[int | str, ...]) -> Iterator[str]:
    """Yield the steps of a path; a name that is no plain name may be data and is shown as `?`."""
    for part in loc:
        if isinstance(part, int):
            yield f"[{part}]"
        else:
            yield part if re.fullmatch(r"[A-Za-z_][\w-]{0,63}", part, re.ASCII) else "?"


def named_by_sender(issue: Issue, kind: str, trace: Trace) -> Issue:
    """Return a finding about a record with the path of the sender's own field, and the map row as its location."""
    path = issue.expression
    entry, rest = nearest(trace.get("elements") or {}, path)
    declared = _indexed((trace.get("declared") or {}).get(without_brackets(path), ""), path)
    if entry is None and not declared:
        return issue
    source = f"{entry['from']}{rest}" if entry else declared
    if declared and rest:  # the field itself did not arrive, but a row says where it would have stood
        source = declared
    place = f"{entry['file']}:{entry['line']}" if entry and not rest else ""
    hint = issue.hint or f"In our record this is {kind}.{path}."
    return replace(issue, expression=source, location=issue.location or place, hint=hint)


def nearest(elements: Mapping[str, Any], path: str) -> tuple[dict[str, Any] | None, str]:
    """Return the trace entry of a path or of its nearest ancestor, and what of the path is left over."""
    head = path
    while head:
        if head in elements:
            return elements[head], path[len(head) :]
        cut = max(head.rfind("."), head.rfind("["))
        head = head[:cut] if cut > 0 else ""
    return None, ""
