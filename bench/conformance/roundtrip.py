"""There and back: generated records to FHIR and back, examples of R4 to a record and its complement and back.

An example goes the way that an EHR's resource goes: under the key of what it replaces, its references only where they
name what is held. What a map cannot take it refuses with a finding; what it takes must come back as it came.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, given, settings
from tests.support.records import as_tree, records

from bench.conformance.at_hand import AtHand
from bench.conformance.material import MAPPINGS
from fhirbridge.fhir.narrative.xhtml import without_narrative
from fhirbridge.formats import record_json
from fhirbridge.ids import CANONICAL
from fhirbridge.mapping.codecs import Context
from fhirbridge.mapping.model import Block, Map
from fhirbridge.mapping.paths import prune, read
from fhirbridge.mapping.proving.differences import whole
from fhirbridge.mapping.put.propose import propose, with_complement
from fhirbridge.mapping.run import Item, to_left, to_right
from fhirbridge.records import KINDS
from fhirbridge.services.maps.samples import sample_file

Tree = dict[str, Any]

CONTEXT = Context("riverside")
KEYS = f"{CANONICAL}/sid/"
RECORDS_EACH = 200
LAW = settings(
    max_examples=RECORDS_EACH,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def run(hand: AtHand) -> Iterator[str]:
    """Yield how many records and examples come back as they went; one that does not breaks the run."""
    maps = [hand.bridge.maps.get(kind) for kind in sorted(KINDS.keys() & set(hand.bridge.maps.names()))]
    yield _records(maps, hand)
    yield _examples(maps, hand)


# -- records


def _records(maps: list[Map], hand: AtHand) -> str:
    lines = ["### Record to FHIR to record", "", "| record | generated | equal |", "|---|---|---|"]
    for map_ in maps:
        tried, changed = _tried(map_)
        hand.broken += [f"roundtrip: a generated {map_.name} comes back changed at {path}" for path in changed]
        lines.append(f"| {map_.name} | {len(tried)} | {len(tried) - sum(tried)} |")
    return "\n".join([*lines, ""])


def _tried(map_: Map) -> tuple[list[bool], set[str]]:
    """Return for each generated record whether it came back changed, and the paths where one did."""
    tried: list[bool] = []
    paths: set[str] = set()

    @LAW
    @given(records(map_.name))
    def there_and_back(record: Any) -> None:
        tree = as_tree(record)
        there = to_right(map_, tree, CONTEXT)
        back = to_left(map_, [(item.type, item.body) for item in there.items], CONTEXT)
        found = [each.path for each in whole(tree, prune(back.tree)[0], map_.root)]
        found += [issue.expression for issue in (*there.issues, *back.issues) if issue.severity == "error"]
        tried.append(bool(found))
        paths.update(found)

    there_and_back()
    return tried, paths


# -- examples


@dataclass
class Tally:
    """What became of the examples put in the place of what one block makes."""

    equal: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    changed_count: int = 0


def _examples(maps: list[Map], hand: AtHand) -> str:
    lines = [
        "### R4 example to record and complement to R4",
        "",
        "| map | block | type | examples | equal | refused with a finding | changed |",
        "|---|---|---|---|---|---|---|",
    ]
    notes: list[str] = []
    by_type: dict[str, list[Tree]] = {}
    for tree in hand.r4.values():
        by_type.setdefault(tree["resourceType"], []).append(tree)
    for map_ in maps:
        held = record_json.parse(sample_file(map_.name, MAPPINGS).read_bytes())
        standing = {str(item.trace.get("block")): item for item in reversed(to_right(map_, held, CONTEXT).items)}
        for block in map_.blocks:
            if block.name not in standing or block.type not in by_type:
                continue
            tally = Tally()
            for example in by_type[block.type]:
                _judge(map_, block, {} if block.name == map_.name else held, _Adopted.of(block, standing[block.name], example), tally)
            refused = sum(tally.refused.values())
            count = len(by_type[block.type])
            lines.append(
                f"| {map_.name} | {block.name} | {block.type} | {count} | {tally.equal} | {refused} | {tally.changed_count} |"
            )
            notes += [f"- {map_.name} {block.name} refuses: {why} ({n})" for why, n in tally.refused.most_common(4)]
            notes += [f"- {map_.name} {block.name} changes: {path} ({n})" for path, n in tally.changed.most_common()]
            hand.broken += [f"roundtrip: {map_.name} {block.name} changes {path}" for path in tally.changed]
    return "\n".join([*lines, "", *notes, ""])


@dataclass(frozen=True, slots=True)
class _Adopted:
    """An example under the key of what a map made of the sample."""

    type: str
    key: str
    body: Tree

    @classmethod
    def of(cls, block: Block, standing: Item, example: Tree) -> _Adopted:
        """Return an example in the place of what stands: with its key and client, and no reference to what is not held."""
        body = {k: v for k, v in deepcopy(without_narrative(example)).items() if k not in ("id", "meta", "identifier")}
        for row in block.rows:
            if row.codec.reference is not None:
                _drop(body, row.right)
                if row.codec.reference.type == "Patient" and len(row.right) == 1:
                    body[row.right[0].name] = standing.body[row.right[0].name]
        own = standing.body.get("identifier", [])
        keys = [each for each in (own if isinstance(own, list) else [own]) if str(each.get("system")).startswith(KEYS)]
        body["identifier"] = [*keys, *example.get("identifier", [])] if isinstance(own, list) else keys[0]
        return cls(standing.type, standing.key, {"resourceType": standing.type, "id": standing.id, **body})


def _drop(body: Tree, steps: Any) -> None:
    """Take out what a path leads to."""
    for _, _, value in list(read(body, steps)):
        if isinstance(value, dict):
            value.clear()
    body_, _ = prune(body)
    body.clear()
    body.update(body_)


def _judge(map_: Map, block: Block, held: Tree, adopted: _Adopted, tally: Tally) -> None:
    proposal = propose(map_, held, [(adopted.type, adopted.body)], CONTEXT)
    errors = [issue for issue in proposal.issues if issue.severity == "error"]
    if errors:
        tally.refused[f"{errors[0].code} at {errors[0].expression}"] += 1
        return
    made = to_right(map_, proposal.tree, CONTEXT)
    errors = [issue for issue in made.issues if issue.severity == "error"]
    if errors:
        tally.refused[f"{errors[0].code} at {errors[0].expression}"] += 1
        return
    again, _ = with_complement(made.items, proposal.complement)
    body = next((each.body for each in again if (each.type, each.key) == (adopted.type, adopted.key)), {})
    one, other = (
        {k: v for k, v in each.items() if k not in ("resourceType", "id", "meta")} for each in (adopted.body, body)
    )
    found = {f"{d.kind} {d.path}" for d in whole(one, other, adopted.type)}
    if found:
        tally.changed_count += 1
        tally.changed.update(found)
    else:
        tally.equal += 1
