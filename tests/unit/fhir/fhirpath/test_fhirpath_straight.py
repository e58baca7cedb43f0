"""Rules written as straight Python say what the interpreter says, whatever the tree."""

from __future__ import annotations

from random import Random

import pytest
from tests.support.typed_trees import make_tree

from fhirbridge.fhir.elements import is_resource
from fhirbridge.fhir.fhirpath import Compiled, NotJudged, Scene, compile_path
from fhirbridge.fhir.table import table
from fhirbridge.validation.invariants import corrected

TREES_PER_RULE = 12
RULES = [
    (rule.key, type_, text)
    for type_, row in table().types.items()
    for rule in row.rules
    for text in {rule.expression, corrected(rule.expression)}
    if rule.path == type_ and rule.key != "dom-3"
]


def answers(compiled: Compiled, value: object, scene: Scene) -> list[object]:
    found: list[object] = []
    for judge in (compiled.holds, compiled.interpret):
        try:
            found.append(judge(value, scene))
        except NotJudged as fault:
            found.append(fault.reason)
    return found


def test_a_rule_says_the_same_both_ways() -> None:
    random = Random(20261122)
    for key, type_, text in RULES:
        compiled = compile_path(text, type_)
        for _ in range(TREES_PER_RULE):
            tree = make_tree(type_, random)
            around = tree if is_resource(type_) else {"resourceType": type_.partition(".")[0], "type": "batch"}
            straight, interpreted = answers(compiled, tree, Scene(resource=around))
            assert straight == interpreted, (key, type_, text)


@pytest.mark.parametrize(
    ("expression", "type_"),
    [
        ("code.empty() or system.exists()", "Quantity"),
        ("extension.exists() != value.exists()", "Extension"),
        ("a.exists() xor value.exists()", "Extension"),
        ("status in ('active' | 'completed') implies period.exists()", "CarePlan"),
        ("status = 'active' and status != 'draft'", "CarePlan"),
        ("category.coding.where(system = 'urn:x' and code = 'a').exists()", "Condition"),
        ("name.given.count() + telecom.count() <= 4", "Patient"),
        ("name.select(family).isDistinct()", "Patient"),
        ("name.where(use = 'official').given.exists()", "Patient"),
        ("name.given.all(length() < 10 and startsWith('A').not())", "Patient"),
        ("deceased is boolean or deceased.ofType(dateTime) <= birthDate", "Patient"),
        ("birthDate.toString().matches('^[0-9]{4}$')", "Patient"),
        ("contact.first().name.exists() or contact[0].telecom.exists()", "Patient"),
        ("contact.tail().exists() or contact.skip(1).empty()", "Patient"),
        ("iif(active, gender.exists(), gender.empty())", "Patient"),
        ("communication.preferred.first() = true", "Patient"),
        ("component.code.where(coding.intersect(%resource.code.coding).exists()).empty()", "Observation"),
        ("type = 'document' implies entry.first().resource.is(Composition)", "Bundle"),
        ("extension('urn:x').value.exists()", "Patient"),
        ("gender.extension('urn:x').exists()", "Patient"),
        ("'a' in name.given", "Patient"),
        ("name.family contains 'Okonkwo'", "Patient"),
        ("name.family = 'Okonkwo'", "Patient"),
        ("name.use & name.text = 'official'", "Patient"),
        ("multipleBirth.as(integer) > 1", "Patient"),
        ("$this = 'a' or $this.contains('b')", "string"),
        ("max.toInteger() > 0", "ElementDefinition"),
        ("path.substring(1, 2) = 'at' or path.endsWith('x')", "ElementDefinition"),
        ("(code | title).exists()", "PlanDefinition"),
        ("item.where(type = %context.status).exists().not()", "Questionnaire"),
        ("type.select(code = 'a').allFalse() or type.select(code = 'b').allTrue()", "ElementDefinition"),
        ("type.select(code = 'code' or code = 'Coding').exists()", "ElementDefinition"),
        ("nothing.exists() and nothing = 'a'", "Patient"),
        ("nothing & 'a' = 'a'", "Patient"),
    ],
)
def test_a_common_form_says_the_same_both_ways(expression: str, type_: str) -> None:
    compiled, random = compile_path(expression, type_), Random(7)
    for _ in range(60):
        value = "ab" if type_ == "string" else make_tree(type_, random)
        straight, interpreted = answers(compiled, value, Scene())
        assert straight == interpreted


@pytest.mark.parametrize(
    ("expression", "type_"),
    [
        ("code.empty() or system.exists()", "Quantity"),
        ("category.coding.where(system = 'urn:x' and code = 'a').exists()", "Condition"),
        ("start.hasValue().not() or end.hasValue().not() or (start <= end)", "Period"),
        ("entry.all(request.exists() = (%resource.type = 'batch'))", "Bundle"),
    ],
)
def test_a_common_form_needs_no_interpreter(expression: str, type_: str) -> None:
    straight = compile_path(expression, type_).straight
    assert straight is not None
    assert straight.is_plain


def test_what_asks_the_scene_is_not_plain() -> None:
    for expression in ("performer.all(resolve() is Organization)", "code.memberOf('urn:x') or status.exists()"):
        straight = compile_path(expression, "ServiceRequest").straight
        assert straight is not None
        assert not straight.is_plain
        assert compile_path(expression, "ServiceRequest").plain_test is None


def test_a_long_chain_is_left_to_the_interpreter_or_refused() -> None:
    assert compile_path(" or ".join(["name.exists()"] * 151), "Patient").holds({"name": [{}]})


def test_a_value_of_another_shape_is_left_to_the_interpreter() -> None:
    compiled = compile_path("name.where(use = 'official').exists()", "Patient")
    assert not compiled.holds({"name": "x"})
    assert not compiled.holds({"name": 7})
    assert compiled.holds({"name": [None, "x", {"use": "official"}]})


def test_a_plain_test_passes_what_cannot_be_read() -> None:
    compiled = compile_path("status.startsWith('a')", "CarePlan")
    assert compiled.plain_test is not None
    assert compiled.plain_test({"status": ["a", "b"]}, Scene())
    assert not compiled.plain_test({"status": "b"}, Scene())


def test_values_of_a_rule_never_become_python() -> None:
    hostile = "'] + [__import__(\\'os\\')] + [\\''"
    assert not compile_path(f"gender = {hostile}", "Patient").holds({"gender": "x"})
    assert not compile_path(f"gender in ({hostile} | 'b')", "Patient").holds({"gender": "x"})
