from __future__ import annotations

from time import perf_counter
from typing import Any

import pytest
from tests.support.terminology import FRUIT, FRUIT_SET, FRUIT_TREE, concept, make_set, make_system, make_terminology

from fhirbridge.terminology import answers
from fhirbridge.terminology.answers import Coding, Verdict

OTHER_SET = "https://codes.example/ValueSet/other"
ALL = {"system": FRUIT}
LEMON, PLUM, ROCK = Coding(FRUIT, "lemon"), Coding(FRUIT, "plum"), Coding(FRUIT, "rock")


def judge(coding: Coding, *parts: dict[str, Any], more: Any = (), url: str = FRUIT_SET, **changes: Any) -> Verdict:
    terminology = make_terminology(FRUIT_TREE, make_set(*parts, **changes), *more)
    return terminology.validate(url, coding)


def test_a_whole_system_has_its_codes_and_no_other() -> None:
    assert judge(LEMON, ALL).outcome == "in"
    assert judge(ROCK, ALL) == Verdict("out", answers.CODE_UNKNOWN)


def test_named_codes_are_in_and_no_other() -> None:
    part = {"system": FRUIT, "concept": [{"code": "lemon"}]}
    assert judge(LEMON, part).outcome == "in"
    assert judge(PLUM, part) == Verdict("out", answers.NOT_IN_SET)


def test_named_codes_are_known_though_their_system_is_not() -> None:
    part = {"system": "http://snomed.info/sct", "concept": [{"code": "1", "display": "One"}]}
    assert judge(Coding("http://snomed.info/sct", "1", "one"), part) == Verdict("in", "", "ok", "One")
    assert judge(Coding("http://snomed.info/sct", "1", "uno"), part) == Verdict("in", "", "none", "One")
    assert judge(Coding("http://snomed.info/sct", "2"), part).outcome == "out"


def test_a_system_that_is_not_loaded_is_not_checked() -> None:
    part = {"system": "http://snomed.info/sct"}
    assert judge(Coding("http://snomed.info/sct", "1"), part) == Verdict("not-checked", answers.SYSTEM_UNKNOWN)
    assert judge(LEMON, part) == Verdict("out", answers.SYSTEM_NOT_IN_SET)


def test_a_code_without_a_system_may_be_of_any() -> None:
    assert judge(Coding(code="lemon"), ALL) == Verdict("in", expected="Lemon")
    assert judge(Coding(code="rock"), ALL) == Verdict("out", answers.NOT_IN_SET)


def test_what_is_excluded_is_out() -> None:
    sour = {"system": FRUIT, "filter": [{"property": "taste", "op": "=", "value": "sour"}]}
    assert judge(LEMON, ALL, exclude=[sour]) == Verdict("out", answers.NOT_IN_SET)
    assert judge(Coding(FRUIT, "orange"), ALL, exclude=[sour]).outcome == "in"


def test_an_exclusion_that_cannot_be_told_spoils_what_it_may_exclude() -> None:
    other = {"system": "http://snomed.info/sct"}
    unknown = {"valueSet": [OTHER_SET]}
    assert judge(LEMON, ALL, exclude=[other]).outcome == "in"
    assert judge(LEMON, ALL, exclude=[unknown]) == Verdict("not-checked", answers.VALUE_SET_UNKNOWN)


def test_value_sets_of_one_part_must_all_have_the_code() -> None:
    sour = make_set({"system": FRUIT, "concept": [{"code": "lemon"}]}, url=OTHER_SET)
    parts: list[dict[str, Any]] = [{"valueSet": [OTHER_SET]}, {"system": FRUIT, "valueSet": [OTHER_SET]}]
    for part in parts:
        assert judge(LEMON, part, more=[sour]).outcome == "in"
        assert judge(PLUM, part, more=[sour]).outcome == "out"


def test_a_part_of_a_system_does_not_tell_of_other_codes() -> None:
    terminology = make_terminology({**FRUIT_TREE, "content": "fragment"}, make_set(ALL))
    assert terminology.validate(FRUIT_SET, LEMON).outcome == "in"
    assert terminology.validate(FRUIT_SET, ROCK) == Verdict("not-checked", answers.FRAGMENT)


