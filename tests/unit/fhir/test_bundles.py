"""Search answers as Bundles."""

from __future__ import annotations

from tests.support.fhir_resources import make_care_plan, make_goal

from fhirbridge.fhir.bundles import Found, iter_resources, searchset
from fhirbridge.fhir.outcome import operation_outcome
from fhirbridge.validation.check import Checker

BASE = "https://bridge.example/fhir"


def test_entries_have_address_and_mode() -> None:
    found = [Found(make_care_plan()), Found(make_goal(), "include")]
    bundle = searchset(found, base_url=BASE, total=1, self_url=f"{BASE}/CarePlan")
    assert [entry["fullUrl"] for entry in bundle["entry"]] == [f"{BASE}/CarePlan/plan-1", f"{BASE}/Goal/goal-1"]
    assert [entry["search"]["mode"] for entry in bundle["entry"]] == ["match", "include"]


def test_an_outcome_without_an_id_has_no_address() -> None:
    bundle = searchset([Found(operation_outcome([]), "outcome")], base_url=BASE, total=0, self_url=f"{BASE}/Goal")
    assert "fullUrl" not in bundle["entry"][0]


def test_an_empty_answer_has_no_entry_element() -> None:
    bundle = searchset([], base_url=BASE, total=0, self_url=f"{BASE}/Goal")
    assert "entry" not in bundle
    assert Checker().gate(bundle) == ()


def test_a_further_page_has_a_link_and_the_total_may_stay_untold() -> None:
    bundle = searchset([], base_url=BASE, total=None, self_url=f"{BASE}/Goal", next_url=f"{BASE}/Goal?page=2")
    assert [link["relation"] for link in bundle["link"]] == ["self", "next"]
    assert "total" not in bundle


def test_resources_come_out_of_a_bundle_again() -> None:
    bundle = searchset([Found(make_goal())], base_url=BASE, total=1, self_url=f"{BASE}/Goal")
    assert list(iter_resources(bundle)) == [make_goal()]
    assert Checker().gate(bundle) == ()
