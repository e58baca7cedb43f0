"""The narrative: one XHTML div, well-formed, with content, without anything that acts.

Source: http://hl7.org/fhir/R4/narrative.html#xhtml (txt-1, txt-2)
"""

from __future__ import annotations

import re
from xml.parsers import expat  # document types are refused below, so no entity is ever expanded

XHTML = "http://www.w3.org/1999/xhtml"

_ELEMENTS = frozenset(  # words read better than fifty quoted lines
    """
    a abbr acronym address b bdo big blockquote br caption cite code col colgroup dd dfn div dl dt em h1 h2 h3
    h4 h5 h6 hr i img kbd li ol p pre q samp small span strong sub sup table tbody td tfoot th thead tr tt ul
    var
    """.split()  # noqa: SIM905
)
_ATTRIBUTES = frozenset(
    """
    abbr accesskey align alt axis border cellpadding cellspacing char charoff cite class colspan dir frame
    headers height href hreflang id lang longdesc name rel rev rowspan rules scope span src style summary
    tabindex title type valign width
    """.split()  # noqa: SIM905
)
_XML_LANG = "http://www.w3.org/XML/1998/namespace lang"
_ADDRESSES = ("href", "src")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:")
_SCHEMES = ("http:", "https:", "mailto:", "tel:", "data:image/")


class _Refused(Exception):
    """The narrative holds what it must not; the text says what."""


def find_fault(div: str) -> str | None:
    """Return what is wrong with a narrative's div, or None.

    The texts are fixed: they name the rule, not the content.
    """
    reader = _Reader()
    try:
        reader.read(div)
    except _Refused as refusal:
        return str(refusal)
    except (expat.ExpatError, ValueError):
        return "The narrative is no well-formed XHTML."
    return None if reader.has_content else "The narrative is empty (txt-2)."


class _Reader:
    def __init__(self) -> None:
        self.has_content = False
        self._depth = 0

    def read(self, div: str) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.Parse(div.encode(), True)

    def _doctype(self, *_: object) -> None:
        raise _Refused("The narrative has a document type declaration (DTD).")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        if namespace != XHTML or (self._depth == 0 and local != "div"):
            raise _Refused("The narrative must be one div in the namespace of XHTML.")
        if local not in _ELEMENTS:
            raise _Refused("The narrative has an element that is not allowed (txt-1).")
        for attribute, value in attributes.items():
            _check_attribute(attribute, value)
        self._depth += 1
        self.has_content = self.has_content or local == "img"

    def _end(self, _: str) -> None:
        self._depth -= 1

    def _text(self, text: str) -> None:
        self.has_content = self.has_content or not text.isspace()


def _check_attribute(name: str, value: str) -> None:
    if name not in _ATTRIBUTES and name != _XML_LANG:
        raise _Refused("The narrative has an attribute that is not allowed (txt-1).")
    if name not in _ADDRESSES:
        return
    address = "".join(c for c in value if c > " ").lower()  # browsers pass over white space inside a scheme
    if _SCHEME.match(address) and not address.startswith(_SCHEMES):
        raise _Refused("The narrative has an address whose scheme is not allowed (txt-1).")
