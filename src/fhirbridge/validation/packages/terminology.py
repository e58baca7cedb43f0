"""The terminology that packages hold, before the one that ships. A resource is parsed when it is first asked for."""

from __future__ import annotations

from functools import partial
from typing import Any

from fhirbridge.errors import BadPackage
from fhirbridge.terminology.service import Source, Terminology
from fhirbridge.validation.packages.definitions import TERMINOLOGY, Definition, Definitions


def terminology_of(definitions: Definitions) -> Terminology:
    """Return the terminology of a site's packages, in the order of their rule, with what ships behind it.

    Raises:
        BadPackage: a package cannot be read.
    """
    found = [_source(each) for each in definitions.iter_of(*TERMINOLOGY)]
    return Terminology.core().with_sources(found) if found else Terminology.core()


def _source(definition: Definition) -> Source:
    type_ = definition.resource.head.resource_type
    return Source(type_, definition.url, definition.version, partial(_tree, definition))


def _tree(definition: Definition) -> dict[str, Any]:
    """Return a definition's tree; one that is no JSON is a resource that says nothing."""
    try:
        return definition.tree
    except BadPackage:
        return {}
