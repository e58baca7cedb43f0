"""Every finding of `check` has a page: title, severity and index say what the table of rules says."""

from __future__ import annotations

import re

import pytest
from tests.support.finding_pages import PAGES, sections
from tests.support.maps import ROOT

from fhirbridge.mapping.findings import RULES, Rule
from fhirbridge.services.maps.explaining_findings import explain_finding, read_page

INDEX = (PAGES / "README.md").read_text("utf-8")
SECTIONS = ["Why it matters", "Bad", "Good", "How to fix"]
STAGES = {
    "text": "reading the file",
    "binding": "meeting the schemas",
    "check": "looking at the whole map",
    "folder": "looking at all maps",
}


def test_there_is_one_page_for_each_rule_and_no_other() -> None:
    assert sorted(page.stem for page in PAGES.glob("FB*.md")) == sorted(RULES)
    assert len(RULES) >= 60


@pytest.mark.parametrize("code", sorted(RULES))
def test_a_page_says_what_its_rule_says(code: str) -> None:
    rule = RULES[code]
    page = read_page(code)
    title, _, facts, _, meaning = page.split("\n")[:5]
    assert title == f"# {code}: {rule.sentence}"
    assert facts == facts_of(rule)
    assert meaning
    assert list(sections(page)) == SECTIONS
    assert all(len(text.strip()) > 10 for text in sections(page).values())


def facts_of(rule: Rule) -> str:
    """Return the line that tells how grave a finding is, when it is found, and whether it may be ignored."""
    ignored = "yes" if rule.ignorable else "no"
    return f"Severity: {rule.severity}. Found when {STAGES[rule.stage]}. May be ignored with a reason: {ignored}."


@pytest.mark.parametrize("code", sorted(RULES))
def test_a_page_is_told_in_the_terminal_without_fences(code: str) -> None:
    told = explain_finding(code.lower())
    assert told.startswith(f"# {code}: ")
    assert "```" not in told


def test_the_index_lists_every_finding_with_its_severity() -> None:
    rows = re.findall(r"^\| \[(FB\d+)\]\((FB\d+)\.md\) \| (.*) \| (\w+) \|$", INDEX, re.M)
    told = [(code, sentence.replace("\\|", "|"), severity) for code, _, sentence, severity in rows]
    assert told == [(code, RULES[code].sentence, RULES[code].severity) for code in sorted(RULES)]
    assert all(code == page for code, page, _, _ in rows)


def test_the_pages_travel_in_the_wheel_and_the_mapping_reference_leads_to_them() -> None:
    assert '"docs/findings" = "fhirbridge/defaults/findings"' in (ROOT / "pyproject.toml").read_text("utf-8")
    assert "](../findings/README.md)" in (ROOT / "docs" / "mapping" / "reference.md").read_text("utf-8")
