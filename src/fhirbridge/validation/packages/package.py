"""One FHIR package: its name and version, what it rests on, and its resources, each parsed when it is asked for.

Law of this file: `.index.json` is not read. It repeats what the resources say of themselves, and need not agree.
Source: https://confluence.hl7.org/display/FHIR/NPM+Package+Specification
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from fhirbridge.errors import BadPackage
from fhirbridge.validation.packages.archive import LIMITS, Limits, unpack

Tree = dict[str, Any]

MANIFEST = "package.json"
NO_RESOURCES = frozenset((MANIFEST, ".index.json"))
R4 = "4.0"

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,100}", re.ASCII)
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+-]{0,60}", re.ASCII)
_decode = msgspec.json.Decoder(float_hook=Decimal).decode


class Head(msgspec.Struct, frozen=True, rename="camel"):
    """What a file says of itself before it is parsed whole; "" for what it does not say."""

    resource_type: str = ""
    id: str = ""
    url: str = ""
    version: str = ""
    type: Any = ""


_heads = msgspec.json.Decoder(Head)


@dataclass(frozen=True, eq=False)
class Resource:
    """A file of a package that holds a resource; `tree` parses it."""

    file: str
    head: Head
    body: bytes = field(repr=False)

    @cached_property
    def tree(self) -> Tree:
        """The resource as a tree, decimals with their digits.

        Raises:
            BadPackage: the file is no JSON object.
        """
        try:
            tree = _decode(self.body)
        except (msgspec.DecodeError, ArithmeticError) as error:
            raise BadPackage(f"{self.file} is not valid JSON.") from error
        if not isinstance(tree, dict):
            raise BadPackage(f"{self.file} is no resource.")
        return tree


@dataclass(frozen=True, eq=False)
class Package:
    """A package: name, version, FHIR versions, what it depends on (name → version), its resources by file name."""

    name: str
    version: str
    fhir_versions: tuple[str, ...] = ()
    title: str = ""
    dependencies: Mapping[str, str] = field(default_factory=dict)
    resources: tuple[Resource, ...] = field(default=(), repr=False)

    @property
    def id(self) -> str:
        """Name and version: `hl7.fhir.us.core#6.1.0`."""
        return f"{self.name}#{self.version}"

    @cached_property
    def by_url(self) -> Mapping[str, tuple[Resource, ...]]:
        """The resources that have a canonical URL, by it; several when they differ in version."""
        found: dict[str, tuple[Resource, ...]] = {}
        for each in self.resources:
            if each.head.url:
                found[each.head.url] = (*found.get(each.head.url, ()), each)
        return found

    def iter_of(self, *types: str) -> Iterator[Resource]:
        """Yield the resources of these types, in the order of their file names."""
        return (each for each in self.resources if each.head.resource_type in types)

    def depends_on(self, other: Package) -> bool:
        """Say whether this package names the other, in that version, as one it rests on.

        >>> us_core = Package("hl7.fhir.us.core", "6.1.0")
        >>> Package("a", "1", dependencies={"hl7.fhir.us.core": "6.1.x"}).depends_on(us_core)
        True
        """
        wanted = self.dependencies.get(other.name)
        if wanted is None:
            return False
        return wanted == other.version or (wanted.endswith(".x") and other.version.startswith(wanted[:-1]))


def read_package(archive: bytes, limits: Limits = LIMITS) -> Package:
    """Return the package in an npm-style `.tgz`.

    Raises:
        BadPackage: it is no such archive, holds what no package holds, has no usable manifest, or is not for FHIR R4.
    """
    package = _package(unpack(archive, limits), "")
    if not any(version.startswith(R4) for version in package.fhir_versions):
        raise BadPackage(f"{package.id} is not for FHIR R4 (4.0.1), which is the version in use here.")
    return package


def read_folder(folder: Path) -> Package:
    """Return the package that a folder holds: its `*.json` files and those of its folder `extensions`.

    Raises:
        BadPackage: a file is no JSON object.
    """
    files = [*sorted(folder.glob("*.json")), *sorted((folder / "extensions").glob("*.json"))]
    return _package({file.relative_to(folder).as_posix(): file.read_bytes() for file in files}, folder.name)


def _package(files: Mapping[str, bytes], default_name: str) -> Package:
    manifest = _manifest(files.get(MANIFEST), default_name)
    resources = (Resource(name, _head(name, body), body) for name, body in files.items() if name not in NO_RESOURCES)
    versions = manifest.get("fhirVersions") or manifest.get("fhir-version-list")
    dependencies = manifest.get("dependencies")
    return Package(
        name=str(manifest["name"]),
        version=str(manifest["version"]),
        fhir_versions=tuple(map(str, versions)) if isinstance(versions, list) else (),
        title=str(manifest.get("title", "")),
        dependencies={k: str(v) for k, v in dependencies.items()} if isinstance(dependencies, dict) else {},
        resources=tuple(sorted((each for each in resources if each.head.resource_type), key=lambda each: each.file)),
    )


def _manifest(body: bytes | None, default_name: str) -> Tree:
    if body is None:
        if not default_name:
            raise BadPackage("The archive has no package/package.json, so it is no FHIR package.")
        return {"name": default_name, "version": "0"}
    manifest = Resource(MANIFEST, Head(), body).tree
    name, version = manifest.get("name"), manifest.get("version")
    if not isinstance(name, str) or not isinstance(version, str):
        raise BadPackage("package.json names no package and version.")
    if not _NAME.fullmatch(name) or not _VERSION.fullmatch(version):
        raise BadPackage("The name or version in package.json is none that a package has.")
    return manifest


def _head(name: str, body: bytes) -> Head:
    try:
        return _heads.decode(body)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        if isinstance(error, msgspec.ValidationError):
            return Head()
        raise BadPackage(f"{name} is not valid JSON.") from error
