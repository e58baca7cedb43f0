"""Which format a body is in and which one the caller wants. Tables only; no request is known here.

Source: http://hl7.org/fhir/R4/http.html#mime-type, RFC 9110 section 12.5.1 (Accept)
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

from fhirbridge.errors import NotAcceptable, UnsupportedMediaType


class Format(StrEnum):
    """The two FHIR formats, by the media type they are answered with."""

    JSON = "application/fhir+json"
    XML = "application/fhir+xml"


MEDIA_TYPES: dict[str, Format] = {
    "application/fhir+json": Format.JSON,
    "application/json": Format.JSON,
    "application/json+fhir": Format.JSON,
    "text/json": Format.JSON,
    "json": Format.JSON,
    "application/fhir+xml": Format.XML,
    "application/xml": Format.XML,
    "application/xml+fhir": Format.XML,
    "text/xml": Format.XML,
    "xml": Format.XML,
}
"""Media types and `_format` words this server knows. Each is good in requests and in answers."""

_TAG = re.compile(r'(?:W/)?"(\d{1,9})"', re.ASCII)
WILDCARDS = frozenset(["*/*", "application/*"])
CHARSETS = frozenset(["utf-8", "utf8", "us-ascii"])
FHIR_VERSIONS = frozenset(["4.0", "4.0.1"])


class MediaRange(NamedTuple):
    """One entry of an Accept header: type, lower-case parameters, quality between 0 and 1."""

    type: str
    params: dict[str, str]
    quality: float


def parse_media_range(text: str) -> MediaRange:
    """Return one media type with its parameters.

    >>> parse_media_range("application/fhir+json; fhirVersion=4.0; q=0.8")
    MediaRange(type='application/fhir+json', params={'fhirversion': '4.0'}, quality=0.8)
    """
    type_, *parts = [part.strip() for part in text.split(";")]
    pairs = [part.partition("=") for part in parts if part]
    params = {name.strip().lower(): value.strip().strip('"').lower() for name, _, value in pairs}
    quality = _quality(params.pop("q", "1"))
    return MediaRange(type_.lower(), params, quality)


def _quality(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 0.0


def choose_format(accept: str, format_: str = "") -> Format:
    """Return the format to answer in. `_format` wins over Accept; JSON is what silence and wildcards get.

    Raises:
        NotAcceptable: neither JSON nor XML of FHIR R4 is wanted.

    >>> choose_format("application/fhir+xml, */*; q=0.1"), choose_format("text/html,*/*"), choose_format("", "xml")
    (<Format.XML: 'application/fhir+xml'>, <Format.JSON: 'application/fhir+json'>, <Format.XML: 'application/fhir+xml'>)
    """
    wanted = format_.replace(" ", "+") or accept or "*/*"  # a plus sign in a query string arrives as a space
    ranges = sorted((parse_media_range(part) for part in wanted.split(",")), key=lambda each: -each.quality)
    for each in ranges:
        found = Format.JSON if each.type in WILDCARDS else MEDIA_TYPES.get(each.type)
        if found and each.quality > 0 and _is_r4(each.params):
            return found
    raise NotAcceptable("this server answers in application/fhir+json or application/fhir+xml, FHIR version 4.0")


def body_format(content_type: str) -> Format:
    """Return the format of a FHIR body.

    Raises:
        UnsupportedMediaType: it is neither FHIR JSON nor FHIR XML in UTF-8.
    """
    media = parse_media_range(content_type)
    found = MEDIA_TYPES.get(media.type) if "/" in media.type else None
    if found is None or not _is_utf8(media.params) or not _is_r4(media.params):
        raise UnsupportedMediaType("expected application/fhir+json or application/fhir+xml in UTF-8, FHIR version 4.0")
    return found


def parse_version(if_match: str | None) -> int | None:
    """Return the version that an If-Match header names, None when there is no header.

    A tag that was never given out is the version -1, which no resource has: the precondition fails.

    >>> parse_version('W/"3"'), parse_version('"3"'), parse_version(None), parse_version('"abc"')
    (3, 3, None, -1)
    """
    if if_match is None:
        return None
    match = _TAG.fullmatch(if_match.strip())
    return int(match[1]) if match else -1


def _is_utf8(params: dict[str, str]) -> bool:
    return params.get("charset", "utf-8") in CHARSETS


def _is_r4(params: dict[str, str]) -> bool:
    return params.get("fhirversion", "4.0") in FHIR_VERSIONS
