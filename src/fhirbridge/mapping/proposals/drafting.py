"""From a sample and the kinds of records wanted to a first map.

Laws of this file: every row names what it rests on; nothing clinical is made up: a code without a source is a
constant that claims as little as may be, marked for review; a part of a record that cannot be whole is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from fhirbridge.mapping.proposals.draft import Draft, DraftBlock, DraftRow
from fhirbridge.mapping.proposals.keys import find_person_key, find_record_key
from fhirbridge.mapping.proposals.looks import votes_of
from fhirbridge.mapping.proposals.matching import Pair, Scene, candidates, likest, list_pairs
from fhirbridge.mapping.proposals.people import client_rows, key_row, person_rows
from fhirbridge.mapping.proposals.places import Group, Place
from fhirbridge.mapping.proposals.sample import Sample, Source
from fhirbridge.mapping.proposals.standing_in import NO_FIELD
from fhirbridge.mapping.proposals.wholes import has_own_rule, whole
from fhirbridge.mapping.proposals.words import ideas_of, words_of
from fhirbridge.mapping.shapes import Shape

PERSON = "person"
_OF_PERSONS = frozenset({"family", "given", "middle", "birth", "gender"})
"""Ideas of what stands in the person's own record and in no other."""
_RENAMED: Mapping[str, Mapping[str, str]] = {"transition": {"event": "release"}}
NEVER_GUESSED = frozenset({"consent"})
"""Records in which nothing is written that the sample does not hold: nobody consents by default."""
_NO_KEY = (
    "no text field of the sample could be the number of a person or record, and without a number nothing can be kept "
    "apart: have a number sent as text, in quotes, and start again"
)


@dataclass(slots=True)
class _Part:
    """One record being drafted: its places, and what was found for its lists and for single values."""

    kind: str
    group: Group
    scene: Scene
    singles: list[Group] = field(default_factory=list)
    items: list[DraftRow] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)

    def groups(self) -> Iterator[Group]:
        """Yield the record itself and the first items of its lists."""
        yield self.group
        yield from self.singles

    def places(self) -> Iterator[Place]:
        """Yield the places for single values that are found by likeness."""
        every = (place for top in self.groups() for group in top.every() for place in group.places)
        yield from (place for place in every if not has_own_rule(place.path))


@dataclass(frozen=True, slots=True)
class _Ground:
    """What is known of a sample as a whole."""

    sources: tuple[Source, ...]
    votes: frozenset[str]
    words: frozenset[str]

    @classmethod
    def of(cls, sample: Sample) -> _Ground:
        root = Source(sample.root, "doc", ())
        leaves = list(root.leaves())
        words = frozenset(word for leaf in leaves for name in leaf.names for word in words_of(name))
        return cls(tuple(root.reachable()), votes_of(leaf.field for leaf in leaves), words)


def draft_map(name: str, sample: Sample, shapes: Mapping[str, Shape]) -> Draft:
    """Return a first map from a partner's format to records; without blocks where no field could be a key.

    Args:
        shapes: of each kind of record that is wanted, by its name.
    """
    draft, ground = Draft(name, decide=list(sample.problems)), _Ground.of(sample)
    person, record = find_person_key(ground.sources), find_record_key(ground.sources)
    if person is None or record is None:
        draft.decide.append(_NO_KEY)
        return draft
    parts = [_part(kind, shape, ground) for kind, shape in shapes.items()]
    _match_lists(parts, ground)
    _match_singles(parts, ground, without=(person, record))
    for part in parts:
        key = person if part.kind == PERSON else record
        rows = [key_row(key, "id", "person" if part.kind == PERSON else "record")]
        rows += client_rows(name, part.group, person)
        rows += _rows(part, ground)
        rows += person_rows(name, key, ground.sources, [row.right for row in rows]) if part.kind == PERSON else ()
        draft.blocks.append(DraftBlock(part.kind, part.kind, key.path, rows))
    if missing := list(_never_guessed(draft)):
        draft.blocks, draft.decide = [], missing
        return draft
    draft.settle()
    draft.unplaced = list(_unplaced(Source(sample.root, "doc", ()), set(draft.lefts())))
    draft.decide += [*_shared_key(record), *_questions(draft)]
    return draft


