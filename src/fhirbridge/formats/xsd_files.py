"""The files of one XML schema: imports and includes followed, every named part found by kind, namespace and name."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lxml import etree

from fhirbridge.errors import MalformedInput
from fhirbridge.formats.xml_text import parse_root

XS = "http://www.w3.org/2001/XMLSchema"
MAX_FILES = 20
_NAMED = frozenset({"element", "attribute", "complexType", "simpleType"})
_REFUSED = frozenset({"redefine", "override"})

Key = tuple[str, str, str]
"""(kind, namespace, name)."""


class SchemaFault(ValueError):
    """The schema holds what is outside the subset. The message names file and line."""


@dataclass(frozen=True, slots=True)
class Part:
    """One node of a schema, with its file and the target namespace it stands under."""

    node: etree._Element
    file: str
    namespace: str

    @property
    def kind(self) -> str:
        """The node's name without its namespace, such as `sequence`."""
        return etree.QName(self.node).localname

    def of(self, node: etree._Element) -> Part:
        """Return another node of the same file."""
        return Part(node, self.file, self.namespace)

    def children(self) -> Iterator[Part]:
        """Yield the parts below this one, annotations left out."""
        for node in self.node:
            part = self.of(node)
            if isinstance(node.tag, str) and part.kind != "annotation":
                yield part

    def fault(self, message: str) -> SchemaFault:
        """Return the fault at this part."""
        return SchemaFault(f"{self.file}:{self.node.sourceline}: {message}")

    def name_in(self, attribute: str) -> tuple[str, str]:
        """Return (namespace, name) of the qualified name in an attribute."""
        prefix, _, name = (self.node.get(attribute) or "").rpartition(":")
        if prefix and prefix not in self.node.nsmap:
            raise self.fault(f"the prefix `{prefix}` stands for no namespace")
        return self.node.nsmap.get(prefix or None) or "", name

    def is_qualified(self, kind: str) -> bool:
        """Say whether elements or attributes that stand below a type carry the target namespace here."""
        root = self.node.getroottree().getroot()
        form = self.node.get("form") or root.get(f"{kind}FormDefault") or "unqualified"
        return form == "qualified"


class Schemas:
    """All files of one schema, read."""

    def __init__(self, read: Callable[[str], str]) -> None:
        self._read = read
        self._parts: dict[Key, Part] = {}
        self._seen: set[tuple[str, str]] = set()
        self.prefixes: dict[str, str] = {}

    def load(self, file: str, *, within: str = "") -> str:
        """Read a file and what it imports; return its target namespace.

        Args:
            within: namespace of the file that includes it; one that names none itself takes it over.

        Raises:
            SchemaFault: it is no schema, or holds what cannot be followed.
        """
        root = _root(file, self._read(file))
        top = Part(root, file, root.get("targetNamespace") or within)
        if (file, top.namespace) in self._seen:
            return top.namespace
        self._seen.add((file, top.namespace))
        if len(self._seen) > MAX_FILES:
            raise top.fault(f"a schema has at most {MAX_FILES} files")
        for prefix, namespace in root.nsmap.items():
            self.prefixes.setdefault(namespace, prefix or "")
        for part in top.children():
            self._take(part)
        return top.namespace

    def find(self, kind: str, name: tuple[str, str]) -> Part | None:
        """Return the part of this kind and (namespace, name)."""
        return self._parts.get((kind, *name))

    def find_named(self, kind: str, name: str) -> list[Part]:
        """Return the parts of this kind and local name, in every namespace."""
        return [part for key, part in self._parts.items() if (key[0], key[2]) == (kind, name)]

    def names(self, kind: str) -> list[str]:
        """Return the local names of all parts of a kind."""
        return [key[2] for key in self._parts if key[0] == kind]

    def _take(self, part: Part) -> None:
        if part.kind in ("import", "include"):
            self.load(_beside(part), within=part.namespace if part.kind == "include" else "")
        elif part.kind in _REFUSED:
            raise part.fault(f"xs:{part.kind} is not supported")
        elif part.kind in _NAMED and (name := part.node.get("name")):
            key = (part.kind, part.namespace, name)
            if key in self._parts:
                raise part.fault(f"{part.kind} `{name}` stands twice in one namespace")
            self._parts[key] = part


def _root(file: str, text: str) -> etree._Element:
    try:
        root = parse_root(text.encode("utf-8"), encoding="utf-8")
    except MalformedInput as error:
        raise SchemaFault(f"{file}: {error.message}") from error
    if root.tag != f"{{{XS}}}schema":
        raise SchemaFault(f"{file}:{root.sourceline}: the root element is no xs:schema")
    return root


def _beside(part: Part) -> str:
    """Return the file that an import or include names, from the top of the maps' folder."""
    location = part.node.get("schemaLocation")
    if not location or ":" in location or location.startswith("/"):
        raise part.fault(f"xs:{part.kind} must name a file beside this one in `schemaLocation`; put a copy there")
    return posixpath.normpath(posixpath.join(posixpath.dirname(part.file), location))
