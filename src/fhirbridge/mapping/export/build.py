"""A bound map as a StructureMap, one direction at a time, with all that the mapping language cannot say.

Laws of this file: a row is written, or it is named as a gap; nothing is left out without a word.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from fhirbridge.ids import CANONICAL, key_system
from fhirbridge.mapping.business_keys import is_tagged
from fhirbridge.mapping.export.fhirpath import condition, path_of
from fhirbridge.mapping.export.fml import quoted
from fhirbridge.mapping.export.names import Names, identifier
from fhirbridge.mapping.export.parts import Part, parts_of
from fhirbridge.mapping.export.structure import Gap, Group, Structure, Uses
from fhirbridge.mapping.export.writing import Writer
from fhirbridge.mapping.expressions import Expression, Path
from fhirbridge.mapping.model import Block, Map, Row, Side
from fhirbridge.mapping.steps import Step, Steps, Where

Direction = Literal["right", "left"]
FHIR = "http://hl7.org/fhir/StructureDefinition"


@dataclass(frozen=True, slots=True)
class Exported:
    """A map in one direction, and what is left out of it."""

    structure: Structure
    gaps: tuple[Gap, ...]


@dataclass(slots=True)
class Work:
    """One map being written. `variables`: name of the root and of each block's item -> variable in the export."""

    map: Map
    source: str
    gaps: list[Gap] = field(default_factory=list)

    @property
    def root(self) -> str:
        """The variable of the left side."""
        return identifier(self.map.root)

    @property
    def is_fhir(self) -> bool:
        """Whether the right side is FHIR."""
        return self.map.right.kind == "fhir"

    def right_type(self, block: Block) -> str:
        """Return the FHIR type that a block makes, nothing where the right side is not FHIR."""
        return block.type if self.is_fhir else ""

    def report(self, row: Row | Block, text: str) -> None:
        """Note what is left out of a row or block, once."""
        gap = Gap(f"{row.place.file}:{row.place.line}", text)
        if text and gap not in self.gaps:
            self.gaps.append(gap)

    def group_name(self, block: Block) -> str:
        """Return the name of a block's group."""
        return identifier(f"{self.map.name} block {block.name}")

    def variable(self, name: str) -> str:
        """Return the variable that a word of the map stands for."""
        return Names().fresh(name)

    def when(self, expression: Expression | None) -> str:
        """Return a condition over the variables of the left side, nothing for none."""
        return condition(expression, self.left_path) if expression else ""

    def left_path(self, path: Path) -> str:
        """Return a path of an expression in FHIRPath."""
        return f"%{self.variable(path.variable)}{path_of(parts_of('', path.steps))}"

    def has_key(self, block: Block, at: str) -> str:
        """Return FHIRPath that holds for a resource that carries a key of a block."""
        carrier = ".".join(step.name for step in self._carrier(block))
        return f"{at}{carrier}.where(system = {quoted(key_system(self.source, block.keyed))})"

    def key_steps(self, block: Block) -> Steps:
        """Return the path to the key that a resource of a block carries."""
        *above, last = self._carrier(block)
        asked = Where((Step("system"),), key_system(self.source, block.keyed))
        return (*above, replace(last, where=(asked,)), Step("code" if is_tagged(block.type) else "value"))

    def _carrier(self, block: Block) -> Steps:
        return (Step("meta"), Step("tag")) if is_tagged(block.type) else (Step("identifier"),)


def note_of(row: Row) -> str:
    """Return what a rule says of the row it comes from."""
    lossy = f" (something is lost: {row.lossy})" if row.lossy else ""
    return f"{row.place.file}:{row.place.line} {' '.join(row.text.split())}{lossy}"


def is_countable(parts: tuple[Part, ...]) -> bool:
    """Say whether a path can be read step by step: no list is asked for its second item or a later one."""
    return not any(part.is_list and (part.step.index or 0) > 0 for part in parts)


def left_canonical(map_: Map) -> str:
    """Return the canonical of the logical model that the left side stands for."""
    return f"{CANONICAL}/StructureDefinition/{_model_name(map_, map_.left, map_.root)}"


def right_uses(map_: Map, block: Block) -> tuple[str, str]:
    """Return (canonical, alias) of what a block makes."""
    if map_.right.kind == "fhir":
        return f"{FHIR}/{block.type}", block.type
    name = _model_name(map_, map_.right, block.type)
    return f"{CANONICAL}/StructureDefinition/{name}", identifier(block.type)


def _model_name(map_: Map, side: Side, name: str) -> str:
    return f"record-{name}" if side.kind == "record" else f"format-{map_.name}"


def uses_of(map_: Map, container: str, direction: Direction) -> Iterator[Uses]:
    """Yield the structures of both sides; `container` is what holds several things on the right, or nothing."""
    left_mode, right_mode = ("source", "target") if direction == "right" else ("target", "source")
    left = Uses(left_canonical(map_), identifier(map_.root), left_mode)  # type: ignore[arg-type]  # the pair above
    kept = {container: f"{FHIR}/{container}"} if container == "Bundle" else {}
    kept |= {alias: url for url, alias in (right_uses(map_, block) for block in map_.blocks)}
    rights = [Uses(url, alias, right_mode) for alias, url in kept.items()]  # type: ignore[arg-type]  # the pair above
    yield from ([left, *rights] if direction == "right" else [*rights, left])


def container_of(map_: Map) -> str:
    """Return what holds the things that a map makes: `Bundle`, a set of records, or nothing for a single thing."""
    if len(map_.blocks) == 1 and not map_.blocks[0].is_loop:
        return ""
    return "Bundle" if map_.right.kind == "fhir" else "set"


def structure_of(work: Work, groups: list[Group], direction: Direction) -> Exported:
    """Return the whole StructureMap with its documentation and gaps."""
    map_ = work.map
    name = identifier(f"{map_.name} to {direction}")
    told = [f"Map {map_.name} {map_.version}, sha256 {map_.hash}, to the {direction}; made by fhirbridge export."]
    told += [f"Not said: {line}" for line in gap_lines(work.gaps)]
    structure = Structure(
        url=f"{CANONICAL}/StructureMap/{map_.name}-{direction}",
        name=name[0].upper() + name[1:],
        version=map_.version,
        title=f"{map_.name} to the {direction}",
        uses=tuple(uses_of(map_, container_of(map_), direction)),
        groups=tuple(groups),
        documentation="\n".join(told),
    )
    return Exported(structure, tuple(work.gaps))


def gap_lines(gaps: Sequence[Gap]) -> Iterator[str]:
    """Yield one line for each kind of gap, with every place it is met in."""
    places: dict[str, list[str]] = {}
    for gap in gaps:
        places.setdefault(gap.text, []).append(gap.location)
    return (f"{text} ({', '.join(found)})" for text, found in places.items())


def finish(work: Work, block: Block, writer: Writer) -> None:
    """Note what a writer could not say."""
    for note in writer.out_of_step:
        work.report(block, f"{note}: the list is written from several lists, which rules do not keep in step")
    for note in writer.unwritten:
        work.report(block, f"{note}: no rule can write it into what other rows make")


def left_parts(steps: Steps) -> tuple[Part, ...]:
    """Return the parts of a path on the left."""
    return parts_of("", steps)
