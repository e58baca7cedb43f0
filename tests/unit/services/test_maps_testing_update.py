"""`--update`: expectations brought up to what the map makes, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.small_maps import PASSING, make_folder

from fhirbridge.services.maps.testing import Selection, run_tests
from fhirbridge.services.maps.testing_update import update

STALE = PASSING.replace("family: Vega", "family: Okafor   # who").replace("rank: 1", "rank: 2")
WHOLE = "tests:\n  - {name: whole, in: tests/base.json, out: tests/out.json}\n"


def text_of(folder: Path) -> str:
    return (folder / "sources" / "small.yaml").read_bytes().decode()


def test_single_values_are_rewritten_in_place(tmp_path: Path) -> None:
    folder = make_folder(tmp_path, STALE)
    before = text_of(folder)
    written = update(folder, Selection())
    assert text_of(folder) == before.replace("Okafor", "Vega").replace("rank: 2", "rank: 1")
    assert [each.path for each in written] == ["person.name[0].family", "person.telecom[0].rank"]
    assert run_tests(folder, laws=0).passed


def test_a_file_that_holds_the_whole_output_is_written(tmp_path: Path) -> None:
    folder = make_folder(tmp_path, WHOLE)
    (each,) = update(folder, Selection())
    assert (each.path, run_tests(folder, laws=0).passed) == ("tests/out.json", True)
    assert json.loads((folder / "tests" / "out.json").read_text("utf-8"))[0]["gender"] == "female"


def test_what_is_right_already_is_not_written_again(tmp_path: Path) -> None:
    folder = make_folder(tmp_path, PASSING)
    assert update(folder, Selection()) == ()
    update(make_folder(tmp_path, WHOLE), Selection())
    assert update(folder, Selection()) == ()


def test_what_is_missing_is_for_a_person_to_decide(tmp_path: Path) -> None:
    folder = make_folder(tmp_path, "tests:\n  - {name: x, in: tests/base.json, expect: {person.active: true}}\n")
    before = text_of(folder)
    assert (update(folder, Selection()), text_of(folder)) == ((), before)


def test_only_what_is_selected_is_written(tmp_path: Path) -> None:
    folder = make_folder(tmp_path, STALE)
    assert update(folder, Selection(("small::other",))) == ()


def test_nothing_is_written_outside_the_folder(tmp_path: Path) -> None:
    folder = make_folder(tmp_path, "tests:\n  - {name: x, in: tests/base.json, out: ../out.json}\n")
    assert (update(folder, Selection()), (tmp_path / "out.json").exists()) == ((), False)


def test_what_was_written_is_told_without_its_value(tmp_path: Path) -> None:
    assert "Vega" not in repr(update(make_folder(tmp_path, STALE), Selection()))


def test_a_byte_order_mark_and_line_ends_stay(tmp_path: Path) -> None:
    folder = make_folder(tmp_path, STALE)
    file = folder / "sources" / "small.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    expected = file.read_bytes().replace(b"Okafor", b"Vega").replace(b"rank: 2", b"rank: 1")
    update(folder, Selection())
    assert file.read_bytes() == expected


def test_a_file_is_written_and_compared_without_generated_narrative(tmp_path: Path) -> None:
    folder = make_folder(tmp_path, WHOLE)
    update(folder, Selection())
    (resource,) = json.loads((folder / "tests" / "out.json").read_text("utf-8"))
    assert "text" not in resource


def test_a_resource_that_has_a_narrative_in_the_file_keeps_it_up_to_date(tmp_path: Path) -> None:
    folder = make_folder(tmp_path, WHOLE)
    update(folder, Selection())
    file = folder / "tests" / "out.json"
    (resource,) = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps([{**resource, "text": {}}]), "utf-8")
    assert not run_tests(folder, laws=0).passed
    update(folder, Selection())
    assert json.loads(file.read_text("utf-8"))[0]["text"]["status"] == "generated"
    assert run_tests(folder, laws=0).passed


def test_a_test_may_expect_something_of_the_narrative(tmp_path: Path) -> None:
    folder = make_folder(
        tmp_path, "tests:\n  - {name: x, in: tests/base.json, expect: {person.text.status: generated}}\n"
    )
    assert run_tests(folder, laws=0).passed