def _part(kind: str, shape: Shape, ground: _Ground) -> _Part:
    unsaid = frozenset({*ideas_of(kind), *(("client",) if kind == PERSON else ())})
    foreign = frozenset() if kind == PERSON else _OF_PERSONS
    scene = Scene(ground.votes, unsaid, _RENAMED.get(kind, {}), foreign)
    return _Part(kind, Group.of("", (), shape, is_needed=True), scene)


# -- matching --------------------------------------------------------------------------------------------------------


def _match_lists(parts: Iterable[_Part], ground: _Ground) -> None:
    """Match lists of objects, each once, and let the lists that are left take single values as their first item."""
    free = list(ground.sources)
    for part in parts:
        matched = set()
        for source, group in list_pairs(free, part.group.lists, part.scene):
            rows = _items(source, group, ground)
            if rows:
                matched.add(group.path)
                free = [each for each in free if each is not source]
                part.items += rows
        part.singles = [group.single() for group in part.group.lists if group.path not in matched]


def _items(source: Source, group: Group, ground: _Ground) -> list[DraftRow]:
    """Return the rows between the items of two lists, and of the lists within them."""
    unsaid = frozenset((*ideas_of(source.names[-1]), *ideas_of(group.names[-1]))) - {"name"}
    scene = Scene(ground.votes, unsaid)
    inner = list(Source(source.field, source.path, ()).reachable())
    own = Group.of(group.path, (), group.shape, is_needed=False)
    places = (place for each in own.every() for place in each.places)
    rows = whole(own, likest(candidates(inner, places, scene)), ground.words, is_needed=False)
    for below, list_ in list_pairs(inner, own.lists, scene) if rows else ():
        rows = [*(rows or ()), *_items(below, list_, ground)]
    return rows or []


def _match_singles(parts: Iterable[_Part], ground: _Ground, without: tuple[Source, ...]) -> None:
    free = [source for source in ground.sources if source not in without]
    owners: dict[int, _Part] = {}
    every: list[Pair] = []
    for part in parts:
        places = list(part.places())
        owners.update({id(place): part for place in places})
        every += candidates(free, places, part.scene)
    for pair in likest(every):
        owners[id(pair.place)].pairs.append(pair)


def _rows(part: _Part, ground: _Ground) -> Iterator[DraftRow]:
    for group in part.groups():
        yield from whole(group, part.pairs, ground.words, is_needed=group.is_needed) or ()
    yield from part.items


# -- what is left ----------------------------------------------------------------------------------------------------


def _unplaced(source: Source, lefts: set[str]) -> Iterator[str]:
    """Yield the paths of the fields that no row names; an object of which nothing is named stands for all in it."""
    for child in source.children():
        if child.field.is_leaf:
            yield from () if child.path in lefts else (child.path.replace("[]", ""),)
        elif any(left.startswith(f"{child.path}.") for left in lefts):
            yield from _unplaced(child, lefts)
        else:
            yield child.path.replace("[]", "")


def _shared_key(key: Source) -> Iterator[str]:
    """Yield what to decide where several lines of a CSV sample hold the same number."""
    if len(key.field.texts) < key.field.texts.total():
        together = f"write `group: {key.field.name}` under `left:`"
        yield f"several lines share their {key.path}; if they belong together, {together}"


def _never_guessed(draft: Draft) -> Iterator[str]:
    """Yield what a record that is never guessed lacks."""
    for block in draft.blocks:
        for row in block.rows:
            if block.make in NEVER_GUESSED and row.note.startswith(NO_FIELD):
                yield f"a {block.make} is never guessed, and no field of the sample is its {row.right}; map it by hand"


def _questions(draft: Draft) -> Iterator[str]:
    for block in draft.blocks:
        for row in block.rows:
            if row.arrow == ":=" and row.note.startswith(NO_FIELD):
                yield f"{block.name}.{row.right} is the constant {row.left}: {row.note}"
            if row.join and row.join.is_ambiguous:
                yield f"{row.left}: {row.note}"
    for name, codes in draft.tables.items():
        guesses = sum(code.is_guess for code in codes)
        if guesses:
            yield f"table {name}: {guesses} of {len(codes)} codes are guesses"
