"""docs/quality.md names every rule and every word."""

from __future__ import annotations

from pathlib import Path

from fhirbridge.services.quality import rule_rows
from fhirbridge.validation.quality.wording import WORDS

PAGE = (Path(__file__).parents[2] / "docs" / "quality.md").read_text("utf-8")


def test_every_rule_stands_in_its_row() -> None:
    rows = (f"| {r['rule']} | {r['records']} | {r['message']} | {r['reason']} | {r['source']} |" for r in rule_rows())
    assert [row for row in rows if row not in PAGE] == []


def test_every_word_stands_with_what_can_be_said_instead() -> None:
    assert [word for word, instead in WORDS.items() if f"| {word} | {instead} |" not in PAGE] == []
