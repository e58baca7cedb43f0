"""`map --explain`: each element of what a map made, with source, row, codec and table line; absent ones with why."""

from __future__ import annotations

import json
from functools import cache

import pytest
from tests.support.bridge import sample
from tests.support.maps import MAPPINGS

from fhirbridge.errors import NotFound
from fhirbridge.services.maps import explaining, trying
from fhirbridge.services.maps.telling import Told


@cache
def plan() -> bytes:
    """Return the plan that Riverside's sample holds, as a record."""
    records = trying.map_file(MAPPINGS, "riverside-plan", sample("riverside-plan")).output
    assert isinstance(records, list)
    return json.dumps(next(each["record"] for each in records if each["kind"] == "plan")).encode()


def explain(element: str = "") -> explaining.Explained:
    return explaining.explain_file(MAPPINGS, "plan", plan(), element=element)


def one(element: str) -> Told:
    (told,) = explain(element).elements
    return told


def test_an_element_tells_source_row_codec_and_line() -> None:
    told = one("objective[1].target[0].dueDate")
    assert (told.target, told.source) == ("Goal[3].target[0].dueDate", "plan.goals[0].objectives[1].due")
    assert told.row == "o.due <=> target[0].dueDate | date"
    assert told.location.startswith("records/plan.yaml:") and (told.codec, told.data_class) == ("date", "D3")


def test_a_code_tells_the_line_of_its_table() -> None:
    told = one("CarePlan.status")
    assert told.codec == "code plan-status" and told.table.startswith("tables/plan-status.csv:")
    assert told.table.rpartition(":")[2].isdecimal()


def test_a_constant_is_told_to_be_one() -> None:
    assert "    a constant of the map" in list(one("CarePlan.intent").to_lines())


def test_a_name_without_a_number_asks_about_every_item() -> None:
    assert {told.target for told in explain("objective.target.dueDate").elements} >= {
        "Goal[2].target[0].dueDate",
        "Goal[3].target[0].dueDate",
    }


def test_a_type_may_stand_for_its_blocks_and_a_selector_for_one_of_several() -> None:
    assert one("Goal[0].description.text").source == "plan.goals[0].own_words"
    assert one("CarePlan.extension[agreed-on]").source == "plan.agreed"
    assert one("CarePlan.note[kind=coping]").absent[0].text == "The source field `plan.coping[]` is empty."


def test_what_is_absent_tells_the_field_and_the_row() -> None:
    (reason,) = one("plan.goal[9]").absent
    assert reason.text == "The source field `plan.goals[9]` is empty."
    assert reason.row.startswith("plan.goals[]")


def test_an_item_that_is_not_there_tells_where_items_come_from() -> None:
    assert "`plan.goals[]` has 2 items" in one("goal[7].description").absent[0].text
    assert "`plan.interventions[]` is empty" in one("intervention[0].code").absent[0].text


def test_an_element_that_nobody_knows_is_told_with_the_nearest() -> None:
    assert "Did you mean status?" in one("CarePlan.statsu").absent[0].text
    with pytest.raises(NotFound, match="did you mean Goal"):
        explain("gaol.description")
    with pytest.raises(NotFound, match="it makes CarePlan"):
        explain("horoscope.sign")


def test_every_leaf_of_the_output_is_told_and_no_value_is() -> None:
    explained = explain()
    targets = {told.target for told in explained.elements}
    assert {"CarePlan[0].title", "Goal[1].description.text", "CareTeam[0].status"} <= targets
    words = [goal["own_words"] for goal in json.loads(plan())["goals"]]
    text = "\n".join(explained.to_lines())
    assert not any(each in text for each in words) and all(told.location for told in explained.elements)


def test_the_tree_has_output_and_explanation() -> None:
    tree = explain("goal[0].startDate").to_tree()
    assert isinstance(tree["output"], list) and tree["explain"]
    assert "absent" not in tree["explain"][0] or tree["explain"][0]["absent"][0]["location"]


def test_a_record_that_does_not_pass_tells_nothing_but_what_is_wrong() -> None:
    explained = explaining.explain_file(MAPPINGS, "plan", b'{"id": "p-1"}')
    assert explained.issues and explained.elements == ()
