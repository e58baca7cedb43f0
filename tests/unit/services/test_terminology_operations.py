from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.support.terminology import (
    COLOUR,
    FRUIT,
    FRUIT_MAP,
    FRUIT_SET,
    FRUIT_TREE,
    make_map,
    make_set,
    make_terminology,
)

from fhirbridge.errors import BridgeError, CannotTell, MalformedInput, NotFound, UnsupportedSearch
from fhirbridge.services.terminology.operations import OPERATIONS
from fhirbridge.services.terminology.parameters import asked_by_body, asked_by_query
from fhirbridge.validation.check import check

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
MAP = make_map(
    {
        "source": FRUIT,
        "target": COLOUR,
        "element": [
            {"code": "lemon", "target": [{"code": "yellow", "equivalence": "equivalent"}]},
            {"code": "apple", "target": [{"code": "red", "equivalence": "wider"}]},
            {"code": "rock", "target": [{"equivalence": "unmatched"}]},
        ],
    }
)
LOADED = make_terminology(
    FRUIT_TREE,
    MAP,
    make_set({"system": FRUIT}),
    make_set({"system": "http://snomed.info/sct"}, url="urn:outside"),
    make_set({"system": FRUIT, "concept": [{"code": "lemon"}]}, url="urn:lemon"),
)
LEMON = {"system": FRUIT, "code": "lemon"}
SNOMED = {"system": "http://snomed.info/sct", "code": "1"}


def ask(operation: str, **asked: str) -> dict[str, Any]:
    """The answer to a query; `_` at the end of a name keeps it from being a word of Python."""
    found = next(each for each in OPERATIONS if f"{each.type}/${each.name}" == operation)
    return found.answer(LOADED, asked_by_query(asked.items(), found.parameters), NOW)


def post(operation: str, *rows: tuple[str, str, Any]) -> dict[str, Any]:
    """The answer to a Parameters resource of (name, element, value)."""
    found = next(each for each in OPERATIONS if f"{each.type}/${each.name}" == operation)
    tree = {"resourceType": "Parameters", "parameter": [{"name": n, e: v} for n, e, v in rows]}
    return found.answer(LOADED, asked_by_body(tree, found.parameters), NOW)


def is_sound(answer: dict[str, Any]) -> bool:
    """Whether an answer has no fault; codes of made-up systems cannot be checked, and there is no narrative."""
    return not [each for each in check(answer) if each.severity != "information"]


def values(answer: dict[str, Any]) -> dict[str, Any]:
    """The simple parameters of an answer, by name."""
    assert is_sound(answer)
    return {p["name"]: next(v for k, v in p.items() if k != "name") for p in answer["parameter"] if "part" not in p}


def parts(answer: dict[str, Any], name: str) -> list[list[Any]]:
    """The values in each parameter of a name that has parts."""
    found = [each["part"] for each in answer["parameter"] if each["name"] == name]
    return [[next(v for k, v in part.items() if k != "name") for part in each] for each in found]


# -- $lookup


def test_lookup_tells_name_version_and_display() -> None:
    found = values(ask("CodeSystem/$lookup", system=FRUIT, code="lemon"))
    assert found == {"name": "Fruit", "version": "1", "display": "Lemon"}


def test_lookup_tells_properties_and_family() -> None:
    answer = ask("CodeSystem/$lookup", system=FRUIT, code="citrus")
    assert ["child", "lemon"] in parts(answer, "property")
    assert ["notSelectable", True] in parts(answer, "property")
    assert ["parent", "citrus"] in parts(ask("CodeSystem/$lookup", system=FRUIT, code="lemon"), "property")


def test_lookup_tells_only_the_properties_that_are_asked_for() -> None:
    answer = post("CodeSystem/$lookup", ("coding", "valueCoding", LEMON), ("property", "valueCode", "taste"))
    assert parts(answer, "property") == [["taste", "sour"]]


def test_lookup_speaks_another_language_where_it_can() -> None:
    asked = {"system": FRUIT, "code": "apple"}
    answer = ask("CodeSystem/$lookup", **asked, displayLanguage="de")
    assert values(answer)["display"] == "Apfel"
    assert parts(answer, "designation") == [["de", "Apfel"]]
    assert values(ask("CodeSystem/$lookup", **asked, displayLanguage="fr"))["display"] == "Apple"


@pytest.mark.parametrize(
    ("system", "code", "error"),
    [(FRUIT, "rock", NotFound), ("urn:none", "x", NotFound), ("urn:iso:std:iso:3166", "GBR", CannotTell)],
)
def test_lookup_of_what_is_not_there_is_an_error(system: str, code: str, error: type[BridgeError]) -> None:
    with pytest.raises(error):
        ask("CodeSystem/$lookup", system=system, code=code)


# -- $validate-code


def test_a_code_of_a_system_is_valid() -> None:
    found = values(ask("CodeSystem/$validate-code", url=FRUIT, code="lemon"))
    assert found == {"result": True, "display": "Lemon"}


