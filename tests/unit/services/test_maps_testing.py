"""The tests beside maps, run on a small map: what passes, what fails, and where."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.support.small_maps import BASE, PASSING, changed, make_folder

from fhirbridge.errors import MapError, NotFound
from fhirbridge.ids import key_system
from fhirbridge.mapping.files import Folder, pack
from fhirbridge.services.definitions import find_defaults
from fhirbridge.services.maps.testing import Selection, prove_files, run_in_folder, run_tests
from fhirbridge.services.maps.testing_results import TestReport
from fhirbridge.services.maps.testing_update import update


def run(tmp_path: Path, test: str, **more: Any) -> TestReport:
    return run_tests(make_folder(tmp_path, f"tests:\n  - {test}\n"), laws=0, **more)


def failed(report: TestReport) -> list[tuple[str, str, int]]:
    return [(each.path, each.kind, int(each.place.split(":")[1])) for each in report.failures]


def test_a_test_that_holds_passes(tmp_path: Path) -> None:
    report = run_tests(make_folder(tmp_path), laws=0)
    assert (report.passed, [each.name for each in report.results]) == (True, ["two names"])


def test_a_failure_points_at_the_line_of_the_expectation(tmp_path: Path) -> None:
    folder = make_folder(tmp_path, PASSING.replace("family: Vega", "family: Okafor"))
    line = (
        (folder / "sources" / "small.yaml").read_text("utf-8").splitlines().index("      person.name[0].family: Okafor")
    )
    assert failed(run_tests(folder, laws=0)) == [("person.name[0].family", "other value", line + 1)]


FAILING = [
    ("{name: x, in: tests/base.json, expect: {person.active: true}}", ("person.active", "missing")),
    ("{name: x, in: tests/base.json, expect: {person.gender: 1}}", ("person.gender", "other type")),
    ("{name: x, in: tests/base.json, expect: {person: {name: [{family: Vega}, {}]}}}", ("person.name[1]", "missing")),
    ("{name: x, in: tests/base.json, expect: {'person.name[0].given[]': [M]}}",
     ("person.name[0].given[][0]", "other value")),
    ("{name: x, in: tests/base.json, absent: [person.gender]}", ("person.gender", "extra")),
    ("{name: x, in: tests/base.json, issues: [FB303 doc.sex]}", ("FB303 doc.sex", "problem did not show")),
    ("{name: x, base: tests/base.json, with: {doc.sex: X}, absent: [person.gender]}",
     ("FB303 doc.sex (sources/small.yaml:15:7)", "unexpected problem")),
    ("{name: x, in: tests/base.json, out: tests/none.json}", ("tests/none.json", "missing")),
    ("{name: x, base: tests/base.json, with: {'doc.names[9]': A}, issues: [FB301]}", ("doc.names[9]", "missing")),
    ("{name: x, given: {no: A-1}, direction: left, absent: [doc.sex]}", ("", "FB400")),
]  # fmt: skip


@pytest.mark.parametrize(("test", "wanted"), FAILING, ids=[row[1][1] + row[1][0] for row in FAILING])
def test_what_is_not_as_expected_fails(tmp_path: Path, test: str, wanted: tuple[str, str]) -> None:
    assert failed(run(tmp_path, test))[0][:2] == wanted


JAIL = key_system("jail", "person")
PASSES = [
    "{name: x, given: {no: A-1, sex: F, alive: true}, expect: {person: {active: true, gender: female}}}",
    "{name: x, base: tests/base.json, with: {doc.sex: X}, issues: [FB303 doc.sex]}",
    "{name: x, base: tests/base.json, with: {doc.sex: X}, issues: [FB303]}",
    "{name: x, base: tests/base.json, with: {doc.last: null}, absent: ['person.name[0].family']}",
    f"{{name: x, in: tests/base.json, source: jail, expect: {{'person.identifier[0].system': '{JAIL}'}}}}",
    "{name: x, base: tests/base.json, every: [doc.sex], absent: [person.active]}",
    "{name: x, given: [{resourceType: Patient, id: p, gender: male}], direction: left, expect: {doc: {sex: M}}}",
]


@pytest.mark.parametrize("test", PASSES)
def test_each_key_of_a_test_says_what_it_means(tmp_path: Path, test: str) -> None:
    assert failed(run(tmp_path, test)) == []


def test_every_runs_the_test_once_for_each_code(tmp_path: Path) -> None:
    report = run(tmp_path, "{name: all, base: tests/base.json, every: [doc.sex]}")
    assert [each.name for each in report.results] == ["all: doc.sex F", "all: doc.sex M"]


def test_a_whole_output_is_compared_with_its_file(tmp_path: Path) -> None:
    folder = make_folder(tmp_path, "tests:\n  - {name: x, in: tests/base.json, out: tests/out.json}\n")
    (folder / "tests" / "out.json").write_text(json.dumps([{"resourceType": "Patient", "gender": "male"}]))
    kinds = {path: kind for path, kind, _ in failed(run_tests(folder, laws=0))}
    assert kinds["[0].gender"] == "other value"
    assert kinds["[0].birthDate"] == "extra"


def test_a_bundle_is_as_good_as_the_list_of_its_resources(tmp_path: Path) -> None:
    folder = make_folder(tmp_path, "tests:\n  - {name: x, in: tests/base.json, out: tests/out.json}\n")
    update(folder, Selection())
    (resource,) = json.loads((folder / "tests" / "out.json").read_text("utf-8"))
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": resource}]}
    (folder / "tests" / "out.json").write_text(json.dumps(bundle))
    assert failed(run_tests(folder, laws=0)) == []


def test_a_file_that_cannot_be_read_is_a_failure(tmp_path: Path) -> None:
    folder = make_folder(tmp_path)
    (folder / "tests" / "base.json").write_text("{")
    assert failed(run_tests(folder, laws=0))[0][:2] == ("tests/base.json", "FB400")


def test_a_resource_that_breaks_r4_fails_its_test(tmp_path: Path) -> None:
    row = "doc.last            <=> name[0].family     | verbatim"
    folder = make_folder(tmp_path, map_text=changed(row, "doc.last <=> contact[0].relationship[0].text | verbatim"))
    found = [path for path, kind, _ in failed(run_tests(folder, laws=0)) if kind == "unexpected problem"]
    assert found == ["FB500 Patient.contact[0]"]


def test_the_laws_run_as_often_as_the_map_asks(tmp_path: Path) -> None:
    folder = make_folder(tmp_path, "tests: [{laws: 7}]\n")
    report = run_tests(folder, laws=3)
    assert [(each.kind, each.examples) for each in report.results] == [("law", 7)] * 3
    assert run_tests(folder, laws=0).results == ()


def test_what_the_laws_leave_out_is_told_with_its_reason(tmp_path: Path) -> None:
    report = run_tests(make_folder(tmp_path), laws=2)
    assert [(each.path, each.reason) for each in report.excluded["small"]] == [
        ("doc.note", "ignored: for the agency alone")
    ]


@pytest.mark.parametrize(
    ("patterns", "tests", "laws"),
    [((), 1, 3), (("small",), 1, 3), (("sm*",), 1, 3), (("small::two*",), 1, 0), (("small::none",), 0, 0)],
)
def test_a_selection_names_maps_and_tests(tmp_path: Path, patterns: tuple[str, ...], tests: int, laws: int) -> None:
    report = run_tests(make_folder(tmp_path), select=patterns, laws=2)
    kinds = [each.kind for each in report.results]
    assert (kinds.count("test"), kinds.count("law")) == (tests, laws)


def test_a_map_that_is_not_there_is_not_passed_over(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="small"):
        run_tests(make_folder(tmp_path), select=["smal"], laws=0)


def test_no_map_changed_is_nothing_to_test(tmp_path: Path) -> None:
    report = run_in_folder(make_folder(tmp_path), Selection(maps=frozenset()))
    assert (report.passed, report.results) == (True, ())


def test_a_map_with_a_finding_is_not_tested(tmp_path: Path) -> None:
    with pytest.raises(MapError):
        run_tests(make_folder(tmp_path, map_text=changed("gender ", "gendr ")), laws=0)


def test_the_digest_stands_for_the_files_and_the_laws(tmp_path: Path) -> None:
    folder = make_folder(tmp_path)
    first = run_tests(folder, laws=0).digest
    assert run_tests(folder, laws=0).digest == first
    assert run_tests(folder, laws=1).digest != first
    (folder / "tests" / "base.json").write_text(json.dumps({**BASE, "alive": True}))
    assert run_tests(folder, laws=0).digest != first


def test_a_release_is_tested_as_its_folder_is(tmp_path: Path) -> None:
    folder = make_folder(tmp_path)
    bundle = pack(Folder(folder))
    profiles = find_defaults() / "profiles"
    assert prove_files(bundle, profiles, laws=0).digest == run_tests(folder, laws=0).digest


def test_a_server_that_can_test_maps_does_not_load_what_makes_examples() -> None:
    code = "import sys, fhirbridge.services.maps.testing; sys.exit('hypothesis' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
