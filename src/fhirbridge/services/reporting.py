"""What may leave of a record, in the form that the partner's map gives it, packed with what must go along."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fhirbridge.errors import InvalidContent, Issue, MappingFailed
from fhirbridge.formats import multipart, record_json
from fhirbridge.mapping.codecs import Context
from fhirbridge.mapping.model import Map
from fhirbridge.mapping.run import to_left, to_right
from fhirbridge.services import sides
from fhirbridge.services.reading import find_document_issues

_ENDINGS = {"csv": "csv", "xml": "xml"}


@dataclass(frozen=True, slots=True)
class Report:
    """The documents for a partner, and the side of the map that says how they are written."""

    end: sides.End
    trees: tuple[Any, ...]


def writes(map_: Map, kind: str) -> bool:
    """Say whether a map makes documents for a partner out of records of this kind, whichever way it stands."""
    return _is_forward(map_, kind) or (map_.left.kind in sides.DOCUMENTS and kind in map_.right.names)


def _is_forward(map_: Map, kind: str) -> bool:
    return map_.left.kind == "record" and map_.left.names == (kind,) and map_.right.kind in sides.DOCUMENTS


def report(map_: Map, kind: str, tree: dict[str, Any], context: Context) -> Report:
    """Return the documents that a map makes of a record.

    Raises:
        MappingFailed: what may be sent does not fit the map, or it makes nothing of it.
    """
    if _is_forward(map_, kind):
        mapped = to_right(map_, tree, context)
        found = (issue for item in mapped.items for issue in find_document_issues(map_, item))
        _refuse([*mapped.issues, *found])
        made = Report(sides.right_of(map_), tuple(item.body for item in mapped.items))
    else:
        restored = to_left(map_, [(kind, tree)], context)
        _refuse(restored.issues)
        made = Report(sides.left_of(map_), (restored.tree,))
    if not made.trees:
        raise MappingFailed("The partner's map makes nothing of what may be sent.")
    return made


def _refuse(issues: Iterable[Issue]) -> None:
    errors = [issue for issue in issues if issue.severity in ("error", "fatal")]
    if errors:
        raise MappingFailed("What may be sent does not fit the partner's map.", issues=errors)


def pack(envelope: Mapping[str, Any], made: Report) -> tuple[str, bytes]:
    """Return (media type, body): JSON with the report in it, or the envelope and the files of the report as parts.

    Args:
        envelope: its `id` and `kind` name the parts.

    Raises:
        MappingFailed: the report cannot be written in the partner's format.
    """
    kind = made.end.side.kind
    if kind not in _ENDINGS:
        trees = made.trees
        whole = {**envelope, "report": trees[0] if len(trees) == 1 else list(trees)}
        return record_json.MEDIA_TYPES[0], record_json.format(whole)
    parts = [multipart.Part("envelope", record_json.MEDIA_TYPES[0], record_json.format(dict(envelope)))]
    for number, body in enumerate(_files(made), 1):
        name = f"{envelope['kind']}-{number}.{_ENDINGS[kind]}"
        parts.append(multipart.Part("report", sides.media_type_of(made.end.side), body, name))
    return multipart.format(parts, f"fhirbridge-{envelope['id']}")


def _files(made: Report) -> list[bytes]:
    """Return the files: one for all documents of a CSV side, one each of an XML side."""
    groups = [made.trees] if made.end.side.kind == "csv" else [(tree,) for tree in made.trees]
    try:
        return [sides.write(made.end, group) for group in groups]
    except InvalidContent as error:
        raise MappingFailed("What may be sent does not fit the partner's format.", issues=error.issues) from error
