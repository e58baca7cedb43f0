"""The codecs: what each makes of a value, both ways, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhirbridge.mapping.codecs import CODECS, CodecError, Context
from fhirbridge.mapping.model import Codec, Reference
from fhirbridge.terminology.tables import parse_table

HERE = Context("riverside", {("Patient", "urn:n", "7"): "p-7"})
TABLE = parse_table(
    "colour", "source,system,target,display,equivalence,back\nR,urn:c,red,Red,equal,\nG,urn:c,green,,equal,\n"
)
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
    (CONCEPT, "mauve", {"text": "mauve"}),
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
    (Codec("datetime", zone="UTC"), "2026-11-22T09:30:60", "FB304"),
    (Codec("quantity", ("d",)), "3", "FB301"),
    (Codec("quantity", ("d",)), True, "FB301"),
    (Codec("integer"), "١٢", "FB308"),
    (Codec("flag", ("Y", "N")), ["Y"], "FB308"),
    (Codec("ref", reference=Reference("Goal", "goal")), "\ud800", "FB302"),
    (Codec("ref", reference=Reference("Patient", "", key_field="n", system_field="s")), {"n": "7"}, "FB302"),
    (Codec("integer"), "1.5", "FB308"),
    (Codec("flag", ("Y", "N")), "maybe", "FB308"),
    (Codec("code", ("colour",), table=TABLE, right_type="code"), "mauve", "FB303"),
    (Codec("ref", reference=Reference("Goal", "goal", block="goal", key_field="id")), {}, "FB302"),
]

REFUSED_BACK = [
    (Codec("date", ("MM/DD/YYYY",)), "2026-11", "FB304"),
    (Codec("datetime", ("MM/DD/YYYY hh:mm",), zone="UTC"), "2026-11-22", "FB304"),
    (Codec("quantity", ("d",)), {"value": 3, "code": "wk"}, "FB301"),
    (Codec("code", ("colour",), table=TABLE, right_type="code"), "blue", "FB303"),
    (Codec("ref", reference=Reference("Goal", "goal")), {"reference": "Goal/1"}, "FB307"),
    (Codec("ref", reference=Reference("Goal", "goal")), {"identifier": {"system": "urn:x", "value": "1"}}, "FB307"),
    (Codec("integer"), True, "FB301"),
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
