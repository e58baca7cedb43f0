"""JSON text to trees and back, strictly: what two readers could understand differently is refused.

Laws: decimals keep their digits (`1.00` stays `1.00`); no duplicate keys, no NaN, no byte order mark, no lone
surrogates; no control characters but tab and line ends, since FHIR and XML have no place for them and PostgreSQL keeps
no NUL; at most MAX_DEPTH levels, counted before anything is decoded; an error names line and column and never
quotes the text.
Source: https://www.rfc-editor.org/rfc/rfc8259, http://hl7.org/fhir/R4/json.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from itertools import accumulate
from typing import Any

import msgspec

from fhirbridge.errors import Issue, MalformedInput

MAX_DEPTH = 64

_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")
_BOM = b"\xef\xbb\xbf"
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STEP = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{},:]')
_COMMENT = re.compile(rb'"(?:[^"\\]|\\.)*"|//[^\r\n]*|/\*.*?\*/', re.DOTALL)
_BYTE = re.compile(r" \(byte (\d+)\)$")
_MAY_CONTROL = re.compile(rb"\\(?:u00[01]|[bf]|u[fF]{3}[eEfF])|\xef\xbf[\xbe\xbf]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_PLAIN_KEY = re.compile(r"[A-Za-z_][\w-]{0,63}", re.ASCII)


def parse(body: bytes) -> Any:
    """Return the tree of a JSON text.

    Raises:
        MalformedInput: the body is no JSON text, too deep, or repeats a key; with line, column and path where known.
    """
    _check_encoding(body)
    skeleton = _skeleton(body)
    if _depth(skeleton) > MAX_DEPTH:
        raise MalformedInput(f"The body is nested deeper than {MAX_DEPTH} levels.")
    tree = _decode(body)
    if skeleton.count(b":") != _count_keys(tree):
        raise _duplicate_key(body)
    if _MAY_CONTROL.search(body):
        _refuse_control(tree, "")
    return tree


def without_comments(body: bytes) -> bytes:
    """Return a text whose comments (`// ...` to the end of the line, `/* ... */`) are spaces, so that places stay.

    JSON has no comments, and no partner may send them; some tools write them into test material.
    """
    return _COMMENT.sub(_blanked, body)


def _blanked(match: re.Match[bytes]) -> bytes:
    text = match[0]
    return text if text.startswith(b'"') else re.sub(rb"[^\r\n]", b" ", text)


def format(tree: Any) -> bytes:
    """Return the JSON text of a tree, without white space, decimals with the digits they came with."""
    return _encoder.encode(tree)


def malformed(message: str, body: bytes, offset: int, *, path: str = "") -> MalformedInput:
    """Return the error for a fault at a byte offset, its place given as line:column, both counted from 1."""
    before = body[:offset]
    line, column = before.count(b"\n") + 1, offset - before.rfind(b"\n")
    place = f"{line}:{column}"
    issue = Issue("FB400", message, expression=path, location=place)
    return MalformedInput(f"{message} At line:column {place}.", issues=[issue])


def _check_encoding(body: bytes) -> None:
    if body.startswith(_BOM):
        raise malformed("The body starts with a byte order mark; send UTF-8 without one.", body, 0)
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise malformed("The body is not UTF-8.", body, error.start) from None


def _skeleton(body: bytes) -> bytes:
    """Return the body without its strings: what is left of a JSON text is brackets, commas, colons and literals."""
    if b"\\" in body:
        body = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    return b"".join(body.split(b'"')[::2])


def _depth(skeleton: bytes) -> int:
    brackets = skeleton.translate(None, _NOT_BRACKETS)
    return max(accumulate(map(_STEP.__getitem__, brackets)), default=0)


def _decode(body: bytes) -> Any:
    try:
        return _decoder.decode(body)
    except InvalidOperation:
        raise MalformedInput("The body holds a number whose exponent is out of range.") from None
    except msgspec.DecodeError as error:
        raise _not_json(str(error), body) from None


def _not_json(reason: str, body: bytes) -> MalformedInput:
    """Return the error for a text that is no JSON; the reader's reasons are fixed texts and quote nothing."""
    found = _BYTE.search(reason)
    plain = _BYTE.sub("", reason).removeprefix("JSON is malformed: ")
    return malformed(f"The body is not valid JSON: {plain}.", body, int(found[1]) if found else len(body))


def _count_keys(tree: Any) -> int:
    count, waiting = 0, [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            count += len(node)
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
    return count


def _refuse_control(tree: Any, path: str) -> None:
    """Refuse control characters in texts and keys; reached only by bodies that may hold one."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            at = f"{path}.{key if _PLAIN_KEY.fullmatch(key) else '?'}".lstrip(".")
            _refuse_control(key, at)
            _refuse_control(value, at)
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            _refuse_control(value, f"{path}[{index}]")
    elif isinstance(tree, str) and _CONTROL.search(tree):
        message = "A text holds a control character; only tab, line feed and carriage return are allowed."
        raise MalformedInput(message, issues=[Issue("FB400", message, expression=path)])


def _duplicate_key(body: bytes) -> MalformedInput:
    path, offset = next(_iter_repeated(body))
    return malformed("A key stands twice in one object.", body, offset, path=path)


def _iter_repeated(body: bytes) -> Iterator[tuple[str, int]]:
    """Yield path and offset of each key that its object has already; slow, for bodies known to be at fault."""
    levels: list[_Level] = [_Level(is_object=False)]
    for token in _TOKEN.finditer(body):
        level, text = levels[-1], token[0]
        if text in b"{[":
            levels.append(_Level(is_object=text == b"{"))
        elif text in b"}]":
            levels.pop()
        elif text == b",":
            level.next()
        elif level.wants_key and text != b":" and not level.take(msgspec.json.decode(text, type=str)):
            yield ".".join(each.step for each in levels if each.step), token.start()


class _Level:
    """One open bracket: which keys it has seen, and the step of the path it stands on."""

    def __init__(self, *, is_object: bool) -> None:
        self.wants_key = self._is_object = is_object
        self._seen: set[str] = set()
        self.step = ""

    def next(self) -> None:
        self.wants_key = self._is_object

    def take(self, key: str) -> bool:
        """Note a key; say whether it is new. A key that is no plain name may be data and is shown as `?`."""
        self.wants_key = False
        self.step = key if _PLAIN_KEY.fullmatch(key) else "?"
        is_new = key not in self._seen
        self._seen.add(key)
        return is_new
