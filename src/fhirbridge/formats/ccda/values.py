"""The datatypes of HL7 V3 as values of a tree: times, coded values, identifiers, names, addresses, telecoms.

Laws of this file: what has a nullFlavor or cannot be read is absent; a partial time stays partial; a time without a
zone stays one without, the map names the zone.
Source: HL7 V3 Data Types Release 1 (TS, CD, II, PN, AD, TEL) as CDA R2 uses them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from fhirbridge.formats.ccda.systems import system_of

Tree = dict[str, Any]
Node = etree._Element

V3 = "urn:hl7-org:v3"
SDTC = "urn:hl7-org:sdtc"
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
NAMES = {"v": V3, "sdtc": SDTC}

_TIME = re.compile(
    r"(\d{4})(\d\d)?(\d\d)?(?:(\d\d)(\d\d)?(\d\d)?(?:\.\d+)?)?([+-]\d{4}|Z)?",
    re.ASCII,
)
_GENDERS = {"F": "female", "M": "male", "UN": "other"}


def all_(node: Node | None, path: str) -> list[Node]:
    """Return the elements at a path of V3 names, such as `v:patient/v:name`, without those that say "null"."""
    if node is None:
        return []
    found = node.findall(path, NAMES)
    return [each for each in found if each.get("nullFlavor") is None]


def first(node: Node | None, path: str) -> Node | None:
    """Return the first element at a path, None where there is none."""
    return next(iter(all_(node, path)), None)


def first_value(node: Node | None) -> Node | None:
    """Return the `value` of an observation, also one that has a nullFlavor: its translation may say what it is."""
    return node.find("v:value", NAMES) if node is not None else None


def words(node: Node | None) -> str | None:
    """Return the text of an element and all below it, blanks of the layout folded; None where there is none."""
    if node is None:
        return None
    text = " ".join("".join(map(str, node.itertext())).split())
    return text or None


LINES = frozenset({"item", "paragraph", "tr", "caption", "br"})
CELLS = frozenset({"td", "th"})


def narrative(node: Node | None) -> str | None:
    """Return the text of a section: a line for each paragraph, item and row, cells parted by a bar; None if empty."""
    if node is None:
        return None
    lines = (" ".join(line.split()).strip("| ") for line in "".join(_pieces(node)).split("\n"))
    return "\n".join(line for line in lines if line) or None


def _pieces(node: Node) -> Iterator[str]:
    name = etree.QName(node).localname if isinstance(node.tag, str) else ""
    yield "\n" if name in LINES else " | " if name in CELLS else ""
    yield " ".join((node.text or "").split("\n"))
    for child in node:
        yield from _pieces(child)
        yield " ".join((child.tail or "").split("\n"))
    yield "\n" if name in LINES else ""


def filled(**values: Any) -> Tree:
    """Return the values that are there, as a tree."""
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}


# -- times


def moment(node: Node | None) -> str | None:
    """Return a TS as FHIR writes a date or dateTime, as precise as it is; None where it cannot be read.

    A time to the minute gets seconds, as FHIR wants them; an hour alone is a day.
    """
    match = _TIME.fullmatch(node.get("value", "")) if node is not None else None
    if match is None:
        return None
    year, month, day, hour, minute, second, zone = match.groups()
    date = "-".join(part for part in (year, month, day) if part)
    if not (day and hour and minute):
        return date
    offset = zone if zone in (None, "Z") else f"{zone[:3]}:{zone[3:]}"
    return f"{date}T{hour}:{minute}:{second or '00'}{offset or ''}"


def day(node: Node | None) -> str | None:
    """Return the day, month or year of a TS."""
    text = moment(node)
    return text.partition("T")[0] if text else None


def span(node: Node | None) -> tuple[str | None, str | None]:
    """Return the first and last day of an IVL_TS; a single time is the first."""
    if node is None:
        return None, None
    low, high = first(node, "v:low"), first(node, "v:high")
    return day(low if low is not None else node), day(high)


# -- codes and identifiers


def coded(node: Node | None, texts: dict[str, str]) -> Tree:
    """Return {text, code, system} of a CD: its own words first, then its display, then what a translation says.

    A code of a system that has no FHIR name travels under its OID. `texts`: of the section, by their ID.
    """
    if node is None:
        return {}
    code = node if node.get("code") else first(node, "v:translation")
    known = code is not None and code.get("code")
    said = referenced(first(node, "v:originalText"), texts) or node.get("displayName")
    shown = code.get("displayName") if code is not None else None
    return filled(
        text=said or shown or (code.get("code") if code is not None else None),
        code=code.get("code") if code is not None and known else None,
        system=system_of(code.get("codeSystem", "")) if code is not None and known else None,
    )


def identifier(node: Node | None) -> Tree:
    """Return {system, value} of an II; without an extension the root alone is the value."""
    root = node.get("root", "") if node is not None else ""
    extension = node.get("extension", "") if node is not None else ""
    if not root:
        return {}
    return {"system": system_of(root) if extension else "urn:ietf:rfc:3986", "value": extension or root}


def key_of(node: Node | None) -> str | None:
    """Return what tells an entry from others: the root and extension of its first id."""
    ident = first(node, "v:id")
    if ident is None:
        return None
    return ".".join(part for part in (ident.get("root"), ident.get("extension")) if part) or None


def referenced(node: Node | None, texts: dict[str, str]) -> str | None:
    """Return the words of an ED: those it points at in the narrative, else its own."""
    reference = first(node, "v:reference")
    target = reference.get("value", "") if reference is not None else ""
    return texts.get(target.removeprefix("#")) or words(node)


# -- people and places


def names(node: Node | None) -> Iterator[Tree]:
    """Yield each PN as {family, given}."""
    for name in all_(node, "v:name"):
        given = [text for each in all_(name, "v:given") if (text := words(each))]
        parts = filled(family=words(first(name, "v:family")), given=given)
        if not parts and (text := words(name)):
            parts = {"family": text}
        if parts:
            yield parts


def full_name(node: Node | None) -> str | None:
    """Return a PN or ON as one text: prefix, given, family, suffix in their order."""
    name = first(node, "v:name")
    if name is None:
        return None
    parts = [text for each in name if isinstance(each.tag, str) and (text := words(each))]
    return " ".join(parts) or words(name)


def telecoms(node: Node | None) -> Iterator[Tree]:
    """Yield each TEL as {system, value}: phone or email."""
    for each in all_(node, "v:telecom"):
        scheme, _, value = each.get("value", "").partition(":")
        system = {"tel": "phone", "mailto": "email"}.get(scheme)
        if system and value:
            yield {"system": system, "value": value}


def phone(node: Node | None) -> str | None:
    """Return the first telephone number."""
    return next((each["value"] for each in telecoms(node) if each["system"] == "phone"), None)


def addresses(node: Node | None) -> Iterator[Tree]:
    """Yield each AD as {lines, city, postcode, country}; the state stands with the city, as on an envelope."""
    for each in all_(node, "v:addr"):
        lines = [text for line in all_(each, "v:streetAddressLine") if (text := words(line))]
        place = [text for name in ("city", "state") if (text := words(first(each, f"v:{name}")))]
        parts = filled(
            lines=lines,
            city=", ".join(place),
            postcode=words(first(each, "v:postalCode")),
            country=words(first(each, "v:country")),
        )
        if parts:
            yield parts


def gender(node: Node | None) -> str | None:
    """Return administrative gender as FHIR names it."""
    return _GENDERS.get(node.get("code", ""), "unknown") if node is not None else None


def organisation(node: Node | None) -> Tree:
    """Return {number, name, phone} of an organisation."""
    return filled(
        number=identifier(first(node, "v:id")).get("value"), name=words(first(node, "v:name")), phone=phone(node)
    )


def worker(assigned: Node | None) -> Tree:
    """Return {number, name, role, phone} of an assigned person or author; nothing of one without number or name."""
    code = first(assigned, "v:code")
    person = first(assigned, "v:assignedPerson")
    found = filled(
        number=identifier(first(assigned, "v:id")).get("value"),
        name=full_name(person),
        role=code.get("displayName") if code is not None else None,
        phone=phone(assigned),
    )
    return found if {"number", "name"} <= found.keys() else {}
