"""References by business key, and identifiers. The key travels; the id of what it names is made from it or known.

Source: http://hl7.org/fhir/R4/references.html, http://hl7.org/fhir/R4/datatypes.html#Identifier
"""

from __future__ import annotations

from fhirbridge.ids import key_system
from fhirbridge.mapping.codecs.spec import CodecError, Context, Value, expect, is_key
from fhirbridge.mapping.model import Codec, Reference


def _reference(codec: Codec) -> Reference:
    if codec.reference is None:
        raise CodecError("FB307", "the reference names no target")
    return codec.reference


def _identifier(value: Value, reference: Reference, system: str) -> dict[str, str]:
    """Return the identifier that a key, or an object with the key, stands for."""
    fields = value if isinstance(value, dict) else {}
    key = fields.get(reference.key_field) if reference.key_field else value
    own_system = fields.get(reference.system_field) if reference.system_field else system
    if not (is_key(key) and is_key(own_system)):
        raise CodecError("FB302", "expected the key of what is referred to")
    return {"system": own_system, "value": key}


def _key(carried: Value, reference: Reference, expected: str) -> Value:
    """Return the key, or the object with the key, that an identifier stands for."""
    fields = carried if isinstance(carried, dict) else {}
    key, system = fields.get("value"), fields.get("system")
    if not is_key(key):
        raise CodecError("FB307", "expected the business identifier")
    if reference.system_field:
        if not is_key(system):
            raise CodecError("FB307", "expected an identifier with its system")
        return {reference.key_field: key, reference.system_field: system}
    if system != expected:
        raise CodecError("FB307", f"expected an identifier of system {expected}")
    return {reference.key_field: key} if reference.key_field else key


def ref_right(value: Value, codec: Codec, context: Context) -> Value:
    """Return a Reference that carries the business identifier."""
    reference = _reference(codec)
    identifier = _identifier(value, reference, key_system(context.source, reference.keyed))
    id_ = context.resource_id(reference.type, identifier["system"], identifier["value"])
    return {"reference": f"{reference.type}/{id_}", "identifier": identifier}


def ref_left(value: Value, codec: Codec, context: Context) -> Value:
    """Return the key of what a Reference refers to."""
    reference = _reference(codec)
    carried = expect(value, dict, "a Reference").get("identifier")
    return _key(carried, reference, key_system(context.source, reference.keyed))


def identifier_right(value: Value, codec: Codec, context: Context) -> Value:
    """Return an Identifier: of the map's system, of the source's own under a name, or of the object's system."""
    return _identifier(value, _reference(codec), _system(codec, context))


def identifier_left(value: Value, codec: Codec, context: Context) -> Value:
    """Return the value of an Identifier of the expected system, or the object that holds both."""
    return _key(expect(value, dict, "an Identifier"), _reference(codec), _system(codec, context))


def _system(codec: Codec, context: Context) -> str:
    return codec.system or key_system(context.source, _reference(codec).keyed)
