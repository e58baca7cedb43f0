"""Maps that break a law are caught, each at its path and row, and nothing of the data is told."""

from __future__ import annotations

from pathlib import Path

from tests.support.small_maps import BASE, MAP, changed, load_small

from fhirbridge.mapping.codecs import Context
from fhirbridge.mapping.proving.laws import Breach, unknown_reported
from fhirbridge.mapping.proving.trees import recipe_of
from fhirbridge.mapping.run import to_right
from fhirbridge.services.maps.laws import run_laws

NAMES = "doc.names[]         <=> name[0].given[]    | verbatim"
LAST = "doc.last            <=> name[0].family     | verbatim"


def breaches(tmp_path: Path, text: str) -> list[Breach]:
    results, _ = run_laws(load_small(tmp_path, map_text=text), 60)
    return [each.breach for each in results if each.breach]


def test_a_sound_map_breaks_no_law(tmp_path: Path) -> None:
    assert breaches(tmp_path, MAP) == []


def test_two_rows_that_meet_in_one_element_are_caught_at_the_row(tmp_path: Path) -> None:
    found = breaches(tmp_path, changed(NAMES, "doc.names[]         <=> name[].family    | verbatim"))
    assert {(each.law, each.place) for each in found} == {("there and back", "sources/small.yaml:13:7")}


def test_a_resource_that_breaks_r4_is_caught_at_the_row_that_made_it(tmp_path: Path) -> None:
    found = breaches(tmp_path, changed(LAST, "doc.last <=> contact[0].relationship[0].text | verbatim"))
    assert [(each.path, each.kind, each.place) for each in found] == [
        ("Patient.contact[0]", "FB500", "sources/small.yaml:12:7")
    ]


def test_the_smallest_example_is_told_by_its_paths(tmp_path: Path) -> None:
    (found,) = breaches(tmp_path, changed(LAST, "doc.last <=> contact[0].relationship[0].text | verbatim"))
    assert found.example == ("doc.no", "doc.last", "doc.sex")


def test_a_field_told_twice_does_not_survive_a_change_of_one(tmp_path: Path) -> None:
    twice = f"{LAST}\n      doc.last <=> name[0].text | verbatim # fhirbridge: ignore[FB208] a test"
    found = breaches(tmp_path, changed(LAST, twice))
    assert {(each.law, each.kind) for each in found} == {("back and there", "FB309")}


def test_an_element_that_is_lost_without_a_word_is_a_breach(tmp_path: Path) -> None:
    recipe, context = recipe_of(load_small(tmp_path)), Context("local")
    items = [(item.type, item.body) for item in to_right(recipe.map, BASE, context).items]
    found = unknown_reported(recipe, items, ["Patient.gender"], context)
    assert found is not None
    assert (found.path, found.kind) == ("Patient.gender", "not reported")


def test_a_one_way_map_is_judged_on_the_way_right_alone(tmp_path: Path) -> None:
    results, _ = run_laws(load_small(tmp_path, map_text=MAP.replace("<=>", " =>")), 10)
    assert [(each.law, each.breach) for each in results] == [("there and back", None)]
