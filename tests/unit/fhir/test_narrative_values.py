"""FHIR values in words: what is said of each type, and that odd values never break anything."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhirbridge.fhir.narrative.values import _SAID, short_name, words

LOOSE_ENDS: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["text", "coding", "display", "value", "start", "low", "repeat", "reference", "given"]),
            inner,
        )
    ),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("type_", "value", "said"),
    [
        ("date", "2026-12-04", "4 Dec 2026"),
        ("date", "2026-12", "Dec 2026"),
        ("date", "2026", "2026"),
        ("date", "spring", "spring"),
        ("dateTime", "2026-11-20T07:30:00-05:00", "20 Nov 2026, 07:30 -05:00"),
        ("instant", "2026-11-20T07:30:15.250Z", "20 Nov 2026, 07:30:15 UTC"),
        ("dateTime", "2026-11-20", "20 Nov 2026"),
        ("Period", {"start": "2026-12-04", "end": "2027-06-04"}, "4 Dec 2026 to 4 Jun 2027"),
        ("Period", {"start": "2026"}, "from 2026"),
        ("Period", {"end": "2026-05"}, "until May 2026"),
        ("Period", {}, ""),
        ("boolean", True, "Yes"),
        ("boolean", False, "No"),
        ("boolean", "x", ""),
        ("code", "entered-in-error", "entered in error"),
        ("Coding", {"code": "on-hold"}, "on hold"),
        ("Coding", {"code": "x1", "display": "Housing"}, "Housing"),
        ("CodeableConcept", {"text": "Nowhere to live", "coding": [{"display": "Homeless"}]}, "Nowhere to live"),
        ("CodeableConcept", {"coding": [{}, {"display": "Homeless"}]}, "Homeless"),
        ("CodeableConcept", {"coding": "x"}, ""),
        ("Reference", {"reference": "Goal/g", "display": "A flat"}, "A flat"),
        ("Reference", {"reference": "Goal/g", "identifier": {"value": "G-1"}}, "G-1"),
        ("Reference", {"reference": "https://ehr.example/fhir/Goal/g"}, "Goal"),
        ("Reference", {"type": "Goal"}, "Goal"),
        ("Identifier", {"system": "urn:x", "value": "17"}, "17"),
        ("Quantity", {"value": Decimal("2.50"), "unit": "mg"}, "2.50 mg"),
        ("Quantity", {"comparator": "<", "value": 5, "code": "d"}, "< 5 d"),
        ("Quantity", {"unit": "mg"}, ""),
        ("Duration", {"value": 0, "unit": "weeks"}, "0 weeks"),
        ("Range", {"low": {"value": 1}, "high": {"value": 2, "unit": "h"}}, "1 to 2 h"),
        ("Ratio", {"numerator": {"value": 1}, "denominator": {"value": 2}}, "1 per 2"),
        ("Money", {"value": 5, "currency": "USD"}, "5 USD"),
        ("Annotation", {"text": "Two good weeks", "authorString": "Dana", "time": "2026-11-16"},
         "Two good weeks (Dana, 16 Nov 2026)"),
        ("Annotation", {"text": "Two good weeks", "authorReference": {"display": "Dana"}}, "Two good weeks (Dana)"),
        ("Annotation", {"text": "Two good weeks"}, "Two good weeks"),
        ("HumanName", {"family": "Vega", "given": ["Marisol", "Inés"], "prefix": ["Ms"]}, "Ms Marisol Inés Vega"),
        ("HumanName", {"text": "Mari", "family": "Vega"}, "Mari"),
        ("Address", {"line": ["1 Canal St"], "city": "Harlan", "postalCode": "40831"}, "1 Canal St, Harlan, 40831"),
        ("ContactPoint", {"value": "+1 555 0199", "use": "mobile"}, "+1 555 0199 (mobile)"),
        ("ContactPoint", {"use": "mobile"}, ""),
        ("Attachment", {"contentType": "text/plain"}, "text/plain"),
        ("Timing", {"code": {"text": "Tuesdays"}, "repeat": {"frequency": 1, "period": 1, "periodUnit": "wk"}},
         "Tuesdays, once in 1 wk"),
        ("Timing", {"event": ["2026-12-01"], "repeat": {"boundsPeriod": {"start": "2026"}}}, "from 2026, 1 Dec 2026"),
        ("string", " as it is ", " as it is "),
        ("integer", 50, "50"),
        ("decimal", Decimal("1.0"), "1.0"),
        ("Dosage", {"text": "one each morning"}, "one each morning"),
        ("Dosage", True, "Yes"),
        ("string", None, ""),
    ],
)  # fmt: skip
def test_a_value_is_said_in_words(type_: str, value: Any, said: str) -> None:
    assert words(type_, value) == said


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([*_SAID, "string", "Dosage"]), LOOSE_ENDS)
def test_whatever_stands_there_something_is_said(type_: str, value: Any) -> None:
    assert isinstance(words(type_, value), str)


@pytest.mark.parametrize(
    ("resource", "said"),
    [
        ({"name": [{"family": "Boyd", "given": ["Terrence"]}]}, "Terrence Boyd"),
        ({"name": "Harbour House"}, "Harbour House"),
        ({"description": {"text": "A flat"}, "code": {"text": "x"}}, "A flat"),
        ({"code": {"coding": [{"code": "75773-2"}]}, "valueString": "Mornings"}, "Mornings"),
        ({"status": "active"}, ""),
    ],
)
def test_a_resource_is_called_by_its_name_or_its_words(resource: dict[str, Any], said: str) -> None:
    assert short_name(resource) == said
