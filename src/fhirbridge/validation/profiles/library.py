"""The profiles of a site, by canonical: found in its folders and packages, compiled when they are first used."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from fhirbridge.errors import BadPackage, BadSettings
from fhirbridge.fhir.elements import is_resource
from fhirbridge.validation.packages import Definition, Definitions, read_folder
from fhirbridge.validation.profiles.profile import Profile
from fhirbridge.validation.snapshots import Snapshots


@dataclass(eq=False)
class Profiles:
    """Finds profiles; each is made once."""

    definitions: Definitions = field(default_factory=Definitions)
    _made: dict[int, Profile] = field(default_factory=dict, repr=False)
    _found: dict[str, Profile | None] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.snapshots = Snapshots(self.definitions)

    def find(self, canonical: str) -> Profile | None:
        """Return the profile that a canonical names; None when no package here has it. Source: decision 0020."""
        if canonical not in self._found:
            found = self.definitions.find(canonical)
            is_profile = found is not None and found.resource.head.resource_type == "StructureDefinition"
            self._found[canonical] = self.of(found) if found is not None and is_profile else None
        return self._found[canonical]

    def of(self, definition: Definition) -> Profile:
        """Return the profile that a StructureDefinition is."""
        return self._made.setdefault(id(definition.resource), Profile(definition, self.snapshots))

    def iter_own(self) -> Iterator[Profile]:
        """Yield the profiles of resources in the site's own folders."""
        for package in self.definitions.own:
            for each in package.iter_of("StructureDefinition"):
                if is_resource(str(each.head.type)):
                    yield self.of(Definition(package, each))

    @property
    def by_url(self) -> dict[str, Profile]:
        """The profiles of resources in the site's own folders, by canonical URL."""
        return {profile.url: profile for profile in self.iter_own()}

    @cached_property
    def index(self) -> ProfileIndex:
        """All profiles of resources by canonical, as those read them who have no resource yet."""
        return ProfileIndex(self)


@dataclass(frozen=True, eq=False)
class ProfileIndex(Mapping[str, Profile]):
    """The profiles of resources by canonical URL, with or without version; those that cannot be used are not in it."""

    profiles: Profiles

    def __getitem__(self, canonical: str) -> Profile:
        found = self.profiles.find(canonical)
        if found is None or not is_resource(found.type) or found.fault:
            raise KeyError(canonical)
        return found

    def __iter__(self) -> Iterator[str]:
        definitions = self.profiles.definitions.iter_of("StructureDefinition")
        return iter(dict.fromkeys(each.url for each in definitions if is_resource(str(each.resource.head.type))))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __bool__(self) -> bool:
        return any(True for _ in self)


NO_PROFILES = Profiles()


def load_profiles(folder: Path) -> Profiles:
    """Return the profiles in one folder.

    Raises:
        BadSettings: a file is no JSON, or cannot be used as a profile; names it.
    """
    try:
        return proved(Profiles(Definitions((read_folder(folder),))))
    except BadPackage as error:
        raise BadSettings(error.message) from error


def proved(profiles: Profiles) -> Profiles:
    """Return the profiles, those of the site's own folders made already.

    Raises:
        BadSettings: one of them cannot be used; names its file.
    """
    for each in profiles.iter_own():
        if why := each.fault or next(iter(each.gaps), ""):
            raise BadSettings(f"{each.definition.resource.file} cannot be used as a profile: {why}")
    return profiles


class Conformity:
    """Remembers which resources fit which profiles, for one check; a circle of references is taken to fit.

    Args:
        judge: says whether a resource fits the profile of a canonical; None where that cannot be told.
    """

    def __init__(self, judge: Callable[[Any, str], bool | None]) -> None:
        self._judge = judge
        self._known: dict[tuple[int, str], bool | None] = {}

    def __call__(self, resource: Any, canonical: str) -> bool | None:
        """Say whether a resource fits a profile, asking once for each pair."""
        key = (id(resource), canonical)
        if key not in self._known:
            self._known[key] = True
            self._known[key] = self._judge(resource, canonical)
        return self._known[key]
