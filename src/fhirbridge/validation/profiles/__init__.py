"""Profiles: constraint sets over R4 types, read from packages, compiled once, held against resources."""

from fhirbridge.validation.profiles.coverage import Supported, coverage_of
from fhirbridge.validation.profiles.demands import constants_of, iter_elements
from fhirbridge.validation.profiles.library import (
    NO_PROFILES,
    Conformity,
    ProfileIndex,
    Profiles,
    load_profiles,
    proved,
)
from fhirbridge.validation.profiles.profile import Profile

__all__ = [
    "NO_PROFILES",
    "Conformity",
    "Profile",
    "ProfileIndex",
    "Profiles",
    "Supported",
    "constants_of",
    "coverage_of",
    "iter_elements",
    "load_profiles",
    "proved",
]
