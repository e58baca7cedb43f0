"""A row taken apart: each value it carries, one place on the left and one on the right, and how it changes each way.

What a codec does to an object is several such pairs: a reference is the value and the system of its identifier.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from fhirbridge.ids import key_system
from fhirbridge.mapping.codecs.numbers import UCUM, UNITS
from fhirbridge.mapping.codecs.people import LISTS
from fhirbridge.mapping.export.changes import (
    CAST_DECIMAL,
    CAST_INTEGER,
    COPY,
    Change,
    date_change,
    flag_change,
    kept_text,
    moment_change,
    translation,
)
from fhirbridge.mapping.model import Codec, Row
from fhirbridge.mapping.steps import Scalar, Step, Steps, Where


@dataclass(frozen=True, slots=True)
class Pair:
    """One value of a row.

    Attributes:
        left, right: where it stands, below the row's variable and below what the block makes.
        beside: what stands beside it on the right, written with it and not looked at on the way back.
        block: the block that makes what a reference names; `left` is then where that block's items stand.
        gap: what the mapping language does not say of it; `gap_back`: on the way back.
        goes_back: whether it is read on the way back.
    """

    left: Steps
    right: Steps
    change: Change = COPY
    beside: tuple[tuple[Steps, Scalar], ...] = ()
    block: str = ""
    gap: str = ""
    gap_back: str = ""
    goes_back: bool = True


def pairs_of(row: Row, source: str) -> tuple[Pair, ...]:
    """Return the values that a row carries; none for one with a codec that has no words in the mapping language."""
    make = _MAKERS.get(row.codec.name)
    return tuple(make(row, source)) if make else ()


Maker = Callable[[Row, str], Iterator[Pair]]


def _with(steps: Steps, *more: Step) -> Steps:
    return (*steps, *more)


def _where(steps: Steps, **wanted: str) -> Steps:
    """Return a path whose last step also asks for elements of given values."""
    asked = tuple(Where((Step(name),), value) for name, value in wanted.items())
    return (*steps[:-1], replace(steps[-1], where=(*steps[-1].where, *asked)))


def _plain(change: Callable[[Codec], Change]) -> Maker:
    def make(row: Row, _source: str) -> Iterator[Pair]:
        yield Pair(row.left, row.right, change(row.codec))

    return make


def _date(row: Row, _source: str) -> Iterator[Pair]:
    yield Pair(row.left, row.right, date_change(row.codec.arguments[0] if row.codec.arguments else ""))


def _moment(row: Row, _source: str) -> Iterator[Pair]:
    change, gap = moment_change(row.codec.arguments[0] if row.codec.arguments else "", row.codec.zone)
    yield Pair(row.left, row.right, change, gap=gap, gap_back=gap if change is not COPY else "")


def _markdown(row: Row, _source: str) -> Iterator[Pair]:
    yield Pair(row.left, row.right, gap="ends of lines are not made even")


def _period(row: Row, _source: str) -> Iterator[Pair]:
    written = row.codec.arguments[2] if len(row.codec.arguments) > 2 else ""
    has_time = not written or "hh" in written
    change, gap = moment_change(written, row.codec.zone) if has_time else (date_change(written), "")
    for pair in row.codec.fields:
        back = gap if change is not COPY else ""
        yield Pair(
            _with(row.left, Step(pair.field)), _with(row.right, Step(pair.element)), change, gap=gap, gap_back=back
        )


def _quantity(row: Row, _source: str) -> Iterator[Pair]:
    yield _amount(row, row.codec.arguments[0], row.codec.arguments[-1])


def _duration(row: Row, _source: str) -> Iterator[Pair]:
    word = row.codec.arguments[0]
    pair = _amount(row, UNITS[word][0], word)
    yield replace(pair, gap_back=f"a duration in another unit than {word} is not turned into {word}")


def _amount(row: Row, code: str, shown: str) -> Pair:
    beside = ((_with(row.right, Step("unit")), shown), (_with(row.right, Step("system")), UCUM))
    asked = _where(row.right, code=code)
    moved = tuple((_with(asked, *steps[len(row.right) :]), value) for steps, value in beside)
    return Pair(row.left, _with(asked, Step("value")), beside=moved)


def _code(row: Row, _source: str) -> Iterator[Pair]:
    concept = row.codec.right_type == "CodeableConcept"
    coding = _with(row.right, Step("coding", index=0)) if concept else row.right
    yield Pair(row.left, coding, translation(row.codec))
    if not row.codec.reject and concept:
        gap = "a code in no table is kept as text only, without a coding of the source's own"
        yield Pair(row.left, _with(row.right, Step("text")), kept_text(row.codec), gap=gap)


def _concept(row: Row, _source: str) -> Iterator[Pair]:
    places = {"text": (Step("text"),), "code": (Step("coding", index=0), Step("code"))}
    places["system"] = (Step("coding", index=0), Step("system"))
    named = {pair.element: pair.field for pair in row.codec.fields} or {name: name for name in places}
    for element, field in named.items():
        back = "words are not taken from the coding's display" if element == "text" else ""
        yield Pair(_with(row.left, Step(field)), _with(row.right, *places[element]), gap_back=back)


def _reference(row: Row, source: str) -> Iterator[Pair]:
    gap = "the literal reference is not written, for ids are hashes; the business identifier is"
    found = list(_identified(row, _with(row.right, Step("identifier")), source))
    yield replace(found[0], gap=gap)
    yield from found[1:]
    reference = row.codec.reference
    if reference and reference.block and reference.key_field:
        yield Pair(row.left, found[0].right, block=reference.block)


def _identifier(row: Row, source: str) -> Iterator[Pair]:
    yield from _identified(row, row.right, source)


def _identified(row: Row, right: Steps, source: str) -> Iterator[Pair]:
    """Yield the value of an identifier, and its system where the left side has it."""
    reference = row.codec.reference
    key = (Step(reference.key_field),) if reference and reference.key_field else ()
    if reference and reference.system_field:
        yield Pair(_with(row.left, *key), _with(right, Step("value")))
        yield Pair(_with(row.left, Step(reference.system_field)), _with(right, Step("system")))
        return
    system = row.codec.system or key_system(source, reference.keyed if reference else "")
    yield Pair(_with(row.left, *key), _with(_where(right, system=system), Step("value")))


def _telecom(row: Row, _source: str) -> Iterator[Pair]:
    asked = dict(zip(("system", "use"), row.codec.arguments, strict=False))
    yield Pair(row.left, _with(_where(row.right, **asked), Step("value")))


def _in_parts(row: Row, _source: str) -> Iterator[Pair]:
    """Yield the parts of a name or an address, or its text."""
    if not row.codec.fields:
        yield Pair(row.left, _with(row.right, Step("text")))
    for pair in row.codec.fields:
        is_list = pair.element in LISTS
        field = Step(pair.field, each=pair.is_list)
        element = Step(pair.element, each=pair.is_list, index=0 if is_list and not pair.is_list else None)
        back = f"several of {pair.element} are not joined" if is_list and not pair.is_list else ""
        yield Pair(_with(row.left, field), _with(row.right, element), gap_back=back)


_MAKERS: dict[str, Maker] = {
    "copy": _plain(lambda _: COPY),
    "verbatim": _plain(lambda _: COPY),
    "markdown": _markdown,
    "date": _date,
    "datetime": _moment,
    "period": _period,
    "duration": _duration,
    "integer": _plain(lambda _: CAST_INTEGER),
    "decimal": _plain(lambda codec: CAST_DECIMAL["comma" in codec.arguments]),
    "flag": _plain(flag_change),
    "quantity": _quantity,
    "code": _code,
    "concept": _concept,
    "ref": _reference,
    "identifier": _identifier,
    "name": _in_parts,
    "telecom": _telecom,
    "address": _in_parts,
}
"""Codec -> what it carries. A codec that is not here is said to be left out."""