def test_a_wrong_display_is_told_with_the_right_one() -> None:
    found = values(ask("CodeSystem/$validate-code", url=FRUIT, code="lemon", display="Lime"))
    assert (found["result"], found["display"]) == (False, "Lemon")
    assert "display" in found["message"]


def test_a_code_that_groups_others_is_valid_only_where_that_is_wanted() -> None:
    asked = {"url": FRUIT, "code": "citrus"}
    assert values(ask("CodeSystem/$validate-code", **asked))["result"] is False
    assert values(ask("CodeSystem/$validate-code", **asked, abstract="true"))["result"] is True


def test_a_code_out_of_the_value_set_is_not_valid() -> None:
    found = values(ask("ValueSet/$validate-code", url="urn:lemon", system=FRUIT, code="plum"))
    assert found == {"result": False, "message": "The code is not in the value set."}


def test_one_coding_that_is_in_is_enough() -> None:
    concept = {"coding": [SNOMED, LEMON]}
    answer = post(
        "ValueSet/$validate-code", ("url", "valueUri", FRUIT_SET), ("codeableConcept", "valueCodeableConcept", concept)
    )
    assert values(answer)["result"] is True


def test_what_cannot_be_known_is_an_error_and_no_answer() -> None:
    with pytest.raises(NotFound):
        ask("ValueSet/$validate-code", url="urn:none", system=FRUIT, code="plum")
    with pytest.raises(CannotTell):
        ask("ValueSet/$validate-code", url=FRUIT_SET, system=FRUIT, code="rock", systemVersion="9")
    with pytest.raises(NotFound, match="code system is not loaded"):
        ask("ValueSet/$validate-code", url="urn:outside", **SNOMED)


def test_a_value_set_may_come_along() -> None:
    tree = {"resourceType": "ValueSet", "compose": {"include": [{"system": FRUIT}]}}
    answer = post("ValueSet/$validate-code", ("valueSet", "resource", tree), ("coding", "valueCoding", LEMON))
    assert values(answer)["result"] is True


def test_a_code_system_may_come_along() -> None:
    tree = {"resourceType": "CodeSystem", "content": "complete", "concept": [{"code": "a"}]}
    answer = post("CodeSystem/$validate-code", ("codeSystem", "resource", tree), ("code", "valueCode", "a"))
    assert values(answer)["result"] is True


def test_a_value_set_is_asked_in_a_version() -> None:
    asked = {"url": FRUIT_SET, "system": FRUIT, "code": "lemon"}
    assert values(ask("ValueSet/$validate-code", **asked, valueSetVersion="1"))["result"] is True
    with pytest.raises(CannotTell):
        ask("ValueSet/$validate-code", **asked, valueSetVersion="2")


# -- $subsumes


def test_subsumes_tells_how_codes_stand() -> None:
    answer = ask("CodeSystem/$subsumes", system=FRUIT, codeA="citrus", codeB="lemon")
    assert values(answer) == {"outcome": "subsumes"}
    codings = [("codingA", "valueCoding", LEMON), ("codingB", "valueCoding", {**LEMON, "code": "citrus"})]
    assert values(post("CodeSystem/$subsumes", *codings)) == {"outcome": "subsumed-by"}


def test_subsumes_wants_two_codes_of_one_system_that_is_loaded() -> None:
    with pytest.raises(MalformedInput):
        ask("CodeSystem/$subsumes", system=FRUIT, codeA="citrus")
    with pytest.raises(MalformedInput):
        post("CodeSystem/$subsumes", ("codingA", "valueCoding", LEMON), ("codingB", "valueCoding", SNOMED))
    with pytest.raises(NotFound):
        ask("CodeSystem/$subsumes", system="urn:none", codeA="a", codeB="b")


# -- $expand


def test_expand_answers_with_a_value_set() -> None:
    answer = ask("ValueSet/$expand", url=FRUIT_SET, filter="l", count="2", offset="1", activeOnly="true")
    assert is_sound(answer)
    expansion = answer["expansion"]
    assert [each["code"] for each in expansion["contains"]] == ["apple"]
    assert (expansion["total"], expansion["offset"], expansion["timestamp"]) == (2, 1, "2026-11-22T09:00:00.000Z")
    assert [each["name"] for each in expansion["parameter"]] == ["filter", "activeOnly", "count"]


def test_expand_tells_designations_where_they_are_wanted() -> None:
    answer = ask("ValueSet/$expand", url=FRUIT_SET, filter="apple", includeDesignations="true", valueSetVersion="1")
    (apple,) = answer["expansion"]["contains"]
    assert apple["designation"] == [{"language": "de", "value": "Apfel"}]
    assert answer["version"] == "1"


def test_an_expansion_without_codes_has_no_empty_list() -> None:
    assert "contains" not in ask("ValueSet/$expand", url=FRUIT_SET, count="0")["expansion"]


