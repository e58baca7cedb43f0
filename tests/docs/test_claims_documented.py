"""docs/claims.md names every guide that may be claimed."""

from __future__ import annotations

from pathlib import Path

from fhirbridge.services.definitions import find_defaults, read_claims

PAGE = (Path(__file__).parents[2] / "docs" / "claims.md").read_text("utf-8")


def test_every_guide_has_its_row() -> None:
    assert [guide for guide in read_claims(find_defaults() / "profiles").guides if f"| `{guide}` |" not in PAGE] == []
