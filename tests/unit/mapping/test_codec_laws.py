"""The laws of every codec on generated values, both ways, and that nothing at all makes one do more than refuse."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.maps import ODD_VALUES

from fhirbridge.mapping.codecs import CODECS, CodecError, Context
from fhirbridge.mapping.codecs.numbers import UCUM, UNITS
from fhirbridge.mapping.model import Codec, FieldPair, Reference
from fhirbridge.terminology.tables import parse_table

HERE = Context("riverside")
HEAD = "source,system,target,display,equivalence,back\n"
TABLE = parse_table("t", f"{HEAD}A,urn:c,a,Ay,equal,yes\nB,urn:c,a,Ay,wider,\nC,urn:d,c,,equal,\nN,,,,unmatched,\n")
KEPT = parse_table("t", f"{HEAD}A,urn:c,a,,equal,yes\n*,urn:c,,,provided,\n")
ZONE = "America/New_York"
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
KEYS = TEXTS.filter(bool)
KEYED = st.fixed_dictionaries({"n": KEYS, "s": KEYS})
NUMBERS = st.integers(-(10**20), 10**20) | st.decimals(-(10**9), 10**9, places=3)
DATES = st.dates().map(lambda day: f"{day.year:04}-{day.month:02}-{day.day:02}")
PARTIAL = st.tuples(DATES, st.sampled_from([4, 7, 10])).map(lambda pair: pair[0][: pair[1]])
WRITTEN = st.dates().map(lambda day: f"{day.day:02}.{day.month:02}.{day.year:04}")
CLOCK = st.datetimes().map(lambda moment: moment.replace(microsecond=0).isoformat())
TIMES = st.tuples(CLOCK, st.sampled_from(["", ".5", ".123456789"]), st.sampled_from(["", "Z", "-05:00", "+14:00"])).map(
    "".join
)
MINUTES = st.datetimes().map(lambda m: f"{m.day:02}.{m.month:02}.{m.year:04} {m.hour:02}:{m.minute:02}")
DIGITS = st.from_regex(r"-?[0-9]{1,12}", fullmatch=True)
DECIMALS = st.from_regex(r"-?[0-9]{1,12}(\.[0-9]{1,6})?", fullmatch=True)


def fields(*pairs: tuple[str, str]) -> tuple[FieldPair, ...]:
    return tuple(FieldPair(element, name.removesuffix("[]"), name.endswith("[]")) for element, name in pairs)


def objects(**values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return objects that have some of these fields; some hold null."""
    return st.fixed_dictionaries({}, optional={name: value | st.none() for name, value in values.items()})


PERIOD = fields(("start", "a"), ("end", "b"))
NAME = fields(("family", "last"), ("given", "firsts[]"), ("prefix", "title"))
PLACE = fields(("line", "street"), ("city", "town"), ("postalCode", "zip"))
CODE = Codec("code", ("t",), table=TABLE)
LAWS: list[tuple[str, Codec, st.SearchStrategy[Any]]] = [
    ("copy", Codec("copy"), TEXTS | NUMBERS | st.booleans()),
    ("verbatim", Codec("verbatim"), TEXTS),
    ("markdown", Codec("markdown"), TEXTS),
    ("date", Codec("date"), PARTIAL),
    ("date written", Codec("date", ("DD.MM.YYYY",)), WRITTEN),
    ("datetime", Codec("datetime", zone=ZONE), TIMES | PARTIAL),
    ("datetime written", Codec("datetime", ("DD.MM.YYYY hh:mm",), zone=ZONE), MINUTES),
    ("period", Codec("period", ("a", "b"), zone=ZONE, fields=PERIOD), objects(a=TIMES, b=PARTIAL)),
    ("period written", Codec("period", ("a", "b", "DD.MM.YYYY"), fields=PERIOD), objects(a=WRITTEN, b=WRITTEN)),
    *((f"duration {unit}", Codec("duration", (unit,)), NUMBERS) for unit in UNITS),
    ("integer", Codec("integer"), DIGITS),
    ("integer positive", Codec("integer", right_type="positiveInt"), DIGITS),
    ("decimal", Codec("decimal"), DECIMALS),
    ("decimal comma", Codec("decimal", ("comma",)), DECIMALS.map(lambda text: text.replace(".", ","))),
    ("flag", Codec("flag", ("Y", "N")), st.sampled_from("YN")),
    ("quantity", Codec("quantity", ("mg",)), NUMBERS),
    ("code", replace(CODE, right_type="code"), st.sampled_from("ABC")),
    ("code concept", replace(CODE, right_type="CodeableConcept", reject=False), st.sampled_from("ABCN") | KEYS),
    ("code coding", replace(CODE, right_type="Coding", reject=False), st.sampled_from("ABCN") | KEYS),
    ("code kept", replace(CODE, table=KEPT, right_type="Coding"), st.sampled_from("AB") | KEYS),
    ("concept", Codec("concept"), objects(text=TEXTS, code=TEXTS, system=TEXTS)),
    ("ref", Codec("ref", reference=Reference("Goal", "goal")), KEYS),
    ("ref by", Codec("ref", reference=Reference("Goal", "", "", "n", "s")), KEYED),
    ("identifier", Codec("identifier", reference=Reference("", ""), system="urn:n"), KEYS),
    ("identifier by", Codec("identifier", reference=Reference("", "", "", "n", "s")), KEYED),
    ("name", Codec("name"), TEXTS),
    ("name fields", Codec("name", fields=NAME), objects(last=TEXTS, firsts=st.lists(TEXTS), title=TEXTS)),
    ("telecom", Codec("telecom", ("phone", "home")), TEXTS),
    ("address", Codec("address"), TEXTS),
    ("address fields", Codec("address", fields=PLACE), objects(street=TEXTS, town=TEXTS, zip=TEXTS)),
    ("attachment", Codec("attachment"), TEXTS),
    ("attachment pdf", Codec("attachment", ("application/pdf",)), st.sampled_from(["", "JVBERg==", "JVBE Rg=="])),
]  # fmt: skip
HOSTILE = [
    "9" * 1_000_000,
    "-" * 1_000_000,
    " " * 1_000_000,
    "2026-" * 200_000,
    "a b" * 300_000,
    "a" * 1_000_000 + " ",
    "2026-11-22T09:30:00." + "9" * 1_000_000 + "Z",
    "0000-01-01",
    "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00+14:00",
    "31.12.9999 23:59",
    "01.01.0001 00:00",
    "\ud800",
    "\x00",
    10**6_000,
    float("nan"),
    float("-inf"),
    1e308,
    Decimal("NaN"),
    Decimal("sNaN"),
    Decimal("Infinity"),
    Decimal("1E+999999"),
    Decimal("1E-999999"),
    Decimal("0E-999999"),
    Decimal("9" * 100_000),
    None,
    [],
    {},
    [[]] * 10_000,
]
SECONDS = 20
"""Far more than all hostile values together take, and far less than a hang."""
NAMES = ["value", "code", "system", "start", "end", "family", "given", "line", "text", "data", "coding", "contentType"]


