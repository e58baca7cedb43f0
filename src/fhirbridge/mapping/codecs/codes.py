"""Codes by table, and words with a code beside them.

Laws of this file: a code that no line translates is refused, or kept whole and marked as local, as the map says; a
code that the table knows to have no match is never translated.
Source: http://hl7.org/fhir/R4/datatypes.html#CodeableConcept, #Coding
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fhirbridge.ids import key_system
from fhirbridge.mapping.codecs.spec import CodecError, Context, Value, expect, expect_text
from fhirbridge.mapping.model import Codec, FieldPair
from fhirbridge.terminology.tables import CodeTable, TableRow

MAX_CODES_NAMED = 16
CONCEPT_FIELDS = ("text", "code", "system")
_SAME_NAMES = tuple(FieldPair(name, name) for name in CONCEPT_FIELDS)


def _table(codec: Codec) -> CodeTable:
    if codec.table is None:
        raise CodecError("FB303", "expected a code table, and the row has none")
    return codec.table


def _no_code(table: CodeTable, codes: Iterable[str]) -> CodecError:
    """Return the error of a code that no table has; the table's own codes are named where they are few."""
    known = sorted(codes)
    named = f": {', '.join(known)}" if len(known) <= MAX_CODES_NAMED else ""
    return CodecError("FB303", f"expected a code of table {table.name}{named}")


def code_right(value: Value, codec: Codec, context: Context) -> Value:
    """Return the target of a code as code, Coding or CodeableConcept."""
    text = expect(value, str, "a code as text")
    row = codec.table.forward.get(text) if codec.table else None
    if row is None:
        row = _find_other(text, codec)
    if row is None:
        return _local(text, codec, context)
    if codec.right_type == "CodeableConcept":
        return {"coding": [dict(row.coding)]}
    return dict(row.coding) if codec.right_type == "Coding" else row.target


def _find_other(text: str, codec: Codec) -> TableRow | None:
    """Return the line for a code that no line names: the table's own, else that of the row's default."""
    table = _table(codec)
    if table.has_line(text):
        return None
    return table.find_row(text) or (table.find_row(codec.default) if codec.default else None)


def local_system(codec: Codec, context: Context) -> str:
    """Return the code system under which a source's own codes travel when the table does not have them."""
    return key_system(context.source, _table(codec).name)


def _local(text: str, codec: Codec, context: Context) -> Value:
    """Return a code as it came, marked as the source's own; its text alone where FHIR would not take it as a code."""
    table = _table(codec)
    if codec.reject or not text or codec.right_type not in ("CodeableConcept", "Coding"):
        if text in table.unmatched:
            raise CodecError("FB303", f"expected a code that has a match; table {table.name} says that this has none")
        raise _no_code(table, table.forward)
    expect_text(text, "a code as text")
    is_code = text.isprintable() and " ".join(text.split()) == text
    coding = {"system": local_system(codec, context), "code": text}
    if codec.right_type == "CodeableConcept":
        return {"coding": [coding], "text": text} if is_code else {"text": text}
    if not is_code:
        raise CodecError("FB303", "expected a code without blanks at its ends or two in a row")
    return coding


def is_unmapped(made: Value, codec: Codec, context: Context) -> bool:
    """Say whether `code_right` found no line for a code and kept it as the source's own."""
    if codec.reject or not isinstance(made, dict):
        return False
    coding = made["coding"][0] if "coding" in made else made
    return "code" not in coding or coding.get("system") == local_system(codec, context)


def _codings(value: Value) -> Iterator[tuple[Value, Value]]:
    """Yield (system, code) of each coding in a CodeableConcept, Coding or code; a code alone has the system None."""
    if not isinstance(value, dict):
        yield None, value
        return
    codings = value.get("coding", [value])
    for coding in codings if isinstance(codings, list) else ():
        if isinstance(coding, dict):
            yield coding.get("system", ""), coding.get("code", "")


def code_left(value: Value, codec: Codec, context: Context) -> Value:
    """Return the source code of the first coding that the table, or the source itself, knows."""
    table = _table(codec)
    for system, code in _codings(value):
        if not isinstance(code, str) or not (system is None or isinstance(system, str)):
            continue
        row = table.find_back(system, code)
        if row:
            return row.source
        if not codec.reject and code and system == local_system(codec, context):
            return code
    if not codec.reject and isinstance(value, dict) and value.get("text"):
        return expect_text(value["text"])
    raise _no_code(table, (code for _, code in table.backward))


def is_same_code(one: Value, other: Value, codec: Codec, _context: Context) -> bool:
    """Say whether two codes are one, or share a target."""
    if not (isinstance(one, str) and isinstance(other, str)):
        return False
    if one == other:
        return True
    table = _table(codec)
    first, second = table.find_row(one), table.find_row(other)
    return first is not None and second is not None and (first.system, first.target) == (second.system, second.target)


# -- words with a code


def concept_right(value: Value, codec: Codec, _context: Context) -> Value:
    """Return a CodeableConcept of an object's words, code and code system."""
    fields = expect(value, dict, "an object with text, code, system")
    found = {pair.element: fields.get(pair.field) for pair in codec.fields or _SAME_NAMES}
    given = {name: expect_text(text) for name, text in found.items() if text}
    coding = {name: given[name] for name in ("system", "code") if name in given}
    return {**({"coding": [coding]} if coding else {}), **({"text": given["text"]} if "text" in given else {})}


def concept_left(value: Value, codec: Codec, _context: Context) -> Value:
    """Return the words of a CodeableConcept with its first coding; a coding's display where there are no words."""
    concept = expect(value, dict, "a CodeableConcept")
    codings = concept.get("coding", [])
    coding = codings[0] if isinstance(codings, list) and codings else {}
    if not isinstance(coding, dict):
        raise CodecError("FB301", "expected a list of codings")
    found = {
        "text": concept.get("text") or coding.get("display"),
        "code": coding.get("code"),
        "system": coding.get("system"),
    }
    pairs = codec.fields or _SAME_NAMES
    return {pair.field: expect_text(found[pair.element]) for pair in pairs if found[pair.element]}
