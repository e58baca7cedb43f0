"""Codes against the value sets that a profile binds an element to.

Laws: a required binding wants one code at least from the value set, an extensible one wishes for it; where the value
set is not known here, that is said.
Source: http://hl7.org/fhir/R4/terminologies.html#strength
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from fhirbridge.errors import Severity
from fhirbridge.validation.profiles.run import Item, ItemCheck, Run
from fhirbridge.validation.snapshots import Binding

BOUND = frozenset({"code", "Coding", "CodeableConcept", "Quantity", "string", "uri"})
"""Types that a binding speaks of."""

UNKNOWN = "the value set, or a code system it takes codes from, is not loaded"


@dataclass(frozen=True, slots=True)
class _Kind:
    rule: str
    severity: Severity
    out: str
    none: str


_REQUIRED = _Kind(
    "binding-required",
    "error",
    "No code is from the value set this element is bound to.",
    "There is no code, and one from the value set is required.",
)
_EXTENSIBLE = _Kind(
    "binding-extensible",
    "warning",
    "No code is from the value set, which has one for most meanings.",
    "There is no code, and one from the value set should be there.",
)
_MAX = _Kind(
    "binding-max",
    "error",
    "The code is not in the widest value set that the profile allows.",
    "There is no code, and one from the value set is required.",
)
_KINDS = {"required": _REQUIRED, "extensible": _EXTENSIBLE}


def iter_checks(binding: Binding, before: Binding | None) -> Iterator[ItemCheck]:
    """Yield what checks a binding, as far as it differs from the one before it."""
    is_new = before is None or (binding.strength, _plain(binding)) != (before.strength, _plain(before))
    if is_new and binding.value_set and binding.strength in _KINDS:
        yield _check(binding.value_set, _KINDS[binding.strength])
    if binding.max_value_set and (before is None or binding.max_value_set != before.max_value_set):
        yield _check(binding.max_value_set, _MAX)


def _plain(binding: Binding) -> str:
    return binding.value_set.partition("|")[0]


def _check(value_set: str, kind: _Kind) -> ItemCheck:
    def check(item: Item, path: str, run: Run) -> None:
        type_, value = item[0], item[1]
        if type_ not in BOUND or value is None:
            return
        if not _HAS_CODE[type_](value):
            if not _says_why(value):
                run.note(path, kind.none, kind.rule, kind.severity)
            return
        is_in = run.scene.member_of(value, value_set)
        if is_in is None:
            run.not_checked(path, UNKNOWN)
        elif not is_in:
            run.note(path, kind.out, kind.rule, kind.severity)

    return check


def _concept_has_code(value: Any) -> bool:
    codings = value.get("coding") if isinstance(value, dict) else None
    return isinstance(codings, list) and any(isinstance(each, dict) and "code" in each for each in codings)


def _coding_has_code(value: Any) -> bool:
    return isinstance(value, dict) and "code" in value


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


_HAS_CODE: dict[str, Callable[[Any], bool]] = {
    "CodeableConcept": _concept_has_code,
    "Coding": _coding_has_code,
    "Quantity": _coding_has_code,
    "code": _is_text,
    "string": _is_text,
    "uri": _is_text,
}


_ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"


def _says_why(value: Any) -> bool:
    """Say whether an element without a code tells by the standard extension why it has none."""
    found = value.get("extension") if isinstance(value, dict) else None
    return any(isinstance(each, dict) and each.get("url") == _ABSENT for each in (found or ()))
