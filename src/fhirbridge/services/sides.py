"""What stands on a side of a map, as bytes: documents read and written by the kind of the side.

A new kind of side is one line in each table here, and one module in formats.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fhirbridge.errors import InvalidContent, Issue, Severity, UnsupportedMediaType
from fhirbridge.formats import csv_text, record_json, xml_document
from fhirbridge.formats.ccda import document as ccda
from fhirbridge.formats.document import Document
from fhirbridge.mapping.csv_layout import ENCODINGS, ROWS, csv_layout
from fhirbridge.mapping.model import Map, Side, SideKind
from fhirbridge.mapping.shapes import SchemaShape, Shape
from fhirbridge.mapping.side_shapes import DOCUMENT

DOCUMENTS: frozenset[SideKind] = frozenset({"schema", "csv", "xml", "ccda"})
"""Kinds of sides that stand for a partner's own format."""
MEDIA_TYPES: Mapping[SideKind, tuple[str, ...]] = {
    "record": record_json.MEDIA_TYPES,
    "schema": record_json.MEDIA_TYPES,
    "csv": csv_text.MEDIA_TYPES,
    "xml": xml_document.MEDIA_TYPES,
    "ccda": ccda.MEDIA_TYPES,
}
"""Kind of a side -> the media types it comes in; the first is the one it is sent in."""
_UTF_8 = frozenset({"", "utf-8", "utf8", "us-ascii"})
_ROW = re.compile(rf"doc\.{ROWS}\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class End:
    """One end of a map: the side, the shape of its documents, how grave it is when they hold what it does not have."""

    side: Side
    shape: Shape | None = None
    unknown: Severity = "warning"


def left_of(map_: Map) -> End:
    """Return the left end of a map."""
    return End(map_.left, map_.left_shape, _unknown(map_))


def right_of(map_: Map) -> End:
    """Return the right end of a map."""
    return End(map_.right, map_.right_shapes.get(DOCUMENT), _unknown(map_))


def _unknown(map_: Map) -> Severity:
    return "error" if map_.policy.unmapped_field == "reject" else "warning"


def check_media(side: Side | None, media_type: str, charset: str) -> None:
    """Refuse a body that does not come as this side does.

    Args:
        side: None for a record of our own.
        charset: as the sender names it, in lower case; empty where it names none.

    Raises:
        UnsupportedMediaType: another media type, or another encoding than the map states.
    """
    taken = MEDIA_TYPES[side.kind if side else "record"]
    if media_type not in taken:
        raise UnsupportedMediaType(f"This address takes {' or '.join(taken)} for this kind of record.")
    own = side.options.get("encoding", "utf-8").lower() if side and side.kind == "csv" else "utf-8"
    known = ENCODINGS.get(charset, charset) == ENCODINGS[own] or (own == "utf-8" and charset in _UTF_8)
    if charset and not known:
        raise UnsupportedMediaType(f"This address takes {taken[0]} in {own}.")


def media_type_of(side: Side) -> str:
    """Return the media type that documents of a side are sent in, with the encoding where it is not UTF-8."""
    encoding = side.options.get("encoding", "")
    return MEDIA_TYPES[side.kind][0] + (f"; charset={encoding.lower()}" if encoding else "")


# -- reading


def read(end: End, body: bytes) -> list[Document]:
    """Return the documents in a body: one, or for CSV as many as it holds.

    Raises:
        MalformedInput: the body cannot be read.
    """
    return _READERS[end.side.kind](end, body)


def _read_json(_: End, body: bytes) -> list[Document]:
    return [Document(record_json.parse(body))]


def _read_csv(end: End, body: bytes) -> list[Document]:
    return csv_text.parse(body, csv_layout(end.side), unknown=end.unknown)


def _read_xml(end: End, body: bytes) -> list[Document]:
    return [xml_document.parse(body, _schema(end), unknown=end.unknown)]


def _read_ccda(_: End, body: bytes) -> list[Document]:
    return [ccda.parse(body)]


_READERS: Mapping[SideKind, Callable[[End, bytes], list[Document]]] = {
    "record": _read_json,
    "schema": _read_json,
    "csv": _read_csv,
    "xml": _read_xml,
    "ccda": _read_ccda,
}


def in_document(document: Document, issues: Iterable[Issue]) -> list[Issue]:
    """Return findings about one document of a file, each with the line it is about."""
    return [_with_line(document, issue) for issue in issues]


def _with_line(document: Document, issue: Issue) -> Issue:
    if not document.lines or issue.location.startswith("line "):
        return issue
    row = _ROW.match(issue.expression)
    position = int(row[1]) if row else 0
    line = document.lines[position if position < len(document.lines) else 0]
    return replace(issue, message=f"line {line}: {issue.message}")


# -- writing


def write(end: End, trees: Sequence[Any]) -> bytes:
    """Return documents in the form of a side: all of them in one CSV file; XML and JSON one behind the other.

    Raises:
        InvalidContent: a document does not fit the side; all places are named.
    """
    return _WRITERS[end.side.kind](end, trees)


def _write_json(_: End, trees: Sequence[Any]) -> bytes:
    return b"\n".join(record_json.format(tree) for tree in trees)


def _write_csv(end: End, trees: Sequence[Any]) -> bytes:
    return csv_text.format(trees, csv_layout(end.side))


def _write_xml(end: End, trees: Sequence[Any]) -> bytes:
    return b"".join(xml_document.format(tree, _schema(end)) for tree in trees)


def _refuse(_: End, trees: Sequence[Any]) -> bytes:
    raise InvalidContent("A C-CDA document is read and never written.")


_WRITERS: Mapping[SideKind, Callable[[End, Sequence[Any]], bytes]] = {
    "record": _write_json,
    "schema": _write_json,
    "csv": _write_csv,
    "xml": _write_xml,
    "ccda": _refuse,
}


def _schema(end: End) -> SchemaShape:
    """Return the shape that the XML schema gave."""
    if not isinstance(end.shape, SchemaShape):
        raise TypeError("an XML side has the shape of its schema")
    return end.shape
