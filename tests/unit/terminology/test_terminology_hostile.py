"""Resources of a package may hold anything: the answer is an answer or a reason."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.support.terminology import FRUIT, FRUIT_MAP, FRUIT_SET, make_terminology

from fhirbridge.terminology.answers import REASONS, Coding, NotKnown

NAMES = (
    "concept code display property designation include exclude system valueSet filter op value valueCode version "
    "contains total extension group element target equivalence unmapped mode source content "
    "caseSensitive expansion url name"
)
KEYS = st.sampled_from(NAMES.split())
TEXTS = st.sampled_from(
    ["", "a", FRUIT, FRUIT_SET, "is-a", "regex", "concept", "(", "equal", "fixed", "complete", "fragment"]
)
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(-2, 2), TEXTS)
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)


def resource(type_: str, url: str, tree: Any) -> dict[str, Any]:
    return {**(tree if isinstance(tree, dict) else {}), "resourceType": type_, "url": url}


PARTS = st.lists(st.dictionaries(KEYS, TREES, max_size=5), max_size=3)


@given(PARTS, TREES, PARTS)
def test_any_tree_is_answered(concepts: Any, tree: Any, include: Any) -> None:
    system = resource("CodeSystem", FRUIT, {"content": "complete", "concept": concepts})
    value_set = resource(
        "ValueSet", FRUIT_SET, {**(tree if isinstance(tree, dict) else {}), "compose": {"include": include}}
    )
    terminology = make_terminology(system, value_set)
    for coding in (Coding(FRUIT, "a"), Coding(code="a", display="b")):
        for verdict in (terminology.validate(FRUIT_SET, coding), terminology.validate_in_system(coding)):
            assert verdict.reason in {"", *REASONS}
    try:
        terminology.expand(FRUIT_SET)
    except NotKnown as error:
        assert str(error) in REASONS


@given(PARTS)
def test_any_concept_map_translates_or_has_its_fault(groups: Any) -> None:
    map_ = make_terminology(resource("ConceptMap", FRUIT_MAP, {"group": groups})).find_map(FRUIT_MAP)
    assert map_
    assert make_terminology().translate(map_, Coding(FRUIT, "a")) is not None
