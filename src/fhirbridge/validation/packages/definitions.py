"""The index over all packages of a site: which definition a canonical URL names.

The rule, decision 0020: a canonical with `|version` names that version and no other. One without is looked for
where it is used from (the package that says it, then those it depends on), then in the site's own folders, then in
the packages that `packages/order.txt` lists, in its order, then in those it does not list, the newest version first,
and last in R4 itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from fhirbridge.errors import BadPackage
from fhirbridge.validation.packages.package import Package, Resource, read_folder, read_package

ARCHIVES = "packages"
"""Folder, in the profiles folder, of the packages that a site added."""
ORDER = "order.txt"
"""File in that folder: one package a line, `name#version` or `name`, in the order they are asked."""
TERMINOLOGY = ("CodeSystem", "ValueSet", "ConceptMap")

_NUMBERS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Definition:
    """A resource with a canonical URL, and the package it stands in."""

    package: Package = field(repr=False)
    resource: Resource = field(repr=False)

    @property
    def url(self) -> str:
        """Its canonical URL, without a version."""
        return self.resource.head.url

    @property
    def version(self) -> str:
        """Its version; where it tells none, its package's."""
        return self.resource.head.version or self.package.version

    @property
    def canonical(self) -> str:
        """URL and version: `http://…/us-core-goal|6.1.0`."""
        return f"{self.url}|{self.version}"

    @property
    def tree(self) -> dict[str, Any]:
        """The resource as a tree."""
        return self.resource.tree


@dataclass(frozen=True)
class Definitions:
    """The packages of a site in the order in which an unversioned canonical is looked for.

    Args:
        own: the site's folders.
        archives: files of packages that were added; read when something is first asked that the folders do not have.
        order: ids or names of packages (`hl7.fhir.us.core#6.1.0`) that come before those not named.
        core: what every site has, looked at last.
    """

    own: tuple[Package, ...] = ()
    archives: tuple[Path, ...] = ()
    order: tuple[str, ...] = ()
    core: tuple[Package, ...] = ()
    added: tuple[Package, ...] = ()

    @classmethod
    def load(
        cls,
        folder: Path,
        archives: Iterable[Path] = (),
        *,
        shipped: Iterable[Path] = (),
        core: Iterable[Package] = (),
    ) -> Definitions:
        """Return the definitions of a profiles folder: each folder in it is a package, `packages/*.tgz` are others.

        Args:
            archives: packages from elsewhere, beside those of the folder.
            shipped: folders of packages that every site has, unless its own folder has one of that name.
            core: packages that are asked last.

        Raises:
            BadPackage: a file in a folder is no JSON object.
        """
        own = {each.name: each for each in sorted(folder.iterdir()) if each.is_dir() and each.name != ARCHIVES}
        own = {**own, **{each.name: each for each in shipped if each.name not in own}}
        found = (*sorted((folder / ARCHIVES).glob("*.tgz")), *archives)
        return cls(tuple(map(read_folder, own.values())), found, read_order(folder), tuple(core))

    @cached_property
    def site(self) -> tuple[Package, ...]:
        """The packages that were added, in the order of the rule.

        Raises:
            BadPackage: one of them cannot be read; names the file.
        """
        read = [*self.added, *map(_read, self.archives)]
        return tuple(sorted(sorted(read, key=_newest_first), key=self._rank))

    @cached_property
    def packages(self) -> tuple[Package, ...]:
        """All packages, in the order of the rule."""
        return (*self.own, *self.site, *self.core)

    def find(self, canonical: str, *, within: Package | None = None) -> Definition | None:
        """Return the definition that a canonical URL names; None when no package has it.

        Args:
            within: the package whose definition says this canonical.
        """
        url, _, version = canonical.partition("|")
        for package in self._iter_where(within):
            for resource in package.by_url.get(url, ()):
                found = Definition(package, resource)
                if not version or version in (found.version, package.version):
                    return found
        return None

    def iter_of(self, *types: str) -> Iterator[Definition]:
        """Yield the definitions of these resource types, in the order of the rule; the core is left out."""
        for package in (*self.own, *self.site):
            yield from (Definition(package, each) for each in package.iter_of(*types))

    def _iter_where(self, within: Package | None) -> Iterator[Package]:
        if within is not None:
            yield within
            if within.dependencies and within not in self.core:
                yield from (each for each in self.site if within.depends_on(each))
        yield from self.own
        yield from self.core if within in self.core else ()
        yield from self.site
        yield from self.core

    def _rank(self, package: Package) -> int:
        names: Mapping[str, int] = {name: position for position, name in enumerate(self.order)}
        return min(names.get(package.id, len(names)), names.get(package.name, len(names)))


def read_order(folder: Path) -> tuple[str, ...]:
    """Return the packages that a profiles folder says come first; () where it says nothing."""
    file = folder / ARCHIVES / ORDER
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else ()
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def _read(file: Path) -> Package:
    state = file.stat()
    return _read_state(file, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=32)
def _read_state(file: Path, mtime_ns: int, size: int) -> Package:
    """Return the package in a file, read once as long as the file stays as it is."""
    try:
        return read_package(file.read_bytes())
    except BadPackage as error:
        raise BadPackage(f"{file.name}: {error.message}") from error


def _newest_first(package: Package) -> tuple[str, list[int], bool]:
    """Sort by name, then by version from the newest down; a release comes before its own drafts."""
    release, _, draft = package.version.partition("-")
    return package.name, [-int(number) for number in _NUMBERS.findall(release)], bool(draft)
