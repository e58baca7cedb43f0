"""FHIR packages: official ones as `.tgz` archives, our own as a folder, and the index over all of them."""

from fhirbridge.validation.packages.core import core_package
from fhirbridge.validation.packages.definitions import ARCHIVES, ORDER, Definition, Definitions, read_order
from fhirbridge.validation.packages.package import Package, read_folder, read_package
from fhirbridge.validation.packages.terminology import terminology_of

__all__ = [
    "ARCHIVES",
    "ORDER",
    "Definition",
    "Definitions",
    "Package",
    "core_package",
    "read_folder",
    "read_order",
    "read_package",
    "terminology_of",
]
