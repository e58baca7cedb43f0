"""Keys of items: told apart by block, and carried where R4 gives a type no identifier."""

from __future__ import annotations

from typing import Any

from tests.support.bridge import sample_tree
from tests.support.maps import shipped

from fhirbridge.mapping.business_keys import identifiers_of, is_tagged, iter_keys
from fhirbridge.mapping.run import Context, Item, to_left, to_right

HERE = Context("riverside")


def made(kind: str, type_: str) -> list[Item]:
    items = to_right(shipped().get(kind), sample_tree(kind), HERE).items
    return [item for item in items if item.type == type_]


def back(kind: str, items: list[Item]) -> dict[str, Any]:
    return dict(to_left(shipped().get(kind), [(item.type, item.body) for item in items], HERE).tree)


def test_a_provenance_carries_its_key_as_a_tag() -> None:
    (item,) = made("consent", "Provenance")
    tag = {"system": "https://fhirbridge.org/fhir/sid/riverside/verification", "code": "RR-F-501"}
    assert (item.body["meta"]["tag"], "identifier" in item.body) == ([tag], False)
    assert back("consent", [item])["verifications"] == sample_tree("consent")["verifications"]


def test_two_observations_of_one_record_go_back_each_to_its_own_field() -> None:
    reason, course, _ = made("discharge", "Observation")
    assert "progress" not in back("discharge", [reason])
    assert "reason" not in back("discharge", [course])


def test_an_item_that_carries_no_key_of_ours_still_goes_back() -> None:
    (item,) = made("consent", "Consent")
    theirs = {**item.body, "identifier": [{"system": "https://ehr.example/consent", "value": "77"}]}
    assert to_left(shipped().get("consent"), [("Consent", theirs)], HERE).tree["id"] == "77"


def test_only_types_without_an_identifier_are_known_by_tags() -> None:
    tag = {"tag": [{"system": "urn:a", "code": "1"}, "odd"]}
    assert is_tagged("Provenance") and not is_tagged("Task") and not is_tagged("no type")
    assert list(iter_keys({"resourceType": "Provenance", "meta": tag})) == [("urn:a", "1")]
    assert list(iter_keys({"resourceType": "Task", "meta": tag, "identifier": ["odd"]})) == []
    assert list(iter_keys({"resourceType": "Provenance", "meta": {"tag": "odd"}})) == []
    assert identifiers_of({"identifier": {"value": "1"}}) == [{"value": "1"}]
