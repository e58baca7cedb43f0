"""Codecs meet the types on both sides: how many arguments, what fits what, and which codec would."""

from __future__ import annotations

from fhirbridge.mapping.binding.arguments import BINDERS, CHECKS, Meeting
from fhirbridge.mapping.binding.kinds import date_kind, kind_of
from fhirbridge.mapping.binding.notes import Notes
from fhirbridge.mapping.codecs import CODECS
from fhirbridge.mapping.codecs.turned import TURNING
from fhirbridge.mapping.findings import did_you_mean
from fhirbridge.mapping.model import Codec, CodecCall, RowText
from fhirbridge.mapping.shapes import Shape

_WORDS_ONLY = frozenset({"date", "datetime", "verbatim", "markdown"})
"""Codecs that never make a code."""
_BLIND = frozenset({"copy", "verbatim", "markdown"})
"""Codecs that do not look whether a text is a date."""


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
    if call.name in CHECKS:
        CHECKS[call.name](notes, call)
    is_turned = left is not None and _is_turned(notes, call, left, right)
    if left is not None:
        _check_fit(notes, row, left, right)
    left_type = kind_of(left) if left is not None else ""
    codec = Codec(
        call.name, call.arguments, right_type=right.type, zone=notes.map.zone, left_type=left_type, is_turned=is_turned
    )
    bind = BINDERS.get(call.name)
    return bind(codec, Meeting(notes, call, left, right)) if bind else codec


def _is_turned(notes: Notes, call: CodecCall, left: Shape, right: Shape) -> bool:
    """Say whether a codec speaks of the right side: a partner's document that is made of our record."""
    if call.name in ("date", "datetime"):
        map_ = notes.map
        return bool(call.arguments) and map_.left.kind == "record" and map_.right.kind not in ("record", "fhir")
    return call.name in TURNING and kind_of(right) == "string" != kind_of(left)


def _check_fit(notes: Notes, row: RowText, left: Shape, right: Shape) -> None:
    call = row.codec
    is_turned = _is_turned(notes, call, left, right)
    fits = _fits(call.name, right, left) if is_turned else _fits(call.name, left, right)
    if fits and call.name in _WORDS_ONLY and right.codes:
        message = f"`{call.name}` cannot make a code of `{row.right.text}`"
        raise notes.refuse("FB206", call.place, message, "translate with a table: code TABLE")
    if fits and call.name in _BLIND and date_kind(right) and not date_kind(left):
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
    is_date_alone = (name == "datetime" and date_kind(right) == "date") or (name == "date" and right.type == "instant")
    return fits and not is_date_alone


def _codec_hint(left_kind: str, right: Shape) -> str:
    fitting = [
        name for name, spec in CODECS.items() if left_kind in spec.lefts and {kind_of(right), right.type} & spec.rights
    ]
    return f"codecs that fit: {', '.join(fitting)}" if fitting else "no codec joins these two types"
