"""What a walk finds: kinds of faults, and a tree of pieces of paths that becomes issues when the walk is over.

A path is only put together for what is reported. Faults of an object are a list of (piece, kind or faults of what
stands there); an object without fault has None, so that the walk allocates nothing for what is in order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

from fhirbridge.errors import Issue, Severity


class Kind(NamedTuple):
    """One kind of fault: the rule, what is said, how grave it is, and whose profile's rule it is ("" for R4)."""

    rule: str
    message: str
    severity: Severity = "error"
    profile: str = ""


Faults: TypeAlias = list[tuple[str, Any]]
"""(piece of a path such as `.name[0]`, Kind or Faults) in the order of the tree."""

_PLAIN_NAME = re.compile(r"_?[A-Za-z][A-Za-z0-9-]{0,63}", re.ASCII)

JSON_NULL = Kind("json-null", "null is not a value; leave the element out.")
NULL_ALONE = Kind("json-null", "null needs an extension beside it.")
NULL_TWICE = Kind("json-null", "null needs a value beside it.")
ONE_VALUE = Kind("cardinality-max", "Expected one value, not a list.")
NEEDS_LIST = Kind("json-type", "Expected a list.")
EMPTY_LIST = Kind("json-empty", "An empty list is not allowed; leave the element out.")
NEEDS_OBJECT = Kind("json-type", "Expected an object.")
UNEVEN = Kind("json-siblings", "The list is not as long as the list of values it belongs to.")
UNKNOWN = Kind("element-unknown", "Unknown element.")
REQUIRED = Kind("cardinality-min", "This element is required.")
ONE_TYPE = Kind("choice", "Only one type of this element may be present.")
EMPTY = Kind("ele-1", "An element needs a value or children.")
EXTENSION = Kind("ext-1", "An extension has a value or extensions, not both.")
NO_TYPE = Kind("resource-type", "resourceType is missing or names no FHIR R4 resource type.")
CODE = Kind("binding-required", "The code is not in the value set this element is bound to.")
CODING = Kind("binding-required", "No coding is from the value set this element is bound to.")
TARGET = Kind("reference-target", "The reference points at a resource type that is not allowed here.")
NOT_CONTAINED = Kind("ref-1", "The contained resource it names is not there.")
REFERENCE = Kind("reference-format", "Expected Type/id, an absolute URL, urn:uuid:…, urn:oid:… or #id.")
UNCLEAR = Kind("reference-format", "This is a strange reference: expected Type/id, a URL or URN, or #id.", "warning")
CONTAINED_ID = Kind("contained-id", "A contained resource needs an id.")
NESTED = Kind("dom-2", "A contained resource contains no others.")
UNUSED = Kind("dom-3", "Nothing points at this contained resource.")
NO_VERSION = Kind("dom-4", "Not allowed in a contained resource.")
NO_LABEL = Kind("dom-5", "Not allowed in a contained resource.")
DEPTH = Kind("depth", "The resource is nested too deep to be checked.")


def note(faults: Faults | None, piece: str, what: Kind | Faults) -> Faults:
    """Add a fault, or the faults of a child, at a piece of the path; return the list, made when it is the first."""
    if faults is None:
        return [(piece, what)]
    faults.append((piece, what))
    return faults


def shown(name: str) -> str:
    """Return a JSON key fit for a path; one that is no plain name may be data and is shown as `?`."""
    return name if _PLAIN_NAME.fullmatch(name) else "?"


def iter_issues(faults: Faults | None, path: str) -> Iterator[Issue]:
    """Yield an issue for each fault, in order."""
    waiting = [(path, iter(faults or ()))]
    while waiting:
        at, rest = waiting[-1]
        for piece, what in rest:
            if isinstance(what, list):
                waiting.append((at + piece, iter(what)))
                break
            yield _issue(at + piece, what)
        else:
            waiting.pop()


@lru_cache(maxsize=4096)
def _issue(path: str, kind: Kind) -> Issue:
    """Return the issue of a fault; the same fault at the same path is the same issue, in whatever resource."""
    return Issue("FB500", kind.message, path, kind.severity, kind.rule, profile=kind.profile)
