"""Take out of a resource what may not go: leaf by leaf, by data class, and whatever would still tell of it.

Laws of this file: a leaf stays only if its class is known and permitted; a resource whose own class is not permitted
goes whole, for that it exists is what the class protects; nothing is left in the place of what was taken out, no empty
object, no null, no count; what is left is a subset of what went in, plus the one label that says so. What restates a
removed value goes too: the narrative, of sections too, and every display, title and text that holds it. Whoever redacts
may have the narrative made anew of what is left (services.narrative).

The class of an element is that of its own entry in the trace, else of its nearest ancestor's ("" is the root);
`id`, `meta` and `identifier`, which the engine makes, have the class of the resource. No entry: removed. A narrative
of status `generated` without an entry was made of the elements beside it: it stays as long as all of them do. Only the
frame of an object (an extension's `url`, a `system`) needs none: it stays as long as something else in the object does.
Source: docs/adr/0006-consent-table.md (evaluation order, step 9); http://hl7.org/fhir/R4/security-labels.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from fhirbridge.consent.labels import REDACTED, with_security
from fhirbridge.consent.pruning import iter_leaves, leaf_name, parent, rebuild
from fhirbridge.consent.redact_record import redact_record as redact_record
from fhirbridge.consent.table import CLASSES, Names

Tree = dict[str, Any]
Elements = Mapping[str, Mapping[str, Any]]
Leaves = dict[str, Any]
"""Path -> value."""

ENGINE_MADE = frozenset({"id", "meta", "identifier"})
FRAME = frozenset({"url", "system", "resourceType", "id"})
RESTATING = frozenset({"display", "text", "title", "div"})
"""Elements whose words often repeat another element."""

SAYS_NOTHING = frozenset({"status", "intent", "use", "system", "url", "version", "unit"})
"""Removed values of these elements are not looked for in other texts."""

SHORTEST_RESTATED = 3
UNKNOWN = "unknown"


class Redacted(NamedTuple):
    """What may go, and the trace that fits it: items of a list move up where others were taken out."""

    resource: Tree
    elements: dict[str, Mapping[str, Any]]


def redact(resource: Tree, elements: Elements, *, data_class: str, permitted: Names) -> Tree | None:
    """Return a copy of the resource with the permitted elements only, or None when its own class is not permitted.

    Args:
        elements: the `elements` of the resource's trace: path -> {"class": "D3", ...}.
        data_class: the class of the resource.
        permitted: the classes that may go: `Decision.permitted`.
    """
    redacted = redact_with_trace(resource, elements, data_class=data_class, permitted=permitted)
    return redacted.resource if redacted else None


def redact_with_trace(resource: Tree, elements: Elements, *, data_class: str, permitted: Names) -> Redacted | None:
    """Return what `redact` returns, and the trace that fits it: to redact again, use that one, not the old one."""
    allowed = permitted & CLASSES
    if data_class not in allowed:
        return None
    leaves = dict(iter_leaves(resource))
    classes = {path: _class_of(path, elements, data_class) for path in leaves}
    frames = {path for path, level in classes.items() if level == UNKNOWN and _is_frame(path)}
    generated = {path for path, level in classes.items() if level == UNKNOWN and _is_generated(path, leaves)}
    kept = {path for path, level in classes.items() if level in allowed} | frames | generated
    if len(kept) < len(leaves) or _empty_frames(kept, frames):
        kept = _settled(leaves, kept - _restating(leaves, kept), frames)
    left, moved = rebuild(resource, kept.__contains__)
    known = ((new, old) if old in elements else (_plain(new), _plain(old)) for new, old in moved.items())
    trace = {new: elements[old] for new, old in known if old in elements}
    return Redacted(left if len(kept) == len(leaves) else with_security(left, [REDACTED]), trace)


def _plain(path: str) -> str:
    """Return the path of the element that something stands beside: `_birthDate` is a part of `birthDate`."""
    return re.sub(r"(^|\.)_", r"\1", path)


def _class_of(path: str, elements: Elements, data_class: str) -> str:
    """Return the class of the element at a path."""
    at = _known_at(path, elements) or _known_at(_plain(path), elements)
    if at in elements and (at or leaf_name(path) not in ENGINE_MADE):
        return str(elements[at].get("class", UNKNOWN))
    top = path.split(".")[0].split("[")[0]
    return data_class if top in ENGINE_MADE or path == "resourceType" else UNKNOWN


def _known_at(path: str, elements: Elements) -> str:
    """Return the nearest path, from the element upwards, that the trace knows; "" is the root."""
    while path not in elements and path:
        path = parent(path)
    return path


def _is_frame(path: str) -> bool:
    return "." in path and path.rsplit(".", 1)[1] in FRAME


def _empty_frames(kept: set[str], frames: set[str]) -> set[str]:
    """Return the frames of objects in which nothing else stays."""
    filled = {at for path in kept - frames if leaf_name(path) not in FRAME for at in _ancestors(path)}
    return {path for path in frames & kept if parent(path) not in filled}


def _ancestors(path: str) -> Iterable[str]:
    while path:
        path = parent(path)
        yield path


def _restating(leaves: Leaves, kept: set[str]) -> set[str]:
    """Return the leaves that stay by their class but hold the words of one that goes; the narrative always does."""
    needles = {
        _folded(value)
        for path, value in leaves.items()
        if path not in kept and isinstance(value, str) and leaf_name(path) not in SAYS_NOTHING
    }
    found = [re.escape(needle) for needle in sorted(needles) if len(needle) >= SHORTEST_RESTATED]
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(found)})(?!\w)") if found else None
    return {path for path in kept if _is_narrative(path) or (pattern and _says(path, leaves[path], pattern))}


_NARRATIVE = re.compile(r"((?:contained\[\d+\]\.)?(?:section\[\d+\]\.)*text)\..+")


def _is_narrative(path: str) -> bool:
    return _NARRATIVE.fullmatch(path) is not None


def _is_generated(path: str, leaves: Leaves) -> bool:
    found = _NARRATIVE.fullmatch(path)
    return found is not None and leaves.get(f"{found[1]}.status") == "generated"


def _says(path: str, value: object, pattern: re.Pattern[str]) -> bool:
    return isinstance(value, str) and leaf_name(path) in RESTATING and pattern.search(_folded(value)) is not None


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _settled(leaves: Leaves, kept: set[str], frames: set[str]) -> set[str]:
    """Return what stays once nothing hangs in the air any more; what goes may leave something else hanging."""
    while gone := _empty_frames(kept, frames) | _loose_ends(leaves, kept):
        kept = kept - gone
    return kept


def _loose_ends(leaves: Leaves, kept: set[str]) -> set[str]:
    """Return what hangs in the air: contained resources nothing points to, references to contained ones that went.

    Source: http://hl7.org/fhir/R4/references.html#contained
    """
    ids = {f"#{leaves[path]}": parent(path) for path in kept if re.fullmatch(r"contained\[\d+\]\.id", path)}
    pointers = {
        path: leaves[path] for path in kept if leaf_name(path) == "reference" and str(leaves[path]).startswith("#")
    }
    dead = [parent(path) for path, target in pointers.items() if target not in ids and target != "#"]
    dead += [at for id_, at in ids.items() if not any(t == id_ and not _in(p, at) for p, t in pointers.items())]
    return {path for path in kept for at in dead if _in(path, at)}


def _in(path: str, at: str) -> bool:
    return path.startswith((f"{at}.", f"{at}["))
