"""There and back: generated records to FHIR and back, examples of R4 to a record and its complement and back.

An example goes the way that an EHR's resource goes: under the key of what it replaces, its references only where they
name what is held. What a map cannot take it refuses with a finding; what it takes must come back as it came.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from tests.support.records import as_tree, records

from bench.conformance.at_hand import AtHand
from bench.conformance.material import MAPPINGS
from fhirbridge.errors import Issue
from fhirbridge.fhir.narrative.xhtml import without_narrative
from fhirbridge.formats import record_json
from fhirbridge.ids import CANONICAL
from fhirbridge.mapping.codecs import Context
from fhirbridge.mapping.model import Block, Map
from fhirbridge.mapping.paths import prune, read
from fhirbridge.mapping.proving.differences import whole
from fhirbridge.mapping.put.propose import propose, with_complement
from fhirbridge.mapping.run import Item, to_left, to_right
from fhirbridge.mapping.steps import Steps
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
        wanted = {name: value for name, value in tree.items() if f"{map_.root}.{name}" not in map_.ignore}
        found = [each.path for each in whole(wanted, prune(back.tree)[0], map_.root)]
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

    def refuse(self, issue: Issue) -> None:
        """Count an example that the map refuses with a finding."""
        self.refused[f"{issue.code} at {issue.expression}"] += 1

    def compare(self, came: Tree, sent: Tree, type_: str) -> None:
        """Count an example as equal or changed."""
        found = {f"{each.kind} {each.path}" for each in whole(_as_compared(came), _as_compared(sent), type_)}
        self.changed.update(found)
        self.changed_count += bool(found)
        self.equal += not found


def _as_compared(body: Tree) -> Tree:
    return {name: value for name, value in body.items() if name not in ("resourceType", "id", "meta")}


def _examples(maps: list[Map], hand: AtHand) -> str:
    told = [
        "### R4 example to record and complement to R4",
        "",
        f"| {' | '.join(_HEADS)} |",
        "|---" * len(_HEADS) + "|",
    ]
    notes: list[str] = []
    for map_, block, examples, tally in _tallies(maps, hand.r4):
        counts = (len(examples), tally.equal, sum(tally.refused.values()), tally.changed_count)
        told.append(f"| {map_.name} | {block.name} | {block.type} | {' | '.join(map(str, counts))} |")
        notes += [f"- {map_.name}, {block.name}: {why} ({count})" for why, count in tally.refused.most_common()]
        hand.broken += [f"roundtrip: {map_.name}, {block.name} changes {path}" for path in tally.changed]
    return "\n".join([*told, "", "Refused, by finding:", "", *notes, ""])


_HEADS = ("map", "block", "type", "examples", "equal", "refused with a finding", "changed")


def _tallies(maps: list[Map], r4: dict[str, Tree]) -> Iterator[tuple[Map, Block, list[Tree], Tally]]:
    """Yield each block with the examples of its type and what became of them."""
    for map_ in maps:
        held = record_json.parse(sample_file(map_.name, MAPPINGS).read_bytes())
        made = {str(item.trace["block"]): item for item in reversed(to_right(map_, held, CONTEXT).items)}
        for block in map_.blocks:
            examples = [tree for tree in r4.values() if tree["resourceType"] == block.type]
            if examples and block.name in made:
                present = {} if block.name == map_.name else held
                tally = Tally()
                for example in examples:
                    _judge(map_, present, _adopted(block, made[block.name], example), tally)
                yield map_, block, examples, tally


def _judge(map_: Map, held: Tree, adopted: Item, tally: Tally) -> None:
    """Let an example change the record that is held, send the record again, and compare what is sent with it."""
    proposal = propose(map_, held, [(adopted.type, adopted.body)], CONTEXT)
    made = to_right(map_, proposal.tree, CONTEXT)
    errors = [issue for issue in (*proposal.issues, *made.issues) if issue.severity == "error"]
    if errors:
        tally.refuse(errors[0])
        return
    again, _ = with_complement(made.items, proposal.complement)
    sent = next((each.body for each in again if (each.type, each.key) == (adopted.type, adopted.key)), {})
    tally.compare(adopted.body, sent, adopted.type)


def _adopted(block: Block, standing: Item, example: Tree) -> Item:
    """Return an example in the place of what stands: with its key and client, and no reference to what is not held."""
    body = {name: each for name, each in deepcopy(without_narrative(example)).items() if name not in _NOT_THEIRS}
    for row in block.rows:
        if row.codec.reference is not None:
            body = _without(body, row.right)
            if row.codec.reference.type == "Patient" and len(row.right) == 1:
                body[row.right[0].name] = standing.body[row.right[0].name]
    head = {"resourceType": standing.type, "id": standing.id, **_key_of(standing, example)}
    return replace(standing, body={**head, **body})


_NOT_THEIRS = frozenset({"resourceType", "id", "meta", "identifier"})


def _key_of(standing: Item, example: Tree) -> Tree:
    """Return what carries the key of what stands, beside the numbers of the example."""
    own = standing.body.get("identifier")
    if own is None:
        return {"meta": standing.body["meta"]}
    if isinstance(own, dict):
        return {"identifier": own}
    keys = [each for each in own if str(each.get("system")).startswith(KEYS)]
    return {"identifier": [*keys, *example.get("identifier", [])]}


def _without(body: Tree, steps: Steps) -> Tree:
    """Return a body without the objects that a path leads to."""
    for _, _, value in list(read(body, steps)):
        if isinstance(value, dict):
            value.clear()
    return prune(body)[0]
