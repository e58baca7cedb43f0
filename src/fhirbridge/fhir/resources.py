"""The typed models of fhir.resources, for users of the library and as judge of our own checks in tests.

The only importer of `fhir.resources`. Never on the path of a request: the models change decimals and date-times and
cost a millisecond a resource. They are R4B; for the resource types we carry R4 data fits them.
Source: https://github.com/nazrulworld/fhir.resources
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fhir.resources.R4B import get_fhir_model_class
from pydantic import BaseModel, ValidationError

from fhirbridge.errors import InvalidContent, Issue


def to_model(resource: Mapping[str, Any]) -> BaseModel:
    """Return the resource as a model of fhir.resources.

    Raises:
        InvalidContent: the models refuse it, with one issue per fault, or have no such resource type.
    """
    name = resource.get("resourceType")
    try:
        model = get_fhir_model_class(str(name))
    except (KeyError, ValueError):
        raise InvalidContent("fhir.resources has no model for this resource type.") from None
    try:
        return model.model_validate(dict(resource))
    except ValidationError as error:
        issues = [_issue(str(name), fault["loc"], fault["type"]) for fault in error.errors(include_input=False)]
        raise InvalidContent("fhir.resources refuses this resource.", issues=issues) from None


def _issue(type_: str, place: tuple[int | str, ...], rule: str) -> Issue:
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return Issue("FB500", "fhir.resources refuses this element.", expression=type_ + path, rule=rule)
