"""Random records of every kind, made from their published schemas. Keys are unique within one record."""

from __future__ import annotations

import json
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from fhirbridge.mapping.library import record_shapes
from fhirbridge.mapping.paths import prune
from fhirbridge.mapping.shapes import Shape
from fhirbridge.records import KINDS, Record

_PROFILES = Path(__file__).parents[2] / "profiles" / "fhirbridge"
CATEGORIES = tuple(
    concept["code"] for concept in json.loads((_PROFILES / "service-category.codesystem.json").read_text())["concept"]
)
KEY_FIELDS = frozenset(
    {
        "id",
        "number",
        "code",
        "plan",
        "replaces",
        "referral",
        "rereferral_of",
        "goal",
        "objective",
        "consent",
        "contact",
        "revised_plan",
    }
)
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=12)
WORDS = st.one_of(st.just("the same"), st.lists(TEXTS, min_size=1, max_size=4).map(" ".join))
ODD_ENDINGS = st.sampled_from(["", "", "/2", "|x", "#1", "%2F", "'\"", "ü", ".a[0]", "=1", "&b"])
"""What a partner's own keys end in: nothing in them may be taken for a path, a URL or a selector."""
DATES = st.one_of(
    st.dates().map(lambda d: f"{d.year:04}-{d.month:02}-{d.day:02}"),
    st.sampled_from(["2026", "2026-11", "1989-03"]),
)
INSTANTS = st.one_of(
    st.datetimes().map(
        lambda d: d.replace(microsecond=0, year=max(d.year, 1000), day=min(d.day, 28)).isoformat() + "Z"
    ),
    st.just("2026-11-22T09:30:00-05:00"),
)
DATE_TIMES = st.one_of(DATES, INSTANTS)
FROM_ONE = frozenset({"times", "every", "minutes_each", "sessions"})
"""Numbers that a record takes from 1 only."""
LANGUAGES = st.sampled_from(["en", "es", "fr-CA", "zh-Hant"])
FORMATS = {"fhir-date": DATES, "fhir-datetime": DATE_TIMES, "fhir-instant": INSTANTS, "language-tag": LANGUAGES}


def _leaf(name: str, shape: Shape, fresh: Any) -> st.SearchStrategy[Any]:
    if shape.codes:
        return st.sampled_from(sorted(shape.codes))
    if name == "category":
        return st.sampled_from(CATEGORIES)
    if name == "system":
        return st.builds(lambda: f"https://k{next(fresh)}.example/number")
    if name in KEY_FIELDS:
        return st.builds(lambda ending: f"k{next(fresh)}{ending}", ODD_ENDINGS)
    if shape.type == "boolean":
        return st.booleans()
    if shape.type == "integer":
        return st.integers(1 if name in FROM_ONE else 0, 500)
    return FORMATS.get(getattr(shape, "format", ""), WORDS)


def _value(name: str, shape: Shape, fresh: Any) -> st.SearchStrategy[Any]:
    single = _leaf(name, shape, fresh) if shape.is_leaf else _object(shape, fresh)
    if not shape.is_list:
        return single
    if not shape.is_leaf:
        single = single.filter(lambda tree: bool(prune(tree)[0]))
    return st.lists(single, min_size=1 if shape.is_required else 0, max_size=3)


def _object(shape: Shape, fresh: Any) -> st.SearchStrategy[dict[str, Any]]:
    fields = {name: child for name in shape.child_names() if (child := shape.find_child(name))}
    return st.fixed_dictionaries(
        {name: _value(name, child, fresh) for name, child in fields.items() if child.is_required},
        optional={name: _value(name, child, fresh) for name, child in fields.items() if not child.is_required},
    )


@cache
def records(kind: str) -> st.SearchStrategy[Record]:
    """Return a strategy for valid records of a kind, without what can only be empty."""
    trees = _object(record_shapes()[kind], count(1)).map(_mended).map(lambda tree: prune(tree)[0])
    return trees.map(KINDS[kind].model_validate)


def _mended(tree: dict[str, Any]) -> dict[str, Any]:
    """Put in what a record's own rules ask for beyond its schema."""
    if "expiry" in tree:
        tree["expiry"].setdefault("event", "end of treatment")
    for name in tree.get("names", ()):
        name.setdefault("family", "Vega")
    if "died" in tree:
        tree.pop("deceased", None)
    return tree


def as_tree(record: Record) -> dict[str, Any]:
    """Return a record as the tree that maps read: nothing empty in it."""
    return prune(record.model_dump(exclude_none=True))[0]
