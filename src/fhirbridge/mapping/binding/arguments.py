"""What each codec's arguments may be, and what they become once both sides are known. Two tables, one line a codec.

`CHECKS` look at the words alone, before the types are compared; `BINDERS` meet the shapes after that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from fhirbridge.fhir.elements import RESOURCE_TYPES, find_element, is_resource
from fhirbridge.mapping.binding.notes import Notes, Refused
from fhirbridge.mapping.binding.paths import system
from fhirbridge.mapping.codecs import CODECS, is_date_format
from fhirbridge.mapping.codecs.codes import CONCEPT_FIELDS
from fhirbridge.mapping.codecs.dates import CUT
from fhirbridge.mapping.codecs.numbers import UNITS
from fhirbridge.mapping.codecs.people import LISTS
from fhirbridge.mapping.findings import did_you_mean
from fhirbridge.mapping.model import Codec, CodecCall, FieldPair, Place, Reference
from fhirbridge.mapping.shapes import FhirShape, Shape

_PARTS = {
    "name": ("family", "given", "prefix", "suffix", "text"),
    "address": ("line", "city", "district", "state", "postalCode", "country", "text"),
    "concept": CONCEPT_FIELDS,
}
"""The elements that an object's fields may be, by codec."""
_PROSE = frozenset({"string", "markdown", "xhtml"})
_MEDIA_TYPE = re.compile(r"[a-z]+/[A-Za-z0-9][A-Za-z0-9.+-]{0,100}")
_UNIT = re.compile(r"[!-~]{1,60}")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")


# -- words alone -----------------------------------------------------------------------------------------------------


def wrong(notes: Notes, call: CodecCall, message: str, hint: str = "") -> Refused:
    """Note that a codec's arguments are wrong, and return what to raise; the hint shows how it is written."""
    return notes.refuse("FB107", call.place, message, hint or f"write: {CODECS[call.name].usage}")


def _check_format(notes: Notes, call: CodecCall, words: Sequence[str], kinds: Sequence[str]) -> None:
    """Refuse a format that is none of these kinds, or that a zone is needed for, and words behind it but `cut`."""
    written, *rest = words or ("",)
    fitting = [kind for kind in kinds if is_date_format(kind, written)]
    if written and not fitting:
        raise wrong(notes, call, f"`{written}` is no format for `{call.name}`")
    if rest and (rest != [CUT] or fitting != ["datetime"]):
        raise wrong(notes, call, f"`{' '.join(rest)}` is no argument of `{call.name}`")
    if fitting == ["datetime"] and not notes.map.zone:
        message = "a date-time format without a zone needs `zone:` in the envelope"
        raise wrong(notes, call, message, "write for example: zone: America/New_York")


def _check_date(notes: Notes, call: CodecCall) -> None:
    _check_format(notes, call, call.arguments, ("date",))


def _check_datetime(notes: Notes, call: CodecCall) -> None:
    _check_format(notes, call, call.arguments, ("datetime",))


def _check_period(notes: Notes, call: CodecCall) -> None:
    if call.arguments[0] == call.arguments[1]:
        raise wrong(notes, call, "`period` needs two different fields")
    _check_format(notes, call, call.arguments[2:], ("date", "datetime"))


def _check_flag(notes: Notes, call: CodecCall) -> None:
    if call.arguments[0] == call.arguments[1]:
        raise wrong(notes, call, "`flag` needs two different words")


def _check_duration(notes: Notes, call: CodecCall) -> None:
    unit = call.arguments[0]
    if unit not in UNITS:
        hint = did_you_mean(unit, UNITS) or f"units: {', '.join(UNITS)}"
        raise wrong(notes, call, f"`{unit}` is no unit of `duration`", hint)


def _check_quantity(notes: Notes, call: CodecCall) -> None:
    if not _UNIT.fullmatch(call.arguments[0]):
        raise wrong(notes, call, f"`{call.arguments[0]}` is no UCUM unit", "write for example: quantity mg")


def _check_decimal(notes: Notes, call: CodecCall) -> None:
    if call.arguments and call.arguments != ("comma",):
        raise wrong(notes, call, f"`{call.arguments[0]}` is no argument of `decimal`")


def _check_code(notes: Notes, call: CodecCall) -> None:
    _, *options = call.arguments
    if options and (len(options) != 2 or options[0] != "else"):
        raise wrong(notes, call, "`code` takes a table", "write: code TABLE else CODE")


