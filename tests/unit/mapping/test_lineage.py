"""Which field becomes which element: the graph over all shipped maps, asked both ways."""

from __future__ import annotations

from functools import cache

import pytest
from tests.support.maps import shipped

from fhirbridge.mapping.lineage import Graph, Way
from fhirbridge.mapping.naming import is_touched, without_counts


@cache
def graph(way: Way = "right") -> Graph:
    return Graph.of([shipped().get(name) for name in shipped().names()], way)


def down(name: str, way: Way = "right") -> list[tuple[int, str, str]]:
    return [(hop.depth, hop.edge.source, hop.edge.target) for hop in graph(way).downstream(name)]


def test_a_partners_field_is_followed_through_the_record_to_fhir() -> None:
    assert down("riverside-plan:doc.case.goals.clientSays")[:2] == [
        (1, "riverside-plan:doc.case.goals.clientSays", "plan.goals.own_words"),
        (2, "plan.goals.own_words", "Goal.description.text"),
    ]


def test_the_maps_name_may_be_left_out() -> None:
    assert down("doc.case.goals.clientSays") == down("riverside-plan:doc.case.goals.clientSays")


def test_an_element_is_led_back_to_every_field_that_it_is_made_of() -> None:
    sources = {hop.edge.source for hop in graph().upstream("Composition.section.entry")}
    assert {"plan.goals.id", "riverside-plan:doc.case.goals.ref", "discharge.open_needs.id"} <= sources


def test_a_reference_is_made_of_the_fields_that_it_reads_and_of_no_other() -> None:
    sources = {hop.edge.source for hop in graph().upstream("Goal.subject") if hop.depth == 1}
    assert sources == {"plan.client.number", "plan.client.system"}
    assert not [each for each in down("plan.keyworker.phone") if each[2] == "CarePlan.author"]


def test_a_condition_is_a_line_of_its_own_kind() -> None:
    kinds = {
        hop.edge.kind for hop in graph().downstream("transition.event.state") if hop.edge.target == "Encounter.status"
    }
    assert kinds == {"condition"}
    blocks = [hop.edge for hop in graph().downstream("referral.owner") if hop.edge.target == "Task"]
    assert [edge.kind for edge in blocks] == ["condition"]


def test_a_key_leads_to_the_identifier() -> None:
    assert (1, "plan.goals.id", "Goal.identifier") in down("plan.goals.id")


def test_a_constant_has_no_source() -> None:
    (edge,) = [hop.edge for hop in graph().upstream("monitoring.client.system") if hop.edge.kind == "constant"]
    assert (edge.source, edge.place.file) == ("", "sources/riverside-plan.yaml")


def test_the_way_back_leads_from_fhir_to_the_partners_field() -> None:
    assert (2, "plan.goals.own_words", "riverside-plan:doc.case.goals.clientSays") in down(
        "Goal.description.text", "left"
    )
    assert (1, "monitoring.compliant", "county-report:doc.compliant") in down("monitoring.compliant", "left")
    assert (1, "Goal.identifier", "plan.goals.id") in down("Goal.identifier", "left")


def test_a_selector_asks_for_one_of_several() -> None:
    found = {
        hop.edge.source for hop in graph().upstream("CarePlan.note[kind=coping].text") if hop.edge.map.name == "plan"
    }
    assert found == {"plan.coping"}
    assert len({hop.edge.target for hop in graph().upstream("CarePlan.note.text")}) > 1


def test_each_name_of_the_graph_can_be_asked_about() -> None:
    for name in graph().names():
        assert down(name) or any(True for _ in graph().upstream(name)), name


@pytest.mark.parametrize(
    ("asked", "name", "touched"),
    [
        ("plan", "plan.goals", True),
        ("plan.goals.id", "plan.goals", True),
        ("plan.goal", "plan.goals", False),
        ("Goal.target[0].dueDate", "Goal.target.dueDate", True),
        ("plan.goals", "", False),
    ],
)
def test_a_name_touches_what_is_above_and_below_it(asked: str, name: str, touched: bool) -> None:
    assert is_touched(asked, name) is touched


def test_quotes_of_a_header_are_no_part_of_a_name() -> None:
    assert without_counts('doc."Booking No"') == "doc.Booking No"
