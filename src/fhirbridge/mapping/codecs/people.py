"""Names, addresses and ways to reach somebody. A text stays whole: no codec takes a name apart by its blanks.

Source: http://hl7.org/fhir/R4/datatypes.html#HumanName, #Address, #ContactPoint
"""

from __future__ import annotations

from fhirbridge.mapping.codecs.spec import CodecError, Context, Value, expect, expect_text
from fhirbridge.mapping.model import Codec, FieldPair

LISTS = {"given": " ", "prefix": " ", "suffix": " ", "line": ", "}
"""Elements that are lists, and what stands between their items where the left has one field for all."""


def parts_right(value: Value, codec: Codec, _context: Context) -> Value:
    """Return a HumanName or Address: of a text its `text`, of an object the elements that its fields are."""
    if not codec.fields:
        return {"text": expect_text(value)}
    fields = expect(value, dict, "an object with the fields that the row names")
    found = ((pair, fields.get(pair.field)) for pair in codec.fields)
    return {pair.element: _element(pair, part) for pair, part in found if part is not None}


def parts_left(value: Value, codec: Codec, _context: Context) -> Value:
    """Return the text of a HumanName or Address, or an object with the fields that the row names."""
    whole = expect(value, dict, "a name or an address")
    if not codec.fields:
        return expect_text(whole.get("text"), "its text")
    found = ((pair, whole.get(pair.element)) for pair in codec.fields)
    return {pair.field: _field(pair, part) for pair, part in found if part is not None}


def _element(pair: FieldPair, part: Value) -> Value:
    if pair.is_list:
        return [expect_text(item) for item in expect(part, list, "a list of texts")]
    return [expect_text(part)] if pair.element in LISTS else expect_text(part)


def _field(pair: FieldPair, part: Value) -> Value:
    if pair.element not in LISTS:
        return expect_text(part)
    items = [expect_text(item) for item in expect(part, list, "a list of texts")]
    return items if pair.is_list else LISTS[pair.element].join(items)


# -- ways to reach somebody


def telecom_right(value: Value, codec: Codec, _context: Context) -> Value:
    """Return a ContactPoint of the system, and of the use where the row names one."""
    return {**_expected(codec), "value": expect_text(value)}


def telecom_left(value: Value, codec: Codec, _context: Context) -> Value:
    """Return the value of a ContactPoint of the system and use that the row names."""
    point = expect(value, dict, "a ContactPoint")
    expected = _expected(codec)
    if any(point.get(name) != word for name, word in expected.items()):
        raise CodecError("FB301", f"expected a contact point of {' '.join(codec.arguments)}")
    return expect_text(point.get("value"), "the value of the contact point")


def _expected(codec: Codec) -> dict[str, str]:
    return dict(zip(("system", "use"), codec.arguments, strict=False))
