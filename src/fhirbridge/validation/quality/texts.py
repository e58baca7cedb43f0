"""The texts of a record that its authors wrote, with their paths; the words of others are left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fhirbridge.records import Record

WORDS_OF_OTHERS = frozenset({"own_words", "preference", "preferences", "agreed_to_share", "description", "order"})
"""Fields that hold the words of the client, of a form that was signed, or of a court."""


def iter_texts(record: Record) -> Iterator[tuple[str, str]]:
    """Yield the path and text of each field that is text, but for `WORDS_OF_OTHERS`."""
    return _texts(record.model_dump(exclude_none=True), "")


def _texts(tree: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(tree, str):
        yield path, tree
    elif isinstance(tree, list):
        for index, item in enumerate(tree):
            yield from _texts(item, f"{path}[{index}]")
    elif isinstance(tree, dict):
        for name, value in tree.items():
            if name not in WORDS_OF_OTHERS:
                yield from _texts(value, f"{path}.{name}" if path else name)
