"""Values against what a profile fixes: fixed[x], pattern[x], the greatest length, the least and greatest value.

Source: http://hl7.org/fhir/R4/elementdefinition-definitions.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from fhirbridge.validation.matching import is_same, pattern_test
from fhirbridge.validation.profiles.run import Item, ItemCheck, Run
from fhirbridge.validation.snapshots import Node


def iter_checks(node: Node, ref: Node) -> Iterator[ItemCheck]:
    """Yield what checks the value of an item, as far as it differs from what was said before."""
    if node.fixed != ref.fixed:
        yield _demand(partial(_is_fixed, node.fixed[0]), "fixed", "The profile fixes another value here.")
    if node.pattern != ref.pattern:
        message = "The value does not hold what the profile demands of it."
        yield _demand(pattern_test(node.pattern[0]), "pattern", message)
    if node.max_length is not None and node.max_length != ref.max_length:
        most = node.max_length
        message = f"The text is longer than the {most} characters that the profile allows."
        yield _demand(lambda value: not isinstance(value, str) or len(value) <= most, "max-length", message)
    least, greatest = node.limits
    if least is not None and least != ref.limits[0]:
        yield _demand(lambda value: not _is_less(value, least), "min-value", "The value is below the least allowed.")
    if greatest is not None and greatest != ref.limits[1]:
        message = "The value is above the greatest allowed."
        yield _demand(lambda value: not _is_less(greatest, value), "max-value", message)


def _is_fixed(wanted: Any, value: Any) -> bool:
    return is_same(value, wanted)


def _demand(test: Callable[[Any], bool], rule: str, message: str) -> ItemCheck:
    def check(item: Item, path: str, run: Run) -> None:
        if item[1] is not None and not test(item[1]):
            run.note(path, message, rule)

    return check


def _is_less(value: Any, other: Any) -> bool:
    """Say whether a value is less for certain: numbers, dates of one precision, quantities of one unit."""
    if isinstance(value, dict) and isinstance(other, dict):
        is_one_unit = value.get("code") == other.get("code") and value.get("system") == other.get("system")
        return is_one_unit and _is_less(value.get("value"), other.get("value"))
    if isinstance(value, str) and isinstance(other, str):
        return value[: len(other)] < other[: len(value)]
    try:
        return bool(value < other)
    except TypeError:
        return False
