"""What an expression asks of its surroundings, and what it does where they cannot say."""

from __future__ import annotations

from typing import Any

import pytest

from fhirbridge.fhir.fhirpath import NO_SCENE, NotJudged, Primitive, Scene, compile_path

PRACTITIONER = {"resourceType": "Practitioner", "id": "p", "active": True}
REQUEST: dict[str, Any] = {
    "resourceType": "ServiceRequest",
    "status": "active",
    "contained": [PRACTITIONER],
    "requester": {"reference": "#p"},
    "performer": [{"reference": "Organization/1"}, {"type": "Device", "display": "a pump"}],
    "code": {"coding": [{"system": "urn:x", "code": "a"}]},
    "modifierExtension": [{"url": "urn:m"}],
}
SCENE = Scene(resource=REQUEST, root=REQUEST)


def holds(expression: str, scene: Scene = SCENE, type_: str = "ServiceRequest", value: Any = REQUEST) -> bool:
    compiled = compile_path(expression, type_)
    answer = compiled.interpret(value, scene)
    assert compiled.holds(value, scene) is answer
    return answer


def reason(expression: str, scene: Scene = SCENE) -> str:
    with pytest.raises(NotJudged) as caught:
        compile_path(expression, "ServiceRequest").holds(REQUEST, scene)
    return caught.value.reason


def test_a_contained_resource_is_found_in_its_container() -> None:
    assert holds("requester.resolve().active and requester.resolve() is Practitioner")
    inner = Scene(resource=PRACTITIONER, root=REQUEST)
    assert holds("'#p'.resolve() is Practitioner and '#'.resolve() is ServiceRequest", inner)


def test_the_scene_finds_other_resources() -> None:
    scene = Scene(resource=REQUEST, resolve={"Organization/1": {"resourceType": "Organization", "name": "A"}}.get)
    assert holds("performer.first().resolve().name = 'A'", scene)


def test_a_reference_tells_its_type_where_the_resource_is_not_at_hand() -> None:
    assert holds("performer.first().resolve() is Organization")
    assert holds("performer.last().resolve() is Device")
    assert reason("performer.first().resolve().name.exists()") == "resolve"
    assert reason("performer.first().resolve().children().exists()") == "resolve"


def test_a_reference_without_text_and_type_leads_nowhere() -> None:
    assert holds("code.coding.first().resolve().empty()", value={"code": {"coding": [{}]}})
    assert holds("requester.all(resolve() is Practitioner).not()", value={"requester": {"display": "x"}})


def test_a_value_set_is_asked_for_and_may_not_be_known() -> None:
    assert holds("code.memberOf('urn:vs')", Scene(member_of=lambda value, url: url == "urn:vs"))
    assert not holds("code.memberOf('urn:other')", Scene(member_of=lambda value, url: url == "urn:vs"))
    assert holds("subject.memberOf('urn:vs').empty()")
    assert reason("code.memberOf('urn:vs')") == "terminology"
    assert reason("code.coding.first().subsumes(code.coding.first())") == "terminology"


def test_a_profile_is_asked_for_and_may_not_be_known() -> None:
    assert holds("conformsTo('urn:p')", Scene(conforms_to=lambda tree, url: tree is REQUEST))
    assert holds("conformsTo('http://hl7.org/fhir/StructureDefinition/ServiceRequest')")
    assert not holds("conformsTo('http://hl7.org/fhir/StructureDefinition/Goal')")
    assert holds("subject.conformsTo('urn:p').empty()")
    assert reason("conformsTo('urn:p')") == "profile"


def test_a_narrative_is_asked_for_and_may_not_be_known() -> None:
    scene = Scene(is_narrative=lambda text: text.startswith("<div"))
    assert holds("htmlChecks()", scene, "xhtml", "<div></div>")
    assert not holds("htmlChecks()", scene, "xhtml", "<script>")
    assert holds("text.`div`.htmlChecks()")
    with pytest.raises(NotJudged, match="narrative"):
        compile_path("htmlChecks()", "xhtml").holds("<div></div>")


def test_modifiers_must_be_known() -> None:
    assert holds("checkModifiers('urn:m').status = 'active'")
    assert reason("checkModifiers('urn:n').exists()") == "expression"


def test_the_resource_is_the_value_where_it_is_one() -> None:
    assert holds("%resource.status = 'active' and %rootResource.status = 'active'", NO_SCENE)
    assert holds("%context.status = 'active'", NO_SCENE)


def test_a_part_needs_to_be_told_its_resource() -> None:
    compiled = compile_path("%resource.type = 'batch'", "Bundle.entry")
    assert compiled.holds({}, Scene(resource={"resourceType": "Bundle", "type": "batch"}))
    with pytest.raises(NotJudged, match="resolve"):
        compiled.holds({})
    with pytest.raises(NotJudged, match="resolve"):
        compiled.interpret({})


def test_the_container_is_not_the_resource() -> None:
    scene = Scene(resource=PRACTITIONER, root=REQUEST)
    assert holds("%rootResource.status = 'active' and %resource.active", scene, "Practitioner", PRACTITIONER)


def test_a_primitive_may_come_with_what_stands_beside_it() -> None:
    beside = {"extension": [{"url": "urn:e", "valueCode": "c"}]}
    assert holds("extension('urn:e').value = 'c'", NO_SCENE, "date", Primitive("2026", beside))
    assert holds("$this = '2026'", NO_SCENE, "date", Primitive("2026", beside))
    assert holds("hasValue().not() and extension.exists()", NO_SCENE, "date", Primitive(None, beside))
    assert holds("exists() and hasValue()", NO_SCENE, "date", "2026")
    assert holds("extension.empty()", NO_SCENE, "date", "2026")


def test_what_stands_beside_a_primitive_is_reached_from_its_owner() -> None:
    tree = {"_birthDate": {"extension": [{"url": "urn:e", "valueCode": "c"}]}}
    assert holds("birthDate.exists() and birthDate.hasValue().not()", NO_SCENE, "Patient", tree)
    assert holds("birthDate.extension('urn:e').value = 'c'", NO_SCENE, "Patient", tree)
    listed = {"given": [None, "B"], "_given": [{"extension": [{"url": "urn:e"}]}, None]}
    assert holds("given.extension('urn:e').exists() and given.count() = 2", NO_SCENE, "HumanName", listed)


def test_a_fault_holds_no_value() -> None:
    assert reason("status > 1") == "expression"
    with pytest.raises(NotJudged) as caught:
        compile_path("status > 1", "ServiceRequest").holds(REQUEST)
    assert "active" not in str(caught.value)
