"""Where maps come from: a folder or a bundle, with the same answers, and never from outside."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.maps import MAPPINGS
from tests.support.releases import make_bundle, read_maps, write_files

from fhirbridge.errors import MapError
from fhirbridge.mapping import files
from fhirbridge.mapping.files import Bundle, Folder, pack


def codes(error: MapError) -> list[str]:
    return [issue.code for issue in error.issues]


def test_a_folder_and_its_bundle_give_the_same_maps() -> None:
    bundle = pack(Folder(MAPPINGS))
    one, other = read_maps(Folder(MAPPINGS)), read_maps(bundle)
    assert [(name, one.get(name).hash) for name in one.names()] == [
        (name, other.get(name).hash) for name in other.names()
    ]


def test_a_bundle_survives_its_bytes() -> None:
    bundle = make_bundle(tests__a_json=b"{}")
    assert Bundle.from_bytes(bundle.to_bytes()) == bundle
    assert Bundle.from_bytes(bundle.to_bytes()).hash == bundle.hash


def test_the_hash_depends_on_names_and_contents_alone() -> None:
    one, other = Bundle({"a.csv": b"1", "b.csv": b"2"}), Bundle({"b.csv": b"2", "a.csv": b"1"})
    assert one.hash == other.hash
    assert len({one.hash, Bundle({"a.csv": b"2", "b.csv": b"1"}).hash, Bundle({"a.csv": b"12"}).hash}) == 3


def test_bytes_that_are_no_bundle_are_refused() -> None:
    with pytest.raises(MapError):
        Bundle.from_bytes(b"no bundle")


@pytest.mark.parametrize("kind", ["folder", "bundle"])
def test_names_lead_inside_only(tmp_path: Path, kind: str) -> None:
    bundle = Bundle({"tables/a.csv": b"x"})
    write_files(tmp_path / "maps", bundle)
    (tmp_path / "secret.csv").write_bytes(b"secret")
    where = Folder(tmp_path / "maps") if kind == "folder" else bundle
    assert [where.find_size(name) for name in ("tables/a.csv", "tables/../tables/a.csv")] == [1, 1]
    outside = ("../secret.csv", str(tmp_path / "secret.csv"), "tables", "tables/b.csv", "a\0b", "")
    assert [where.find_size(name) for name in outside] == [None] * 6
    with pytest.raises(FileNotFoundError):
        where.read("../secret.csv")


def test_only_what_maps_are_made_of_is_packed(tmp_path: Path) -> None:
    write_files(tmp_path, Bundle({"records/a.yaml": b"", "README.md": b"", ".git/x.json": b"", "tests/a.ndjson": b""}))
    assert pack(Folder(tmp_path)).names() == ("records/a.yaml", "tests/a.ndjson")


@pytest.mark.parametrize("name", ["tables/link.csv", "tables/link"])
def test_a_link_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    folder = write_files(tmp_path / "maps", Bundle({"tables/a.csv": b"x"}))
    (tmp_path / "elsewhere").mkdir()
    (folder / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(MapError) as refused:
        pack(Folder(folder))
    assert codes(refused.value) == ["FB111"]


def test_a_folder_with_too_much_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "big.csv").write_bytes(b"x" * (files.MAX_FILE_BYTES + 1))
    with pytest.raises(MapError) as refused:
        pack(Folder(tmp_path))
    assert codes(refused.value) == ["FB101"]


def test_a_folder_with_too_many_files_is_refused() -> None:
    many = Bundle({f"tests/{number}.json": b"" for number in range(files.MAX_FILES + 1)})
    with pytest.raises(MapError) as refused:
        pack(many)
    assert codes(refused.value) == ["FB101"]


def test_a_folder_that_is_too_large_as_a_whole_is_refused() -> None:
    body = b"x" * files.MAX_FILE_BYTES
    with pytest.raises(MapError) as refused:
        pack(Bundle({f"tests/{number}.json": body for number in range(9)}))
    assert codes(refused.value) == ["FB101"]


def test_only_maps_that_changed_are_read_again() -> None:
    bundle = pack(Folder(MAPPINGS))
    before = read_maps(bundle)
    edited = {**bundle.contents, "records/person.yaml": bundle.contents["records/person.yaml"] + b"\n"}
    after = read_maps(Bundle(edited), before)
    assert [name for name in after.names() if after.get(name) is not before.get(name)] == ["person"]


def test_a_map_changes_with_its_fragments_tables_and_schemas() -> None:
    bundle = pack(Folder(MAPPINGS))
    before = read_maps(bundle)
    for file, changed in {
        "tables/plan-status.csv": "plan",
        "schemas/riverside-plan.schema.json": "riverside-plan",
    }.items():
        after = read_maps(Bundle({**bundle.contents, file: bundle.contents[file] + b"\n"}), before)
        assert after.get(changed).hash != before.get(changed).hash
        assert after.get("person") is before.get("person")
    fragment = {"fragments/worker.yaml": bundle.contents["fragments/worker.yaml"] + b"# more\n"}
    after = read_maps(Bundle({**bundle.contents, **fragment}), before)
    assert after.get("plan") is not before.get("plan")