def _check_telecom(notes: Notes, call: CodecCall) -> None:
    for element, word in zip(("system", "use"), call.arguments, strict=False):
        found = find_element("ContactPoint", element)
        codes = found.binding.codes if found and found.binding else frozenset()
        if word not in codes:
            hint = did_you_mean(word, codes) or f"known: {', '.join(sorted(codes))}"
            raise wrong(notes, call, f"`{word}` is no {element} of a contact point", hint)


def _check_attachment(notes: Notes, call: CodecCall) -> None:
    if call.arguments and not _MEDIA_TYPE.fullmatch(call.arguments[0]):
        raise wrong(notes, call, f"`{call.arguments[0]}` is no media type", "write for example: attachment text/plain")


def _check_parts(notes: Notes, call: CodecCall) -> None:
    words = call.arguments
    if call.name == "name" and len(words) == 2 and "=" not in words:
        return
    names = words[::3]
    if len(words) % 3 or set(words[1::3]) - {"="}:
        raise wrong(notes, call, f"`{call.name}` cannot be read")
    for name in names:
        if name not in _PARTS[call.name] or names.count(name) > 1:
            hint = did_you_mean(name, _PARTS[call.name])
            raise wrong(notes, call, f"`{name}` is no part of `{call.name}`, or stands twice", hint)


CHECKS: dict[str, Callable[[Notes, CodecCall], None]] = {
    "date": _check_date,
    "datetime": _check_datetime,
    "period": _check_period,
    "flag": _check_flag,
    "duration": _check_duration,
    "quantity": _check_quantity,
    "decimal": _check_decimal,
    "code": _check_code,
    "telecom": _check_telecom,
    "attachment": _check_attachment,
    "name": _check_parts,
    "address": _check_parts,
    "concept": _check_parts,
}
"""Codec -> what refuses words that it cannot take (FB107)."""


# -- words and shapes ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Meeting:
    """A codec call between its two sides. `left` is None for a constant."""

    notes: Notes
    call: CodecCall
    left: Shape | None
    right: Shape

    @property
    def place(self) -> Place:
        """Where the codec stands."""
        return self.call.place

    def field(self, name: str) -> Shape | None:
        """Return a field of the left object.

        Raises:
            Refused: FB201: there is none.
        """
        child = self.left.find_child(name) if self.left is not None else None
        if child is None and self.left is not None:
            hint = did_you_mean(name, self.left.child_names())
            message = f"`{self.call.name}`: the left side has no `{name}`"
            raise self.notes.refuse("FB201", self.place, message, hint)
        return child


Bind = Callable[[Codec, Meeting], Codec]


def _bind_code(codec: Codec, meeting: Meeting) -> Codec:
    notes, name = meeting.notes, codec.arguments[0]
    notes.used.add(name)
    table = notes.around.tables.get(name)
    if table is None and name in notes.map.tables:
        raise Refused  # the table's own finding says it
    if table is None:
        hint = did_you_mean(name, notes.around.tables)
        raise notes.refuse("FB108", meeting.place, f"no table `{name}` in `tables:`", hint)
    notes.used.update(table.others)
    default = codec.arguments[2] if len(codec.arguments) > 2 else ""
    if default and default not in table.forward:
        raise wrong(notes, meeting.call, f"`else {default}` is no source code of table `{name}`")
    takes_any = codec.right_type in ("CodeableConcept", "Coding") and not meeting.right.codes
    reject = notes.map.policy.unmapped_code == "reject" or not takes_any
    return replace(codec, table=table, default=default, reject=reject)


def _bind_period(codec: Codec, meeting: Meeting) -> Codec:
    pairs = zip(("start", "end"), codec.arguments, strict=False)
    return replace(codec, fields=tuple(_pair(meeting, element, field) for element, field in pairs))


def _bind_parts(codec: Codec, meeting: Meeting) -> Codec:
    """Return the codec with the fields that it takes an object apart into; of a text there is nothing to take apart."""
    is_object = meeting.left is not None and not meeting.left.is_leaf
    if is_object != bool(codec.arguments) and codec.name != "concept":
        message = "names fields, and the left side has none" if codec.arguments else "needs to know the object's fields"
        raise wrong(meeting.notes, meeting.call, f"`{codec.name}` {message}")
    pairs = _written_pairs(codec) if codec.arguments else _own_pairs(codec, meeting)
    return replace(codec, fields=tuple(_pair(meeting, element, field) for element, field in pairs))


