"""Which format is answered and which body is taken."""

from __future__ import annotations

import pytest

from fhirbridge.errors import NotAcceptable, UnsupportedMediaType
from fhirbridge.web.negotiation import Format, body_format, choose_format, parse_version


@pytest.mark.parametrize(
    ("accept", "format_", "expected"),
    [
        ("", "", Format.JSON),
        ("*/*", "", Format.JSON),
        ("text/html, application/xhtml+xml, */*;q=0.8", "", Format.JSON),
        ("application/fhir+json, */*; q=0.1", "", Format.JSON),
        ("application/json", "", Format.JSON),
        ("application/fhir+xml", "", Format.XML),
        ("text/xml;q=0.9, application/json;q=0.5", "", Format.XML),
        ("application/json;q=0, application/xml", "", Format.XML),
        ("application/fhir+json; fhirVersion=4.0", "", Format.JSON),
        ("application/fhir+json", "xml", Format.XML),
        ("application/fhir+xml", "json", Format.JSON),
        ("", "application/fhir xml", Format.XML),
        ("text/html", "application/fhir+json", Format.JSON),
    ],
)
def test_format_words_win_over_accept_and_quality_orders(accept: str, format_: str, expected: Format) -> None:
    assert choose_format(accept, format_) is expected


@pytest.mark.parametrize(
    ("accept", "format_"),
    [
        ("text/html", ""),
        ("application/fhir+json; fhirVersion=5.0", ""),
        ("application/json;q=0", ""),
        ("application/json;q=none", ""),
        ("*/*", "turtle"),
    ],
)
def test_what_cannot_be_made_is_refused(accept: str, format_: str) -> None:
    with pytest.raises(NotAcceptable):
        choose_format(accept, format_)


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("application/fhir+json", Format.JSON),
        ("application/json; charset=UTF-8", Format.JSON),
        ("application/fhir+xml; charset=utf-8; fhirVersion=4.0", Format.XML),
        ("text/xml", Format.XML),
    ],
)
def test_fhir_bodies_are_known_by_their_content_type(content_type: str, expected: Format) -> None:
    assert body_format(content_type) is expected


@pytest.mark.parametrize(
    "content_type",
    ["", "json", "text/plain", "application/json; charset=utf-16", "application/fhir+json; fhirVersion=3.0"],
)
def test_other_bodies_are_refused(content_type: str) -> None:
    with pytest.raises(UnsupportedMediaType):
        body_format(content_type)


@pytest.mark.parametrize(
    ("header", "version"),
    [
        (None, None),
        ('W/"3"', 3),
        ('"3"', 3),
        (' W/"12" ', 12),
        ("3", -1),
        ("*", -1),
        ('W/"x"', -1),
        ('W/"1", W/"2"', -1),
    ],
)
def test_if_match_names_one_version_or_one_that_nothing_has(header: str | None, version: int | None) -> None:
    assert parse_version(header) == version
