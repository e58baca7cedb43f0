"""Narrative from the map: labels of the record, values of the resource, in the order of the rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.support.maps import shipped
from tests.support.narrative_maps import DOC, MAP, lines_of, load_told

from fhirbridge.mapping.codecs import Context
from fhirbridge.mapping.compile.program import find_right
from fhirbridge.mapping.interpret import right
from fhirbridge.mapping.model import Map
from fhirbridge.mapping.narrative.labels import label_of, words_of
from fhirbridge.mapping.narrative.tell import find_plan, narrated, told, told_together
from fhirbridge.mapping.put.complement import split
from fhirbridge.mapping.put.propose import propose, with_complement
from fhirbridge.mapping.run import Item, to_left, to_right

CONTEXT = Context("riverside")


def made(map_: Map, tree: dict[str, Any] = DOC) -> dict[str, Item]:
    """What the map makes with its narrative, by type and key."""
    mapped = to_right(map_, tree, CONTEXT)
    assert [issue for issue in mapped.issues if issue.severity == "error"] == []
    return {f"{item.type}/{item.key}": item for item in narrated(map_, mapped.items)}


def said(item: Item) -> list[str]:
    return lines_of(item.body["text"]["div"])


def test_a_resource_is_told_under_the_names_of_the_record_in_the_order_of_its_rows(tmp_path: Path) -> None:
    assert said(made(load_told(tmp_path))["Goal/G-1"]) == [
        "Goal",
        "Own words: I want to wake up & not think about using <at all>.",
        "Client: RR-20417",
        "Due: 4 Jan 2027",
        "Strengths: ",
        "Stayed seven months",
        "Cooks for thirty",
        "Progress: ",
        "Text: Two good weeks",
        "in a row",
        "At: 16 Nov 2026",
        "Who wrote it: Dana Whitfield",
        "Text: A third",
    ]


def test_narrative_says_nothing_of_what_no_row_wrote(tmp_path: Path) -> None:
    lines = said(made(load_told(tmp_path))["Goal/G-2"])
    assert lines == ["Goal", "Own words: My own front door.", "Client: RR-20417", "Alt: Waiting for a flat"]


def test_an_object_of_the_record_is_a_group_and_a_list_of_objects_a_list(tmp_path: Path) -> None:
    assert said(made(load_told(tmp_path))["CareTeam/P-1"]) == [
        "Team",
        "Client: RR-20417",
        "Helpers: ",
        "Who: Terrence Boyd",
        "Role: Housing worker",
        "Call: Whom: Night line",
        "Phone: +1 555 0199",
    ]


def test_a_computed_value_is_told_under_its_field_or_else_under_its_element(tmp_path: Path) -> None:
    rows = """\
      doc.call.whom & ' first' => name | verbatim
      doc.call.whom & ', ' & doc.call.phone => note[1].text | verbatim
