"""`--changed`: the maps of which git says that a file changed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from tests.support.small_maps import MAP, make_folder

from fhirbridge.errors import BadSettings
from fhirbridge.services.maps.testing_changes import changed_maps

GIT = shutil.which("git") or "git"


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    subprocess.run([GIT, "-C", str(folder), *who, *arguments], check=True, capture_output=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with two maps, committed."""
    made = make_folder(tmp_path)
    (made / "sources" / "other.yaml").write_text(
        MAP.replace("map: small", "map: other").replace("tables/sex", "tables/gender")
    )
    (made / "tables" / "gender.csv").write_text((made / "tables" / "sex.csv").read_text())
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "maps")
    return made


def append(file: Path, text: str) -> None:
    file.write_text(file.read_text("utf-8") + text, "utf-8")


def test_nothing_changed_is_no_map(folder: Path) -> None:
    assert changed_maps(folder) == frozenset()


@pytest.mark.parametrize("name", ["sources/small.yaml", "tables/sex.csv", "tests/base.json"])
def test_a_map_has_changed_with_any_of_its_files(folder: Path, name: str) -> None:
    append(folder / name, "\n")
    assert changed_maps(folder) == {"small"}


def test_a_schema_that_two_maps_share_changes_both(folder: Path) -> None:
    append(folder / "schemas" / "small.schema.json", "\n")
    assert changed_maps(folder) == {"small", "other"}


def test_a_new_map_that_git_does_not_know_yet_has_changed(folder: Path) -> None:
    (folder / "sources" / "third.yaml").write_text(MAP.replace("map: small", "map: third"))
    assert changed_maps(folder) == {"third"}


def test_a_change_beside_the_maps_is_none(folder: Path) -> None:
    (folder.parent / "README.md").write_text("x")
    assert changed_maps(folder) == frozenset()


def test_no_work_tree_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="no git work tree"):
        changed_maps(make_folder(tmp_path))


def test_a_work_tree_without_a_commit_is_said_so(tmp_path: Path) -> None:
    folder = make_folder(tmp_path)
    git(tmp_path, "init", "-q")
    with pytest.raises(BadSettings, match="with a commit"):
        changed_maps(folder)
