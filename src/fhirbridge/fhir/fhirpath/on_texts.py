"""Functions of texts. A primitive of a resource that is no text counts as the text it is written as.

Source: http://hl7.org/fhirpath/N1/#string-manipulation
"""

from __future__ import annotations

import base64
import binascii
import html
from collections.abc import Callable

from fhirbridge.fhir.fhirpath.faults import NotJudged
from fhirbridge.fhir.fhirpath.lexer import unescape
from fhirbridge.fhir.fhirpath.nodes import Nodes
from fhirbridge.fhir.fhirpath.on_collections import Simple
from fhirbridge.fhir.fhirpath.regexes import get_pattern
from fhirbridge.fhir.fhirpath.types import kind_of
from fhirbridge.fhir.fhirpath.values import system_of, text_of
from fhirbridge.fhir.fhirpath.work import Env, made, single


def text(nodes: Nodes) -> str | None:
    """Return the text of a collection of one; None of an empty one.

    Raises:
        NotJudged: several items, or one that is no text.
    """
    node = single(nodes)
    if node is None:
        return None
    value = system_of(node)
    if value is None:
        if kind_of(node.type) in (None, "Quantity"):
            raise NotJudged("expression")
        return None
    if value[0] != "String" and node.type.startswith("System."):
        raise NotJudged("expression")
    return text_of(value)


def whole(nodes: Nodes) -> int | None:
    """Return the whole number of a collection of one; None of an empty one."""
    node = single(nodes)
    value = system_of(node) if node else None
    if node is not None and (value is None or value[0] != "Integer"):
        raise NotJudged("expression")
    return int(value[1]) if value else None


def _answering(kind: str, function: Callable[..., object]) -> Simple:
    """Return a function of texts that has no answer where the input or an argument is empty."""

    def call(env: Env, focus: Nodes, *arguments: Nodes) -> Nodes:
        texts = [text(nodes) for nodes in (focus, *arguments)]
        return [] if None in texts else made(kind, function(*texts))

    return call


def _substring(env: Env, focus: Nodes, start: Nodes, length: Nodes | None = None) -> Nodes:
    found, first = text(focus), whole(start)
    count = whole(length) if length is not None else None
    if found is None or first is None or not 0 <= first < len(found):
        return []
    return made("String", found[first:] if count is None else found[first : first + max(count, 0)])


def _to_chars(env: Env, focus: Nodes) -> Nodes:
    return [node for character in text(focus) or "" for node in made("String", character)]


def _split(env: Env, focus: Nodes, separator: Nodes) -> Nodes:
    found, mark = text(focus), text(separator)
    if found is None or mark is None:
        return []
    return [node for part in (found.split(mark) if mark else list(found)) for node in made("String", part)]


def _join(env: Env, focus: Nodes, separator: Nodes | None = None) -> Nodes:
    texts = [found for node in focus if (found := text([node])) is not None]
    return made("String", (text(separator) or "" if separator else "").join(texts)) if focus else []


def _replace(env: Env, focus: Nodes, pattern: Nodes, substitution: Nodes) -> Nodes:
    found, old, new = text(focus), text(pattern), text(substitution)
    if found is None or old is None or new is None:
        return []
    return made("String", found.replace(old, new))


def _replace_matches(env: Env, focus: Nodes, pattern: Nodes, substitution: Nodes) -> Nodes:
    found, regex, new = text(focus), text(pattern), text(substitution)
    if found is None or regex is None or new is None:
        return []
    return made("String", get_pattern(regex).replace(found, new) if regex else found)


_CODE: dict[str, Callable[[bytes], str]] = {
    "hex": lambda data: data.hex(),
    "base64": lambda data: base64.b64encode(data).decode(),
    "urlbase64": lambda data: base64.urlsafe_b64encode(data).decode(),
}
_PLAIN: dict[str, Callable[[str], bytes]] = {
    "hex": bytes.fromhex,
    "base64": lambda code: base64.b64decode(code, validate=True),
    "urlbase64": base64.urlsafe_b64decode,
}


def _encode(found: str, form: str) -> str | None:
    return _CODE[form](found.encode()) if form in _CODE else None


def _decode(found: str, form: str) -> str | None:
    try:
        return _PLAIN[form](found).decode() if form in _PLAIN else None
    except (binascii.Error, ValueError):
        return None


_JSON = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\f": "\\f"}


def _escape(found: str, form: str) -> str | None:
    if form == "json":
        return "".join(_JSON.get(character, character) for character in found)
    return html.escape(found) if form == "html" else None


def _unescape(found: str, form: str) -> str | None:
    return {"json": unescape, "html": html.unescape}[form](found) if form in ("json", "html") else None


def _index_of(found: str, part: str) -> int:
    return found.find(part)


TEXTS: dict[str, tuple[int, int, Simple]] = {
    "startsWith": (1, 1, _answering("Boolean", str.startswith)),
    "endsWith": (1, 1, _answering("Boolean", str.endswith)),
    "contains": (1, 1, _answering("Boolean", str.__contains__)),
    "indexOf": (1, 1, _answering("Integer", _index_of)),
    "upper": (0, 0, _answering("String", str.upper)),
    "lower": (0, 0, _answering("String", str.lower)),
    "trim": (0, 0, _answering("String", str.strip)),
    "length": (0, 0, _answering("Integer", len)),
    "matches": (1, 1, _answering("Boolean", lambda found, regex: get_pattern(regex).is_in(found))),
    "matchesFull": (1, 1, _answering("Boolean", lambda found, regex: get_pattern(regex).is_whole(found))),
    "encode": (1, 1, _answering("String", _encode)),
    "decode": (1, 1, _answering("String", _decode)),
    "escape": (1, 1, _answering("String", _escape)),
    "unescape": (1, 1, _answering("String", _unescape)),
    "substring": (1, 2, _substring),
    "toChars": (0, 0, _to_chars),
    "split": (1, 1, _split),
    "join": (0, 1, _join),
    "replace": (2, 2, _replace),
    "replaceMatches": (2, 2, _replace_matches),
}
"""Name: fewest and most arguments, function."""
