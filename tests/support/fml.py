"""A strict reader of FHIR's mapping language, as far as the R4 grammar goes: text in, StructureMap tree out.

Source: http://hl7.org/fhir/R4/mapping-language.html and its grammar, mapping.g4
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

Tree = dict[str, Any]

_TOKEN = re.compile(
    r"(?P<skip>\s+|//[^\n]*)|(?P<string>'(?:[^'\\]|\\.)*')|(?P<quoted>\"[^\"]*\")|(?P<id>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<number>-?\d+(?:\.\d+)?)|(?P<sign>->|[.,;:(){}=])"
)
_ESCAPE = re.compile(r"\\(.)")
_UNESCAPED = {"n": "\n", "r": "\r", "t": "\t"}
KEYWORDS = frozenset("alias as check default first group imports last log map then uses where".split())  # noqa: SIM905
LIST_MODES = frozenset({"first", "not_first", "last", "not_last", "only_one"})
TRANSFORMS = frozenset(
    {"create", "copy", "truncate", "escape", "cast", "append", "translate", "reference", "dateOp", "uuid", "pointer"}
    | {"evaluate", "cc", "c", "qty", "id", "cp"}
)


class FmlError(ValueError):
    """The text is not in the mapping language."""


@dataclass
class Reader:
    """Reads one text. `kind` and `value` are the token it stands at."""

    text: str
    position: int = 0
    kind: str = ""
    value: str = ""
    start: int = 0
    scopes: list[set[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.advance()

    def advance(self) -> None:
        while True:
            if self.position == len(self.text):
                self.kind, self.value, self.start = "end", "", self.position
                return
            match = _TOKEN.match(self.text, self.position)
            if match is None:
                raise FmlError(f"unexpected {self.text[self.position : self.position + 20]!r}")
            self.start, self.position = self.position, match.end()
            self.kind, self.value = str(match.lastgroup), match[0]
            if self.kind != "skip":
                return

    def take(self, value: str = "", kind: str = "") -> str:
        if (value and self.value != value) or (kind and self.kind != kind):
            raise FmlError(f"expected {value or kind}, found {self.value!r} before {self.text[self.start :][:60]!r}")
        found = self.value
        self.advance()
        return found

    def is_at(self, value: str) -> bool:
        if self.value == value:
            self.advance()
            return True
        return False

    def name(self) -> str:
        """Read an identifier that is no word of the language: the name of a variable or group."""
        if self.value in KEYWORDS:
            raise FmlError(f"{self.value} is a word of the language")
        return self.take(kind="id")

    def url(self) -> str:
        return self.take(kind="quoted")[1:-1]

    def fhirpath(self) -> str:
        """Read what stands in brackets, with the brackets and quotes in it."""
        if self.value != "(":
            raise FmlError("expected a FHIRPath in brackets")
        begin, depth, at = self.start, 0, self.start
        for match in re.finditer(r"'(?:[^'\\]|\\.)*'|`[^`]*`|[()]", self.text[begin:]):
            depth += {"(": 1, ")": -1}.get(match[0], 0)
            if depth == 0:
                at = begin + match.end()
                break
        self.position = at
        self.advance()
        return self.text[begin + 1 : at - 1]


def parse_fml(text: str) -> Tree:
    """Return the StructureMap of a text.

    Raises:
        FmlError: it is not in the language, or a rule names a variable that it does not know.
    """
    reader = Reader(text)
    reader.take("map")
    url = reader.url()
    reader.take("=")
    tree: Tree = {"resourceType": "StructureMap", "url": url, "name": reader.url(), "structure": [], "group": []}
    while reader.is_at("uses"):
        url = reader.url()
        reader.take("alias")
        alias = reader.name()
        reader.take("as")
        tree["structure"].append({"url": url, "mode": reader.take(kind="id"), "alias": alias})
    while reader.kind != "end":
        tree["group"].append(_group(reader))
    return tree


def _group(reader: Reader) -> Tree:
    reader.take("group")
    group: Tree = {"name": reader.name(), "typeMode": "none", "input": []}
    reader.take("(")
    while True:
        mode = reader.take(kind="id")
        own = {"name": reader.name()}
        if mode not in ("source", "target"):
            raise FmlError(f"{mode} is no mode of an input")
        if reader.is_at(":"):
            own["type"] = reader.take(kind="id")
        group["input"].append({**own, "mode": mode})
        if not reader.is_at(","):
            break
    reader.take(")")
    reader.scopes = [{each["name"] for each in group["input"]}]
    rules = _rules(reader)
    return {**group, "rule": rules} if rules else group


def _rules(reader: Reader) -> list[Tree]:
    reader.take("{")
    reader.scopes.append(set())
    rules = []
    while not reader.is_at("}"):
        rules.append(_rule(reader))
    reader.scopes.pop()
    return rules


def _rule(reader: Reader) -> Tree:
    reader.scopes.append(set())
    rule: Tree = {"source": [_source(reader)]}
    while reader.is_at(","):
        rule["source"].append(_source(reader))
    if reader.is_at("->"):
        rule["target"] = [_target(reader)]
        while reader.is_at(","):
            rule["target"].append(_target(reader))
    if reader.is_at("then"):
        if reader.value == "{":
            rule["rule"] = _rules(reader)
        else:
            rule["dependent"] = [_call(reader)]
    reader.scopes.pop()
    name = reader.url()
    reader.take(";")
    return {"name": name, **rule}


def _known(reader: Reader, name: str) -> str:
    if not any(name in scope for scope in reader.scopes):
        raise FmlError(f"no variable {name}")
    return name


def _new(reader: Reader) -> str:
    name = reader.name()
    reader.scopes[-1].add(name)
    return name


def _source(reader: Reader) -> Tree:
    source: Tree = {"context": _known(reader, reader.name())}
    if reader.is_at("."):
        source["element"] = reader.take(kind="id")
    if reader.is_at(":"):
        source["type"] = reader.take(kind="id")
    if reader.value in LIST_MODES:
        source["listMode"] = reader.take()
    if reader.is_at("as"):
        source["variable"] = _new(reader)
    if reader.is_at("where"):
        source["condition"] = reader.fhirpath()
    if reader.is_at("check"):
        source["check"] = reader.fhirpath()
    return source


def _target(reader: Reader) -> Tree:
    target: Tree = {"context": _known(reader, reader.name()), "contextType": "variable"}
    reader.take(".")
    target["element"] = reader.take(kind="id")
    if reader.is_at("="):
        target.update(_transform(reader))
    if reader.is_at("as"):
        target["variable"] = _new(reader)
    return target


def _transform(reader: Reader) -> Tree:
    if reader.kind != "id" or reader.value in ("true", "false"):
        return {"transform": "copy", "parameter": [_parameter(reader)]}
    name = reader.name()
    if not reader.is_at("("):
        return {"transform": "copy", "parameter": [{"valueId": _known(reader, name)}]}
    if name not in TRANSFORMS:
        raise FmlError(f"no transform {name}")
    parameters = [_parameter(reader)]
    while reader.is_at(","):
        parameters.append(_parameter(reader))
    reader.take(")")
    return {"transform": name, "parameter": parameters}


def _parameter(reader: Reader) -> Tree:
    if reader.kind == "string":
        text = reader.take()[1:-1]
        return {"valueString": _ESCAPE.sub(lambda match: _UNESCAPED.get(match[1], match[1]), text)}
    if reader.kind == "number":
        number = reader.take()
        return {"valueDecimal": number} if "." in number else {"valueInteger": int(number)}
    if reader.value in ("true", "false"):
        return {"valueBoolean": reader.take() == "true"}
    return {"valueId": _known(reader, reader.name())}


def _call(reader: Reader) -> Tree:
    name = reader.name()
    reader.take("(")
    variables = [_known(reader, reader.name())]
    while reader.is_at(","):
        variables.append(_known(reader, reader.name()))
    reader.take(")")
    return {"name": name, "variable": variables}
