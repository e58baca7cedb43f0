"""Packages: what is taken, what is refused, and which definition a canonical names."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from tests.support.packages import (
    GUIDE,
    make_archive,
    make_manifest,
    make_package,
    make_package_bytes,
    make_structure,
)

from fhirbridge.errors import BadPackage
from fhirbridge.validation.packages import Definitions, Package, core_package, read_folder, read_package
from fhirbridge.validation.packages.archive import Limits

GOAL = make_structure("goal", "Goal")


def make_member(name: str, kind: bytes = tarfile.REGTYPE, **about: Any) -> bytes:
    """Return an archive that holds a manifest and one member of a kind."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        body = json.dumps(make_manifest()).encode()
        manifest = tarfile.TarInfo("package/package.json")
        manifest.size = len(body)
        tar.addfile(manifest, io.BytesIO(body))
        member = tarfile.TarInfo(name)
        member.type = kind
        for key, value in about.items():
            setattr(member, key, value)
        tar.addfile(member)
    return out.getvalue()


def test_a_package_tells_its_name_what_it_rests_on_and_its_resources() -> None:
    package = make_package(GOAL, title="A guide", dependencies={"other": "1.0"})
    assert (package.id, package.title, package.dependencies) == ("example.guide#1.0.0", "A guide", {"other": "1.0"})
    assert [each.tree["id"] for each in package.iter_of("StructureDefinition")] == ["goal"]


def test_files_that_are_no_resource_examples_and_indexes_are_passed_over() -> None:
    files = {
        "package/package.json": make_manifest(),
        "package/.index.json": {"resourceType": "Nothing", "files": []},
        "package/openapi.json": {"openapi": "3"},
        "package/list.json": [],
        "package/example/Goal-1.json": {"resourceType": "Goal"},
        "package/notes.txt": b"\xff",
        "other/Goal-2.json": {"resourceType": "Goal"},
    }
    assert read_package(make_archive(files)).resources == ()


@pytest.mark.parametrize(
    ("name", "kind", "about"),
    [
        ("package/link.json", tarfile.SYMTYPE, {"linkname": "/etc/passwd"}),
        ("package/link.json", tarfile.LNKTYPE, {"linkname": "package/package.json"}),
        ("package/device", tarfile.CHRTYPE, {}),
        ("package/pipe", tarfile.FIFOTYPE, {}),
        ("package/sparse", tarfile.GNUTYPE_SPARSE, {}),
        ("../outside.json", tarfile.REGTYPE, {}),
        ("package/../../outside.json", tarfile.REGTYPE, {}),
        ("/etc/outside.json", tarfile.REGTYPE, {}),
        ("package\\outside.json", tarfile.REGTYPE, {}),
        ("C:/outside.json", tarfile.REGTYPE, {}),
        ("package/package.json", tarfile.REGTYPE, {}),
    ],
)
def test_a_member_that_no_package_has_refuses_the_whole(name: str, kind: bytes, about: dict[str, Any]) -> None:
    with pytest.raises(BadPackage):
        read_package(make_member(name, kind, **about))


def test_folders_in_an_archive_are_passed_over() -> None:
    assert read_package(make_member("package/example", tarfile.DIRTYPE)).id == "example.guide#1.0.0"


@pytest.mark.parametrize("body", [b"", b"no archive", gzip.compress(b"no tar" * 200), make_package_bytes(GOAL)[:-40]])
def test_what_is_no_archive_or_cut_off_is_refused(body: bytes) -> None:
    with pytest.raises(BadPackage, match=r"no \.tgz archive"):
        read_package(body)


def test_an_archive_that_grows_too_much_is_not_opened_further() -> None:
    bomb = make_archive({"package/package.json": make_manifest(), "package/zeros.json": bytes(200_000)})
    with pytest.raises(BadPackage, match="far more"):
        read_package(bomb, Limits(free_bytes=1000))


@pytest.mark.parametrize("limits", [Limits(packed_bytes=1), Limits(unpacked_bytes=1), Limits(files=1)])
def test_an_archive_beyond_a_limit_is_refused(limits: Limits) -> None:
    with pytest.raises(BadPackage):
        read_package(make_package_bytes(GOAL), limits)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"package/x.json": GOAL}, "package.json"),
        ({"package/package.json": b"{"}, "not valid JSON"),
        ({"package/package.json": []}, "no resource"),
        ({"package/package.json": {"name": "a"}}, "names no package"),
        ({"package/package.json": make_manifest(name="../a")}, "name or version"),
        ({"package/package.json": make_manifest(version="1/2")}, "name or version"),
        ({"package/package.json": make_manifest(fhirVersions=["5.0.0"])}, "not for FHIR R4"),
        ({"package/package.json": make_manifest(), "package/x.json": b"{"}, "x.json is not valid JSON"),
    ],
)
def test_a_package_without_a_usable_part_is_refused_by_reason(files: dict[str, Any], words: str) -> None:
    with pytest.raises(BadPackage, match=words):
        read_package(make_archive(files))


