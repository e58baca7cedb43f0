"""Which field of a sample goes to which place: the likest pairs first, each field and each place once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from fhirbridge.mapping.proposals.fitting import Join, fit
from fhirbridge.mapping.proposals.looks import is_keylike
from fhirbridge.mapping.proposals.places import Group, Place
from fhirbridge.mapping.proposals.sample import Source
from fhirbridge.mapping.proposals.words import WEAK, WEAK_WEIGHT, Ideas, is_shared, likeness, weighed

LEAST = 0.55
"""Names that are less alike are not proposed."""
_NUDGE = 0.08
_TOLD_BY_THING = frozenset({"name", "number", "type", "on"})


@dataclass(frozen=True, slots=True)
class Pair:
    """A field and the place proposed for it. `score` is how alike the names are, from 0 to 1."""

    source: Source
    place: Place
    right: str
    score: float
    join: Join


@dataclass(frozen=True, slots=True)
class Scene:
    """What all matching for one record needs.

    Attributes:
        votes: formats of dates that some field can only be read by.
        unsaid: ideas that go without saying.
        renamed: names of places that this field of work calls otherwise.
        foreign: ideas of fields that have no place in this record.
    """

    votes: Collection[str] = ()
    unsaid: frozenset[str] = frozenset()
    renamed: Mapping[str, str] = field(default_factory=dict)
    foreign: frozenset[str] = frozenset()

    def ideas(self, names: Sequence[str]) -> Ideas:
        """Return the ideas of a path, without those that go without saying; what only says those is a name."""
        own = [self.renamed.get(name, name) for name in names]
        return weighed(own, self.unsaid) or {"name": WEAK_WEIGHT}


def candidates(sources: Iterable[Source], places: Iterable[Place], scene: Scene) -> list[Pair]:
    """Return every pair of a field and a place that is alike enough."""
    fields = list(sources)
    return [pair for place in places for source in fields if (pair := find_pair(source, place, scene))]


def likest(pairs: Iterable[Pair]) -> list[Pair]:
    """Return the likest pairs, each field and each place once; a place of another record is another place."""
    used: set[tuple[str, int | str]] = set()
    chosen = []
    for pair in sorted(pairs, key=lambda pair: -pair.score):
        keys: set[tuple[str, int | str]] = {("left", pair.source.path), ("right", id(pair.place))}
        if not keys & used:
            used |= keys
            chosen.append(pair)
    return chosen


def find_pair(source: Source, place: Place, scene: Scene) -> Pair | None:
    """Return a field and a place as a pair, None where names or types speak against it."""
    if not source.field.is_leaf or (source.field.is_list and not place.is_list):
        return None
    ours, theirs = scene.ideas(place.names), scene.ideas(source.names)
    if theirs.keys() & scene.foreign or not _may_mean(source, place, scene):
        return None
    score = likeness(theirs, ours)
    join = fit(source.field, place.name, place.shape, scene.votes) if score >= LEAST - _NUDGE else None
    if join is None:
        return None
    score = min(1.0, score + _nudge(source, place))
    right = place.path if source.field.is_list == place.is_list else f"{place.path.removesuffix('[]')}[0]"
    return Pair(source, place, right, score, join) if score >= LEAST else None


def _may_mean(source: Source, place: Place, scene: Scene) -> bool:
    """Say whether a field may mean a place: they share a telling idea, if they have any, and so do their own names.

    A field that names a thing and no more may mean the thing's name or number.
    """
    ours, theirs = scene.ideas(place.names), scene.ideas(source.names)
    if (_strong(ours) or _strong(theirs)) and not is_shared(_strong(ours), _strong(theirs)):
        return False
    own = scene.ideas(source.names[-1:]).keys()
    return is_shared(own, scene.ideas(place.names[-1:]).keys()) or (place.name in _TOLD_BY_THING and own <= ours.keys())


def _strong(ideas: Ideas) -> set[str]:
    """Return the ideas that say something by themselves."""
    return ideas.keys() - WEAK


def _nudge(source: Source, place: Place) -> float:
    """Return what the look of the texts says about a place for a number and a place for words."""
    if place.name not in ("number", "id", "name"):
        return 0.0
    return _NUDGE if is_keylike(source.field) == (place.name != "name") else -_NUDGE


def list_pairs(sources: Iterable[Source], lists: Iterable[Group], scene: Scene) -> Iterator[tuple[Source, Group]]:
    """Yield lists of objects and the lists on the right that are likest to them, each once."""
    every = [
        (likeness(scene.ideas(source.names), scene.ideas(group.names)), source, group)
        for group in lists
        for source in sources
        if source.field.is_list and not source.field.is_leaf
    ]
    used: set[str] = set()
    for score, source, group in sorted(every, key=lambda each: -each[0]):
        if score >= LEAST and source.path not in used and group.path not in used:
            used |= {source.path, group.path}
            yield source, group
