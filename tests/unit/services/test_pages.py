"""The site of the maps: every element, field, table and reason, readable without a program, network or JavaScript."""

from __future__ import annotations

import csv
import re
import shutil
from functools import cache
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from typing import cast

import pytest
from lxml import html
from tests.support.maps import MAPPINGS, shipped

from fhirbridge.errors import BadSettings
from fhirbridge.services.maps.pages import build


@cache
def files() -> dict[str, str]:
    return build.pages_of(MAPPINGS)


def pages() -> dict[str, str]:
    return {name: text for name, text in files().items() if name.endswith(".html")}


def words(name: str) -> str:
    """Return the text of a page as it is read without JavaScript."""
    text = re.sub(r"(?s)<(script|style)>.*?</\1>", "", pages()[name])
    return " ".join("".join(found(text, "//text()")).split())


def found(text: str, xpath: str) -> list[str]:
    """Return the attributes or texts that an XPath finds in a page."""
    return [str(each) for each in cast(list[str], html.document_fromstring(text).xpath(xpath))]


def test_each_map_table_and_left_side_has_its_page() -> None:
    names = set(files())
    assert {f"maps/{name}.html" for name in shipped().names()} <= names
    assert {f"maps/{name}.rows.csv" for name in shipped().names()} <= names
    assert {"tables/plan-status.html", "fields/plan.html", "fields/riverside-plan.html", "index.html"} <= names


def test_each_row_of_each_map_stands_on_its_page_and_in_its_table() -> None:
    for name in shipped().names():
        rows = [" ".join(row.text.split()) for block in shipped().get(name).blocks for row in block.rows]
        assert [row for row in rows if row not in words(f"maps/{name}.html")] == []
        assert len(list(csv.DictReader(StringIO(files()[f"maps/{name}.rows.csv"])))) == len(rows)


def test_a_row_tells_source_table_demand_and_must_support() -> None:
    rows = csv.DictReader(StringIO(files()["maps/plan.rows.csv"]))
    row = next(each for each in rows if each["target"] == "Goal.description.text")
    assert (row["source"], row["way"], row["must support"]) == ("plan.goals[].own_words", "both ways", "yes")
    assert row["rule"] == "The client's words, never changed." and row["cardinality"] == "1..1"
    assert "The client's own words, verbatim." in words("maps/plan.html")


def test_a_code_table_has_every_line_and_the_rows_that_use_it() -> None:
    lines = (MAPPINGS / "tables" / "plan-status.csv").read_text("utf-8").splitlines()[1:]
    text = words("tables/plan-status.html")
    assert all(line.split(",")[0] in text for line in lines) and "CarePlan.status" in text


def test_a_field_tells_what_fills_it_and_what_it_becomes() -> None:
    (row,) = re.findall(r'(?s)<tr id="plan.goals.own_words">.*?</tr>', pages()["fields/plan.html"])
    text = " ".join("".join(found(row, "//text()")).split())
    assert "riverside-plan:doc.case.goals.clientSays" in text and "Goal.description.text" in text
    assert "ignored by plan" in words("fields/plan.html")


def test_every_ignored_field_stands_with_its_reason() -> None:
    text = words("ignored.html")
    for name in shipped().names():
        assert all(path in text and reason in text for path, reason in shipped().get(name).ignore.items())


class Balanced(HTMLParser):
    """Refuses tags that are not closed in order."""

    VOID = frozenset({"meta", "br", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("name", list(pages()))
def test_each_page_is_whole_accessible_and_asks_no_network(name: str) -> None:
    text = pages()[name]
    reader = Balanced()
    reader.feed(text)
    assert reader.open == []
    tree = html.document_fromstring(text)
    assert tree.get("lang") == "en" and len(tree.findall(".//h1")) == 1 and tree.findtext(".//title")
    assert all(cell.get("scope") for cell in tree.iter("th"))
    assert all(table.find("caption") is not None for table in tree.iter("table"))
    assert not tree.xpath("//@src | //link | //img | //iframe | //form")
    ids = found(text, "//@id")
    assert len(ids) == len(set(ids))


def test_each_link_leads_to_a_page_and_a_place_in_it() -> None:
    places = {name: set(found(text, "//@id")) for name, text in pages().items()}
    for name, text in pages().items():
        for link in found(text, "//a/@href"):
            target, _, anchor = link.partition("#")
            file = (Path(name).parent / target).as_posix() if target else name
            file = re.sub(r"[^/]+/\.\./", "", file)
            assert file in files(), (name, link)
            assert not anchor or anchor in places[file], (name, link)


def without_tests(text: str) -> str:
    return re.sub(r"(?ms)^tests:.*?(?=^\S|\Z)", "", text)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two maps in which a reason holds HTML, a row begins with a formula, and a map has a test."""
    folder = tmp_path_factory.mktemp("changed") / "mappings"
    shutil.copytree(MAPPINGS, folder)
    shutil.rmtree(folder / "partners", ignore_errors=True)
    for map_ in [*folder.glob("records/*"), *folder.glob("sources/*")]:
        if map_.stem not in ("plan", "county-report"):
            map_.unlink()
    file = folder / "records" / "plan.yaml"
    text = file.read_text().replace("own note never leaves", "<script>alert(1)</script> note never leaves")
    file.write_text(without_tests(re.sub(r"plan\.title +<=>", "'=1+1' & plan.title =>", text)))
    file = folder / "sources" / "county-report.yaml"
    test = (
        "{name: one report, given: {report_id: r-1, compliant: 'yes'}, expect: {monitoring.id: r-1}, issues: [FB302]}"
    )
    file.write_text(without_tests(file.read_text()) + f"tests:\n  - {test}\n")
    return folder


@pytest.fixture(scope="module")
def changed(folder: Path) -> dict[str, str]:
    """The site of these maps."""
    return build.pages_of(folder)


def test_two_builds_are_the_same_bytes_and_stand_in_the_folder(
    folder: Path, changed: dict[str, str], tmp_path: Path
) -> None:
    names = build.build(folder, tmp_path)
    assert {name: (tmp_path / name).read_bytes().decode() for name in names} == changed


def test_what_a_map_says_is_escaped(changed: dict[str, str]) -> None:
    assert "<script>alert" not in changed["maps/plan.html"] and "&lt;script&gt;alert" in changed["maps/plan.html"]


def test_a_cell_is_no_formula_for_a_spreadsheet(changed: dict[str, str]) -> None:
    cells = [cell for row in csv.reader(StringIO(changed["maps/plan.rows.csv"])) for cell in row]
    assert "'=1+1' & plan.title" in cells
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "-", "@")]
    assert build.as_cell("=1+1") == " =1+1"


def test_a_row_names_the_tests_that_it_takes_part_in(changed: dict[str, str]) -> None:
    rows = csv.DictReader(StringIO(changed["maps/county-report.rows.csv"]))
    tested = {row["target"]: row["tests"] for row in rows}
    assert tested["monitoring.id"] == "one report" and tested["monitoring.requirement"] == ""


def test_a_build_takes_away_what_an_earlier_one_wrote_and_nothing_else(tmp_path: Path) -> None:
    out = tmp_path / "site"
    build.write({"maps/gone.html": "old", build.LIST: "maps/gone.html\n../outside.txt\nfiles.txt\n"}, out)
    (tmp_path / "outside.txt").write_text("mine")
    build.write({"index.html": "new"}, out)
    assert not (out / "maps" / "gone.html").exists() and (tmp_path / "outside.txt").exists()


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(BadSettings):
        build.build(MAPPINGS, tmp_path)
