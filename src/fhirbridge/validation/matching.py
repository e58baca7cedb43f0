"""Comparing an element with a fixed value or a pattern.

Source: http://hl7.org/fhir/R4/elementdefinition-definitions.html (fixed[x], pattern[x])
"""

from __future__ import annotations

from typing import Any


def is_same(value: Any, fixed: Any) -> bool:
    """Say whether a value is the fixed one; true is not 1."""
    if isinstance(fixed, bool) or isinstance(value, bool):
        return value is fixed
    return bool(value == fixed)


def contains(value: Any, pattern: Any) -> bool:
    """Say whether a value holds all that a pattern holds: objects by their keys, lists by any item.

    >>> contains({"coding": [{"code": "a"}, {"code": "b", "display": "B"}]}, {"coding": [{"code": "b"}]})
    True
    """
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(
            name in value and contains(value[name], pattern[name]) for name in pattern
        )
    if isinstance(pattern, list):
        return isinstance(value, list) and all(any(contains(item, wanted) for item in value) for wanted in pattern)
    return is_same(value, pattern)
