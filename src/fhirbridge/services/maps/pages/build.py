"""The site made of its content: pages by file name, and written to a folder.

Laws of this file: every text is escaped; nothing is fetched; nothing tells the day, so two builds are the same bytes.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from fhirbridge.errors import BadSettings
from fhirbridge.services.definitions import beside, read_profiles
from fhirbridge.services.maps.lineage import maps_of
from fhirbridge.services.maps.pages.content import MapPage, Site, site_of, slug
from fhirbridge.services.maps.pages.touching import touching_of
from fhirbridge.services.maps.rules import Rule
from fhirbridge.terminology.tables import CodeTable, TableRow

_SHOWN = 6
LIST = "files.txt"
"""Names every file of the site: what a later build may take away."""
COLUMNS = (
    "block",
    "target",
    "way",
    "source",
    "rule",
    "codec",
    "table",
    "class",
    "cardinality",
    "type",
    "codes",
    "refers to",
    "must support",
    "profile",
    "tests",
    "row",
    "place",
)
"""Header of `*.rows.csv`."""


def build(maps: Path, out: Path) -> tuple[str, ...]:
    """Write the site of a folder of maps and return the names of its files.

    Raises:
        MapError: a map does not pass its checks.
        BadSettings: the folder holds something that no earlier build has written.
    """
    _refuse_foreign(out)
    pages = pages_of(maps)
    write(pages, out)
    return tuple(pages)


def write(pages: Mapping[str, str], out: Path) -> None:
    """Write the files of a site in the place of those that an earlier build has written."""
    _clear(out)
    for name, text in pages.items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


def pages_of(maps: Path) -> dict[str, str]:
    """Return every file of the site by its name.

    Raises:
        MapError: a map does not pass its checks.
    """
    loaded = maps_of(maps)
    site = site_of(loaded, read_profiles(beside(maps)), touching_of(loaded, maps))
    files = dict(sorted(_files(site)))
    return {**files, LIST: "".join(f"{name}\n" for name in (*files, LIST))}


def _refuse_foreign(out: Path) -> None:
    if out.exists() and any(out.iterdir()) and not (out / LIST).is_file():
        raise BadSettings(f"{out.name} holds other files; name a new folder, or one that docs build has written.")


def _clear(out: Path) -> None:
    """Take away what an earlier build has written, and nothing outside the folder."""
    listed = (out / LIST).read_text(encoding="utf-8").splitlines() if (out / LIST).is_file() else []
    for path in ((out / name).resolve() for name in listed):
        if path.is_relative_to(out.resolve()) and path.is_file():
            path.unlink()


def _files(site: Site) -> Iterator[tuple[str, str]]:
    templates = _templates(site)

    def page(template: str, up: str = "", **more: Any) -> str:
        return templates.get_template(template).render(site=site, up=up, **more)

    for name in ("index", "elements", "tables", "fields", "ignored"):
        yield f"{name}.html", page(f"{name}.html")
    for map_page in site.maps:
        yield map_page.file, page("map.html", "../", page=map_page)
        yield _rows_file(map_page.file), rows_csv(map_page, site)
    for table_page in site.tables:
        yield table_page.file, page("table.html", "../", page=table_page)
    for fields_page in site.fields:
        yield fields_page.file, page("fields_of.html", "../", page=fields_page)


def _templates(site: Site) -> Environment:
    environment = Environment(
        loader=PackageLoader("fhirbridge.services.maps.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(_filters(site))
    return environment


def _filters(site: Site) -> Mapping[str, Any]:
    """Return what the templates ask: names of files and anchors, tests of a row."""
    return {
        "slug": slug,
        "rows_file": _rows_file,
        "fields_file": lambda name: f"fields/{slug(name)}.html",
        "field_page": _field_page,
        "map_page": lambda name: f"maps/{slug(name)}.html",
        "table_page": site.table_page,
        "anchor": anchor_of,
        "tests": lambda rule: tests_of(rule, site),
        "short": short_names,
        "way_back": _way_back,
    }


def _rows_file(page: str) -> str:
    return page.removesuffix(".html") + ".rows.csv"


def _field_page(name: str) -> str:
    """Return the page and anchor of a field by its name."""
    owner = name.partition(":")[0] if ":" in name else name.partition(".")[0]
    return f"fields/{slug(owner)}.html#{slug(name)}"


def anchor_of(rule: Rule) -> str:
    """Return the anchor of a row on its map's page."""
    return f"r-{slug(rule.block)}-{slug(rule.location.replace('/', '-'))}"


def tests_of(rule: Rule, site: Site) -> tuple[str, ...]:
    """Return the tests that a row takes part in, as `short_names` has them."""
    return short_names(site.touching.get((rule.map, rule.location), ()))


def short_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return names of tests for a reader: those that are alike up to a colon as one, and the first of many only.

    >>> short_names(["every code: sex F", "every code: sex M", "one report"])
    ('every code (2)', 'one report')
    """
    alike: dict[str, list[str]] = {}
    for name in names:
        alike.setdefault(name.partition(": ")[0], []).append(name)
    short = [f"{head} ({len(own)})" if len(own) > 1 else own[0] for head, own in alike.items()]
    return (*short[:_SHOWN], *([f"and {len(short) - _SHOWN} more"] if len(short) > _SHOWN else []))


def _way_back(row: TableRow, table: CodeTable) -> str:
    return "yes" if table.backward.get((row.system, row.target)) is row else ""


def rows_csv(page: MapPage, site: Site) -> str:
    """Return the rows of a map as CSV, one line a row."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for rule in page.rules:
        writer.writerow(as_cell(cell) for cell in _cells(rule, site))
    return text.getvalue()


def _cells(rule: Rule, site: Site) -> tuple[str, ...]:
    demand = rule.demand
    return (
        rule.block,
        rule.target,
        rule.way,
        rule.source,
        rule.words,
        rule.codec,
        rule.table,
        rule.data_class,
        demand.cardinality,
        demand.type,
        demand.binding,
        demand.targets,
        "yes" if demand.must_support else "",
        demand.profile,
        "; ".join(tests_of(rule, site)),
        rule.row,
        rule.location,
    )


def as_cell(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f" {cell}" if cell[:1] in ("=", "+", "-", "@", "\t") else cell
