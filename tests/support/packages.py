"""Small FHIR packages made in a test, and profiles of them held against resources."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterable, Mapping
from typing import Any

from fhirbridge.errors import Issue
from fhirbridge.fhir.fhirpath import NO_SCENE, Scene
from fhirbridge.validation.packages import Definitions, Package, core_package, read_package
from fhirbridge.validation.profiles import Profile, Profiles

Tree = dict[str, Any]
CORE = "http://hl7.org/fhir/StructureDefinition/"
GUIDE = "https://guide.example/StructureDefinition/"


def make_archive(files: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> bytes:
    """Return a `.tgz` of these files; what is no bytes is written as JSON."""
    pairs = files.items() if isinstance(files, Mapping) else files
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, content in pairs:
            body = content if isinstance(content, bytes) else json.dumps(content).encode()
            member = tarfile.TarInfo(name)
            member.size = len(body)
            tar.addfile(member, io.BytesIO(body))
    return out.getvalue()


def make_manifest(**changes: Any) -> Tree:
    """Return a package.json."""
    return {"name": "example.guide", "version": "1.0.0", "fhirVersions": ["4.0.1"], **changes}


def make_package_bytes(*resources: Tree, **manifest: Any) -> bytes:
    """Return a package with these resources as an archive."""
    files = {f"package/{index}.json": each for index, each in enumerate(resources)}
    return make_archive({"package/package.json": make_manifest(**manifest), **files})


def make_package(*resources: Tree, **manifest: Any) -> Package:
    """Return a package with these resources."""
    return read_package(make_package_bytes(*resources, **manifest))


def make_structure(name: str, type_: str, *elements: Tree, **changes: Any) -> Tree:
    """Return a StructureDefinition with a differential."""
    return {
        "resourceType": "StructureDefinition",
        "id": name,
        "url": f"{GUIDE}{name}",
        "name": name,
        "type": type_,
        "derivation": "constraint",
        "baseDefinition": f"{CORE}{type_}",
        "differential": {"element": [{"path": type_}, *elements]},
        **changes,
    }


def make_profiles(*structures: Tree, **manifest: Any) -> Profiles:
    """Return the profiles of a package with these definitions."""
    return Profiles(Definitions(added=(make_package(*structures, **manifest),), core=(core_package(),)))


def make_profile(type_: str, *elements: Tree, **changes: Any) -> Profile:
    """Return one profile of a type, `mine`, with these elements in its differential."""
    found = make_profiles(make_structure("mine", type_, *elements, **changes)).find(f"{GUIDE}mine")
    assert found is not None
    return found


def told(profile: Profile, resource: Any, scene: Scene = NO_SCENE) -> list[tuple[str, str]]:
    """Return path and rule of each issue that a profile finds in a resource."""
    return [(each.expression, each.rule) for each in issues_of(profile, resource, scene)]


def issues_of(profile: Profile, resource: Any, scene: Scene = NO_SCENE) -> list[Issue]:
    """Return each issue that a profile finds in a resource."""
    return profile.faults_of(resource, scene)