def ids(cases: Iterable[tuple[Any, ...]]) -> list[str]:
    return [str(case[0]) for case in cases]


def taken(value: Any, codec: Codec) -> Any:
    """Return what a codec makes of a value; None where it refuses it."""
    try:
        return CODECS[codec.name].to_right(value, codec, HERE)
    except CodecError:
        return None


@pytest.mark.parametrize(("name", "codec", "values"), LAWS, ids=ids(LAWS))
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_what_comes_back_is_the_same_value_and_goes_again_as_it_went(
    name: str, codec: Codec, values: st.SearchStrategy[Any], data: st.DataObject
) -> None:
    spec, left = CODECS[codec.name], data.draw(values)
    right = taken(left, codec)
    if right is not None:
        back = spec.to_left(right, codec, HERE)
        assert spec.same(left, back, codec, HERE)
        assert spec.to_right(back, codec, HERE) == right


@pytest.mark.parametrize(("name", "codec", "values"), LAWS, ids=ids(LAWS))
@settings(deadline=None, max_examples=20)
@given(data=st.data())
def test_every_value_is_the_same_as_itself(
    name: str, codec: Codec, values: st.SearchStrategy[Any], data: st.DataObject
) -> None:
    left = data.draw(values)
    if taken(left, codec) is not None:
        assert CODECS[codec.name].same(left, left, codec, HERE)


def answers(codec: Codec, value: Any) -> None:
    """Put a value through both functions and the sameness of a codec; it may refuse, and nothing else."""
    spec = CODECS[codec.name]
    for translate in (spec.to_right, spec.to_left):
        try:
            translate(value, codec, HERE)
        except CodecError as error:
            assert len(str(error)) < 300
    assert spec.same(value, value, codec, HERE) in (True, False)


@pytest.mark.parametrize(("name", "codec", "values"), LAWS, ids=ids(LAWS))
def test_a_hostile_value_is_refused_or_taken_and_costs_little(
    name: str, codec: Codec, values: st.SearchStrategy[Any]
) -> None:
    begun = perf_counter()
    word = codec.arguments[0] if codec.arguments else ""
    unit = {"code": UNITS.get(word, (word,))[0], "system": UCUM}
    for value in HOSTILE:
        answers(codec, value)
        answers(codec, dict.fromkeys(NAMES, value))
        answers(codec, {**dict.fromkeys(NAMES, value), **unit})
        answers(codec, {pair.field: value for pair in codec.fields})
        answers(codec, {pair.element: [value] for pair in codec.fields})
    assert perf_counter() - begun < SECONDS


@pytest.mark.parametrize(("name", "codec", "values"), LAWS, ids=ids(LAWS))
@settings(deadline=None, max_examples=40)
@given(value=ODD_VALUES)
def test_any_value_at_all_is_answered(name: str, codec: Codec, values: st.SearchStrategy[Any], value: Any) -> None:
    answers(codec, value)


def test_every_codec_has_laws_that_are_tried() -> None:
    assert {codec.name for _, codec, _ in LAWS} == CODECS.keys()
    assert all(spec.law and spec.text for spec in CODECS.values())
