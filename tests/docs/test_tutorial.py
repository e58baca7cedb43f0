"""The tutorial is true: whoever does what it says, in order, sees what it shows."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.tutorial_page import Ran, Reader, is_shown, read_steps

from fhirbridge.errors import EXIT_FINDINGS, EXIT_OK

DOCS = Path(__file__).parents[2] / "docs/mapping"
STEPS = read_steps((DOCS / "tutorial.md").read_text("utf-8"))
COMMANDS = (
    "init",
    "new",
    "check",
    "map",
    "test",
    "lineage",
    "explain",
    "docs",
    "plan",
    "activate",
    "rollback",
    "releases",
)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> list[Ran]:
    """Every command of the page, run in order in a folder of its own."""
    return list(Reader(tmp_path_factory.mktemp("tutorial")).follow(STEPS))


def test_each_command_prints_what_the_page_shows(ran: list[Ran]) -> None:
    wrong = [(each.line, each.command, each.printed) for each in ran if not is_shown(each.shown, each.printed)]
    assert wrong == []


def test_no_command_breaks_down_or_is_misspelt(ran: list[Ran]) -> None:
    assert [each.command for each in ran if each.code not in (EXIT_OK, EXIT_FINDINGS)] == []


def test_the_page_uses_each_command_an_analyst_needs(ran: list[Ran]) -> None:
    assert set(COMMANDS) <= {each.command.split()[1] for each in ran}


def test_coverage_rises_to_all_of_it(ran: list[Ran]) -> None:
    told = [
        line.split()[-1] for each in ran for line in each.printed if line.startswith("cedar-jail\t") and "%" in line
    ]
    assert told == ["93.1%", "93.1%", "100.0%"]


def test_three_mistakes_are_caught_at_their_line_and_a_fourth_by_the_sample(ran: list[Ran]) -> None:
    codes = [line.split()[0] for each in ran if each.code for line in each.printed if line.startswith("FB")]
    assert set(codes[:3]) == {"FB201", "FB107", "FB211"}
    assert codes[3] == "FB304"


@pytest.mark.parametrize("name", ["cedar-jail.csv", "lighthouse.json"])
def test_the_files_beside_the_page_are_those_it_shows(name: str) -> None:
    [step] = [each for each in STEPS if each.file == name]
    assert (DOCS / "tutorial" / name).read_text("utf-8").strip() == step.text.strip()


def test_what_is_left_out_of_a_page_may_be_anything_and_the_rest_may_not() -> None:
    assert is_shown(["a  b", "...", "id ... end"], ["a\tb", "c", "d", "id 7 end"])
    assert not is_shown(["a", "..."], ["b", "a"])
    assert not is_shown([], ["a"])