def test_a_folder_is_a_package_with_its_extensions(tmp_path: Path) -> None:
    (tmp_path / "extensions").mkdir()
    (tmp_path / "goal.json").write_text(json.dumps(GOAL))
    (tmp_path / "extensions" / "mood.json").write_text(json.dumps(make_structure("mood", "Extension")))
    package = read_folder(tmp_path)
    assert [each.file for each in package.resources] == ["extensions/mood.json", "goal.json"]
    assert package.id == f"{tmp_path.name}#0"


# -- which definition a canonical names


def version(number: str, *, name: str = "example.guide", **manifest: Any) -> Package:
    return make_package({**GOAL, "version": number}, name=name, version=number, **manifest)


def found(definitions: Definitions, canonical: str = f"{GUIDE}goal", **about: Any) -> str | None:
    definition = definitions.find(canonical, **about)
    return definition.canonical.rpartition("|")[2] if definition else None


def test_a_version_names_that_version_and_no_other() -> None:
    definitions = Definitions(added=(version("1.0.0"), version("2.0.0")))
    assert [found(definitions, f"{GUIDE}goal|{each}") for each in ("1.0.0", "2.0.0", "3.0.0")] == [
        "1.0.0",
        "2.0.0",
        None,
    ]


def test_without_a_version_the_newest_is_taken_a_release_before_its_drafts() -> None:
    numbers = ("9.0.0", "10.0.0-ballot", "10.0.0", "2.1.0")
    assert found(Definitions(added=tuple(map(version, numbers)))) == "10.0.0"


def test_the_order_of_the_site_comes_before_the_newest() -> None:
    definitions = Definitions(added=(version("1.0.0"), version("2.0.0")), order=("example.guide#1.0.0",))
    assert found(definitions) == "1.0.0"


def test_the_order_may_name_a_package_in_any_version() -> None:
    definitions = Definitions(added=(version("1.0.0"), version("2.0.0", name="another")), order=("example.guide",))
    assert found(definitions) == "1.0.0"


def test_a_package_is_asked_first_for_what_its_own_definitions_say() -> None:
    old, new = version("1.0.0"), version("2.0.0")
    assert found(Definitions(added=(old, new)), within=old) == "1.0.0"


def test_then_the_versions_are_asked_that_it_rests_on() -> None:
    user = make_package(name="user", dependencies={"example.guide": "1.0.x"})
    definitions = Definitions(added=(version("1.0.3"), version("2.0.0"), user))
    assert (found(definitions), found(definitions, within=user)) == ("2.0.0", "1.0.3")


def test_the_folders_of_a_site_come_before_packages(tmp_path: Path) -> None:
    own, packages = tmp_path / "own", tmp_path / "packages"
    own.mkdir()
    packages.mkdir()
    (own / "goal.json").write_text(json.dumps({**GOAL, "version": "0.1"}))
    (packages / "guide.tgz").write_bytes(make_package_bytes(GOAL, make_structure("other", "Goal")))
    definitions = Definitions.load(tmp_path)
    assert found(definitions) == "0.1"
    assert found(definitions, f"{GUIDE}other") == "1.0.0"
    assert [each.name for each in definitions.packages] == ["own", "example.guide"]


def test_what_is_shipped_is_there_unless_a_site_has_its_own(tmp_path: Path) -> None:
    shipped, site = tmp_path / "shipped" / "ours", tmp_path / "site"
    shipped.mkdir(parents=True)
    (site / "ours").mkdir(parents=True)
    (shipped / "goal.json").write_text(json.dumps(GOAL))
    assert found(Definitions.load(tmp_path / "shipped", shipped=(shipped,))) == "0"
    assert found(Definitions.load(site, shipped=(shipped,))) is None


def test_a_package_that_cannot_be_read_is_named_when_it_is_needed(tmp_path: Path) -> None:
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages" / "broken.tgz").write_bytes(b"x")
    definitions = Definitions.load(tmp_path)
    with pytest.raises(BadPackage, match=r"broken\.tgz"):
        definitions.find("https://guide.example/x")


def test_r4_has_its_own_profiles() -> None:
    definitions = Definitions(core=(core_package(),))
    assert found(definitions, "http://hl7.org/fhir/StructureDefinition/vitalsigns|4.0.1") == "4.0.1"
    assert list(definitions.iter_of("StructureDefinition")) == []
