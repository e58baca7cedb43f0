"""The official packages of a site: add one, list them, take one out, and show what a profile demands.

A package is kept as it was published, in `<profiles>/packages/`; nothing in it is unpacked to disk.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from fhirbridge.errors import BadPackage, NotFound
from fhirbridge.mapping.findings import did_you_mean
from fhirbridge.services.definitions import read_packages
from fhirbridge.validation.packages import ARCHIVES, ORDER, Definition, Package, read_order, read_package
from fhirbridge.validation.profiles import Profile, Profiles, constants_of, iter_elements
from fhirbridge.validation.snapshots import Binding, Node

STRUCTURE = "StructureDefinition"


@dataclass(frozen=True, slots=True)
class Listed:
    """A package and what it holds; `place` is folder, packages or core."""

    id: str
    title: str
    place: str
    profiles: int
    extensions: int
    value_sets: int
    code_systems: int


@dataclass(frozen=True, slots=True)
class Added:
    """A package that was added, and for each of its profiles that cannot be used, or not whole, why."""

    package: Listed
    file: Path
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ElementRow:
    """What a profile says of one element, as text."""

    element: str
    cardinality: str
    must_support: bool
    types: str
    binding: str
    value: str
    rules: str


@dataclass(frozen=True, slots=True)
class Described:
    """A profile in words."""

    canonical: str
    package: str
    title: str
    type: str
    base: str
    elements: tuple[ElementRow, ...]
    faults: tuple[str, ...]


def list_packages(folder: Path) -> tuple[Listed, ...]:
    """Return the packages of a profiles folder, in the order in which they are asked for a canonical without version.

    Raises:
        BadSettings, BadPackage: one cannot be read.
    """
    found = read_packages(folder)
    return (
        *(_listed(each, "folder") for each in found.own),
        *(_listed(each, ARCHIVES) for each in found.site),
        *(_listed(each, "core") for each in found.core),
    )


def _listed(package: Package, place: str) -> Listed:
    structures = [each.head.type for each in package.iter_of(STRUCTURE)]
    extensions = structures.count("Extension")
    value_sets, code_systems = (sum(1 for _ in package.iter_of(type_)) for type_ in ("ValueSet", "CodeSystem"))
    return Listed(package.id, package.title, place, len(structures) - extensions, extensions, value_sets, code_systems)


def add_package(folder: Path, archive: bytes, *, first: bool = False) -> Added:
    """Keep a package in a profiles folder, and return what is in it.

    Args:
        first: ask it before all others for a canonical without version.

    Raises:
        BadPackage: it cannot be used, or is there already.
    """
    package = read_package(archive)
    if any(each.id == package.id for each in read_packages(folder).site):
        raise BadPackage(f"{package.id} is there already; take it out first: fhirbridge profiles remove {package.id}")
    file = folder / ARCHIVES / f"{package.name}-{package.version}.tgz"
    file.parent.mkdir(parents=True, exist_ok=True)
    _write(file, archive)
    if first:
        _write_order(folder, (package.id, *read_order(folder)))
    return Added(_listed(package, ARCHIVES), file, tuple(_iter_faults(folder, package.id)))


def _iter_faults(folder: Path, package_id: str) -> Iterator[str]:
    definitions = read_packages(folder)
    profiles = Profiles(definitions)
    for package in definitions.site:
        for each in package.iter_of(STRUCTURE) if package.id == package_id else ():
            profile = profiles.of(Definition(package, each))
            yield from (f"{each.file}: {fault}" for fault in _faults(profile))


def _faults(profile: Profile) -> tuple[str, ...]:
    return (profile.fault,) if profile.fault else profile.gaps


def remove_package(folder: Path, package_id: str) -> Path:
    """Take a package out of a profiles folder and return the file that it was in.

    Args:
        package_id: `name#version`; of a file that cannot be read, its name.

    Raises:
        NotFound: no such package was added.
    """
    known = dict(_iter_archives(folder))
    if package_id not in known:
        hint = did_you_mean(package_id, known) or "`fhirbridge profiles list` names those that are there."
        raise NotFound(f"No package {package_id} was added here. {hint}")
    known[package_id].unlink()
    _write_order(folder, (each for each in read_order(folder) if each != package_id))
    return known[package_id]


def _iter_archives(folder: Path) -> Iterator[tuple[str, Path]]:
    for file in sorted((folder / ARCHIVES).glob("*.tgz")):
        try:
            yield read_package(file.read_bytes()).id, file
        except BadPackage:
            yield file.name, file


def _write_order(folder: Path, ids: Iterable[str]) -> None:
    lines = tuple(dict.fromkeys(ids))
    file = folder / ARCHIVES / ORDER
    if lines or file.exists():
        _write(file, "".join(f"{line}\n" for line in lines).encode())


def _write(file: Path, body: bytes) -> None:
    """Write a file whole or not at all."""
    draft = file.with_name(f".{file.name}.part")
    draft.write_bytes(body)
    os.replace(draft, file)


# -- what a profile demands


def describe(folder: Path, name: str) -> Described:
    """Return what a profile or extension demands, element by element.

    Args:
        name: its canonical URL, with or without `|version`, or the last part of it.

    Raises:
        NotFound: no package here has it.
        BadPackage: it cannot be used.
    """
    profiles = Profiles(read_packages(folder))
    profile = profiles.find(name) or _find_by_end(profiles, name)
    if profile is None:
        raise NotFound(f"No package here has the profile {name}; `fhirbridge profiles list` names the packages.")
    return Described(
        profile.canonical,
        profile.definition.package.id,
        profile.title,
        profile.type,
        str(profile.definition.tree.get("baseDefinition", "")),
        tuple(_row(id_, node, usual) for id_, node, usual in iter_elements(profile.snapshot)),
        _faults(profile),
    )


def _find_by_end(profiles: Profiles, name: str) -> Profile | None:
    end, _, version = name.partition("|")
    urls = {each.url for each in profiles.definitions.iter_of(STRUCTURE) if each.url.rpartition("/")[2] == end}
    return profiles.find(f"{urls.pop()}|{version}" if version else urls.pop()) if len(urls) == 1 else None


def _row(id_: str, node: Node, usual: Node) -> ElementRow:
    value = constants_of(node) if node is not usual and (node.fixed or node.pattern) else None
    return ElementRow(
        id_,
        f"{node.min}..{'*' if node.max is None else node.max}",
        node.must_support,
        ", ".join(_type(each.code, (*each.profiles, *each.targets)) for each in node.types),
        _binding(node.binding),
        msgspec.json.encode(value).decode() if value is not None else "",
        ", ".join(rule.key for rule in node.rules),
    )


def _type(code: str, about: tuple[str, ...]) -> str:
    names = ", ".join(each.rpartition("/")[2] for each in about)
    return f"{code}({names})" if names else code


def _binding(binding: Binding | None) -> str:
    return f"{binding.strength}: {binding.value_set}" if binding and binding.value_set else ""


def to_tree(described: Described, *, must_support: bool = False) -> dict[str, Any]:
    """Return a described profile as a JSON tree, of its elements all or those marked as must-support."""
    tree: dict[str, Any] = msgspec.to_builtins(described)
    return {**tree, "elements": [each for each in tree["elements"] if each["must_support"] or not must_support]}
