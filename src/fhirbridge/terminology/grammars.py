"""Code systems that are grammars or registers, not lists: languages, media types, units, countries, currencies, zones.

Laws of this file: what breaks the grammar is no code; what keeps it and stands in no list here is `unlisted`, never
taken for a code.
Source: http://hl7.org/fhir/R4/terminologies-systems.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache, cached_property
from zoneinfo import ZoneInfo

from fhirbridge.terminology import ucum
from fhirbridge.terminology.answers import UNLISTED, Known
from fhirbridge.terminology.systems import Concept

Listing = Callable[[str], Mapping[str, str]]
"""Value set URL -> the codes it names, with their displays."""

_VALUE_SETS = "http://hl7.org/fhir/ValueSet/"
UNITS, COUNTRIES, LANGUAGES = f"{_VALUE_SETS}ucum-common", f"{_VALUE_SETS}iso3166-1-2", f"{_VALUE_SETS}languages"

_LANGUAGE = re.compile(
    r"""(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})                  # language, extended language
        (?:-[a-z]{4})?(?:-(?:[a-z]{2}|[0-9]{3}))?                    # script, region
        (?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*                     # variants
        (?:-[0-9a-wy-z](?:-[a-z0-9]{2,8})+)*(?:-x(?:-[a-z0-9]{1,8})+)?
      | x(?:-[a-z0-9]{1,8})+""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
"""Source: RFC 5646 section 2.1, without the grandfathered tags."""
_SHORT_LANGUAGES = (
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en "
    "eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv "
    "ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne "
    "ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg sh si sk sl sm sn so sq sr ss "
    "st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu"
)
"""ISO 639-1."""
_MEDIA_TYPE = re.compile(
    r"(?:application|audio|chemical|example|font|image|message|model|multipart|text|video|x-[a-z0-9.+-]{1,60})"
    r"/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}(?:[ ]?;[ ]?[a-z0-9!#$&^_.+-]{1,60}=(?:[^\s\";]{1,120}|\"[^\"]{0,120}\"))*",
    re.IGNORECASE | re.ASCII,
)
"""Source: RFC 6838 section 4.2, with parameters as in RFC 2045."""
_CURRENCIES = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF "
    "CHE CHF CHW CLF CLP CNY COP COU CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD "
    "GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP "
    "LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN "
    "PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS "
    "TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XAG XAU XBA XBB XBC XBD XCD "
    "XDR XOF XPD XPF XPT XSU XTS XUA XXX YER ZAR ZMW ZWL"
)
"""ISO 4217, the codes in force when R4 was published and those that came since."""
_COUNTRY = re.compile(r"[A-Z]{3}|[0-9]{3}", re.ASCII)
_SUBDIVISION = re.compile(r"[A-Z]{2}-[A-Z0-9]{1,3}", re.ASCII)
_URI = re.compile(r"[a-z][a-z0-9+.-]*:\S+", re.IGNORECASE | re.ASCII)


class GrammarSystem:
    """A code system that is known by a rule; its displays are those of a value set that names some of its codes."""

    version = ""
    has_own_displays = False

    def __init__(self, url: str, name: str, rule: Callable[[str], Known], displays: Callable[[], Mapping[str, str]]):
        self.url, self.name = url, name
        self.has = rule
        self._displays = displays

    def find(self, code: str) -> Concept | None:
        """Return the concept of a code, with its display where one is known."""
        display = self._displays().get(code)
        return Concept(code, display or "") if display or self.has(code) is True else None


class Grammars:
    """The grammars, by the URL of their code system; what is listed comes from value sets that are asked for late."""

    def __init__(self, listing: Listing) -> None:
        self._listing = listing
        listed = cache(listing)
        rows = (
            ("urn:ietf:bcp:47", "BCP47", _language, lambda: listed(LANGUAGES)),
            ("urn:ietf:bcp:13", "MimeTypes", _matching(_MEDIA_TYPE), _nothing),
            ("http://unitsofmeasure.org", "UCUM", self._unit, lambda: listed(UNITS)),
            ("urn:iso:std:iso:3166", "ISO3166", self._country, lambda: listed(COUNTRIES)),
            ("urn:iso:std:iso:3166:-2", "ISO3166Part2", self._subdivision, _nothing),
            ("urn:iso:std:iso:4217", "ISO4217", _among(_CURRENCIES), _nothing),
            ("https://www.iana.org/time-zones", "TimeZones", _zone, _nothing),
            ("urn:ietf:rfc:3986", "URI", _matching(_URI), _nothing),
        )
        self._systems = {url: GrammarSystem(url, name, rule, displays) for url, name, rule, displays in rows}

    def find(self, url: str) -> GrammarSystem | None:
        """Return the grammar of a code system."""
        return self._systems.get(url)

    def _unit(self, code: str) -> Known:
        return True if code in self._listing(UNITS) else ucum.check_unit(code, self._units)

    @cached_property
    def _units(self) -> frozenset[str]:
        """The units that the common ones are made of."""
        return frozenset(each for code in self._listing(UNITS) for each in ucum.read_unit(code) or ())

    def _country(self, code: str) -> Known:
        return code in self._listing(COUNTRIES) or (UNLISTED if _COUNTRY.fullmatch(code) else False)

    def _subdivision(self, code: str) -> Known:
        return UNLISTED if _SUBDIVISION.fullmatch(code) and self._country(code[:2]) is True else False


def _nothing() -> Mapping[str, str]:
    return {}


def _matching(pattern: re.Pattern[str]) -> Callable[[str], Known]:
    return lambda code: pattern.fullmatch(code) is not None


def _among(codes: str) -> Callable[[str], Known]:
    return frozenset(codes.split()).__contains__


_is_short_language = _among(_SHORT_LANGUAGES)


def _language(code: str) -> Known:
    if len(code) > 100 or not _LANGUAGE.fullmatch(code):
        return False
    first = code.split("-")[0].lower()
    if len(first) != 2:
        return True if first == "x" else UNLISTED
    return _is_short_language(first)


def _zone(code: str) -> Known:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_+/-]{1,60}", code):
        return False
    try:
        return bool(ZoneInfo(code).key)
    except (OSError, ValueError, KeyError):  # a zone that is not there is a KeyError
        return False
