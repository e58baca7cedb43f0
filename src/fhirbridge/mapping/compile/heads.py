"""How the items of a block begin and end: a resource with type, id, profile and business identifier, others bare."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from fhirbridge.fhir.elements import find_element
from fhirbridge.mapping.business_keys import is_tagged
from fhirbridge.mapping.compile import code
from fhirbridge.mapping.compile.branches import Branch
from fhirbridge.mapping.compile.code import Unit
from fhirbridge.mapping.compile.spots import Shelf, Spot
from fhirbridge.mapping.interpret.right import stamped
from fhirbridge.mapping.model import Block, Map

_GIVEN = frozenset({"resourceType", "id", "meta"})


@dataclass(frozen=True, slots=True)
class Head:
    """The head of one block's items.

    Attributes:
        id, key: the names that hold them.
        is_pruned: rows of the interpreter may leave empty objects and holes in the item.
    """

    unit: Unit
    map: Map
    block: Block
    root: Spot
    id: str
    key: str
    is_pruned: bool

    @property
    def system(self) -> ast.expr:
        """The system under which the block's keys travel."""
        return code.item(code.name("systems"), self.block.keyed)

    @property
    def _is_list(self) -> bool:
        element = find_element(self.block.type, "identifier")
        return element is None or element.is_list

    @property
    def _is_plain(self) -> bool:
        """Whether all of the head can be written before the rows."""
        own = self.root.fields.get("identifier")
        fits = (own is None or (self._is_list and isinstance(own, Shelf))) and not is_tagged(self.block.type)
        return fits and not self.is_pruned and not _GIVEN & self.root.fields.keys()

    def open(self, branch: Branch) -> list[ast.stmt]:
        """Return what makes the item with its head; a list of identifiers that rows write into is begun."""
        body = self.root.var
        if self.map.right.kind != "fhir":
            return [code.assign(body, code.mapping([]))]
        head: dict[str, ast.expr] = {"resourceType": code.const(self.block.type)}
        if not self._is_plain:
            return [code.assign(body, code.mapping(head.items()))]
        head["id"] = code.name(self.id)
        if self.block.profile:
            head["meta"] = code.mapping([("profile", code.sequence([code.const(self.block.profile)]))])
        own = self.root.fields.get("identifier")
        if not isinstance(own, Shelf):
            head["identifier"] = code.sequence([self._identifier]) if self._is_list else self._identifier
            return [code.assign(body, code.mapping(head.items()))]
        own.var, own.uses = self.unit.fresh("l"), own.uses + 1
        branch.sure.add(own)
        head["identifier"] = code.name(own.var)
        return [code.assign(own.var, code.sequence([])), code.assign(body, code.mapping(head.items()))]

    @property
    def _identifier(self) -> ast.expr:
        return code.mapping([("system", self.system), ("value", code.name(self.key))])

    def close(self) -> list[ast.stmt]:
        """Return what is done when all rows have run: holes taken out, the block's own identifier put last."""
        made: list[ast.stmt] = []
        body = code.name(self.root.var)
        if self.is_pruned:
            both = self.unit.fresh("x")
            made.append(code.assign(both, code.call(code.name("tidied"), body, code.name("elements"))))
            made.append(code.assign(self.root.var, code.item(code.name(both), 0)))
            made.append(code.assign("elements", code.item(code.name(both), 1)))
        if self.map.right.kind != "fhir":
            return made
        own = self.root.fields.get("identifier")
        if not self._is_plain:
            block, identity = self.unit.bind(self.block), (code.name(self.id), code.name(self.key), self.system)
            made.append(code.assign(self.root.var, code.call(self.unit.bind(stamped), block, body, *identity)))
        elif isinstance(own, Shelf):
            made.append(code.do(code.call(code.attribute(code.name(own.var), "append"), self._identifier)))
        return made
