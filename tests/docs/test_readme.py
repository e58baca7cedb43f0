"""README and documents: hop paths are chains of imports, links lead somewhere, the two commands exist."""

from __future__ import annotations

import re
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

HOPS = [line.strip() for line in README.splitlines() if line.startswith("    ") and " -> " in line]


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("fhirbridge")


def test_there_are_three_hop_paths() -> None:
    assert len(HOPS) == 3


@pytest.mark.parametrize("path", HOPS)
def test_each_hop_is_reached_from_the_first_through_imports(path: str, graph: grimp.ImportGraph) -> None:
    first, *rest = [
        f"fhirbridge.{name}" for hop in path.split(" -> ") for name in re.split(r", | or ", hop.removesuffix(".parse"))
    ]
    for name in rest:
        assert name in graph.modules, f"{name} is a module"
        assert graph.chain_exists(first, name, as_packages=True), f"{first} reaches {name}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_link_leads_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8")):
        assert (document.parent / target).exists(), target


@pytest.mark.parametrize("target", ["demo", "test", "check", "bench", "fmt", "lock"])
def test_each_target_of_make_is_there(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("name", ["Makefile", ".ci/run", *(str(path.relative_to(ROOT)) for path in DOCUMENTS)])
def test_no_file_names_a_place_on_one_machine(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"/(work|home|root|Users)/\w|--(extra-)?index-url", text)