def _written_pairs(codec: Codec) -> Iterator[tuple[str, str]]:
    words = codec.arguments
    names = ("family", "given") if "=" not in words else words[::3]
    return zip(names, words if "=" not in words else words[2::3], strict=True)


def _own_pairs(codec: Codec, meeting: Meeting) -> list[tuple[str, str]]:
    """Return the fields of a coded object that have the names a codec without arguments looks for."""
    names = set(meeting.left.child_names()) if codec.name == "concept" and meeting.left else set()
    found = [(name, name) for name in CONCEPT_FIELDS if name in names]
    if names and not found:
        raise wrong(meeting.notes, meeting.call, "`concept` finds neither `text` nor `code` in the left object")
    return found


def _pair(meeting: Meeting, element: str, field: str) -> FieldPair:
    child = meeting.field(field)
    if child is None:
        return FieldPair(element, field)
    if not child.is_leaf or child.type != "string" or (child.is_list and element not in LISTS):
        message = f"`{meeting.call.name}`: `{field}` cannot be `{element}`, it is no single text"
        hint = "a part is text; given, prefix, suffix and line may be a list of texts"
        raise meeting.notes.refuse("FB206", meeting.place, message, hint)
    return FieldPair(element, field, child.is_list)


def _bind_identifier(codec: Codec, meeting: Meeting) -> Codec:
    is_object = meeting.left is not None and not meeting.left.is_leaf
    match codec.arguments:
        case ("keyed", keyed) if not is_object:
            return replace(codec, reference=Reference("", keyed))
        case ("by", key, "in", system_field) if is_object:
            reference = Reference("", "", key_field=key, system_field=system_field)
            _single_texts(meeting, key, system_field)
            return replace(codec, reference=reference)
        case (word,) if not is_object:
            uri = system(meeting.notes, word[1:], meeting.place) if word.startswith("@") else word
            if not _URI.fullmatch(uri):
                raise wrong(meeting.notes, meeting.call, f"`{word}` is no URI")
            return replace(codec, reference=Reference("", ""), system=uri)
    raise wrong(meeting.notes, meeting.call, "`identifier` cannot be read")


def _single_texts(meeting: Meeting, *names: str) -> None:
    for name in names:
        _pair(meeting, "value", name)


def _bind_ref(codec: Codec, meeting: Meeting) -> Codec:
    if meeting.left is None:
        return codec
    notes, left = meeting.notes, meeting.left
    target, *options = codec.arguments
    match options:
        case []:
            reference = _block_reference(meeting, target, left)
        case ["keyed", keyed]:
            reference = Reference(target, keyed, key_field="" if left.is_leaf else "number")
        case ["by", key, "in", system_field]:
            reference = Reference(target, "", key_field=key, system_field=system_field)
        case _:
            raise wrong(notes, meeting.call, "`ref` cannot be read")
    for name in (reference.key_field, reference.system_field):
        if name:
            meeting.field(name)
    if not is_resource(reference.type):
        hint = did_you_mean(reference.type, RESOURCE_TYPES)
        raise notes.refuse("FB110", meeting.place, f"`{reference.type}` is no resource type", hint)
    return replace(codec, reference=reference)


def _block_reference(meeting: Meeting, target: str, left: Shape) -> Reference:
    notes = meeting.notes
    blocks = {block.name: block for block in notes.map.blocks}
    block = blocks.get(target)
    if block is None:
        hint = f"write: ref {target} keyed NAME" if is_resource(target) else did_you_mean(target, blocks)
        raise notes.refuse("FB110", meeting.place, f"no block `{target}`", hint)
    if not block.key.steps or not block.type:
        raise Refused  # the block's own finding says it
    key_field = "" if left.is_leaf else block.key.steps[-1].name
    return Reference(block.type, block.keyed, block=target, key_field=key_field)


def _bind_prose(codec: Codec, meeting: Meeting) -> Codec:
    if isinstance(meeting.right, FhirShape) and meeting.right.type not in _PROSE:
        message = f"`{codec.name}` is for prose, and {meeting.right.type} is none"
        raise meeting.notes.refuse("FB206", meeting.place, message, "leave the codec out, or write: verbatim")
    return codec


BINDERS: dict[str, Bind] = {
    "code": _bind_code,
    "period": _bind_period,
    "name": _bind_parts,
    "address": _bind_parts,
    "concept": _bind_parts,
    "identifier": _bind_identifier,
    "ref": _bind_ref,
    "markdown": _bind_prose,
}
"""Codec -> what completes it from the shapes of both sides."""
