"""Codecs meet the types on both sides: arguments, tables, references, and what fits what."""

from __future__ import annotations

from dataclasses import replace

from fhirbridge.fhir.elements import RESOURCE_TYPES, is_resource
from fhirbridge.mapping.binding.kinds import date_kind, kind_of
from fhirbridge.mapping.binding.notes import Notes, Refused
from fhirbridge.mapping.codecs import CODECS, is_date_format
from fhirbridge.mapping.findings import did_you_mean
from fhirbridge.mapping.model import Codec, CodecCall, Place, Reference, RowText
from fhirbridge.mapping.shapes import Shape


def bind_codec(notes: Notes, row: RowText, left: Shape | None, right: Shape) -> Codec:
    """Return the bound codec of a row, its arguments and types checked.

    Args:
        left: None for a constant.

    Raises:
        Refused: FB106, FB107, FB108, FB110, FB201 or FB206.
    """
    call = row.codec
    spec = CODECS.get(call.name)
    if spec is None:
        raise notes.refuse("FB106", call.place, f"no codec `{call.name}`", did_you_mean(call.name, CODECS))
    low, high = spec.arguments
    if not low <= len(call.arguments) <= high:
        takes = str(low) if low == high else f"{low} to {high}"
        hint = f"write: {spec.usage}" if spec.usage else "leave them out"
        raise notes.refuse("FB107", call.place, f"`{call.name}` takes {takes} arguments", hint)
    _check_words(notes, call)
    if left is not None:
        _check_fit(notes, row, left, right)
    codec = Codec(call.name, call.arguments, right_type=right.type, zone=notes.map.zone)
    if call.name == "code":
        codec = _code(notes, codec, call.place)
    if call.name == "ref" and left is not None:
        codec = replace(codec, reference=_reference(notes, call.arguments, left, call.place))
    if call.name == "datetime" and call.arguments and not notes.map.zone:
        hint = "write for example: zone: America/New_York"
        message = "a date-time format without a zone needs `zone:` in the envelope"
        raise notes.refuse("FB107", call.place, message, hint)
    return codec


def _check_words(notes: Notes, call: CodecCall) -> None:
    """Refuse a date format that names no whole date, and a flag whose two words are one."""
    written = call.arguments[0] if call.arguments else ""
    if call.name in ("date", "datetime") and written and not is_date_format(call.name, written):
        hint = f"write: {CODECS[call.name].usage}"
        raise notes.refuse("FB107", call.place, f"`{written}` is no format for `{call.name}`", hint)
    if call.name == "flag" and call.arguments[0] == call.arguments[1]:
        raise notes.refuse("FB107", call.place, "`flag` needs two different words", "write: flag YES NO")


def _code(notes: Notes, codec: Codec, place: Place) -> Codec:
    name, *options = codec.arguments
    if options and (len(options) != 2 or options[0] != "else"):
        raise notes.refuse("FB107", place, "`code` takes a table", "write: code TABLE else CODE")
    notes.used.add(name)
    table = notes.around.tables.get(name)
    if table is None:
        raise notes.refuse("FB108", place, f"no table `{name}` in `tables:`", did_you_mean(name, notes.around.tables))
    default = options[1] if options else ""
    if default and default not in table.forward:
        raise notes.refuse("FB107", place, f"`else {default}` is no source code of table `{name}`")
    return replace(codec, table=table, default=default, reject=notes.map.policy.unmapped_code == "reject")


def _reference(notes: Notes, arguments: tuple[str, ...], left: Shape, place: Place) -> Reference:
    target, *options = arguments
    key_field = "" if left.is_leaf else "number"
    match options:
        case []:
            reference = _block_reference(notes, target, left, place)
        case ["keyed", keyed]:
            reference = Reference(target, keyed, key_field=key_field)
        case ["by", key, "in", system]:
            reference = Reference(target, "", key_field=key, system_field=system)
        case _:
            hint = "write: ref BLOCK, ref TYPE keyed NAME, or ref TYPE by FIELD in FIELD"
            raise notes.refuse("FB107", place, "`ref` cannot be read", hint)
    for name in (reference.key_field, reference.system_field):
        if name and left.find_child(name) is None:
            hint = did_you_mean(name, left.child_names())
            raise notes.refuse("FB201", place, f"`ref`: the left side has no `{name}`", hint)
    if not is_resource(reference.type):
        hint = did_you_mean(reference.type, RESOURCE_TYPES)
        raise notes.refuse("FB110", place, f"`{reference.type}` is no resource type", hint)
    return reference


def _block_reference(notes: Notes, target: str, left: Shape, place: Place) -> Reference:
    blocks = {block.name: block for block in notes.map.blocks}
    block = blocks.get(target)
    if block is None:
        hint = f"write: ref {target} keyed NAME" if is_resource(target) else did_you_mean(target, blocks)
        raise notes.refuse("FB110", place, f"no block `{target}`", hint)
    if not block.key.steps:
        raise Refused  # the block's own finding says it
    key_field = "" if left.is_leaf else block.key.steps[-1].name
    return Reference(block.type, block.keyed, block=target, key_field=key_field)


def _check_fit(notes: Notes, row: RowText, left: Shape, right: Shape) -> None:
    call = row.codec
    fits = _fits(call.name, left, right)
    if fits and call.name in ("date", "datetime", "verbatim") and right.codes:
        message = f"`{call.name}` cannot make a code of `{row.right.text}`"
        raise notes.refuse("FB206", call.place, message, "translate with a table: code TABLE")
    if fits and call.name in ("copy", "verbatim") and date_kind(right) and not date_kind(left):
        wanted = "date DD.MM.YYYY" if date_kind(right) == "date" else 'datetime "DD.MM.YYYY hh:mm"'
        message = f"`{row.right.text}` holds a date; `{call.name}` does not look at it"
        raise notes.refuse("FB206", call.place, message, f"write: | {wanted.split()[0]}, or | {wanted}")
    if not fits:
        message = f"`{call.name}` cannot take {left.type} to {right.type}"
        raise notes.refuse("FB206", call.place, message, _codec_hint(kind_of(left), right))


def _fits(name: str, left: Shape, right: Shape) -> bool:
    spec, left_kind, right_kind = CODECS[name], kind_of(left), kind_of(right)
    if "any" in spec.lefts:
        fits = left_kind == right_kind or (left_kind, right_kind) == ("integer", "number")
        fits = fits and left_kind != "object" and (left.is_leaf and right.is_leaf)
    else:
        fits = left_kind in spec.lefts and (right_kind in spec.rights or right.type in spec.rights)
    return fits and not (name == "datetime" and date_kind(right) == "date")


def _codec_hint(left_kind: str, right: Shape) -> str:
    fitting = [
        name for name, spec in CODECS.items() if left_kind in spec.lefts and {kind_of(right), right.type} & spec.rights
    ]
    return f"codecs that fit: {', '.join(fitting)}" if fitting else "no codec joins these two types"
