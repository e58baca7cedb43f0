"""The codecs: what each makes of a value, both ways, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhirbridge.mapping.codecs import CODECS, CodecError, Context, is_unmapped
from fhirbridge.mapping.model import Codec, FieldPair, Reference
from fhirbridge.terminology.tables import parse_table

HERE = Context("riverside", {("Patient", "urn:n", "7"): "p-7"})
TABLE = parse_table(
    "colour", "source,system,target,display,equivalence,back\nR,urn:c,red,Red,equal,\nG,urn:c,green,,equal,\n"
)
LONDON = "Europe/London"
UCUM = "http://unitsofmeasure.org"
LOCAL = "https://fhirbridge.org/fhir/sid/riverside/colour"
PERIOD = Codec("period", ("a", "b"), zone=LONDON, fields=(FieldPair("start", "a"), FieldPair("end", "b")))
WRITTEN_PERIOD = Codec("period", ("a", "b", "DD.MM.YYYY"), fields=(FieldPair("start", "a"), FieldPair("end", "b")))
NAME = Codec("name", ("last", "first"), fields=(FieldPair("family", "last"), FieldPair("given", "first")))
NAMES = Codec("name", ("last", "firsts"), fields=(FieldPair("family", "last"), FieldPair("given", "firsts", True)))
PLACE = Codec("address", fields=(FieldPair("line", "street"), FieldPair("city", "town")))
WEEKS = Codec("duration", ("weeks",), left_type="integer")
SECONDS = Codec("datetime", ("YYYY-MM-DD hh:mm:ss",), zone="UTC")
KEYED = Codec("identifier", ("keyed", "jail"), reference=Reference("", "jail"))
OF_SYSTEM = Codec("identifier", ("urn:n",), reference=Reference("", ""), system="urn:n")
BY = Codec("identifier", reference=Reference("", "", key_field="no", system_field="of"))
CONCEPT = Codec("code", ("colour",), table=TABLE, right_type="CodeableConcept", reject=False)

BOTH_WAYS = [
    (Codec("verbatim"), " two  spaces ", " two  spaces "),
    (Codec("date"), "2026-11", "2026-11"),
    (Codec("date", ("MM/DD/YYYY",)), "02/28/2026", "2026-02-28"),
    (Codec("datetime"), "2026-11-22T09:30:00Z", "2026-11-22T09:30:00Z"),
    (
        Codec("datetime", ("MM/DD/YYYY hh:mm",), zone="America/New_York"),
        "11/22/2026 09:30",
        "2026-11-22T09:30:00-05:00",
    ),
    (Codec("integer"), "12", 12),
    (Codec("flag", ("Y", "N")), "N", False),
    (Codec("quantity", ("d",)), 3, {"value": 3, "unit": "d", "system": "http://unitsofmeasure.org", "code": "d"}),
    (Codec("code", ("colour",), table=TABLE, right_type="code"), "R", "red"),
    (CONCEPT, "R", {"coding": [{"system": "urn:c", "code": "red", "display": "Red"}]}),
    (CONCEPT, "mauve", {"coding": [{"system": LOCAL, "code": "mauve"}], "text": "mauve"}),
    (CONCEPT, " mauve ", {"text": " mauve "}),
    (
        Codec("code", ("colour",), table=TABLE, right_type="Coding", reject=False),
        "mauve",
        {"system": LOCAL, "code": "mauve"},
    ),
    (Codec("markdown"), "one\n\ntwo ", "one\n\ntwo "),
    (SECONDS, "2026-11-22 09:30:05", "2026-11-22T09:30:05+00:00"),
    (PERIOD, {"a": "2026-11"}, {"start": "2026-11"}),
    (PERIOD, {}, {}),
    (WRITTEN_PERIOD, {"a": "01.02.2026", "b": "28.02.2026"}, {"start": "2026-02-01", "end": "2026-02-28"}),
    (WEEKS, 12, {"value": 12, "unit": "weeks", "system": UCUM, "code": "wk"}),
    (Codec("decimal"), "2.50", Decimal("2.50")),
    (Codec("decimal", ("comma",)), "-2,50", Decimal("-2.50")),
    (Codec("quantity", ("mg", "milligrams")), 3, {"value": 3, "unit": "milligrams", "system": UCUM, "code": "mg"}),
    (KEYED, "7", {"system": "https://fhirbridge.org/fhir/sid/riverside/jail", "value": "7"}),
    (OF_SYSTEM, "7", {"system": "urn:n", "value": "7"}),
    (BY, {"no": "7", "of": "urn:n"}, {"system": "urn:n", "value": "7"}),
    (Codec("name"), "Ana Vega", {"text": "Ana Vega"}),
    (NAME, {"last": "Vega", "first": "Ana"}, {"family": "Vega", "given": ["Ana"]}),
    (NAMES, {"last": "Vega", "firsts": ["Ana", "Rui"]}, {"family": "Vega", "given": ["Ana", "Rui"]}),
    (Codec("address"), "2 High St", {"text": "2 High St"}),
    (PLACE, {"street": "2 High St", "town": "Ely"}, {"line": ["2 High St"], "city": "Ely"}),
    (Codec("telecom", ("phone",)), "01 23", {"system": "phone", "value": "01 23"}),
    (Codec("telecom", ("email", "work")), "a@b", {"system": "email", "use": "work", "value": "a@b"}),
    (Codec("attachment"), "Zoë", {"contentType": "text/plain", "data": "Wm/Dqw=="}),
    (Codec("attachment", ("application/pdf",)), "JVBERg==", {"contentType": "application/pdf", "data": "JVBERg=="}),
    (Codec("code", ("colour",), table=TABLE, right_type="Coding"), "G", {"system": "urn:c", "code": "green"}),
    (
        Codec("concept"),
        {"text": "sleep", "code": "1", "system": "urn:s"},
        {"coding": [{"system": "urn:s", "code": "1"}], "text": "sleep"},
    ),
    (
        Codec("ref", reference=Reference("Patient", "", key_field="number", system_field="system")),
        {"number": "7", "system": "urn:n"},
        {"reference": "Patient/p-7", "identifier": {"system": "urn:n", "value": "7"}},
    ),
]

REFUSED = [
    (Codec("verbatim"), 1, "FB301"),
    (Codec("date"), "2026-02-30", "FB304"),
    (Codec("date", ("MM/DD/YYYY",)), "2/28/2026", "FB304"),
    (Codec("date", ("MM/DD/YYYY",)), "02/30/2026", "FB304"),
    (Codec("datetime"), "2026-11-22T09:30:00", "FB304"),
    (Codec("date"), "٢٠٢٦", "FB304"),
    (Codec("date", ("MM/DD/YYYY",)), "٠٢/٢٨/٢٠٢٦", "FB304"),
    (Codec("datetime", ("MM/DD/YYYY hh:mm",), zone="UTC"), "2/28/2026  9:30 ", "FB304"),
    (Codec("datetime", ("MM/DD/YYYY hh:mm",), zone="America/New_York"), "03/08/2026 02:30", "FB304"),
    (Codec("datetime", ("MM/DD/YYYY hh:mm",), zone="America/New_York"), "01/01/0001 00:00", "FB304"),
    (Codec("datetime", ("MM/DD/YYYY hh:mm",), zone="America/New_York"), "01/01/1800 00:00", "FB304"),
    (Codec("datetime", zone="Pacific/Guam"), "1844-01-01T00:00:00", "FB304"),
    (Codec("datetime", ("DD.MM.YYYY hh:mm",), zone="America/New_York"), "31.12.9999 23:59", "FB304"),
    (Codec("datetime", zone="UTC"), "2026-11-22T09:30:60", "FB304"),
    (Codec("quantity", ("d",)), "3", "FB301"),
    (Codec("quantity", ("d",)), True, "FB301"),
    (Codec("integer"), "١٢", "FB308"),
    (Codec("flag", ("Y", "N")), ["Y"], "FB308"),
    (Codec("ref", reference=Reference("Goal", "goal")), "\ud800", "FB302"),
    (Codec("ref", reference=Reference("Patient", "", key_field="n", system_field="s")), {"n": "7"}, "FB302"),
    (Codec("integer"), "1.5", "FB308"),
    (Codec("integer"), "9" * 1_000_000, "FB308"),
    (Codec("integer"), "3000000000", "FB308"),
    (Codec("integer", right_type="unsignedInt"), "-3", "FB308"),
    (Codec("decimal"), "1e5", "FB308"),
    (Codec("decimal"), "9" * 1_000_000, "FB308"),
    (Codec("decimal", ("comma",)), "1.5", "FB308"),
    (WEEKS, Decimal("sNaN"), "FB308"),
    (WEEKS, 10**4_000, "FB308"),
    (Codec("verbatim"), "a\ud800", "FB301"),
    (Codec("markdown"), 7, "FB301"),
    (Codec("attachment", ("application/pdf",)), "%PDF-1.7", "FB301"),
    (Codec("attachment"), "\ud800", "FB301"),
    (PERIOD, "2026", "FB301"),
    (PERIOD, {"a": "yesterday"}, "FB304"),
    (PERIOD, {"a": 2026}, "FB301"),
    (WRITTEN_PERIOD, {"a": "2026-02-01"}, "FB304"),
    (Codec("datetime", right_type="instant"), "2026-11-22", "FB304"),
    (SECONDS, "2026-11-22 09:30", "FB304"),
    (Codec("ref"), "7", "FB307"),
    (KEYED, "", "FB302"),
    (BY, {"no": "7"}, "FB302"),
    (NAMES, {"firsts": "Ana"}, "FB301"),
    (NAME, {"first": ["Ana"]}, "FB301"),
    (Codec("telecom", ("phone",)), 7, "FB301"),
    (Codec("concept"), {"text": 7}, "FB301"),
    (CONCEPT, "", "FB303"),
    (Codec("code", ("colour",), table=TABLE, right_type="Coding", reject=False), "a  b", "FB303"),
    (Codec("code", ("colour",), right_type="code"), "R", "FB303"),
    (Codec("flag", ("Y", "N")), "maybe", "FB308"),
    (Codec("code", ("colour",), table=TABLE, right_type="code"), "mauve", "FB303"),
    (Codec("ref", reference=Reference("Goal", "goal", block="goal", key_field="id")), {}, "FB302"),
]

ONLY_RIGHT = [
    # what does not come back as it went, but as the same value
    (Codec("markdown"), "a\r\nb\rc", "a\nb\nc"),
    (Codec("integer"), "007", 7),
    (Codec("decimal"), "007.50", Decimal("7.50")),
    (Codec("attachment", ("application/pdf",)), "JVBE\nRg==", {"contentType": "application/pdf", "data": "JVBERg=="}),
    (Codec("concept"), {"text": "sleep", "code": "", "system": None}, {"text": "sleep"}),
    (PERIOD, {"a": None, "b": "2026"}, {"end": "2026"}),
]

ONLY_LEFT = [
    # what a partner may say otherwise than we would
    (WEEKS, {"value": 14, "code": "d"}, 2),
    (WEEKS, {"value": Decimal("2.0"), "code": "wk", "system": UCUM}, 2),
    (Codec("duration", ("days",)), {"value": 6, "code": "h"}, Decimal("0.25")),
    (Codec("duration", ("months",)), {"value": 1, "code": "a"}, 12),
    (Codec("quantity", ("d",)), {"value": Decimal("1.50"), "code": "d"}, Decimal("1.50")),
    (Codec("decimal"), Decimal("1E+2"), "100"),
    (Codec("decimal"), 0.5, "0.5"),
    (Codec("datetime", ("DD.MM.YYYY hh:mm", "cut"), zone="UTC"), "2026-11-22T09:30:59.9Z", "22.11.2026 09:30"),
    (NAME, {"family": "Vega", "given": ["Ana", "Rui"], "use": "official"}, {"last": "Vega", "first": "Ana Rui"}),
    (PLACE, {"line": ["Flat 2", "3 High St"]}, {"street": "Flat 2, 3 High St"}),
    (Codec("attachment"), {"contentType": "text/plain; charset=UTF-8", "data": "YQ=="}, "a"),
    (CONCEPT, {"coding": [{"system": "urn:other", "code": "x"}, {"system": "urn:c", "code": "red"}]}, "R"),
    (CONCEPT, {"coding": [{"system": "urn:other", "code": "x"}], "text": "scarlet"}, "scarlet"),
]

REFUSED_BACK = [
    (Codec("date", ("MM/DD/YYYY",)), "2026-11", "FB304"),
    (Codec("datetime", ("MM/DD/YYYY hh:mm",), zone="UTC"), "2026-11-22", "FB304"),
    (Codec("quantity", ("d",)), {"value": 3, "code": "wk"}, "FB301"),
    (Codec("code", ("colour",), table=TABLE, right_type="code"), "blue", "FB303"),
    (Codec("ref", reference=Reference("Goal", "goal")), {"reference": "Goal/1"}, "FB307"),
    (Codec("ref", reference=Reference("Goal", "goal")), {"identifier": {"system": "urn:x", "value": "1"}}, "FB307"),
    (Codec("integer"), True, "FB301"),
    (Codec("integer"), 10**4_000, "FB308"),
    (Codec("integer", right_type="positiveInt"), 0, "FB308"),
    (Codec("decimal"), Decimal("NaN"), "FB308"),
    (Codec("decimal"), Decimal("1E+999999"), "FB308"),
    (Codec("decimal"), float("inf"), "FB308"),
    (Codec("quantity", ("d",)), {"value": 3, "code": "d", "comparator": "<"}, "FB301"),
    (Codec("quantity", ("d",)), {"value": 3, "code": "d", "system": "urn:x"}, "FB301"),
    (Codec("quantity", ("d",)), {"code": "d"}, "FB301"),
    (Codec("quantity", ("d",), left_type="integer"), {"value": Decimal("1.5"), "code": "d"}, "FB308"),
    (WEEKS, {"value": 1, "code": "mo"}, "FB301"),
    (WEEKS, {"value": 1, "code": {}}, "FB301"),
    (WEEKS, {"value": 15, "code": "d"}, "FB308"),
    (Codec("duration", ("weeks",)), {"value": 1, "code": "d"}, "FB308"),
    (Codec("datetime", ("DD.MM.YYYY hh:mm",), zone="UTC"), "2026-11-22T09:30:59Z", "FB304"),
    (SECONDS, "2026-11-22T09:30:59.5Z", "FB304"),
    (Codec("datetime", ("DD.MM.YYYY hh:mm",), zone=LONDON), "2026-10-25T01:30:00Z", "FB304"),
    (PERIOD, {"start": "2026-13"}, "FB304"),
    (WRITTEN_PERIOD, {"start": "2026"}, "FB304"),
    (KEYED, {"system": "urn:n", "value": "7"}, "FB307"),
    (BY, {"value": "7"}, "FB307"),
    (Codec("name"), {"family": "Vega"}, "FB301"),
    (NAME, {"given": "Ana"}, "FB301"),
    (NAME, {"given": [1]}, "FB301"),
    (Codec("telecom", ("phone",)), {"system": "email", "value": "a"}, "FB301"),
    (Codec("telecom", ("phone", "home")), {"system": "phone", "value": "1"}, "FB301"),
    (Codec("telecom", ("phone",)), {"system": "phone"}, "FB301"),
    (Codec("attachment"), {"contentType": "text/html", "data": "YQ=="}, "FB301"),
    (Codec("attachment"), {"contentType": "text/plain", "url": "https://a.example"}, "FB301"),
    (Codec("attachment"), {"contentType": "text/plain", "data": "Y"}, "FB301"),
    (Codec("attachment"), {"contentType": "text/plain", "data": "/w=="}, "FB301"),
    (Codec("code", ("colour",), right_type="code"), "red", "FB303"),
    (Codec("datetime", ("MM/DD/YYYY hh:mm",), zone="America/New_York"), "0001-01-01T00:00:00+14:00", "FB304"),
    (Codec("datetime", ("MM/DD/YYYY hh:mm",), zone="UTC"), "2026-11-22T09:30:60Z", "FB304"),
    (CONCEPT, {"coding": "red"}, "FB303"),
    (CONCEPT, {"coding": [1, {"system": [], "code": {}}]}, "FB303"),
    (Codec("concept"), {"coding": ["red"]}, "FB301"),
    (Codec("ref", reference=Reference("Goal", "goal")), {"identifier": ["x"]}, "FB307"),
    (Codec("ref", reference=Reference("Goal", "goal")), {"identifier": {"value": {}}}, "FB307"),
]


@pytest.mark.parametrize(("codec", "left", "right"), BOTH_WAYS)
def test_a_value_goes_and_comes_back(codec: Codec, left: Any, right: Any) -> None:
    assert CODECS[codec.name].to_right(left, codec, HERE) == right
    assert CODECS[codec.name].to_left(right, codec, HERE) == left


@pytest.mark.parametrize(("codec", "left", "right"), ONLY_RIGHT)
def test_a_value_comes_back_as_the_same_one(codec: Codec, left: Any, right: Any) -> None:
    spec = CODECS[codec.name]
    assert spec.to_right(left, codec, HERE) == right
    assert spec.same(left, spec.to_left(right, codec, HERE), codec, HERE)


@pytest.mark.parametrize(("codec", "right", "left"), ONLY_LEFT)
def test_what_a_partner_says_otherwise_is_understood(codec: Codec, right: Any, left: Any) -> None:
    assert CODECS[codec.name].to_left(right, codec, HERE) == left


@pytest.mark.parametrize(("codec", "left", "code"), REFUSED)
def test_what_does_not_fit_is_refused_without_its_value(codec: Codec, left: Any, code: str) -> None:
    with pytest.raises(CodecError) as caught:
        CODECS[codec.name].to_right(left, codec, HERE)
    assert caught.value.code == code
    assert not left or str(left) not in str(caught.value)


@pytest.mark.parametrize(("codec", "right", "code"), REFUSED_BACK)
def test_what_does_not_fit_on_the_way_back_is_refused(codec: Codec, right: Any, code: str) -> None:
    with pytest.raises(CodecError) as caught:
        CODECS[codec.name].to_left(right, codec, HERE)
    assert caught.value.code == code


def test_a_local_time_keeps_its_digits() -> None:
    codec = Codec("datetime", zone="Europe/London")
    assert CODECS["datetime"].to_right("2026-07-01T09:00:00.10", codec, HERE) == "2026-07-01T09:00:00.10+01:00"


def test_an_unmapped_code_takes_the_named_default() -> None:
    codec = Codec("code", ("colour", "else", "G"), table=TABLE, right_type="code", default="G")
    assert CODECS["code"].to_right("mauve", codec, HERE) == "green"


def test_a_time_without_a_zone_takes_the_maps() -> None:
    codec = Codec("datetime", zone="Europe/London")
    assert CODECS["datetime"].to_right("2026-07-01T09:00:00", codec, HERE) == "2026-07-01T09:00:00+01:00"


@given(st.dates())
def test_a_written_date_comes_back_for_every_day(day: Any) -> None:
    codec = Codec("date", ("DD.MM.YYYY",))
    iso = f"{day.year:04}-{day.month:02}-{day.day:02}"
    written = f"{day.day:02}.{day.month:02}.{day.year:04}"
    assert CODECS["date"].to_right(written, codec, HERE) == iso
    assert CODECS["date"].to_left(iso, codec, HERE) == written


def test_a_code_that_no_table_has_is_answered_with_the_codes_there_are() -> None:
    with pytest.raises(CodecError, match=r"expected a code of table colour: G, R$"):
        CODECS["code"].to_right("mauve", Codec("code", ("colour",), table=TABLE, right_type="code"), HERE)


UNMATCHED = parse_table(
    "colour",
    "source,system,target,display,equivalence,back\nR,urn:c,red,,equal,\nclear,,,,unmatched,\n*,urn:c,other,,fixed,\n",
)


def test_a_code_without_a_match_is_not_translated_by_any_default() -> None:
    codec = Codec("code", ("colour", "else", "R"), table=UNMATCHED, right_type="code", default="R")
    assert CODECS["code"].to_right("mauve", codec, HERE) == "other"
    with pytest.raises(CodecError, match=r"table colour says that this has none$"):
        CODECS["code"].to_right("clear", codec, HERE)


def test_a_code_without_a_match_is_kept_as_the_sources_own_where_the_map_says_so() -> None:
    codec = replace(CONCEPT, table=UNMATCHED)
    made = CODECS["code"].to_right("clear", codec, HERE)
    assert made["coding"] == [{"system": LOCAL, "code": "clear"}]
    assert is_unmapped(made, codec, HERE)
    assert CODECS["code"].to_left(made, codec, HERE) == "clear"


def test_what_a_line_translates_is_not_called_unmapped() -> None:
    for right_type in ("CodeableConcept", "Coding", "code"):
        codec = replace(CONCEPT, right_type=right_type)
        assert not is_unmapped(CODECS["code"].to_right("R", codec, HERE), codec, HERE)


def test_a_local_code_of_another_source_is_not_taken_for_ours() -> None:
    made = CODECS["code"].to_right("mauve", CONCEPT, Context("harlan"))
    with pytest.raises(CodecError):
        CODECS["code"].to_left({"coding": made["coding"]}, CONCEPT, HERE)


SAME = [
    (Codec("copy"), Decimal("1.0"), Decimal("1.0"), True),
    (Codec("copy"), Decimal("1.0"), Decimal("1.00"), False),
    (Codec("copy"), True, 1, False),
    (Codec("verbatim"), "a", "a ", False),
    (Codec("markdown"), "a\r\nb", "a\nb", True),
    (Codec("markdown"), 7, "a", False),
    (Codec("date"), "2026", "2026-01", False),
    (Codec("datetime", zone=LONDON), "2026-07-01T09:00:00", "2026-07-01T08:00:00.000Z", True),
    (Codec("datetime", zone=LONDON), "2026-07-01T09:00:00Z", "2026-07-01T09:00:00.0000001Z", False),
    (Codec("datetime", zone=LONDON), "2026-07-01", "2026-07-01T00:00:00Z", False),
    (Codec("datetime", zone=LONDON), "2026-07-01", "tomorrow", False),
    (Codec("datetime", zone=LONDON), "2026-07-01", None, False),
    (PERIOD, {"a": "2026-07-01T09:00:00"}, {"a": "2026-07-01T08:00:00Z", "b": None}, True),
    (PERIOD, {"a": "2026"}, {"a": "soon"}, False),
    (WEEKS, 3, Decimal("3.0"), True),
    (WEEKS, 3, "3", False),
    (Codec("integer"), "007", "7", True),
    (Codec("decimal"), "07.5", "7.5", True),
    (Codec("decimal"), "7.5", "7.50", False),
    (Codec("decimal"), "7.5", "x", False),
    (CONCEPT, "R", "G", False),
    (CONCEPT, "mauve", "mauve", True),
    (CONCEPT, "mauve", None, False),
    (replace(CONCEPT, table=UNMATCHED), "mauve", "puce", True),
    (KEYED, "7", "07", False),
]


@pytest.mark.parametrize(("codec", "one", "other", "expected"), SAME)
def test_two_spellings_of_one_value_are_the_same(codec: Codec, one: Any, other: Any, expected: bool) -> None:
    assert CODECS[codec.name].same(one, other, codec, HERE) is expected
    assert CODECS[codec.name].same(other, one, codec, HERE) is expected
