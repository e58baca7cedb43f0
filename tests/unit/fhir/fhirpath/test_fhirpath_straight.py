"""Rules written as straight Python say what the interpreter says, whatever the tree."""

from __future__ import annotations

from random import Random

import pytest
from tests.support.typed_trees import make_tree

from fhirbridge.fhir.elements import is_resource
from fhirbridge.fhir.fhirpath import CannotCompile, Compiled, NotJudged, Scene, compile_path
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
        ("nothing.not()", "Patient"),
        ("name.select(nothing = 'a').allTrue()", "Patient"),
        ("name.select(family).allTrue().exists()", "Patient"),
        ("name.intersect(telecom).exists()", "Patient"),
        ("deceased.exists() implies deceased.first() = true", "Patient"),
        ("name.first().given.first() = 'a' or name[0].given[1] = 'a'", "Patient"),
        ("name.tail().tail().exists()", "Patient"),
        ("extension.where(url = 'urn:x').extension(url).empty()", "Patient"),
        ("gender.toString() = 'a' or multipleBirth.toString() = '1'", "Patient"),
        ("name.toString() = 'a'", "Patient"),
        ("gender.matches('(?=a)') or gender.matches('a')", "Patient"),
        ("multipleBirth.matches('1')", "Patient"),
        ("telecom.where($index = 0).exists()", "Patient"),
        ("telecom.all($index < 3)", "Patient"),
        ("telecom.rank + 1 > 2 or telecom.rank.count() - 1 > 0", "Patient"),
        ("gender & active = 'a'", "Patient"),
        ("gender < 'b' or gender <= birthDate", "Patient"),
        ("active.not() or (active and gender.exists())", "Patient"),
        ("active = deceased or active != true", "Patient"),
        ("active in ('a' | 'b') or active in name.given", "Patient"),
        ("(name | telecom).count() > 1 or (name.text | name.family) = 'a'", "Patient"),
        ("low <= high or high > low", "Range"),
        ("id.exists() and id = 'a' and birthDate.id.empty()", "Patient"),
        ("name.given.extension.exists() or name.given.id.exists()", "Patient"),
        ("contained.text.exists() or contained.id.exists()", "Patient"),
        ("contained.first() is Patient or $this is Resource or contained.ofType(Patient).exists()", "Patient"),
        ("name.period.start < name.period.end", "Patient"),
        ("name.first().period.start < name.first().period.end", "Patient"),
        ("1.5 > 1 and true and (false or 2 > 1)", "Patient"),
        ("iif(active, gender.exists())", "Patient"),
        ("active.iif(true, false, true)", "Patient"),
        ("name.exists().iif(true, false)", "Patient"),
        ("{}.exists() or {} = 'a'", "Patient"),
        ("managingOrganization.resolve() is Organization", "Patient"),
        ("name.trace('n').exists() and name.trace('n', family).exists()", "Patient"),
        ("exists() and count() = 1 and first().exists()", "Patient"),
        ("value.exists() and value.value.exists()", "Quantity"),
        ("%rootResource.exists() or %ucum = 'x'", "Patient"),
        ("type.extension.first() = 'a'", "Patient"),
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


def test_a_long_chain_is_judged_or_refused() -> None:
    assert compile_path(" or ".join(["name.exists()"] * 150), "Patient").holds({"name": [{}]})
    deep = "gender.exists()"
    for _ in range(18):
        deep = f"(({deep}) and name.exists()) or (active.exists() and birthDate.exists())"
    assert compile_path(deep, "Patient").holds({"name": [{}], "gender": "x"})
    with pytest.raises(CannotCompile):
        compile_path(" or ".join(["name.exists()"] * 200), "Patient")


def test_quantities_of_one_unit_are_compared_at_once() -> None:
    compiled = compile_path("low <= high", "Range")
    one, two = ({"value": number, "code": "d", "system": "http://unitsofmeasure.org"} for number in (1, 2))
    assert compiled.holds({"low": one, "high": two})
    assert not compiled.holds({"low": two, "high": one})
    assert not compiled.holds({"low": {**two, "value": None}, "high": one})
    assert not compiled.holds({"high": one})
    assert compiled.holds({"low": one, "high": {"value": 1, "code": "wk", "system": "http://unitsofmeasure.org"}})
    with pytest.raises(NotJudged, match="units"):
        compiled.holds({"low": one, "high": {"value": 1, "unit": "steps"}})


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
