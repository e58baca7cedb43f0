"""What every record says of its person: their number, the system that gave it, ways to reach them, a name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fhirbridge.mapping.proposals.draft import DraftRow
from fhirbridge.mapping.proposals.places import Group
from fhirbridge.mapping.proposals.sample import Source
from fhirbridge.mapping.proposals.standing_in import NO_FIELD, NO_WORDS, constant
from fhirbridge.mapping.proposals.words import WEAK, weighed

WAYS = ("phone", "email")
_WHOSE = frozenset({"client"})


def key_row(key: Source, right: str, of_what: str) -> DraftRow:
    """Return the row of a number."""
    return DraftRow(key.path, "<=>", right, f"is this the number of the {of_what}?")


def system_row(name: str, right: str) -> DraftRow:
    """Return the row that says which system gave a number."""
    return constant(f"'https://{name}.example/number'", right, "the address that stands for the system of the numbers")


def client_rows(name: str, group: Group, key: Source) -> Iterator[DraftRow]:
    """Yield the rows that say which person a record is about, where it says so."""
    if any(inner.path == "client." for inner in group.groups):
        yield key_row(key, "client.number", "person")
        yield system_row(name, "client.system")


def person_rows(name: str, key: Source, sources: Iterable[Source], taken: Iterable[str]) -> Iterator[DraftRow]:
    """Yield the rows of a person's own record for the number, the ways to reach them, and a name where none is sent.

    Args:
        taken: right paths that other rows write.
    """
    written = tuple(taken)
    if not any(path.startswith("identifiers[]") for path in written):
        yield system_row(name, "identifiers[0].system")
        yield key_row(key, "identifiers[0].value", "person")
    if not any(path.startswith(("names[0].family", "names[0].given", "names[]")) for path in written):
        yield constant(f"'{NO_WORDS}'", "names[0].family", f"{NO_FIELD} is a name; a full name cannot be taken apart")
    if not any(path.startswith("telecoms[]") for path in written):
        yield from _ways(list(sources))


def _ways(sources: list[Source]) -> Iterator[DraftRow]:
    position = 0
    for way in WAYS:
        source = next((source for source in sources if _is_way(source, way)), None)
        if source is not None:
            present = "" if source.field.is_always else f"when {source.path}.exists()"
            yield DraftRow(f"'{way}'", ":=", f"telecoms[{position}].system", "is it the person's own?", codec=present)
            yield DraftRow(
                source.path, "<=>", f"telecoms[{position}].value", "is it the person's own?", codec="verbatim"
            )
            position += 1


def _is_way(source: Source, way: str) -> bool:
    ideas = weighed(source.names).keys()
    is_text = source.field.type == "string" and not source.field.is_list
    return is_text and way in ideas and ideas - WEAK <= _WHOSE