def test_an_expansion_that_may_lack_codes_says_so() -> None:
    part = {**FRUIT_TREE, "content": "fragment", "url": "urn:part"}
    tree = make_set({"system": "urn:part"}, url="urn:set:part")
    operation = next(each for each in OPERATIONS if each.name == "expand")
    asked = asked_by_query([("url", "urn:set:part")], operation.parameters)
    answer = operation.answer(LOADED.with_resources([part, tree]), asked, NOW)
    assert answer["expansion"]["extension"][0]["valueBoolean"] is True


def test_what_cannot_be_counted_out_is_refused() -> None:
    with pytest.raises(NotFound):
        ask("ValueSet/$expand", url="urn:outside")
    with pytest.raises(MalformedInput):
        ask("ValueSet/$expand")


# -- $translate


def test_translate_tells_target_nearness_and_map() -> None:
    answer = ask("ConceptMap/$translate", url=FRUIT_MAP, **LEMON)
    assert values(answer) == {"result": True}
    assert parts(answer, "match") == [["equivalent", {"system": COLOUR, "code": "yellow"}, FRUIT_MAP]]


def test_translate_goes_back() -> None:
    answer = ask("ConceptMap/$translate", url=FRUIT_MAP, system=COLOUR, code="red", reverse="true")
    assert parts(answer, "match")[0][:2] == ["narrower", {"system": FRUIT, "code": "apple"}]


def test_translate_finds_maps_by_the_codes_system() -> None:
    assert values(ask("ConceptMap/$translate", **LEMON))["result"] is True
    assert values(ask("ConceptMap/$translate", **LEMON, targetsystem="urn:other"))["result"] is False
    with pytest.raises(MalformedInput):
        ask("ConceptMap/$translate", code="lemon")


def test_a_code_without_match_is_no_translation() -> None:
    answer = ask("ConceptMap/$translate", url=FRUIT_MAP, system=FRUIT, code="rock")
    assert values(answer)["result"] is False
    assert parts(answer, "match") == [["unmatched", FRUIT_MAP]]


def test_source_and_target_value_sets_are_heard() -> None:
    asked = {"url": FRUIT_MAP, **LEMON}
    assert values(ask("ConceptMap/$translate", **asked, source="urn:lemon"))["result"] is True
    assert values(ask("ConceptMap/$translate", **(asked | {"code": "apple"}), source="urn:lemon"))["result"] is False
    assert values(ask("ConceptMap/$translate", **asked, target=FRUIT_SET))["result"] is False


def test_a_map_may_come_along_and_must_be_one_that_can_be_followed() -> None:
    coding = ("coding", "valueCoding", LEMON)
    tree = {key: value for key, value in MAP.items() if key != "url"}
    assert values(post("ConceptMap/$translate", ("conceptMap", "resource", tree), coding))["result"] is True
    broken = {**tree, "group": [{"element": [{"code": "a", "target": [{"equivalence": "nearly"}]}]}]}
    with pytest.raises(CannotTell, match="equivalence"):
        post("ConceptMap/$translate", ("conceptMap", "resource", broken), coding)
    with pytest.raises(NotFound):
        ask("ConceptMap/$translate", url="urn:none", **LEMON)


# -- what may be asked


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [("code", "valueCode", 7)],
        [("code", "valueCode", "a"), ("code", "valueCode", "b")],
        [("coding", "valueCoding", {"system": 7})],
        [("coding", "valueString", "x")],
        [("codeableConcept", "valueCodeableConcept", {"coding": "x"})],
        [("code", "valueCode", "a"), ("abstract", "valueString", "maybe")],
        [("url", "valueUri", "urn:other"), ("coding", "valueCoding", LEMON)],
    ],
)
def test_a_question_that_cannot_be_read_is_refused(rows: list[tuple[str, str, Any]]) -> None:
    with pytest.raises(MalformedInput):
        post("CodeSystem/$validate-code", *rows)


@pytest.mark.parametrize("tree", [{}, {"resourceType": "Patient"}])
def test_only_parameters_ask(tree: dict[str, Any]) -> None:
    with pytest.raises(MalformedInput):
        asked_by_body(tree, ())


@pytest.mark.parametrize("node", [{"name": "url"}, {"name": 7, "valueUri": "x"}, {"valueUri": "x"}])
def test_a_parameter_has_a_name_and_a_value(node: dict[str, Any]) -> None:
    with pytest.raises(MalformedInput):
        asked_by_body({"resourceType": "Parameters", "parameter": [node]}, ["url"])


def test_a_parameter_that_is_not_known_is_never_ignored() -> None:
    with pytest.raises(UnsupportedSearch, match="url") as raised:
        ask("ValueSet/$expand", url=FRUIT_SET, secretly="x")
    assert "secretly" not in raised.value.message


@pytest.mark.parametrize("count", ["-1", "x", "1.5", "9999999999", "²"])
def test_a_count_is_a_whole_number(count: str) -> None:
    with pytest.raises(MalformedInput):
        ask("ValueSet/$expand", url=FRUIT_SET, count=count)


def test_a_code_wants_its_system() -> None:
    with pytest.raises(MalformedInput):
        ask("ValueSet/$validate-code", url=FRUIT_SET, code="lemon")
