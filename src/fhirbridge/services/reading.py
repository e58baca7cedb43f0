"""From the bytes of a message to typed records, with every finding in the sender's own field names.

Laws of this file: it stores nothing; all findings are collected; none holds a value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from fhirbridge.auth.partners import Partner
from fhirbridge.errors import InvalidContent, Issue, MappingFailed
from fhirbridge.formats import record_json
from fhirbridge.mapping.codecs import Context
from fhirbridge.mapping.library import MapLibrary
from fhirbridge.mapping.model import Map
from fhirbridge.mapping.run import Item, to_right
from fhirbridge.records import KINDS, Record
from fhirbridge.validation.quality import quality

Trace = dict[str, Any]

PARSERS: Mapping[str, Callable[[bytes], dict[str, Any]]] = dict.fromkeys(record_json.MEDIA_TYPES, record_json.parse)
"""Media type -> what reads it. A new wire format is one line here."""


@dataclass(frozen=True, slots=True)
class ReadRecord:
    """One record read from a message. `tree` is its JSON form without empty fields; `trace` says where from."""

    record: Record
    tree: dict[str, Any]
    trace: Trace

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


def read(maps: MapLibrary, partner: Partner, kind: str, tree: dict[str, Any]) -> Reading:
    """Return the records in a parsed message of this kind, and all that was found wrong with it."""
    map_name = partner.sources.get(kind)
    if map_name is None:
        return _collect([_as_item(kind, tree)], (), None)
    map_ = maps.get(map_name)
    mapped = to_right(map_, tree, Context(source=partner.id))
    return _collect(mapped.items, mapped.issues, map_)


def _as_item(kind: str, tree: dict[str, Any]) -> Item:
    """Return a body that is a record already, as the map that changes nothing would give it."""
    key = tree.get("id")
    return Item(kind, "", key if isinstance(key, str) else "", tree, {"elements": {}}, "")


def load_trace(body: bytes) -> Trace:
    """Return the trace kept with a record or resource."""
    trace: Trace = json.loads(body)
    return trace


def _collect(items: Sequence[Item], found: tuple[Issue, ...], map_: Map | None) -> Reading:
    records: list[ReadRecord] = []
    issues = list(found)
    for item in items:
        trace = {**item.trace, "declared": _declared(map_, item.type)}
        try:
            record = KINDS[item.type].model_validate(item.body)
        except ValidationError as error:
            issues += unnamed(iter_record_issues(error.errors(), item.type, trace), issues)
            continue
        issues += [named_by_sender(issue, item.type, trace) for issue in quality(record)]
        records.append(ReadRecord(record, record.model_dump(mode="json", exclude_none=True), item.trace))
    if not items and not issues:
        issues.append(Issue(MappingFailed.code, "The map found no record in this message.", rule="no-record"))
    return Reading(tuple(records), tuple(issues), (map_.name,) if map_ else ())


def _declared(map_: Map | None, kind: str) -> dict[str, str]:
    """Return, for each field of a record kind without indices, the sender's field that the map reads for it."""
    found: dict[str, str] = {}
    for block in map_.blocks if map_ else ():
        for row in block.rows if block.type == kind else ():
            if row.goes_right and row.left:
                found.setdefault(_plain(row.right_text), row.left_text)
    return found


def _plain(path: str) -> str:
    return re.sub(r"\[[^\]]*\]", "", path)


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
    declared = _indexed((trace.get("declared") or {}).get(_plain(path), ""), path)
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
