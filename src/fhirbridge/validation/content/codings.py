"""Codes against terminology: whether a code is one of its system, whether its display is right, whether it is bound.

Laws: what terminology cannot tell is reported as not checked, never as good or bad; a required binding wants one
code from the value set, an extensible one wishes for it.
Source: http://hl7.org/fhir/R4/terminologies.html#binding
"""

from __future__ import annotations

from typing import Any, NamedTuple

from fhirbridge.fhir.elements import Binding
from fhirbridge.validation.content.snomed import IS_FORMED
from fhirbridge.validation.content.state import told_of
from fhirbridge.validation.structure.faults import CODE, CODING, Faults, Kind, note

NO_SYSTEM = Kind("code-system-missing", "A code without a system means nothing to others.", "warning")
RELATIVE = Kind("code-system-relative", "The system of a code is an absolute URI.")
VALUE_SET = Kind("code-system-value-set", "The system of a code names a value set, not a code system.")
UNKNOWN = Kind("code-unknown", "The code system has no such code.")
DISPLAY = Kind("display-wrong", "This is not the display that the code system has for the code.")
INACTIVE = Kind("code-inactive", "The code is no longer in use.", "warning")
EXTENSIBLE = Kind("binding-extensible", "No code is from the value set, which has one for most meanings.", "warning")
MEDIA_TYPE = Kind("binding-media-type", "This is no media type; R4 has short names such as json here.", "warning")
NOT_CHECKED = Kind("not-checked", "Not checked, nor further codes of it: the code system is not loaded.", "information")
NOT_BOUND = Kind(
    "not-checked", "Not checked, nor further on: the value set, or what it needs, is not loaded.", "information"
)

_MEDIA_TYPES = "http://hl7.org/fhir/ValueSet/mimetypes"
_ABSOLUTE = ("http:", "https:", "urn:")


def coding(faults: Faults | None, value: Any, state: Any) -> Faults | None:
    """Add what is wrong with a Coding by itself."""
    told = told_of(value)
    return _alone(faults, value, told, state) if told is not None and told not in state.codes.fine else faults


def quantity(faults: Faults | None, value: Any, state: Any) -> Faults | None:
    """Add what is wrong with the unit code of a Quantity; its unit is free text and is not compared."""
    system, code = value.get("system"), value.get("code")
    if not isinstance(system, str) or not isinstance(code, str):
        return faults
    told = (system, code, "", "")
    return faults if told in state.codes.fine else _alone(faults, value, told, state)


def _alone(faults: Faults | None, value: Any, told: tuple[str, str, str, str], state: Any) -> Faults | None:
    system, code = told[:2]
    if not system:
        return note(faults, "", NO_SYSTEM) if "system" not in value else faults
    if not system.startswith(_ABSOLUTE):
        return note(faults, ".system", RELATIVE)
    is_formed = IS_FORMED.get(system)
    if is_formed is not None and not is_formed(code):
        return note(faults, ".code", UNKNOWN)
    if system in state.unknown:
        return faults
    said = state.codes.ask("", *told)
    if said.outcome == "out":
        return note(faults, ".code", UNKNOWN)
    if said.outcome == "not-checked":
        return _unknown_system(faults, system, state)
    if said.reason == "inactive":
        faults = note(faults, ".code", INACTIVE)
    elif said.display != "wrong":
        state.codes.pass_(told)
    return note(faults, ".display", DISPLAY) if said.display == "wrong" else faults


def _unknown_system(faults: Faults | None, system: str, state: Any) -> Faults | None:
    """Add that a code system is not loaded; once in a check for each."""
    if "/ValueSet/" in system and state.codes.terminology.is_known(system):
        return note(faults, ".system", VALUE_SET)
    state.unknown.add(system)
    return note(faults, ".system", NOT_CHECKED)


# -- bindings


class Bound(NamedTuple):
    """A binding that the structure check cannot judge by itself."""

    value_set: str
    is_required: bool
    type: str


def bound_of(binding: Binding | None, type_: str) -> Bound | None:
    """Return what has to be asked of terminology for an element, or None where nothing has."""
    if binding is None or binding.codes or binding.strength not in ("required", "extensible"):
        return None
    return Bound(binding.value_set, binding.strength == "required", type_)


def bound(faults: Faults | None, piece: str, value: Any, how: Bound, state: Any) -> Faults | None:
    """Add where an element has no code of the value set it is bound to."""
    asked = list(_asked(value, how.type))
    if not asked:
        return _uncoded(faults, piece, value, how)
    said = [state.codes.ask(how.value_set, *told).outcome for told in asked]
    if "in" in said:
        return faults
    if "not-checked" in said:
        is_told = how.value_set in state.unknown
        state.unknown.add(how.value_set)
        return faults if is_told else note(faults, piece, NOT_BOUND)
    return note(faults, piece, _out(how))


def _asked(value: Any, type_: str) -> list[tuple[str, str, str, str]]:
    if type_ in _PLAIN:
        return [("", value, "", "")] if isinstance(value, str) else []
    if not isinstance(value, dict):
        return []
    codings = value.get("coding", []) if type_ == "CodeableConcept" else [value]
    told = map(told_of, codings if isinstance(codings, list) else ())
    return [(system, code, "", version) for system, code, _, version in filter(None, told)]


_PLAIN = ("code", "string", "uri")


def _uncoded(faults: Faults | None, piece: str, value: Any, how: Bound) -> Faults | None:
    """Add the fault of an element whose required code is not there; text alone does for an extensible binding."""
    is_silent = how.type in _PLAIN or not isinstance(value, dict) or "extension" in value or not how.is_required
    return faults if is_silent else note(faults, piece, CODING)


def _out(how: Bound) -> Kind:
    if how.value_set == _MEDIA_TYPES:
        return MEDIA_TYPE
    if not how.is_required:
        return EXTENSIBLE
    return CODE if how.type in _PLAIN else CODING
