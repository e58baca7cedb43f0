"""What this server says of itself, made from the tables that the interactions themselves use."""

from __future__ import annotations

from typing import Any

from fhirbridge import __version__
from fhirbridge.auth.scopes import LETTERS, Interaction
from fhirbridge.fhir.documents import COMPOSITION
from fhirbridge.fhir.search_parameters import search_parameters
from fhirbridge.services.bridge import Bridge
from fhirbridge.services.interactions import PATIENT, interactions_of, served_types
from fhirbridge.services.search_query import PATIENT_CHAIN, is_about_patient
from fhirbridge.services.terminology.operations import OPERATIONS
from fhirbridge.services.tokens import TOKEN_PATH

FHIR_VERSION = "4.0.1"
RELEASED = "2026-11-22"
FORMATS = ["application/fhir+json", "application/fhir+xml"]
ALGORITHMS = ["RS384", "ES384"]
DOCUMENT = {"name": "document", "definition": "http://hl7.org/fhir/OperationDefinition/Composition-document"}
SECURITY_SERVICE = "http://terminology.hl7.org/CodeSystem/restful-security-service"
VALIDATE = {"name": "validate", "definition": "http://hl7.org/fhir/OperationDefinition/Resource-validate"}


def statement(bridge: Bridge) -> dict[str, Any]:
    """Return the CapabilityStatement of this server.

    Source: http://hl7.org/fhir/R4/http.html#capabilities
    """
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": RELEASED,
        "kind": "instance",
        "software": {"name": "fhirbridge", "version": __version__},
        "implementation": {"description": "fhirbridge", "url": f"{bridge.base_url}/fhir"},
        "fhirVersion": FHIR_VERSION,
        "format": FORMATS,
        "rest": [
            {
                "mode": "server",
                "documentation": "What is not covered by a consent looks as if it were not there.",
                "security": _security(),
                "resource": [*(_resource(bridge, type_) for type_ in served_types(bridge)), *_terminology()],
                "operation": [VALIDATE],
            }
        ],
    }


def _security() -> dict[str, Any]:
    """Return how one signs in; where is told by the SMART configuration.

    The extension `oauth-uris`, which R4 knows for it, needs a place where people sign in, and there is none.
    """
    return {"service": [{"coding": [{"system": SECURITY_SERVICE, "code": "SMART-on-FHIR"}]}]}


def _resource(bridge: Bridge, type_: str) -> dict[str, Any]:
    parameters = search_parameters(type_).values()
    lists = {
        "supportedProfile": _profiles(bridge, type_),
        "searchInclude": [f"{type_}:{each.name}" for each in parameters if each.type == "reference"],
    }
    return {
        "type": type_,
        **{name: values for name, values in lists.items() if values},
        "interaction": [{"code": code} for code in interactions_of(bridge, type_)],
        "versioning": "versioned-update",
        "readHistory": True,
        "updateCreate": False,
        "conditionalRead": "not-match",
        **({"operation": [DOCUMENT]} if type_ == COMPOSITION else {}),
        "searchParam": [
            *({"name": each.name, "type": each.type} for each in sorted(parameters, key=lambda each: each.name)),
            *_chains(type_),
        ],
    }


def _terminology() -> list[dict[str, Any]]:
    """Return the types that are there for their operations only."""
    found: dict[str, list[dict[str, str]]] = {}
    for each in OPERATIONS:
        found.setdefault(each.type, []).append({"name": each.name, "definition": each.definition})
    return [{"type": type_, "operation": operations} for type_, operations in found.items()]


def _chains(type_: str) -> list[dict[str, Any]]:
    """Return the chained parameters that a type can be searched by."""
    names = [each.name for each in search_parameters(type_).values() if is_about_patient(each) and type_ != PATIENT]
    return [{"name": f"{name}.{PATIENT_CHAIN}", "type": "token"} for name in names]


def _profiles(bridge: Bridge, type_: str) -> list[str]:
    maps = (bridge.maps.get(name) for name in bridge.maps.names())
    return sorted({b.profile for map_ in maps for b in map_.blocks if b.type == type_ and b.profile})


def smart_configuration(bridge: Bridge) -> dict[str, Any]:
    """Return the document of `/.well-known/smart-configuration`.

    Source: https://hl7.org/fhir/smart-app-launch/conformance.html#using-well-known
    """
    return {
        "token_endpoint": f"{bridge.base_url}{TOKEN_PATH}",
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "scopes_supported": _scopes(bridge),
        "capabilities": ["client-confidential-asymmetric", "permission-v2"],
    }


def _scopes(bridge: Bridge) -> list[str]:
    return [f"system/{type_}.{_letters(interactions_of(bridge, type_))}" for type_ in served_types(bridge)]


def _letters(interactions: tuple[Interaction, ...]) -> str:
    letters = {LETTERS[each] for each in interactions}
    return "".join(letter for letter in "cruds" if letter in letters)
