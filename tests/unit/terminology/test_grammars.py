from __future__ import annotations

from collections.abc import Mapping

import pytest

from fhirbridge.terminology.answers import UNLISTED
from fhirbridge.terminology.grammars import COUNTRIES, UNITS, Grammars
from fhirbridge.terminology.ucum import MAX_UNIT, check_unit, read_unit

BCP47, MIME, UCUM = "urn:ietf:bcp:47", "urn:ietf:bcp:13", "http://unitsofmeasure.org"
COUNTRY, REGION, MONEY = "urn:iso:std:iso:3166", "urn:iso:std:iso:3166:-2", "urn:iso:std:iso:4217"
ZONE, URI = "https://www.iana.org/time-zones", "urn:ietf:rfc:3986"


def listing(url: str) -> Mapping[str, str]:
    return {UNITS: {"[foz_us]/d": "ounce per day", "{# of tablets}": "tablets"}, COUNTRIES: {"GB": "UK"}}.get(url, {})


@pytest.mark.parametrize(
    ("system", "code"),
    [(BCP47, "en"), (BCP47, "en-GB"), (BCP47, "zh-Hant-TW"), (BCP47, "sl-rozaj"), (BCP47, "x-a"), (MIME, "text/plain"),
     (MIME, "application/fhir+json; fhirVersion=4.0"), (MIME, 'text/plain; charset="utf-8"'), (UCUM, "mg/dL"),
     (UCUM, "{# of tablets}"), (UCUM, "[foz_us]"), (COUNTRY, "GB"), (MONEY, "USD"), (ZONE, "America/New_York"),
     (URI, "urn:oid:1.2")],
)  # fmt: skip
def test_a_code_of_the_grammar_is_in(system: str, code: str) -> None:
    grammar = Grammars(listing).find(system)
    assert grammar and grammar.has(code) is True
    assert grammar.find(code)


@pytest.mark.parametrize(
    ("system", "code"),
    [(BCP47, "english!"), (BCP47, "qq"), (BCP47, "en_GB"), (BCP47, "en-" + "abcde-" * 50), (MIME, "plain"),
     (MIME, "txt/plain"), (UCUM, "mg per dL"), (COUNTRY, "gb"), (COUNTRY, "ZZ"), (REGION, "GB_SCT"), (REGION, "ZZ-1"),
     (MONEY, "XYZ"), (ZONE, "Mars/Olympus"), (ZONE, "../etc/passwd"), (ZONE, "America"), (URI, "no scheme")],
)  # fmt: skip
def test_what_breaks_the_grammar_is_out(system: str, code: str) -> None:
    grammar = Grammars(listing).find(system)
    assert grammar and grammar.has(code) is False
    assert grammar.find(code) is None


@pytest.mark.parametrize(
    ("system", "code"), [(BCP47, "sco"), (UCUM, "[foo_us]"), (COUNTRY, "GBR"), (COUNTRY, "826"), (REGION, "GB-SCT")]
)
def test_what_keeps_the_grammar_and_is_listed_nowhere_stays_unknown(system: str, code: str) -> None:
    grammar = Grammars(listing).find(system)
    assert grammar and grammar.has(code) == UNLISTED


def test_a_system_that_is_no_grammar_is_not_found() -> None:
    assert Grammars(listing).find("http://snomed.info/sct") is None


def test_a_display_of_a_grammar_is_the_one_of_its_value_set() -> None:
    grammar = Grammars(listing).find(UCUM)
    found = grammar.find("[foz_us]/d") if grammar else None
    assert found and found.display == "ounce per day"


@pytest.mark.parametrize(
    ("code", "units"),
    [("kg/m2", ["kg", "m"]), ("/min", ["min"]), ("10*3/uL", ["10*", "uL"]), ("{puffs}/d", ["d"]), ("1/d", ["d"]),
     ("mg/(kg.h){body}", ["mg", "kg", "h"]), ("mm[Hg]", ["mm[Hg]"]), ("12", []), ("s-1", ["s"]), ("2{x}.g", ["g"])],
)  # fmt: skip
def test_a_unit_falls_into_its_parts(code: str, units: list[str]) -> None:
    assert read_unit(code) == units


@pytest.mark.parametrize(
    "code", ["", "/", "kg//m", "(kg", "kg)", "m2 ", "kg.", "µg", "a{b", "{a}{b}", "m" * (MAX_UNIT + 1)]
)
def test_what_is_no_unit_has_no_parts(code: str) -> None:
    assert read_unit(code) is None


@pytest.mark.parametrize("code", ["TAB", "drop", "mEq", "ea", "mcg", "ml/hr", "months", "kmin", "k10*"])
def test_a_word_of_no_list_is_no_unit(code: str) -> None:
    assert check_unit(code, ()) is False


@pytest.mark.parametrize("code", ["mo", "dB[SPL]", "cal_th", "10*6/L", "%", "ug/kg/min", "[degF]", "{tbl}/wk"])
def test_units_of_ucum_are_units(code: str) -> None:
    assert check_unit(code, ["[degF]"]) is True


def test_a_prefix_makes_a_metric_unit_and_no_other() -> None:
    assert check_unit("dam/us", ()) is True
    assert check_unit("k[foz_us]", ["[foz_us]"]) == UNLISTED
