"""What came back from the right side as a proposed change of a record that is held. Nothing is stored."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fhirbridge.formats import json_text, record_json
from fhirbridge.mapping.codecs import Context
from fhirbridge.mapping.put.propose import ProposedChange, propose
from fhirbridge.services.maps import trying


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal, and the trees it is printed as."""

    proposal: ProposedChange

    def to_tree(self) -> dict[str, Any]:
        """Return the record as it would be, the paths that change, and what is kept beside it."""
        changes = [{"path": change.path, "kind": change.kind} for change in self.proposal.changes]
        return {"record": self.proposal.tree, "changes": changes, "complement": self.proposal.complement}


def propose_file(folder: Path, name: str, body: bytes, held: bytes, *, source: str = "local") -> Proposed:
    """Return what a body proposes to a held left tree.

    Args:
        body: JSON of the map's right side: a resource, a Bundle, a record, or a list of them.
        held: JSON of the map's left side; empty for nothing held.
        source: the name under which business keys are made.

    Raises:
        NotFound: no such map.
        MapError: a map of the folder does not pass its checks.
        MalformedInput: a body cannot be read.
    """
    map_ = trying.get_map(folder, name)
    present = record_json.parse(held) if held else {}
    arrived = trying.right_items(map_, json_text.parse(body))
    return Proposed(propose(map_, present, arrived, Context(source=source)))
