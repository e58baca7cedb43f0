"""Generated left trees: the same choices give the same tree, and each fits the map it is for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests.support.maps import shipped
from tests.support.small_maps import changed, load_small

from fhirbridge.mapping.codecs import Context
from fhirbridge.mapping.paths import without_indices
from fhirbridge.mapping.proving.trees import left_tree, recipe_of
from fhirbridge.mapping.proving.ways import leaf_places
from fhirbridge.mapping.run import to_right


class RandomChoices:
    """Decides by a seeded random number: the same seed, the same data."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def integer(self, low: int, high: int) -> int:
        """Return a random whole number from low to high."""
        return self._random.randint(low, high)


def some_trees(map_: Any, count: int = 30) -> list[dict[str, Any]]:
    recipe = recipe_of(map_)
    return [left_tree(recipe, RandomChoices(seed)) for seed in range(count)]


@pytest.mark.parametrize("name", shipped().names())
def test_a_generated_tree_meets_no_error_on_the_way_right(name: str) -> None:
    for tree in some_trees(shipped().get(name), 10):
        made = to_right(shipped().get(name), tree, Context("local"))
        assert [(i.code, i.expression) for i in made.issues if i.severity == "error"] == []


def test_the_same_choices_give_the_same_tree() -> None:
    assert some_trees(shipped().get("plan"), 5) == some_trees(shipped().get("plan"), 5)


def test_nothing_generated_is_empty() -> None:
    def empties(node: Any) -> Iterator[Any]:
        for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            yield from [child] if child in ({}, [], "", None) else empties(child)

    assert [each for tree in some_trees(shipped().get("transition")) for each in empties(tree)] == []


def test_every_key_of_a_document_is_another_one() -> None:
    for tree in some_trees(shipped().get("plan")):
        keys = [goal["id"] for goal in tree.get("goals", ())] + [each["id"] for each in tree.get("problems", ())]
        assert len(keys) == len(set(keys))


def test_every_field_of_the_schema_is_made_sooner_or_later(tmp_path: Path) -> None:
    map_ = load_small(tmp_path)
    made = {without_indices(place) for tree in some_trees(map_, 60) for place in leaf_places(tree, "doc")}
    names = ("no", "last", "born", "sex", "alive", "names", "phones.number", "phones.rank", "note")
    assert made == {f"doc.{name}" for name in names}


@pytest.mark.parametrize(
    "row",
    [
        "photo[0] | attachment",
        "photo[0] | attachment application/pdf",
        "address[0] | address",
        "contact[0].telecom[0] | telecom email",
        "multipleBirthInteger | integer",
        "managingOrganization | ref Organization keyed agency",
        "implicitRules",
        "language",
        "maritalStatus.text",
        "deceasedDateTime | datetime",
        "birthDate | date DD.MM.YYYY",
    ],
)
def test_a_value_is_written_as_the_rows_codec_reads_it(tmp_path: Path, row: str) -> None:
    text = changed("doc.last            <=> name[0].family     | verbatim", f"doc.last <=> {row}")
    map_ = load_small(
        tmp_path,
        map_text=text.replace(
            "doc.born            <=> birthDate          | date MM/DD/YYYY\n", "doc.born <=> name[0].text | verbatim\n"
        ),
    )
    for tree in some_trees(map_):
        assert [i for i in to_right(map_, tree, Context("local")).issues if i.severity == "error"] == []
