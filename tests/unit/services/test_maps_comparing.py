"""Messages sent through two sets of maps: what changes, grouped by the row that makes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.bridge import PARTNERS, sample
from tests.support.maps import MAPPINGS
from tests.support.releases import (
    CITY_ROW,
    RIVERSIDE,
    make_bundle,
    moved,
    person,
    person_message,
    read_maps,
    renamed,
)
from tests.support.store_rows import make_message

from fhirbridge.errors import NotFound
from fhirbridge.mapping.compare import Change
from fhirbridge.mapping.files import Bundle, Folder, pack
from fhirbridge.mapping.library import MapLibrary
from fhirbridge.services.maps import comparing, passing
from fhirbridge.services.maps.comparing import Differences, Edition, compare_editions, find_differences, to_items
from fhirbridge.services.maps.corpora import own_samples, read_corpus, routes_of, sample_of
from fhirbridge.services.maps.passing import Pair, Sample

GENDER = "      person.gender                <=> gender\n"


LANGUAGE_SYSTEM = (
    "      'urn:ietf:bcp:47'             := communication[0].language.coding[0].system  | when person.language\n"
)


def edition(files: Bundle) -> Edition:
    return Edition(files, read_maps(files))


def with_edit(bundle: Bundle, file: str, old: str, new: str) -> Bundle:
    body = bundle.contents[file]
    assert old.encode() in body
    return Bundle({**bundle.contents, file: body.replace(old.encode(), new.encode(), 1)})


@pytest.fixture(scope="module")
def shipped() -> Edition:
    return edition(pack(Folder(MAPPINGS)))


def kinds(found: Differences, old: Edition, new: Edition) -> set[tuple[str, str, str]]:
    groups = found.groups(old.files, new.files)
    return {(each.map, change.kind, change.path) for each in groups for change in each.changes}


def people(*numbers: int) -> Bundle:
    return Bundle({f"person/{number}.json": json.dumps(person(number)).encode() for number in numbers})


def test_a_row_that_was_edited_stands_there_old_and_new() -> None:
    old, new = edition(make_bundle()), edition(moved())
    found, strangers = compare_editions(old, new, people(1, 2))
    rows = [each for each in found.groups(old.files, new.files) if each.new_row and each.new_row.text]
    assert strangers == ()
    assert [(each.old_row, each.new_row) for each in rows] == [
        (
            comparing.RowShown(CITY_ROW, "person.addresses[].city <=> address[].city | verbatim"),
            comparing.RowShown(CITY_ROW, "person.addresses[].city <=> address[].district | verbatim"),
        )
    ]
    assert {(change.kind, change.path, change.count) for change in rows[0].changes} >= {
        ("added", "address[].district", 2),
        ("removed", "address[].city", 2),
    }


def test_a_row_that_moved_is_one_row() -> None:
    longer = make_bundle((GENDER, f"      # a comment\n{GENDER}"))
    old, new = edition(make_bundle()), edition(longer)
    change = Change("removed", "Patient", "address[].city", CITY_ROW, "")
    found = Differences()
    found.add([("person", change)])
    (group,) = found.groups(old.files, new.files)
    assert group.old_row and group.new_row
    assert (group.old_row.text, group.new_row.place) == (group.new_row.text, "records/person.yaml:22")


def test_a_row_that_is_only_new_or_only_old_stands_alone() -> None:
    old, new = edition(make_bundle((LANGUAGE_SYSTEM, ""))), edition(make_bundle())
    for one, other in ((old, new), (new, old)):
        found, _ = compare_editions(one, other, people(1))
        (group,) = found.groups(one.files, other.files)
        assert {bool(group.old_row), bool(group.new_row)} == {True, False}
        assert [change.path for change in group.changes] == ["communication[].language.coding[].system"]


def test_equal_maps_make_no_difference_and_are_not_run() -> None:
    old, new = edition(make_bundle()), edition(make_bundle())
    found, _ = compare_editions(old, new, people(1, 2, 3))
    assert (found.message_count, found.keys) == (3, frozenset())


def test_a_comment_makes_no_difference() -> None:
    found, _ = compare_editions(edition(make_bundle()), edition(renamed()), people(1))
    assert found.keys == frozenset()


def test_values_stand_there_only_when_asked_for() -> None:
    old, new = edition(make_bundle()), edition(moved())
    for values in (False, True):
        found, _ = compare_editions(old, new, people(1), values=values)
        text = json.dumps(list(to_items(found.groups(old.files, new.files))))
        assert ("Zq7Vega City" in text) is values


def test_a_table_that_changed_shows_in_the_rows_that_use_it_and_in_what_follows(shipped: Edition) -> None:
    new = edition(with_edit(shipped.files, "tables/riverside-goal-state.csv", "WORKING,,active", "WORKING,,on-hold"))  # type: ignore[arg-type]  # a bundle
    corpus = Bundle({"riverside-plan.json": sample("riverside-plan")})
    found = kinds(compare_editions(shipped, new, corpus)[0], shipped, new)
    assert ("riverside-plan", "changed", "goals[].status") in found
    assert ("plan", "changed", "lifecycleStatus") in found


def test_a_map_that_is_new_or_gone_adds_or_removes_what_it_makes() -> None:
    empty, full = Edition(Bundle(), MapLibrary({})), edition(make_bundle())
    assert ("person", "added", "Patient") in kinds(compare_editions(empty, full, people(1))[0], empty, full)
    assert ("person", "removed", "Patient") in kinds(compare_editions(full, empty, people(1))[0], full, empty)


def test_what_leaves_is_compared_as_well(shipped: Edition) -> None:
    files = with_edit(pack(Folder(MAPPINGS)), "sources/county-report.yaml", "flag yes no", "flag ja nein")
    schema = files.read("schemas/county-report.schema.json").replace(b'"yes"', b'"ja"').replace(b'"no"\n', b'"nein"\n')
    assert b"ja" in schema
    new = read_maps(Bundle({**files.contents, "schemas/county-report.schema.json": schema}))
    routes = routes_of({each.id: each for each in PARTNERS})
    record = json.loads(shipped.files.read("tests/monitoring.json"))
    assert routes == {"monitoring": ("county-report",)}
    sample_ = Sample("county-report", "local", items=(("monitoring", record),))
    found = list(passing.outbound_differences(Pair(shipped.maps, new, routes), sample_))
    assert [(name, change.kind, change.path) for name, change in found] == [("county-report", "changed", "compliant")]


def test_a_message_that_cannot_be_read_is_the_same_for_both() -> None:
    pair = Pair(read_maps(make_bundle()), read_maps(moved()))
    found = find_differences(pair, [Sample("person", "local", b"{")])
    assert (found.message_count, found.keys) == (1, frozenset())


def test_a_fault_of_the_program_is_told_by_its_class() -> None:
    maps = read_maps(make_bundle())
    faulty = MapLibrary({"person": None})  # type: ignore[dict-item]  # a fault of ours
    found = list(passing.differences(Pair(maps, faulty), Sample("person", "local", json.dumps(person()).encode())))
    assert ("person", Change("finding added", "FB900", "AttributeError", "", "")) in found


def test_a_file_belongs_to_the_map_of_its_folder_or_name() -> None:
    corpus = Bundle(
        {
            "plan/1.json": b"{}",
            "riverside-plan-two.json": b"{}",
            "riverside-plan.json": b"{}",
            "notes.json": b"{}",
            "plan.txt": b"",
            "x/plan.ndjson": b"{}\n\n{}\n",
        }
    )
    found = read_corpus(corpus, {"plan", "riverside-plan"})
    assert [each.map for each in found.samples] == ["plan", "riverside-plan", "riverside-plan", "plan", "plan"]
    assert found.strangers == ("notes.json",)


def test_all_files_can_be_for_one_map() -> None:
    found = read_corpus(Bundle({"a.json": b"{}", "b/plan.json": b"{}"}), {"plan"}, only="person")
    assert [each.map for each in found.samples] == ["person", "person"]


@pytest.mark.parametrize(("only", "corpus"), [("horoscope", people(1)), ("", Bundle({"a.json": b"{}"})), ("", None)])
def test_nothing_to_compare_on_is_said(only: str, corpus: Bundle | None) -> None:
    with pytest.raises(NotFound):
        compare_editions(edition(make_bundle()), edition(moved()), corpus, only=only)


def test_without_a_corpus_the_samples_of_the_tests_are_compared(shipped: Edition) -> None:
    found, _ = compare_editions(shipped, shipped)
    assert found.message_count == len(own_samples(shipped.files, shipped.maps)) > 5


def test_a_folder_is_opened_with_its_profiles(tmp_path: Path) -> None:
    (tmp_path / "records").mkdir()
    (tmp_path / "records" / "person.yaml").write_bytes(make_bundle().contents["records/person.yaml"])
    assert comparing.open_folder(tmp_path).maps.names() == ("person",)
    assert comparing.open_files(tmp_path).names() == ("records/person.yaml",)


def test_a_stored_message_meets_the_map_of_its_partner() -> None:
    partners = {each.id: each for each in (*PARTNERS, RIVERSIDE)}
    (own,) = sample_of(person_message(1), {"riverside": RIVERSIDE})
    (named,) = sample_of(make_message(1, kind="plan"), {each.id: each for each in PARTNERS})
    assert (own.map, named.map) == ("person", "riverside-plan")
    assert list(sample_of(make_message(1, partner="gone"), partners)) == []


def fhir_message(body: Any) -> Sample | None:
    message = make_message(1, kind="referral", partner="lakeside", media_type="application/fhir+json", body=body)
    return next(sample_of(message, {each.id: each for each in PARTNERS}), None)


def test_a_referral_of_an_ehr_is_run_backwards(shipped: Edition) -> None:
    found = fhir_message(b'{"resourceType": "ServiceRequest"}')
    assert found is not None
    assert found.items == (("ServiceRequest", {"resourceType": "ServiceRequest"}),)
    assert set(passing.pass_through(shipped.maps, found, {})) == {"referral"}
    assert fhir_message(b"{") is None
