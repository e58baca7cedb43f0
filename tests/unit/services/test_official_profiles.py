"""Packages of a site: kept, listed, taken out, shown; and maps that claim their profiles."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.packages import GUIDE, make_package_bytes, make_structure

from fhirbridge.errors import BadPackage, BadSettings, NotFound
from fhirbridge.ids import CANONICAL
from fhirbridge.services.definitions import read_checker, read_extensions, read_profiles
from fhirbridge.services.profiles import add_package, describe, list_packages, remove_package, to_tree
from fhirbridge.validation.packages import read_order

NOTED = make_structure("noted", "Goal", {"path": "Goal.note", "min": 1, "mustSupport": True})
MOOD = make_structure("mood", "Extension", {"path": "Extension.value[x]", "type": [{"code": "code"}]})


def archive(version: str = "1.0.0") -> bytes:
    return make_package_bytes(NOTED, MOOD, version=version, title="A guide")


def test_a_package_is_kept_as_it_was_published(tmp_path: Path) -> None:
    added = add_package(tmp_path, archive())
    assert added.file.read_bytes() == archive()
    assert (added.package.id, added.package.profiles, added.package.extensions) == ("example.guide#1.0.0", 1, 1)
    assert added.faults == ()


def test_it_is_listed_between_our_own_and_r4(tmp_path: Path) -> None:
    add_package(tmp_path, archive())
    assert [(each.id.partition("#")[0], each.place) for each in list_packages(tmp_path)] == [
        ("org.fhirbridge.profiles", "folder"),
        ("example.guide", "packages"),
        ("hl7.fhir.r4.core", "core"),
    ]


def test_a_package_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    add_package(tmp_path, archive())
    with pytest.raises(BadPackage, match="already"):
        add_package(tmp_path, archive())


def test_versions_stand_side_by_side_and_the_first_can_be_chosen(tmp_path: Path) -> None:
    add_package(tmp_path, archive("2.0.0"))
    add_package(tmp_path, archive("1.0.0"), first=True)
    assert describe(tmp_path, f"{GUIDE}noted").canonical == f"{GUIDE}noted|1.0.0"
    assert describe(tmp_path, f"{GUIDE}noted|2.0.0").package == "example.guide#2.0.0"


def test_what_was_taken_out_is_gone_from_the_order_too(tmp_path: Path) -> None:
    add_package(tmp_path, archive(), first=True)
    remove_package(tmp_path, "example.guide#1.0.0")
    assert read_order(tmp_path) == ()
    assert [each.place for each in list_packages(tmp_path)] == ["folder", "core"]
    with pytest.raises(NotFound, match=r"example\.guide#1\.0\.0"):
        remove_package(tmp_path, "example.guide#1.0.0")


def test_profiles_that_cannot_be_used_are_told_and_the_rest_is_kept(tmp_path: Path) -> None:
    untold = make_structure("untold", "Goal", {"path": "Goal.note", "sliceName": "a"})
    added = add_package(
        tmp_path, make_package_bytes(NOTED, untold, make_structure("x", "Goal", baseDefinition="urn:x"))
    )
    assert [fault.partition(": ")[0] for fault in added.faults] == ["1.json", "2.json"]
    assert read_profiles(tmp_path).find(NOTED["url"]) is not None


def test_a_profile_is_shown_element_by_element(tmp_path: Path) -> None:
    add_package(tmp_path, archive())
    for name in (f"{GUIDE}noted", "noted", "noted|1.0.0"):
        described = to_tree(describe(tmp_path, name), must_support=True)
        assert [(row["element"], row["cardinality"]) for row in described["elements"]] == [("Goal.note", "1..*")]


def test_a_profile_of_our_own_tells_values_targets_and_rules(tmp_path: Path) -> None:
    rows = {row.element: row for row in describe(tmp_path, "follow-up-task").elements}
    assert (rows["Task.intent"].value, rows["Task.intent"].binding.partition(":")[0]) == ('"order"', "required")


def test_a_profile_that_no_package_has_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="nowhere"):
        describe(tmp_path, "nowhere")


def test_maps_may_name_the_extensions_of_packages_and_of_r4(tmp_path: Path) -> None:
    add_package(tmp_path, archive())
    known = read_extensions(tmp_path)
    assert known["mood"].type == "code"
    assert known["goal-reasonRejected"].url == "http://hl7.org/fhir/StructureDefinition/goal-reasonRejected"
    assert any(each.url.startswith(CANONICAL) for each in known.values())


def test_a_package_that_cannot_be_read_is_told_when_profiles_are_loaded(tmp_path: Path) -> None:
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages" / "broken.tgz").write_bytes(b"x")
    with pytest.raises(BadSettings, match=r"broken\.tgz"):
        read_checker(tmp_path)


def test_packages_from_elsewhere_may_be_used_beside_the_folder(tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "guide.tgz").write_bytes(archive())
    checker = read_checker(tmp_path / "profiles", [tmp_path / "guide.tgz"])
    assert checker.profiles.find(NOTED["url"]) is not None


def test_a_package_that_cannot_be_read_is_taken_out_by_the_name_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages" / "broken.tgz").write_bytes(b"x")
    assert remove_package(tmp_path, "broken.tgz").name == "broken.tgz"
    assert [each.place for each in list_packages(tmp_path)] == ["folder", "core"]