def test_a_filter_over_a_part_of_a_system_tells_of_what_is_loaded() -> None:
    part = {"system": FRUIT, "filter": [{"property": "concept", "op": "is-a", "value": "citrus"}]}
    terminology = make_terminology({**FRUIT_TREE, "content": "fragment"}, make_set(part))
    assert terminology.validate(FRUIT_SET, PLUM).outcome == "out"
    assert terminology.validate(FRUIT_SET, ROCK).outcome == "not-checked"


@pytest.mark.parametrize(("op", "reason"), [("like", answers.FILTER), ("regex", answers.PATTERN)])
def test_a_filter_that_is_not_understood_is_not_checked(op: str, reason: str) -> None:
    part = {"system": FRUIT, "filter": [{"property": "code", "op": op, "value": "(?=x)"}]}
    assert judge(LEMON, part) == Verdict("not-checked", reason)
    grammar = {**part, "system": "urn:iso:std:iso:4217"}
    assert judge(Coding("urn:iso:std:iso:4217", "GBP"), grammar) == Verdict("not-checked", reason)


def test_a_grammar_may_be_filtered_by_a_pattern() -> None:
    part = {"system": "urn:ietf:bcp:13", "filter": [{"property": "code", "op": "regex", "value": "text/.*"}]}
    assert judge(Coding("urn:ietf:bcp:13", "text/plain"), part).outcome == "in"
    assert judge(Coding("urn:ietf:bcp:13", "image/png"), part).outcome == "out"


def test_another_version_of_the_system_tells_only_what_it_has() -> None:
    part = {"system": FRUIT, "version": "2"}
    assert judge(LEMON, part).outcome == "in"
    assert judge(ROCK, part) == Verdict("not-checked", answers.VERSION_UNKNOWN)
    filtered = {**part, "filter": [{"property": "concept", "op": "is-a", "value": "citrus"}]}
    assert judge(LEMON, filtered) == Verdict("not-checked", answers.VERSION_UNKNOWN)


def test_a_coding_of_another_version_may_have_a_code_of_its_own() -> None:
    assert judge(Coding(FRUIT, "rock", version="2"), ALL) == Verdict("not-checked", answers.VERSION_UNKNOWN)
    assert judge(Coding(FRUIT, "lemon", version="2"), ALL).outcome == "in"


def test_a_value_set_has_its_version() -> None:
    assert judge(LEMON, ALL, url=f"{FRUIT_SET}|1").outcome == "in"
    assert judge(LEMON, ALL, url=f"{FRUIT_SET}|9") == Verdict("not-checked", answers.VERSION_UNKNOWN)
    assert judge(LEMON, ALL, url="https://codes.example/none").reason == answers.VALUE_SET_UNKNOWN


def test_of_two_versions_the_one_that_is_named_answers() -> None:
    both = [make_set(ALL), make_set({"system": FRUIT, "concept": [{"code": "plum"}]}, version="2")]
    terminology = make_terminology(FRUIT_TREE, *both)
    assert terminology.validate(f"{FRUIT_SET}|2", LEMON).outcome == "out"
    assert terminology.validate(FRUIT_SET, LEMON).outcome == "in"


@pytest.mark.parametrize("first", [FRUIT_SET, OTHER_SET, "https://codes.example/ValueSet/above"])
def test_a_circle_is_found_whichever_set_is_asked_first(first: str) -> None:
    one = make_set(ALL, {"valueSet": [OTHER_SET]})
    other = make_set({"valueSet": [FRUIT_SET]}, url=OTHER_SET)
    above = make_set({"valueSet": [FRUIT_SET]}, url="https://codes.example/ValueSet/above")
    terminology = make_terminology(FRUIT_TREE, one, other, above)
    for url in (first, FRUIT_SET, OTHER_SET):
        assert terminology.validate(url, LEMON) == Verdict("not-checked", answers.CYCLE)


