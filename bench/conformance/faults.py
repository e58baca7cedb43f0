"""Single faults put into valid resources: some seventy kinds, each in one place, so that validators can be compared.

A kind says where it can be put (a test of a place) and what it does there. Places are found by the R4 table, so a kind
reaches every element of its sort in every resource type.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from random import Random
from typing import Any

from fhirbridge.fhir.elements import Element, elements_of

Tree = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """An element that is there: the object it stands in, that object's type, its key, its definition, and the whole."""

    holder: Tree
    type: str
    key: str
    element: Element
    root: Tree

    @property
    def value(self) -> Any:
        """What stands there."""
        return self.holder[self.key]


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault: its name, its family, where it fits, and what it does to the place."""

    name: str
    family: str
    fits: Callable[[Place], bool]
    put: Callable[[Place], None]


def iter_places(resource: Tree) -> Iterator[Place]:
    """Yield every element of a resource and of what is in it."""
    yield from _places(resource, str(resource.get("resourceType")), resource)


def _places(holder: Tree, type_: str, root: Tree) -> Iterator[Place]:
    for element in elements_of(type_):
        if element.name not in holder:
            continue
        yield Place(holder, type_, element.name, element, root)
        for item in _items(holder[element.name]):
            if isinstance(item, dict):
                inner = str(item.get("resourceType")) if element.type == "Resource" else element.type
                yield from _places(item, inner, root)


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def with_fault(fault: Fault, resource: Tree, random: Random) -> Tree | None:
    """Return a copy of a resource with the fault in one place that fits; None where none does."""
    copy = deepcopy(resource)
    fitting = [place for place in iter_places(copy) if fault.fits(place)]
    if not fitting:
        return None
    fault.put(random.choice(fitting))
    return copy


# -- where a fault fits


def _of_type(*types: str) -> Callable[[Place], bool]:
    return lambda p: p.element.type in types and not isinstance(p.value, list) and p.key not in ("id", "div")


def _in(type_: str, *keys: str) -> Callable[[Place], bool]:
    return lambda p: p.type == type_ and p.key in keys


def _is_object(p: Place) -> bool:
    return isinstance(p.value, dict) and p.element.type not in ("Resource", "Narrative", "Extension")


def _is_required(p: Place) -> bool:
    return p.element.min > 0 and not p.element.choice and p.type != "Extension" and p.key != "div"


def _is_single(p: Place) -> bool:
    return p.element.max == 1 and p.key not in ("id", "div") and not p.type.startswith("Narrative")


def _has_required_code(p: Place) -> bool:
    return bool(p.element.type == "code" and p.element.binding and p.element.binding.codes) and isinstance(p.value, str)


def _has_required_concept(p: Place) -> bool:
    bound = p.element.binding and p.element.binding.codes and p.element.type == "CodeableConcept"
    return bool(bound) and isinstance(p.value, dict) and bool(p.value.get("coding"))


def _points_elsewhere(p: Place) -> bool:
    text = p.value.get("reference") if isinstance(p.value, dict) else None
    is_literal = isinstance(text, str) and not text.startswith(("#", "urn:")) and "/" in text
    return bool(p.element.targets) and "Medication" not in p.element.targets and is_literal


def _has_choice(p: Place) -> bool:
    return bool(p.element.choice) and p.type != "Extension" and not isinstance(p.value, list)


def _is_root(p: Place) -> bool:
    return p.holder is p.root and p.key == "id"


def _is_filled_list(p: Place) -> bool:
    return isinstance(p.value, list) and p.element.type not in ("Resource", "Extension") and len(p.value) > 0


def _claimed(type_: str, *keys: str) -> Callable[[Place], bool]:
    """Fits elements of resources that claim a profile of US Core which demands them."""

    def fits(p: Place) -> bool:
        claims = p.root.get("meta", {}).get("profile", [])
        return p.type == type_ and p.key in keys and p.holder is p.root and any("/us-core-" in each for each in claims)

    return fits


# -- what it does


def _set(value: Any) -> Callable[[Place], None]:
    return lambda p: p.holder.__setitem__(p.key, value)


def _changed(change: Callable[[Any], Any]) -> Callable[[Place], None]:
    return lambda p: p.holder.__setitem__(p.key, change(p.value))


def _beside(**more: Any) -> Callable[[Place], None]:
    return lambda p: p.holder.update(deepcopy(more))


def _inside(**more: Any) -> Callable[[Place], None]:
    return lambda p: _items(p.value)[0].update(deepcopy(more))


def _remove(p: Place) -> None:
    del p.holder[p.key]


def _other_choice(p: Place) -> None:
    others = [e for e in elements_of(p.type) if e.choice == p.element.choice and e.name not in p.holder]
    wanted = next((e for e in others if e.type in ("string", "boolean", "Period")), others[0])
    p.holder[wanted.name] = {"string": "x", "boolean": True}.get(wanted.type, {"start": "2026-01-01"})


def _wrong_concept(p: Place) -> None:
    p.value["coding"] = [{"system": p.value["coding"][0].get("system", "urn:x"), "code": "no-such-code"}]


def _other_codes(p: Place) -> None:
    for concept in _items(p.value):
        concept["coding"] = [{"system": "https://example.org/codes", "code": "other"}]


def _wrong_target(p: Place) -> None:
    p.value["reference"] = next(
        t for t in ("Slot/1", "Device/1", "Account/1") if t.split("/")[0] not in p.element.targets
    )


EXTENSION = {"url": "https://example.org/unknown", "valueString": "x"}
CORE = "http://hl7.org/fhir/StructureDefinition/"

FAULTS: tuple[Fault, ...] = (
    Fault("unknown-element", "structure", _is_object, _inside(noSuchElement="x")),
    Fault("unknown-element-at-root", "structure", _is_root, _beside(noSuchElement="x")),
    Fault("text-for-object", "structure", _is_object, _set("x")),
    Fault("object-for-text", "structure", _of_type("string", "code", "date", "dateTime"), _set({"value": "x"})),
    Fault("list-for-single", "structure", _is_single, _changed(lambda value: [value])),
    Fault("single-for-list", "structure", _is_filled_list, _changed(lambda value: value[0])),
    Fault("empty-list", "structure", _is_filled_list, _set([])),
    Fault("empty-object", "structure", _is_object, _set({})),
    Fault("null-for-object", "structure", _is_object, _set(None)),
    Fault("two-types-of-a-choice", "structure", _has_choice, _other_choice),
    Fault("unknown-resource-type", "structure", _is_root, _beside(resourceType="NoSuchResource")),
    Fault("contained-without-type", "structure", _is_root, _beside(contained=[{"id": "c1"}])),
    Fault("required-missing", "cardinality", _is_required, _remove),
    Fault("required-missing-in-datatype", "cardinality", _in("Attachment", "contentType"), _remove),
    Fault("extension-without-url", "cardinality", _is_root, _beside(extension=[{"valueString": "x"}])),
    Fault("bad-date", "primitive", _of_type("date"), _set("2026-13-01")),
    Fault("day-that-is-none", "primitive", _of_type("date", "dateTime"), _set("2026-02-30")),
    Fault("time-without-zone", "primitive", _of_type("dateTime", "instant"), _set("2026-02-03T10:00:00")),
    Fault("instant-without-time", "primitive", _of_type("instant"), _set("2026-02-03")),
    Fault("boolean-in-quotes", "primitive", _of_type("boolean"), _set("true")),
    Fault("number-in-quotes", "primitive", _of_type("integer", "positiveInt", "unsignedInt", "decimal"), _set("1")),
    Fault("fraction-for-whole", "primitive", _of_type("integer", "positiveInt", "unsignedInt"), _set(1.5)),
    Fault("zero-for-positive", "primitive", _of_type("positiveInt"), _set(0)),
    Fault("negative-for-unsigned", "primitive", _of_type("unsignedInt"), _set(-1)),
    Fault("uri-with-blank", "primitive", _of_type("uri", "url", "canonical"), _set("http://example.org/a b")),
    Fault("id-with-underscore", "primitive", _is_root, _set("not_an_id")),
    Fault("id-too-long", "primitive", _is_root, _set("a" * 65)),
    Fault("code-with-blanks", "primitive", _of_type("code"), _set(" a  b ")),
    Fault("empty-text", "primitive", _of_type("string", "uri"), _set("")),
    Fault("bad-base64", "primitive", _of_type("base64Binary"), _set("%%%2@()()")),
    Fault("required-code-unknown", "binding", _has_required_code, _set("no-such-code")),
    Fault("required-code-in-capitals", "binding", _has_required_code, _changed(str.upper)),
    Fault("required-concept-unknown", "binding", _has_required_concept, _wrong_concept),
    Fault("reference-to-wrong-type", "reference", _points_elsewhere, _wrong_target),
    Fault("contained-missing", "reference", _points_elsewhere, _inside(reference="#no-such")),
    Fault("contained-unused", "reference", _is_root, _beside(contained=[{"resourceType": "Patient", "id": "c1"}])),
    Fault(
        "contained-in-contained",
        "invariant",
        _is_root,
        _beside(
            contained=[{"resourceType": "Patient", "id": "c1", "contained": [{"resourceType": "Patient", "id": "c2"}]}]
        ),
    ),
    Fault("period-backwards", "invariant", _of_type("Period"), _set({"start": "2026-05-01", "end": "2026-04-01"})),
    Fault("extension-with-both", "invariant", _is_root, _beside(extension=[{**EXTENSION, "extension": [EXTENSION]}])),
    Fault("extension-with-neither", "invariant", _is_root, _beside(extension=[{"url": EXTENSION["url"]}])),
    Fault("quantity-code-without-system", "invariant", _of_type("Quantity"), _set({"value": 1, "code": "mg"})),
    Fault("telecom-without-system", "invariant", _in("ContactPoint", "system"), _remove),
    Fault("data-without-type", "invariant", _of_type("Attachment"), _set({"data": "QUJD"})),
    Fault("range-backwards", "invariant", _of_type("Range"), _set({"low": {"value": 9}, "high": {"value": 1}})),
    Fault("ratio-of-one", "invariant", _of_type("Ratio"), _set({"numerator": {"value": 1}})),
    Fault("repeat-without-unit", "invariant", _in("Timing", "repeat"), _set({"period": 2})),
    Fault("activity-with-both", "invariant", _in("CarePlan.activity", "detail"), _beside(reference={"display": "x"})),
    Fault("target-without-measure", "invariant", _in("Goal", "target"), _set([{"detailString": "x"}])),
    Fault(
        "observation-absent-and-there",
        "invariant",
        _in("Observation", "valueQuantity"),
        _beside(dataAbsentReason={"text": "x"}),
    ),
    Fault("contact-of-nobody", "invariant", _in("Patient", "contact"), _set([{"gender": "male"}])),
    Fault(
        "organisation-of-nothing",
        "invariant",
        _in("Organization", "name"),
        lambda p: (p.holder.pop("name"), p.holder.pop("identifier", None), None)[-1],
    ),
    Fault(
        "consent-without-policy",
        "invariant",
        _in("Consent", "status"),
        lambda p: (p.holder.pop("policy", None), p.holder.pop("policyRule", None), None)[-1],
    ),
    Fault(
        "mistake-with-status",
        "invariant",
        _in("Condition", "clinicalStatus"),
        _beside(
            verificationStatus={
                "coding": [
                    {"system": "http://terminology.hl7.org/CodeSystem/condition-ver-status", "code": "entered-in-error"}
                ]
            }
        ),
    ),
    Fault("entry-urls-twice", "invariant", _in("Bundle", "entry"), lambda p: p.value.append(deepcopy(p.value[0]))),
    Fault(
        "narrative-with-script",
        "narrative",
        _in("Narrative", "div"),
        _set('<div xmlns="http://www.w3.org/1999/xhtml"><script>x</script></div>'),
    ),
    Fault(
        "narrative-unclosed",
        "narrative",
        _in("Narrative", "div"),
        _set('<div xmlns="http://www.w3.org/1999/xhtml"><p>x</div>'),
    ),
    Fault("narrative-without-namespace", "narrative", _in("Narrative", "div"), _set("<div><p>x</p></div>")),
    Fault(
        "narrative-empty",
        "narrative",
        _in("Narrative", "div"),
        _set('<div xmlns="http://www.w3.org/1999/xhtml"> </div>'),
    ),
    Fault(
        "narrative-with-handler",
        "narrative",
        _in("Narrative", "div"),
        _set('<div xmlns="http://www.w3.org/1999/xhtml"><p onclick="x">x</p></div>'),
    ),
    Fault("modifier-unknown", "extension", _is_root, _beside(modifierExtension=[EXTENSION])),
    Fault(
        "core-extension-of-wrong-type",
        "extension",
        _in("Patient", "id"),
        _beside(extension=[{"url": f"{CORE}patient-birthPlace", "valueString": "x"}]),
    ),
    Fault(
        "core-extension-in-wrong-place",
        "extension",
        _in("Goal", "id"),
        _beside(extension=[{"url": f"{CORE}patient-birthPlace", "valueAddress": {"city": "x"}}]),
    ),
    Fault(
        "core-extension-that-is-none",
        "extension",
        _is_root,
        _beside(extension=[{"url": f"{CORE}no-such-extension", "valueString": "x"}]),
    ),
    Fault("profile-demands-name", "profile", _claimed("Patient", "name"), _remove),
    Fault("profile-demands-identifier", "profile", _claimed("Patient", "identifier"), _remove),
    Fault("profile-demands-code", "profile", _claimed("ServiceRequest", "code"), _remove),
    Fault("profile-demands-category", "profile", _claimed("Condition", "category"), _other_codes),
    Fault("profile-demands-slice", "profile", _claimed("Observation", "category"), _other_codes),
    Fault("profile-demands-participant", "profile", _claimed("CareTeam", "participant"), _remove),
    Fault("profile-demands-code-of-set", "profile", _claimed("AllergyIntolerance", "clinicalStatus"), _other_codes),
)
"""Every kind. Those of the families structure, cardinality, binding, reference and invariant may none be missed."""

NEVER_MISSED = frozenset({"structure", "cardinality", "binding", "reference", "profile", "invariant"})
