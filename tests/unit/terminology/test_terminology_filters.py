from __future__ import annotations

import pytest
from tests.support.terminology import FRUIT_TREE

from fhirbridge.terminology.answers import FILTER, PATTERN, NotKnown
from fhirbridge.terminology.filters import filtered
from fhirbridge.terminology.resources import read_code_system
from fhirbridge.terminology.systems import ListedSystem
from fhirbridge.terminology.value_sets import Filter

SYSTEM = ListedSystem(read_code_system(FRUIT_TREE))


@pytest.mark.parametrize(
    ("row", "codes"),
    [
        (("concept", "is-a", "citrus"), {"citrus", "lemon", "orange"}),
        (("concept", "descendent-of", "citrus"), {"lemon", "orange"}),
        (("concept", "is-not-a", "citrus"), {"plum", "apple"}),
        (("concept", "generalizes", "lemon"), {"lemon", "citrus"}),
        (("concept", "is-a", "nowhere"), set()),
        (("code", "regex", "[a-l].*"), {"citrus", "lemon", "apple"}),
        (("concept", "=", "plum"), {"plum"}),
        (("concept", "in", "plum, apple"), {"plum", "apple"}),
        (("concept", "not-in", "plum,apple"), {"citrus", "lemon", "orange"}),
        (("taste", "=", "sour"), {"lemon"}),
        (("taste", "in", "sour,sweet"), {"lemon", "orange"}),
        (("taste", "exists", "true"), {"lemon", "orange"}),
        (("taste", "exists", "false"), {"citrus", "plum", "apple"}),
        (("ripe", "=", "true"), {"orange"}),
        (("parent", "=", "citrus"), {"lemon", "orange"}),
        (("child", "=", "lemon"), {"citrus"}),
        (("display", "regex", "App.*"), {"apple"}),
    ],
)
def test_a_filter_leaves(row: tuple[str, str, str], codes: set[str]) -> None:
    assert filtered(SYSTEM, [Filter(*row)]) == codes


def test_filters_hold_all_together() -> None:
    rows = [Filter("concept", "is-a", "citrus"), Filter("taste", "=", "sweet")]
    assert filtered(SYSTEM, rows) == {"orange"}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (("taste", "like", "x"), FILTER),
        (("taste", "exists", "maybe"), FILTER),
        (("code", "regex", "(?=a)"), PATTERN),
    ],
)
def test_a_filter_that_is_not_understood_has_a_reason(row: tuple[str, str, str], reason: str) -> None:
    with pytest.raises(NotKnown, match=reason):
        filtered(SYSTEM, [Filter(*row)])
