"""What every site has: the profiles that R4 itself defines, as a package. Types and extensions are in `fhir`."""

from __future__ import annotations

from functools import cache

import msgspec

from fhirbridge.fhir.core_definitions import core_profiles
from fhirbridge.validation.packages.package import Head, Package, Resource

_heads = msgspec.json.Decoder(Head)


@cache
def core_package() -> Package:
    """Return the profiles of FHIR R4 4.0.1 as the package they are published in."""
    resources = tuple(_resource(body) for _, body in core_profiles())
    return Package("hl7.fhir.r4.core", "4.0.1", ("4.0.1",), "FHIR R4", resources=resources)


def _resource(body: bytes) -> Resource:
    head = _heads.decode(body)
    return Resource(f"{head.resource_type}-{head.id}.json", head, body)