def test_sets_in_sets_end_somewhere() -> None:
    chain = [make_set({"valueSet": [f"urn:set:{number + 1}"]}, url=f"urn:set:{number}") for number in range(100)]
    terminology = make_terminology(FRUIT_TREE, *chain, make_set(ALL, url="urn:set:100"))
    assert terminology.validate("urn:set:0", LEMON) == Verdict("not-checked", answers.TOO_DEEP)
    assert terminology.validate("urn:set:80", LEMON).outcome == "in"


def test_sets_that_share_their_parts_stay_quick() -> None:
    chain = [make_set(*[{"valueSet": [f"urn:set:{n + 1}"]}] * 4, url=f"urn:set:{n}") for n in range(30)]
    terminology = make_terminology(
        FRUIT_TREE, *chain, make_set({"system": FRUIT, "concept": [{"code": "x"}]}, url="urn:set:30")
    )
    begun = perf_counter()
    assert terminology.validate("urn:set:0", LEMON).outcome == "out"
    assert perf_counter() - begun < 1


def test_an_expansion_tells_where_the_definition_cannot() -> None:
    listed = {"contains": [{"system": "http://snomed.info/sct", "code": "1", "display": "One"}]}
    tree = make_set({"system": "http://snomed.info/sct"}, expansion=listed)
    terminology = make_terminology(tree)
    assert terminology.validate(FRUIT_SET, Coding("http://snomed.info/sct", "1")).expected == "One"
    assert terminology.validate(FRUIT_SET, Coding("http://snomed.info/sct", "2")).outcome == "out"
    part = make_terminology({**tree, "expansion": {**listed, "total": 9}})
    assert part.validate(FRUIT_SET, Coding("http://snomed.info/sct", "2")).reason == answers.SYSTEM_UNKNOWN


def test_an_expansion_alone_is_the_value_set() -> None:
    tree = {**make_set(expansion={"contains": [{"system": FRUIT, "code": "lemon"}]}), "compose": {}}
    assert make_terminology(tree).validate(FRUIT_SET, LEMON).outcome == "in"
    assert make_terminology(tree).validate(FRUIT_SET, Coding(code="plum")).outcome == "out"


def test_a_set_that_says_nothing_is_not_checked() -> None:
    assert judge(LEMON) == Verdict("not-checked", answers.EMPTY)


def test_a_set_that_is_not_well_formed_is_not_checked() -> None:
    assert judge(LEMON, {"concept": [{"code": "lemon"}]}) == Verdict("not-checked", answers.NOT_READABLE)


def test_a_system_that_is_not_well_formed_knows_no_code() -> None:
    terminology = make_terminology(make_system(7), make_set(ALL))  # type: ignore[arg-type]
    assert terminology.validate(FRUIT_SET, LEMON) == Verdict("not-checked", answers.FRAGMENT)


def test_a_system_that_does_not_hold_its_codes_is_not_there() -> None:
    empty = make_system(content="not-present", version="2")
    terminology = make_terminology(empty, make_set(ALL))
    assert terminology.validate(FRUIT_SET, LEMON) == Verdict("not-checked", answers.SYSTEM_UNKNOWN)
    assert make_terminology(FRUIT_TREE, empty, make_set(ALL)).validate(FRUIT_SET, LEMON).outcome == "in"


def test_names_are_compared_as_their_system_does() -> None:
    part = {"system": FRUIT, "concept": [{"code": "lemon"}]}
    loose = make_terminology({**FRUIT_TREE, "caseSensitive": False}, make_set(part))
    assert loose.validate(FRUIT_SET, Coding(FRUIT, "LEMON")).outcome == "in"
    assert judge(Coding(FRUIT, "LEMON"), part).outcome == "out"


def test_a_system_of_many_codes_is_asked_in_no_time() -> None:
    concepts = [concept(f"c{number}", property=[{"code": "parent", "valueCode": "c0"}]) for number in range(20_000)]
    part = {"system": FRUIT, "filter": [{"property": "concept", "op": "is-a", "value": "c0"}]}
    terminology = make_terminology(make_system(*concepts), make_set(part))
    terminology.validate(FRUIT_SET, Coding(FRUIT, "c1"))
    begun = perf_counter()
    for number in range(1000):
        assert terminology.validate(FRUIT_SET, Coding(FRUIT, f"c{number}")).outcome == "in"
    assert perf_counter() - begun < 1