"""
    at = MAP.index("      doc.helpers[].who       <=>")
    lines = said(made(load_told(tmp_path, MAP[:at] + rows + MAP[at:]))["CareTeam/P-1"])
    assert lines[2:4] == ["Whom: Night line first", "Text: Night line, +1 555 0199"]


def test_a_directory_entry_is_told_alike_whichever_block_makes_it(tmp_path: Path) -> None:
    both = made(load_told(tmp_path))
    assert said(both["Practitioner/W-12"]) == ["Practitioner", "Name: Dana Whitfield"]
    assert said(both["Practitioner/HH-4"]) == ["Practitioner", "Name: Terrence Boyd"]


def test_both_twins_give_what_is_told_alike(tmp_path: Path) -> None:
    map_ = load_told(tmp_path)
    program = find_right(map_)
    assert program is not None
    quick = program.run(DOC, CONTEXT)
    assert quick is not None
    slow = right.to_right(map_, DOC, CONTEXT)
    assert narrated(map_, quick.items) == narrated(map_, slow.items)
    assert {item.trace["block"] for item in quick.items} == {block.name for block in map_.blocks}


def test_the_language_of_a_resource_is_that_of_its_narrative(tmp_path: Path) -> None:
    body = made(load_told(tmp_path), {**DOC, "language": "es"})["Composition/P-1"].body
    assert 'xml:lang="es"' in body["text"]["div"] and 'lang="es"' in body["section"][0]["text"]["div"]


def test_a_map_may_want_no_narrative(tmp_path: Path) -> None:
    map_ = load_told(tmp_path, MAP.replace("resources:", "policy: {narrative: none}\nresources:"))
    assert all("text" not in item.body for item in made(map_).values())


def test_what_is_no_resource_has_no_narrative() -> None:
    map_ = shipped().get("riverside-plan")
    assert all(find_plan(map_, block.name) is None for block in map_.blocks)
    assert find_plan(map_, "no such block") is None


def test_a_resource_that_holds_nothing_told_has_its_title(tmp_path: Path) -> None:
    bare = told(load_told(tmp_path), "goal", {"resourceType": "Goal", "id": "g"})
    assert lines_of(bare["text"]["div"]) == ["Goal"]


@pytest.mark.parametrize("odd", [7, "x", [], [7], [{"text": {"a": 1}}], {"text": 1}, None])
def test_odd_values_in_a_resource_break_nothing(tmp_path: Path, odd: Any) -> None:
    map_ = load_told(tmp_path)
    for name in ("description", "note", "target", "subject", "title", "section", "language", "participant"):
        for block in ("goal", "document", "team"):
            assert "text" in told(map_, block, {"resourceType": "Composition", name: odd})


# -- the Composition


def test_a_composition_tells_its_entries_by_their_names_and_why_there_are_none(tmp_path: Path) -> None:
    composition = made(load_told(tmp_path))["Composition/P-1"].body
    texts = [(each["title"], lines_of(each["text"]["div"])) for each in composition["section"]]
    assert texts == [
        ("Goals", ["G-1", "G-2"]),
        ("Team", ["P-1"]),
        ("Allergies", ["Not available."]),
        ("Strengths", ["Nothing is recorded here."]),
    ]
    assert lines_of(composition["text"]["div"]) == [
        "Mari's plan",
        "Client: RR-20417",
        "Written: 20 Nov 2026, 15:20 -05:00",
        "Keyworker: W-12",
    ]


def test_a_document_tells_what_the_entries_hold_and_names_what_they_refer_to(tmp_path: Path) -> None:
    map_ = load_told(tmp_path)
    together = told_together(map_, list(made(map_).values()))
    composition = next(item.body for item in together if item.type == "Composition")
    goals, team = (lines_of(each["text"]["div"]) for each in composition["section"][:2])
    assert goals[:3] == [
        "GoalOwn words: I want to wake up & not think about using <at all>.",
        "Due: 4 Jan 2027",
        "Strengths: ",
    ]
    assert "RR-20417" not in " ".join(goals) and team[:2] == ["TeamHelpers: ", "Who: Terrence Boyd"]


def test_a_sections_own_text_stays(tmp_path: Path) -> None:
    own = {"status": "additional", "div": "<div xmlns='http://www.w3.org/1999/xhtml'>Hers</div>"}
    section = [{"title": "a", "text": own, "section": [{"title": "b"}]}]
    made = told(load_told(tmp_path), "document", {"resourceType": "Composition", "section": section})
    assert made["section"][0]["text"] == own and "text" in made["section"][0]["section"][0]


# -- the way back


def test_generated_narrative_is_no_data_on_the_way_back(tmp_path: Path) -> None:
    map_ = load_told(tmp_path)
    bodies = [(item.type, item.body) for item in made(map_).values()]
    back = to_left(map_, bodies, CONTEXT)
    assert back.tree == DOC
    assert [issue.expression for issue in back.issues] == []


def test_a_narrative_of_an_ehrs_own_is_reported_where_no_row_reads_it(tmp_path: Path) -> None:
    map_ = load_told(tmp_path)
    own = {"status": "additional", "div": "<div>She would rather come on foot.</div>"}
    body = {**made(map_)["Goal/G-2"].body, "text": own}
    issues = to_left(map_, [("Goal", body)], CONTEXT).issues
    assert [(issue.code, issue.expression) for issue in issues] == [
        ("FB306", "Goal.text.status"),
        ("FB306", "Goal.text.div"),
    ]


def test_a_narrative_of_an_ehrs_own_is_kept_and_sent_again(tmp_path: Path) -> None:
    map_ = load_told(tmp_path)
    items = made(map_)
    own = {"status": "additional", "div": "<div>She would rather come on foot.</div>"}
    proposed = propose(map_, DOC, [("Goal", {**items["Goal/G-1"].body, "text": own})], CONTEXT)
    assert proposed.changes == ()
    bare = to_right(map_, DOC, CONTEXT).items
    whole, homeless = with_complement(bare, proposed.complement)
    again = {f"{item.type}/{item.key}": item for item in narrated(map_, whole)}
    assert again["Goal/G-1"].body["text"] == own and homeless == ()
    assert again["Goal/G-1"].trace["elements"]["text"]["class"] == "D3"


def test_generated_narrative_is_no_part_of_a_complement(tmp_path: Path) -> None:
    map_ = load_told(tmp_path)
    goal = next(block for block in map_.blocks if block.name == "goal")
    assert split(goal, made(map_)["Goal/G-2"].body, CONTEXT).rest is None


# -- labels


@pytest.mark.parametrize(
    ("name", "text", "label"),
    [
        ("review_due", "When the next review is due.", "Review due"),
        ("planName", "", "Plan name"),
        ("Booking No", "", "Booking No"),
        ("DOB", "", "DOB"),
        ("text", "The need, in words.", "Need"),
        ("by", "Who did it: a worker, a desk, an agency, in words.", "Who did it"),
        ("at", "When it happened, as exactly as anybody who was there can still remember it.", "When it happened"),
        ("what", "A description that goes on for far too many words to stand before a value.", "What"),
        ("status", "Reviewed?", "Reviewed?"),
        ("on", "", "On"),
    ],
)
def test_a_field_is_called_by_its_title_its_name_or_a_short_description(name: str, text: str, label: str) -> None:
    assert label_of(name, text) == label


def test_names_of_types_and_blocks_are_words() -> None:
    assert [words_of(each) for each in ("HealthcareService", "follow-up-worker")] == [
        "Healthcare service",
        "Follow up worker",
    ]
