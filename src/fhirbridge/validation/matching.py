"""Comparing an element with a fixed value or a pattern.

Source: http://hl7.org/fhir/R4/elementdefinition-definitions.html (fixed[x], pattern[x])
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Test = Callable[[Any], bool]


def is_same(value: Any, fixed: Any) -> bool:
    """Say whether a value is the fixed one; true is not 1."""
    if isinstance(fixed, bool) or isinstance(value, bool):
        return value is fixed
    return bool(value == fixed)


def pattern_test(pattern: Any) -> Test:
    """Return what says whether a value holds all that a pattern holds: objects by their keys, lists by any item.

    >>> is_b = pattern_test({"coding": [{"code": "b"}]})
    >>> is_b({"coding": [{"code": "a"}, {"code": "b"}]}), is_b({"coding": []}), is_b("b")
    (True, False, False)
    """
    if isinstance(pattern, dict):
        return _object_test([(name, pattern_test(value)) for name, value in pattern.items()])
    if isinstance(pattern, list):
        return _list_test([pattern_test(value) for value in pattern])
    return lambda value: is_same(value, pattern)


def _object_test(tests: list[tuple[str, Test]]) -> Test:
    def test(value: Any) -> bool:
        return isinstance(value, dict) and all(name in value and holds(value[name]) for name, holds in tests)

    return test


def _list_test(tests: list[Test]) -> Test:
    def test(value: Any) -> bool:
        return isinstance(value, list) and all(any(map(holds, value)) for holds in tests)

    return test
