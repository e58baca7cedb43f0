"""The narrative: one XHTML div, well-formed, with content, without anything that acts.

Its tags are looked at once each, however often they stand there, against a list of what is allowed; whether they nest
is told by an XML parser that calls nothing back. So both steps run at the speed of C.
Source: http://hl7.org/fhir/R4/narrative.html#xhtml (txt-1, txt-2)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.parsers import expat  # document types are refused before it sees the text, so no entity is ever expanded

XHTML = "http://www.w3.org/1999/xhtml"

_ELEMENTS = frozenset(  # words read better than fifty quoted lines
    """
    a abbr acronym address area b bdo big blockquote br caption cite code col colgroup dd dfn div dl dt em h1 h2
    h3 h4 h5 h6 hr i img kbd li map ol p pre q samp small span strong sub sup table tbody td tfoot th thead tr tt
    ul var
    """.split()  # noqa: SIM905
)
_ATTRIBUTES = frozenset(
    """
    abbr accesskey align axis char charoff class colspan dir headers id lang rowspan scope span style tabindex
    title valign width
    """.split()  # noqa: SIM905
)
_OWN = frozenset(
    """
    a.charset a.coords a.href a.hreflang a.name a.rel a.rev a.shape a.type area.alt area.coords area.href
    area.nohref area.shape blockquote.cite img.alt img.border img.height img.ismap img.longdesc img.src img.usemap
    img.width map.name pre.space q.cite table.border table.cellpadding table.cellspacing table.frame table.rules
    table.summary table.width td.nowrap
    """.split()  # noqa: SIM905
)
"""Attributes that only one element has."""
_BLOCKS = ("div", "blockquote", "table", "ol", "ul", "p")
_ADDRESSES = ("href", "src")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:")
_SCHEMES = ("http:", "https:", "mailto:", "tel:", "data:image/")

_PLAIN = frozenset(f"<{form}>" for name in _ELEMENTS for form in (name, f"/{name}", f"{name}/", f"{name} /"))
"""Tags without attributes."""
_ASIDE = re.compile(r"<!--.*?-->|<!\[CDATA\[.*?\]\]>", re.DOTALL)
_SIMPLE_TAGS = re.compile(r"<[^>]*>?")
"""Cuts a tag short at a `>` in quotes; what is left is then no tag, and the slower pattern has the word."""
_TAGS = re.compile(r"<[^>\"']*(?:(?:\"[^\"]*\"|'[^']*')[^>\"']*)*>?")
_TAG = re.compile(r"<([A-Za-z][A-Za-z0-9]*)((?:\s+[A-Za-z_:][\w:.-]*\s*=\s*(?:\"[^\"<]*\"|'[^'<]*'))*)\s*/?>", re.ASCII)
_CLOSING = re.compile(r"</([A-Za-z][A-Za-z0-9]*)\s*>", re.ASCII)
_ATTRIBUTE = re.compile(r"([A-Za-z_:][\w:.-]*)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.ASCII)
_REFERENCE = re.compile(r"&#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}));")
_TEXT = re.compile(r">[^<]*[^<\s]")
_PARAGRAPH = re.compile(r"<p(?:\s[^>]*)?(?<!/)>(.*?)</p\s*>", re.DOTALL)
_BLOCK = re.compile(rf"<(?:{'|'.join(_BLOCKS)})[\s/>]")

NOT_FORMED = "The narrative is no well-formed XHTML."
NOT_DIV = "The narrative must be one div in the namespace of XHTML."
DTD = "The narrative has a document type declaration (DTD)."
ELEMENT = "The narrative has an element that is not allowed (txt-1)."
ATTRIBUTE = "The narrative has an attribute that is not allowed (txt-1)."
SCHEME = "The narrative has an address whose scheme is not allowed (txt-1)."
NESTED = "The narrative has a block inside a paragraph."
EMPTY = "The narrative is empty (txt-2)."


@dataclass(frozen=True, slots=True)
class Narrative:
    """What the tags of a div say: fragments that it points at, ids that it has, languages.

    `languages` is (lang, xml:lang) of the div, each "" where it is not there. `is_idle`: a link leads nowhere.
    """

    links: frozenset[str] = frozenset()
    anchors: frozenset[str] = frozenset()
    languages: tuple[str, str] = ("", "")
    is_idle: bool = False


def find_fault(div: str) -> str | None:
    """Return what is wrong with a narrative's div, or None.

    The texts are fixed: they name the rule, not the content.
    """
    plain = _ASIDE.sub("", div) if "<!" in div else div
    if _tags_fault(_SIMPLE_TAGS.findall(plain)) and (fault := _tags_fault(_TAGS.findall(plain))):
        return fault
    if not _is_formed(div):
        return NOT_FORMED
    if not _TEXT.search(plain) and "<img" not in plain and "<![CDATA[" not in div:
        return EMPTY
    return NESTED if "<p" in plain and any(_BLOCK.search(each) for each in _PARAGRAPH.findall(plain)) else None


def _tags_fault(tags: list[str]) -> str | None:
    if not tags:
        return NOT_FORMED
    return _first_fault(tags[0]) or next(filter(None, map(_tag_fault, set(tags) - _PLAIN)), None)


def read_narrative(div: str) -> Narrative:
    """Return what the tags of a div say; of a div with faults, what can be read."""
    tags = [_TAG.fullmatch(tag) for tag in set(_TAGS.findall(div)) - _PLAIN]
    told = [(tag[1], dict(_iter_attributes(tag[2]))) for tag in tags if tag]
    links = {each["href"] for name, each in told if name == "a" and "href" in each}
    images = {each["src"] for name, each in told if name == "img" and "src" in each}
    ids = {each["id"] for _, each in told if "id" in each}
    return Narrative(
        frozenset(each[1:] for each in links | images if each.startswith("#") and each != "#"),
        frozenset(ids | {each["name"] for name, each in told if name == "a" and "name" in each}),
        _languages(div),
        any(not each.strip() for each in links),
    )


def _languages(div: str) -> tuple[str, str]:
    first = _TAG.match(div.lstrip())
    attributes = dict(_iter_attributes(first[2])) if first else {}
    return attributes.get("lang", ""), attributes.get("xml:lang", "")


def _first_fault(tag: str) -> str | None:
    if tag.startswith("<!"):
        return DTD
    read = _TAG.fullmatch(tag)
    is_div = read is not None and read[1] == "div" and ("xmlns", XHTML) in _iter_attributes(read[2])
    return None if is_div else (NOT_DIV if read else NOT_FORMED)


def _tag_fault(tag: str) -> str | None:
    """Return what is wrong with a tag by itself, or None."""
    if tag.startswith("<!"):
        return DTD
    if closing := _CLOSING.fullmatch(tag):
        return None if closing[1] in _ELEMENTS else ELEMENT
    read = _TAG.fullmatch(tag)
    if read is None:
        return NOT_FORMED if tag[1:2].isspace() or tag[1:2] in "=<>" else ELEMENT
    if read[1] not in _ELEMENTS:
        spaces = {value for name, value in _iter_attributes(read[2]) if name == "xmlns"}
        return NOT_DIV if spaces - {XHTML} else ELEMENT
    return next(filter(None, (_attribute_fault(read[1], *each) for each in _iter_attributes(read[2]))), None)


def _attribute_fault(element: str, name: str, value: str) -> str | None:
    if name == "xmlns":
        return None if value == XHTML else NOT_DIV
    if name not in _ATTRIBUTES and name != "xml:lang" and f"{element}.{name}" not in _OWN:
        return ATTRIBUTE
    if name not in _ADDRESSES or value.startswith(("https://", "http://")) or not (":" in value or "&" in value):
        return None
    address = "".join(c for c in _REFERENCE.sub(_character, value) if c > " ").lower()  # as browsers read it
    return SCHEME if _SCHEME.match(address) and not address.startswith(_SCHEMES) else None


def _character(reference: re.Match[str]) -> str:
    number = int(reference[1], 16) if reference[1] else int(reference[2])
    return chr(number) if number <= 0x10FFFF else ""


def _iter_attributes(text: str) -> Iterator[tuple[str, str]]:
    return ((name, double or single) for name, double, single in _ATTRIBUTE.findall(text))


def _is_formed(div: str) -> bool:
    try:
        expat.ParserCreate().Parse(div.encode(), True)
    except (expat.ExpatError, ValueError):
        return False
    return True
