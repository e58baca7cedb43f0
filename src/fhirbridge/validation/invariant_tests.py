"""The tests of those invariants that need more than a form of `predicates`: one function each, named by what holds.

A test is True when the rule holds, and holds for shapes it cannot read.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from fhirbridge.fhir.references import find_literal
from fhirbridge.validation.predicates import Maker, Tree, dicts, distinct, holds, iter_codings

UCUM = "http://unitsofmeasure.org"
_CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
_VERIFIED = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
_CATEGORY = "http://terminology.hl7.org/CodeSystem/condition-category"
_IN_ERROR = (_VERIFIED, "entered-in-error")
_ENDED = {(_CLINICAL, code) for code in ("resolved", "remission", "inactive")}


def _has_coding(concepts: Any, *wanted: tuple[str, str]) -> bool:
    return any(each in wanted for each in iter_codings(concepts))


def problem_has_status(tree: Tree) -> bool:
    """An item of the problem list has a clinical status, unless it was entered in error."""
    is_listed = _has_coding(tree.get("category"), (_CATEGORY, "problem-list-item"))
    return not is_listed or "clinicalStatus" in tree or _has_coding(tree.get("verificationStatus"), _IN_ERROR)


def abated_is_over(tree: Tree) -> bool:
    """What has abated is inactive, resolved or in remission."""
    abated = any(key.lstrip("_").startswith("abatement") for key in tree)
    return not abated or _has_coding(tree.get("clinicalStatus"), *_ENDED)


def mistake_has_no_status(tree: Tree) -> bool:
    """What was entered in error has no clinical status."""
    return "clinicalStatus" not in tree or not _has_coding(tree.get("verificationStatus"), _IN_ERROR)


def scope_has_patient(code: str) -> Maker:
    """R4 prints the system of these rules as `something`; the code system of the binding is meant."""
    wanted = ("http://terminology.hl7.org/CodeSystem/consentscope", code)
    return holds(lambda tree: "patient" in tree or not _has_coding(tree.get("scope"), wanted))


def member_is_practitioner(tree: Tree) -> bool:
    """Only a Practitioner acts on behalf of somebody; a member whose type is not told passes."""
    member = tree.get("member")
    reference = member.get("reference") if isinstance(member, dict) else None
    literal = find_literal(reference) if isinstance(reference, str) else None
    return "onBehalfOf" not in tree or literal is None or literal.type == "Practitioner"


def entries_have(name: str, types: tuple[str, ...]) -> Maker:
    """The element is in every entry of Bundles of these types, and in none of others."""
    return holds(lambda tree: all((name in e) == (tree.get("type") in types) for e in dicts(tree.get("entry"))))


def _entry_version(entry: Tree) -> tuple[Any, Any] | None:
    resource = entry.get("resource")
    meta = resource.get("meta") if isinstance(resource, dict) else None
    version = meta.get("versionId") if isinstance(meta, dict) else None
    return (entry["fullUrl"], version) if "fullUrl" in entry else None


def urls_differ(tree: Tree) -> bool:
    """No two entries have the same fullUrl and version; a history may."""
    return tree.get("type") == "history" or distinct("entry", _entry_version)("Bundle")(tree)


def starts_with(bundle: str, resource_type: str) -> Maker:
    """A Bundle of this type begins with this resource type."""

    def test(tree: Tree) -> bool:
        if tree.get("type") != bundle:
            return True
        first = next(iter(dicts(tree.get("entry"))), {}).get("resource")
        return isinstance(first, dict) and first.get("resourceType") == resource_type

    return holds(test)


def document_is_identified(tree: Tree) -> bool:
    """A document has an identifier with system and value."""
    identifier = tree.get("identifier")
    return tree.get("type") != "document" or (isinstance(identifier, dict) and {"system", "value"} <= identifier.keys())


def url_has_no_version(tree: Tree) -> bool:
    """A fullUrl names no version."""
    url = tree.get("fullUrl")
    return not isinstance(url, str) or "/_history/" not in url


def is_not_home(name: str) -> Maker:
    """No item of the list is for home use."""
    return holds(lambda tree: all(part.get("use") != "home" for part in dicts(tree.get(name))))


def low_below_high(tree: Tree) -> bool:
    """The low end is not above the high end, where both have the same unit."""
    low, high = tree.get("low"), tree.get("high")
    if not isinstance(low, dict) or not isinstance(high, dict) or low.get("unit") != high.get("unit"):
        return True
    try:
        return not low["value"] > high["value"]
    except (KeyError, TypeError):
        return True


def offset_has_event(tree: Tree) -> bool:
    """An offset goes with an event that is not a meal in general."""
    when = tree.get("when")
    codes = when if isinstance(when, list) else []
    return "offset" not in tree or (bool(codes) and not any(code in ("C", "CM", "CD", "CV") for code in codes))


def quantity_in_ucum(tree: Tree) -> bool:
    """A quantity with a value has a code of UCUM."""
    return tree.get("system", UCUM) == UCUM and ("code" in tree or "value" not in tree)


def duration_in_ucum(tree: Tree) -> bool:
    """A duration with a code has a value and is in UCUM."""
    return "code" not in tree or (tree.get("system") == UCUM and "value" in tree)


def parameter_has_one(tree: Tree) -> bool:
    """A parameter has a value, a resource or parts: exactly one of them."""
    values = sum(key.startswith(("value", "_value")) for key in tree)
    return (values > 0) + ("resource" in tree) + ("part" in tree) == 1


def probability_in_percent(tree: Tree) -> bool:
    """A probability given as a number is at most 100."""
    probability = tree.get("probabilityDecimal")
    return not isinstance(probability, int | Decimal) or probability <= 100


def codes_differ(tree: Tree) -> bool:
    """No code stands twice in the whole tree of concepts."""
    codes: list[str] = []
    waiting = dicts(tree.get("concept"))
    while waiting:
        concept = waiting.pop()
        codes.append(repr(concept.get("code")))
        waiting.extend(dicts(concept.get("concept")))
    return len(codes) == len(set(codes))


def search_only_in_searchset(tree: Tree) -> bool:
    """Only a searchset's entries say why they were found."""
    return tree.get("type") == "searchset" or not any("search" in entry for entry in dicts(tree.get("entry")))


def start_unless_proposed(tree: Tree) -> bool:
    """Only an appointment that is not (yet) to happen has no time."""
    return "start" in tree or tree.get("status") in ("proposed", "cancelled", "waitlist")
