"""Which fields of a sample are the numbers: of the person, and of the record that is sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fhirbridge.mapping.proposals.looks import find_dates, find_flag, is_keylike
from fhirbridge.mapping.proposals.sample import Source
from fhirbridge.mapping.proposals.words import weighed

PERSON_IDEAS = {"client": 3, "booking": 2, "doc": 2, "case": 1, "state": 1}
"""What a number of a person is the number of, and how surely."""
RECORD_IDEAS = {"notice": 4, "document": 4, "report": 4, "form": 4, "message": 4, "record": 3, "booking": 2, "case": 2}
RECORD_IDEAS |= {"plan": 3, "referral": 3, "release": 2, "discharge": 2}


_NO_KEYS = frozenset(
    {"family", "given", "middle", "birth", "gender", "phone", "email", "address", "postcode", "language"}
)
"""Ideas of what never tells one person or record from all others."""


def find_person_key(sources: Iterable[Source]) -> Source | None:
    """Return the field that most likely holds the person's number, None where no text could."""
    return _best(list(sources), PERSON_IDEAS)


def find_record_key(sources: Iterable[Source]) -> Source | None:
    """Return the field that most likely holds the number of what is sent, None where no text could."""
    return _best(list(sources), RECORD_IDEAS)


def _best(sources: Sequence[Source], wanted: dict[str, int]) -> Source | None:
    texts = [source for source in sources if _may_be_key(source)]
    return max(texts, key=lambda source: _rank(source, wanted), default=None)


def _may_be_key(source: Source) -> bool:
    found = source.field
    if not found.is_leaf or found.type != "string" or found.is_list or not found.texts:
        return False
    ideas = weighed(source.names).keys()
    if ideas & _NO_KEYS:
        return False
    if "number" in ideas and "on" not in ideas:
        return True
    return is_keylike(found) and find_dates(found) is None and find_flag(found) is None


def _rank(source: Source, wanted: dict[str, int]) -> tuple[float, ...]:
    """Return how well a field would do: its name, whether it is always there, never the same, and looks like a key."""
    ideas = weighed(source.names)
    is_number = "number" in ideas or ("code" in ideas and not wanted.keys() & ideas.keys())
    is_unique = len(source.field.texts) == source.field.texts.total()
    known = max((weight for idea, weight in wanted.items() if idea in ideas), default=0)
    strangers = len(ideas.keys() - wanted.keys() - {"number"})
    return (
        2.0 * ("number" in ideas) + is_number + known * ("number" in ideas),
        source.field.is_always,
        is_unique,
        is_keylike(source.field),
        -strangers,
        -len(source.names),
    )
