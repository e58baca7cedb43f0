"""What a Composition reaches, what is left out without a trace, and the Bundle that holds it."""

from __future__ import annotations

from typing import Any

from fhirbridge.fhir.documents import (
    EMPTY_REASON,
    MAX_LEVELS,
    document,
    iter_references,
    reach,
    with_empty_sections,
    without,
)

BASE = "https://bridge.example/fhir"


def ref(key: str, **more: Any) -> dict[str, Any]:
    return {"reference": key, **more}


COMPOSITION: dict[str, Any] = {
    "resourceType": "Composition",
    "id": "c",
    "subject": ref("Patient/p"),
    "author": [ref("Practitioner/w", display="Dana Whitfield")],
    "section": [{"title": "Goals", "entry": [ref("Goal/g1"), ref("Goal/g2")]}, {"title": "Problems"}],
}
STORE: dict[str, dict[str, Any]] = {
    "Patient/p": {"resourceType": "Patient", "id": "p"},
    "Practitioner/w": {"resourceType": "Practitioner", "id": "w"},
    "Goal/g1": {"resourceType": "Goal", "id": "g1", "addresses": [ref("Condition/x")], "subject": ref("Patient/p")},
    "Condition/x": {"resourceType": "Condition", "id": "x", "asserter": ref(f"{BASE}/Practitioner/z")},
    "Practitioner/z": {"resourceType": "Practitioner", "id": "z", "qualification": [{"issuer": ref("Organization/o")}]},
    "Organization/o": {"resourceType": "Organization", "id": "o"},
}


def test_what_is_referred_to_is_reached_level_by_level_and_each_once() -> None:
    found = reach(COMPOSITION, STORE.get, BASE)
    assert list(found.resources) == [
        "Composition/c", "Patient/p", "Practitioner/w", "Goal/g1", "Condition/x", "Practitioner/z",
    ]  # fmt: skip
    assert MAX_LEVELS == 3


def test_what_is_not_there_is_told_apart() -> None:
    assert reach(COMPOSITION, STORE.get, BASE).missing == {"Goal/g2"}


def test_documents_before_this_one_are_not_followed() -> None:
    plan = {"resourceType": "CarePlan", "id": "n", "replaces": [ref("CarePlan/old")], "goal": [ref("Goal/g1")]}
    assert list(iter_references(plan)) == ["Goal/g1"]


def test_references_elsewhere_are_not_followed() -> None:
    others = [ref("https://ehr.example/fhir/Goal/g"), ref("#inside"), ref("urn:uuid:x"), {"reference": 7}]
    assert list(iter_references(others, BASE)) == []


def test_a_reference_to_what_is_not_there_goes_without_a_trace() -> None:
    left = without(COMPOSITION, {"Goal/g1", "Goal/g2", "Patient/p"})
    assert "subject" not in left and left["section"] == [{"title": "Goals"}, {"title": "Problems"}]


def test_a_reference_that_must_be_there_keeps_its_name_and_loses_its_target() -> None:
    left = without(COMPOSITION, {"Practitioner/w"})
    assert left["author"] == [{"type": "Practitioner", "display": "Dana Whitfield"}]
    goal = without(STORE["Goal/g1"], {"Patient/p"})
    assert goal["subject"] == {"type": "Patient"}


def test_nothing_stays_of_an_object_that_held_little_else() -> None:
    kind = {"url": "https://x.example/kind", "valueCode": "service"}
    plan = {
        "resourceType": "CarePlan",
        "activity": [{"extension": [kind], "reference": ref("Task/t")}, {"reference": ref("Task/u")}],
        "extension": [{"url": "https://x.example/by", "valueReference": ref("Task/t")}],
    }
    assert without(plan, {"Task/t"}) == {"resourceType": "CarePlan", "activity": [{"reference": ref("Task/u")}]}


def test_contained_resources_are_looked_into() -> None:
    plan = {"resourceType": "CarePlan", "contained": [{"resourceType": "CarePlan", "id": "i", "goal": [ref("Goal/g")]}]}
    assert without(plan, {"Goal/g"})["contained"] == [{"resourceType": "CarePlan", "id": "i"}]


def test_a_resource_is_left_as_it_is_where_nothing_is_missing() -> None:
    assert without(COMPOSITION, ()) is COMPOSITION
    assert without(COMPOSITION, {"Task/none"}) == COMPOSITION


def test_a_section_without_entries_says_so_in_one_way() -> None:
    known = {"emptyReason": {"text": "She has none"}}
    sections = [{"entry": [ref("Goal/g")]}, {"title": "a"}, known, {"section": [{"title": "b"}]}, "odd"]
    closed = with_empty_sections({"section": sections})["section"]
    assert closed[0] == sections[0] and closed[2:] == [
        known,
        {"section": [{"title": "b", "emptyReason": EMPTY_REASON}]},
        "odd",
    ]
    assert closed[1] == {"title": "a", "emptyReason": EMPTY_REASON}
    assert with_empty_sections({"resourceType": "Composition"}) == {"resourceType": "Composition"}


def test_a_document_of_a_server_has_its_addresses() -> None:
    made = document([COMPOSITION, STORE["Patient/p"]], base_url=BASE, identifier="1", moment="2026-11-22T10:00:00Z")
    assert [entry["fullUrl"] for entry in made["entry"]] == [f"{BASE}/Composition/c", f"{BASE}/Patient/p"]
    assert (made["type"], made["timestamp"], "meta" in made) == ("document", "2026-11-22T10:00:00Z", False)
    assert made["identifier"]["value"] == f"urn:uuid:{made['id']}"


def test_a_document_of_no_server_holds_together_by_itself() -> None:
    made = document([COMPOSITION, STORE["Patient/p"]], base_url="", identifier="1", moment="", labels=[{"code": "R"}])
    assert made["entry"][0]["resource"]["subject"]["reference"] == made["entry"][1]["fullUrl"]
    assert made["meta"] == {"security": [{"code": "R"}]}
