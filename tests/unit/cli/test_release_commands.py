"""Changing maps from the command line: diff, plan, activate, rollback, releases, shadow."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.support.releases import CANARY, CITY_ROW, broken, make_bundle, moved, person, renamed, write_files

from fhirbridge.cli.changes import to_lines
from fhirbridge.cli.init import SETTINGS, write_folder
from fhirbridge.cli.root import run
from fhirbridge.errors import EXIT_FINDINGS, EXIT_USAGE
from fhirbridge.services.maps.comparing import Counted, Group


class Command:
    """Runs commands on one folder and keeps what they printed."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys, self.err = folder, capsys, ""

    def __call__(self, *arguments: str, code: int = 0) -> str:
        """Run a command, check its exit code, and return what it printed on stdout."""
        found = run(["-s", str(self.folder / "fhirbridge.toml"), *arguments])
        told = self.capsys.readouterr()
        self.err = told.err
        assert found == code, told.err
        return told.out

    def plan(self, folder: str = "new") -> str:
        """Preview a folder and return the preview's id."""
        told = self("plan", str(self.folder / folder))
        return dict(line.split("\t") for line in told.splitlines() if "\t" in line)["preview"]


@pytest.fixture(scope="module")
def bridge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bridge with small maps, and other maps beside them."""
    folder = tmp_path_factory.mktemp("bridge")
    write_files(folder / "mappings", make_bundle())
    write_folder(folder, SETTINGS.replace("# mappings", "mappings"))
    write_files(folder / "new", moved())
    write_files(folder / "broken", broken())
    (folder / "corpus" / "person").mkdir(parents=True)
    (folder / "corpus" / "person" / "1.json").write_text(json.dumps(person()))
    (folder / "corpus" / "stranger.json").write_text("{}")
    return folder


@pytest.fixture
def command(bridge: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(bridge, capsys)


@pytest.fixture
def fresh(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """Commands on a bridge of their own."""
    write_files(tmp_path / "mappings", make_bundle())
    write_files(tmp_path / "new", moved())
    write_folder(tmp_path, SETTINGS.replace("# mappings", "mappings"))
    return Command(tmp_path, capsys)


def test_diff_shows_both_rows_and_no_value(command: Command, bridge: Path) -> None:
    folders = str(bridge / "mappings"), str(bridge / "new"), "--corpus", str(bridge / "corpus")
    told = command("diff", *folders, code=EXIT_FINDINGS)
    assert f"person  {CITY_ROW}" in told
    assert "  - person.addresses[].city <=> address[].city | verbatim" in told
    assert "added Patient.address[].district  x1" in told
    assert CANARY not in told + command.err
    assert "stranger.json" in command.err


def test_diff_shows_values_when_it_is_told_to(command: Command, bridge: Path) -> None:
    folders = str(bridge / "mappings"), str(bridge / "new"), "--corpus", str(bridge / "corpus")
    assert f"'{CANARY} City'" in command("diff", *folders, "--values", code=EXIT_FINDINGS)


def test_diff_of_the_same_maps_ends_with_0(command: Command, bridge: Path) -> None:
    corpus = "--corpus", str(bridge / "corpus"), "--map", "person"
    assert command("diff", "active", str(bridge / "mappings"), *corpus) == ""
    assert "0 changes in 2 messages" in command.err


def test_diff_in_json_has_one_item_a_row(command: Command, bridge: Path) -> None:
    told = command(
        "diff", "active", str(bridge / "new"), "--corpus", str(bridge / "corpus"), "--json", code=EXIT_FINDINGS
    )
    (item,) = json.loads(told)["items"]
    assert (item["map"], item["new_row"]["place"]) == ("person", CITY_ROW)
    assert {change["kind"] for change in item["changes"]} == {"added", "removed"}


def test_diff_of_a_release_that_is_not_kept_is_refused(command: Command, bridge: Path) -> None:
    command("diff", "0123456789", str(bridge / "new"), code=EXIT_FINDINGS)


def test_plan_changes_nothing_and_prints_what_comes_next(fresh: Command) -> None:
    id_ = fresh.plan()
    assert f"fhirbridge activate {id_}" in fresh.err
    items = json.loads(fresh("releases", "--json"))["items"]
    assert [item["kind"] for item in items] == ["activate", "previewed"]


def test_plan_in_json_says_what_was_compared(command: Command, bridge: Path) -> None:
    told = json.loads(command("plan", str(bridge / "new"), "--corpus", str(bridge / "corpus"), "--json"))
    assert (told["messages"], len(told["items"])) == (1, 1)
    assert len(told["preview"]) == 20


def test_plan_of_maps_that_do_not_pass_ends_with_1(command: Command, bridge: Path) -> None:
    command("plan", str(bridge / "broken"), code=EXIT_FINDINGS)
    assert "FB202" in command.err


def test_plan_of_the_active_maps_says_so(command: Command) -> None:
    command("plan")
    assert "active already" in command.err


def test_a_review_is_made_active_and_taken_back(fresh: Command) -> None:
    id_ = fresh.plan()
    told = fresh("activate", id_, "--why", "moves the city", "--who", "amira")
    assert told == f"2\t{moved().hash[:12]}\tactive\n"
    assert fresh("rollback", "--why", "it was wrong") == f"3\t{make_bundle().hash[:12]}\tactive\n"
    items = json.loads(fresh("releases", "--json"))["items"]
    assert [(item["sequence"], item["kind"], item["why"]) for item in items] == [
        (3, "rollback", "it was wrong"),
        (2, "activate", "moves the city"),
        (1, "activate", "first start"),
    ]
    assert [item["state"] for item in items] == ["active", None, None]
    assert items[1]["who"] == "amira"


def test_a_folder_is_made_active_as_it_was_reviewed(fresh: Command) -> None:
    id_, folder = fresh.plan(), str(fresh.folder / "new")
    write_files(fresh.folder / "new", renamed())
    fresh("activate", folder, "--reviewed", id_, "--why", "moves the city", code=EXIT_FINDINGS)
    assert "not what was reviewed" in fresh.err
    write_files(fresh.folder / "new", moved())
    fresh("activate", folder, "--reviewed", id_, "--why", "moves the city")
    assert "active" in fresh("releases").splitlines()[0]


def test_proposals_that_wait_for_a_look_are_told_and_do_not_become_active(fresh: Command) -> None:
    looked_at = (fresh.folder / "new/records/person.yaml").read_text()
    (fresh.folder / "new/records/person.yaml").write_text(looked_at + "# REVIEW: is this so?\n")
    id_ = fresh.plan()
    assert "review: records/person.yaml: lines with REVIEW: 1" in fresh.err
    fresh("activate", id_, "--why", "too early", code=EXIT_FINDINGS)
    assert "FB805 records/person.yaml: lines with REVIEW: 1" in fresh.err
    told = json.loads(fresh("plan", str(fresh.folder / "new"), "--json"))
    assert told["review"] == {"records/person.yaml": 1}


def test_activate_wants_one_preview(command: Command, bridge: Path) -> None:
    command("activate", str(bridge / "new"), "--why", "no preview", code=EXIT_USAGE)
    command("activate", "one", "--reviewed", "another", "--why", "two previews", code=EXIT_USAGE)
    command("activate", "0" * 20, "--why", "no such preview", code=EXIT_FINDINGS)


def test_check_tells_when_the_maps_are_not_the_active_ones(fresh: Command) -> None:
    fresh("releases")
    fresh("check")
    assert "not the active maps" not in fresh.err
    write_files(fresh.folder / "mappings", renamed())
    fresh("check")
    assert "not the active maps" in fresh.err


def test_edits_of_the_folder_change_nothing_until_they_are_active(fresh: Command) -> None:
    fresh("releases")
    write_files(fresh.folder / "mappings", broken())
    items = json.loads(fresh("releases", "--json"))["items"]
    assert [item["release"] for item in items] == [make_bundle().hash]


def test_a_shadow_is_started_reported_and_stopped(fresh: Command) -> None:
    assert fresh("shadow", "start", str(fresh.folder / "new"), "--why", "try it").endswith("\tshadow\n")
    assert "why\ttry it" in fresh("shadow", "report")
    assert fresh("shadow", "stop").endswith("\tended\n")
    told = json.loads(fresh("shadow", "report", "--json"))
    assert told["ended"] is not None
    assert (told["release"], told["runs"], told["items"]) == (moved().hash, {}, [])
    fresh("shadow", "stop", code=EXIT_FINDINGS)


def test_a_change_without_a_row_is_shown_by_its_map() -> None:
    group = Group("person", None, None, (Counted("added", "Patient", "Patient", 2),))
    assert list(to_lines([group])) == ["person  (no row)", "      added Patient  x2", ""]
