"""Bundles: addresses, references between entries, search answers, documents and messages."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.fhir_resources import make_goal, make_patient, make_task

from fhirbridge.validation.check import check

Tree = dict[str, Any]
BASE = "https://a.example/fhir"
PATIENT = make_patient(id="p")
GOAL = make_goal(id="g", subject={"reference": "Patient/p"})


def entry(resource: Tree, **more: Any) -> Tree:
    return {"fullUrl": f"{BASE}/{resource['resourceType']}/{resource['id']}", "resource": resource, **more}


def bundle(*entries: Tree, type_: str = "collection", **more: Any) -> Tree:
    return {"resourceType": "Bundle", "type": type_, "entry": list(entries), **more}


def said(tree: Tree) -> set[tuple[str, str]]:
    quiet = {"dom-6", "not-checked"}
    return {(i.expression.removeprefix("Bundle"), i.rule) for i in check(tree, profiles=False) if i.rule not in quiet}


def test_a_bundle_whose_entries_fit_has_no_issues() -> None:
    assert said(bundle(entry(PATIENT), entry(GOAL))) == set()


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        (None, "bundle-full-url"),
        ("Goal/g", "bundle-full-url-absolute"),
        (f"{BASE}/Goal/other", "bundle-full-url-id"),
        (f"{BASE}/Task/g", "bundle-full-url-id"),
        ("urn:uuid:c757873d-ec9a-4326-a141-556f43239520", None),
        ("https://a.example/anything", None),
    ],
)
def test_the_address_of_an_entry_is_that_of_its_resource(url: str | None, rule: str | None) -> None:
    goal = make_goal(id="g", subject={"display": "the client"})
    found = said(bundle({"resource": goal, **({"fullUrl": url} if url else {})}))
    assert {each for _, each in found} == ({rule} if rule else set())


def test_a_transaction_needs_no_addresses() -> None:
    request = {"method": "PUT", "url": "Patient/p"}
    assert said(bundle({"resource": PATIENT, "request": request}, type_="transaction")) == set()


@pytest.mark.parametrize(
    ("subject", "rule"),
    [
        ("urn:uuid:c757873d-ec9a-4326-a141-556f43239520", "bundle-urn"),
        ("Group/elsewhere", None),
        ("https://b.example/Patient/1", None),
        ("Patient", "reference-format bundle-relative"),
    ],
)
def test_a_reference_between_entries_follows_the_rules(subject: str, rule: str | None) -> None:
    goal = make_goal(id="g", subject={"reference": subject})
    assert {each for _, each in said(bundle(entry(goal)))} == set((rule or "").split())


def test_a_relative_reference_leads_from_the_address_of_its_entry() -> None:
    apart = {"fullUrl": "https://b.example/Patient/p", "resource": PATIENT}
    assert said(bundle(apart, entry(GOAL))) == {(".entry[1].resource.subject.reference", "bundle-near")}
    assert said(bundle({"resource": GOAL})) >= {(".entry[0].resource.subject.reference", "bundle-base")}


def test_an_address_that_stands_twice_leads_nowhere() -> None:
    first, second = ({**PATIENT, "meta": {"versionId": number}} for number in "12")
    clear = make_goal(id="g", subject={"reference": "Patient/p/_history/2"})
    assert said(bundle(entry(first), entry(second), entry(clear))) == set()
    assert said(bundle(entry(first), entry(second), entry(GOAL))) == {
        (".entry[2].resource.subject.reference", "bundle-several")
    }


def test_a_urn_leads_to_an_entry_of_the_type_it_should() -> None:
    base = "urn:uuid:c757873d-ec9a-4326-a141-556f4323952"
    goal = make_goal(id="g", subject={"reference": "Patient/c757873d-ec9a-4326-a141-556f43239521"})
    other = {"fullUrl": f"{base}1", "resource": make_task(**{"for": None}, focus=None, id="t")}
    found = said(bundle({"fullUrl": f"{base}0", "resource": goal}, other))
    assert (".entry[0].resource.subject.reference", "bundle-type") in found


# -- links and searches


def test_each_relation_stands_once_and_only_pages_have_pages() -> None:
    links = [{"relation": each, "url": BASE} for each in ("self", "self", "next", "related")]
    assert (".link[1]", "bundle-link") in said(bundle(entry(PATIENT), type_="history", link=links))
    assert (".link[2].relation", "bundle-link-paging") in said(bundle(entry(PATIENT), link=links))


@pytest.mark.parametrize(
    ("mode", "resource", "rule"),
    [
        ("match", PATIENT, None),
        ("match", GOAL, "search-type"),
        ("include", GOAL, None),
        ("outcome", PATIENT, "search-outcome"),
        ("match", {**PATIENT, "id": None}, "search-id"),
    ],
)
def test_an_entry_of_a_search_is_there_for_its_reason(mode: str, resource: Tree, rule: str | None) -> None:
    found = {name: value for name, value in resource.items() if value is not None}
    url = f"{BASE}/{found['resourceType']}/{found.get('id', 'x')}"
    answer = {"fullUrl": url, "resource": found, "search": {"mode": mode}}
    link = [{"relation": "self", "url": f"{BASE}/Patient?name=x"}]
    told = {each for _, each in said(bundle(answer, type_="searchset", link=link))} - {"bundle-full-url-id"}
    assert told == ({rule} if rule else set())


def test_a_search_says_what_it_was_and_why_each_entry_is_there() -> None:
    assert said(bundle(entry(PATIENT), type_="searchset")) == {("", "search-self"), ("", "search-mode")}
    link = [{"relation": "self", "url": f"{BASE}?_type=Patient,Goal"}]
    mixed = bundle(entry(PATIENT, search={"mode": "match"}), {"fullUrl": BASE}, type_="searchset", link=link)
    assert {(".entry[1]", "search-mode"), (".entry[1]", "search-resource")} <= said(mixed)


# -- documents and messages


def composition(**changes: Any) -> Tree:
    return {
        "resourceType": "Composition",
        "id": "c",
        "status": "final",
        "type": {"text": "plan"},
        "date": "2026-11-01",
        "author": [{"reference": "Practitioner/k"}],
        "title": "Plan",
        "subject": {"reference": "Patient/p"},
        "section": [{"title": "Goals", "entry": [{"reference": "Goal/g"}]}],
        **changes,
    }


KEYWORKER: Tree = {"resourceType": "Practitioner", "id": "k", "name": [{"text": "Sam Ode"}]}


def document(*entries: Tree) -> Tree:
    identifier = {"system": "https://a.example/documents", "value": "1"}
    return bundle(*entries, type_="document", identifier=identifier, timestamp="2026-11-01T10:00:00Z")


def test_a_document_that_hangs_together_has_no_issues() -> None:
    assert said(document(entry(composition()), entry(PATIENT), entry(KEYWORKER), entry(GOAL))) == set()


def test_what_a_composition_names_is_in_the_document() -> None:
    assert said(document(entry(composition()), entry(PATIENT), entry(KEYWORKER))) == {
        (".entry[0].resource.section[0].entry[0].reference", "document-missing")
    }


def test_an_entry_that_nothing_leads_to_is_no_part_of_a_document() -> None:
    stray = make_patient(id="q")
    entries = [entry(each) for each in (composition(), PATIENT, KEYWORKER, GOAL)]
    assert said(document(*entries, entry(stray))) == {(".entry[4]", "document-orphan")}
    backwards = make_goal(id="h", subject={"reference": "Patient/p"})
    assert said(document(*entries, entry(backwards))) == {(".entry[4]", "document-backwards")}


def test_a_document_starts_somewhere() -> None:
    assert (".entry", "bundle-first") in said(document())


def test_a_message_says_what_is_not_needed() -> None:
    header = {
        "resourceType": "MessageHeader",
        "id": "m",
        "eventUri": "https://a.example/referral",
        "source": {"endpoint": "https://a.example"},
        "focus": [{"reference": "Goal/g"}],
    }
    message = bundle(entry(header), entry(PATIENT), entry(GOAL), entry(make_patient(id="q")), type_="message")
    assert said(message) == {(".entry[3]", "message-orphan")}
