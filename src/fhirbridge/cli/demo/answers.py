"""Reading what the bridge answered: searchsets, their resources and their notice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from fhirbridge.cli.demo.telling import expect

Resource = dict[str, Any]


class Searchset:
    """One page of a search."""

    def __init__(self, bundle: Mapping[str, Any]) -> None:
        self.total: int = bundle.get("total", 0)
        self.resources: list[Resource] = [entry["resource"] for entry in bundle.get("entry", [])]

    def all(self, type_: str) -> list[Resource]:
        """Return the resources of one type, in the order they came."""
        return [resource for resource in self.resources if resource["resourceType"] == type_]

    def one(self, type_: str, *, title: str) -> Resource:
        """Return the only resource of a type with that title.

        Raises:
            StoryFault: there is none, or there are several.
        """
        found = [resource for resource in self.all(type_) if resource.get("title") == title]
        expect(len(found) == 1, f"one {type_} with the title that was handed in, found {len(found)}")
        return found[0]

    def counted(self) -> str:
        """Return how many resources of each type there are, in words."""
        return count_words(f"{resource['resourceType']}/" for resource in self.resources)

    def notice(self) -> str:
        """Return the text of the notice that travels with what was disclosed, or nothing."""
        texts = [
            issue.get("details", {}).get("text") or issue.get("diagnostics", "")
            for outcome in self.all("OperationOutcome")
            for issue in outcome.get("issue", [])
        ]
        return " ".join(texts)


def count_words(references: Iterable[str]) -> str:
    """Return references such as "Goal/x" counted by what stands before the slash.

    >>> count_words(["Goal/a", "CarePlan/b", "Goal/c"])
    '2 Goal, 1 CarePlan'
    """
    counts = Counter(reference.partition("/")[0] for reference in references)
    return ", ".join(f"{count} {name}" for name, count in counts.items())
