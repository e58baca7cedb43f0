"""Our own definitions as one FHIR package, as a publisher of FHIR gives it: an npm-style `.tgz`.

What stands in files is taken as it is; what the program knows better is made from it: the ConceptMaps from the code
tables of the record maps, the CapabilityStatement from the routes, the examples from the samples beside the maps.
Profiles are given as differentials; who installs them makes the snapshots.
Laws of this file: the same definitions give the same bytes; an example claims only what it meets.
Source: https://confluence.hl7.org/display/FHIR/NPM+Package+Specification
"""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from fhirbridge.fhir.own_parameters import OWN_PARAMETERS
from fhirbridge.formats import record_json
from fhirbridge.ids import CANONICAL
from fhirbridge.mapping.model import Map
from fhirbridge.services import capability
from fhirbridge.services.bridge import Bridge
from fhirbridge.services.claims import claimed
from fhirbridge.services.maps.samples import made_of_sample
from fhirbridge.services.quality import RULE_SYSTEM, rule_rows
from fhirbridge.terminology.concept_maps import format_concept_map
from fhirbridge.terminology.tables import CodeTable

Tree = dict[str, Any]

PUBLISHER = "The fhirbridge authors"
EXAMPLE = "example"


def build(bridge: Bridge, defaults: Path) -> bytes:
    """Return the package.

    Args:
        bridge: one with the maps that ship, for its CapabilityStatement and claims.
        defaults: folder that holds the `profiles` and `mappings` that come with the program.
    """
    profiles, mappings = defaults / "profiles" / "fhirbridge", defaults / "mappings"
    manifest = json.loads((profiles / "package.json").read_text(encoding="utf-8"))
    definitions = sorted(iter_definitions(bridge, profiles, manifest), key=_file_name)
    examples = sorted(iter_examples(bridge, mappings), key=_file_name)
    files = {"package/package.json": _bytes(manifest), "package/.index.json": _bytes(_index(definitions))}
    files |= {f"package/{_file_name(each)}": _bytes(each) for each in definitions}
    files |= {f"package/{EXAMPLE}/{_file_name(each)}": _bytes(each) for each in examples}
    files[f"package/{EXAMPLE}/.index.json"] = _bytes(_index(examples))
    return _archive(files)


def iter_definitions(bridge: Bridge, profiles: Path, manifest: Mapping[str, Any]) -> Iterator[Tree]:
    """Yield every definition: those of the files, then those that are made."""
    for file in sorted(profiles.rglob("*.json")):
        tree = json.loads(file.read_text(encoding="utf-8"))
        if "resourceType" in tree:
            yield tree
    head = {"version": manifest["version"], "publisher": PUBLISHER}
    yield from _quality_rules(head)
    yield from (_concept_map(table, head) for table in _tables(bridge))
    yield from _search_parameters(head)
    yield _capability(bridge, head)
    yield _guide(manifest)


def _quality_rules(head: Tree) -> Iterator[Tree]:
    """Yield the rules of quality, by which DetectedIssues are coded, and the set of all of them."""
    concepts = [
        {"code": row["rule"], "display": row["message"], "definition": f"{row['reason']} {row['source']}."}
        for row in rule_rows()
    ]
    title = "Rules of quality"
    told = {"title": title, "status": "active", "experimental": False, "description": "What good practice asks for."}
    yield {
        "resourceType": "CodeSystem",
        "id": "quality-rule",
        "url": RULE_SYSTEM,
        "name": "QualityRule",
        **head,
        **told,
        "caseSensitive": True,
        "valueSet": f"{CANONICAL}/ValueSet/quality-rule",
        "content": "complete",
        "count": len(concepts),
        "concept": concepts,
    }
    yield {
        "resourceType": "ValueSet",
        "id": "quality-rule",
        "url": f"{CANONICAL}/ValueSet/quality-rule",
        "name": "QualityRuleCodes",
        **head,
        **told,
        "compose": {"include": [{"system": RULE_SYSTEM}]},
    }


# -- concept maps


def _tables(bridge: Bridge) -> list[CodeTable]:
    """Return the code tables of the maps of our records, each once, by name."""
    found = {table.name: table for map_ in _record_maps(bridge) for table in _tables_of(map_)}
    return [table for _, table in sorted(found.items())]


def _record_maps(bridge: Bridge) -> Iterator[Map]:
    maps = (bridge.maps.get(name) for name in bridge.maps.names())
    return (each for each in maps if each.left.kind == "record" and each.name == each.root)


def _tables_of(map_: Map) -> Iterator[CodeTable]:
    return (row.codec.table for block in map_.blocks for row in block.rows if row.codec.table)


def _concept_map(table: CodeTable, head: Tree) -> Tree:
    tree = format_concept_map(table)
    told = {"id": table.name, **head, "description": f"Code table {table.name} of the maps of our records."}
    return {**tree, **told, "version": tree.get("version", head["version"])}


def _search_parameters(head: Tree) -> Iterator[Tree]:
    for type_, rows in OWN_PARAMETERS.items():
        for row in rows:
            yield {
                "resourceType": "SearchParameter",
                "id": row.name,
                "url": f"{CANONICAL}/SearchParameter/{row.name}",
                **head,
                "name": "".join(part.capitalize() for part in row.name.split("-")),
                "status": "active",
                "experimental": False,
                "description": f"{type_} by our extension {row.name}.",
                "code": row.name,
                "base": [type_],
                "type": row.type,
                "expression": row.expression,
                "xpathUsage": "normal",
            }


# -- what the server can do, what the package is


def _capability(bridge: Bridge, head: Tree) -> Tree:
    """Return the CapabilityStatement of any bridge: that of this one, without what is only this one's."""
    statement = capability.statement(bridge)
    rest = [{name: part for name, part in each.items() if name != "security"} for each in statement["rest"]]
    return {
        "resourceType": "CapabilityStatement",
        "id": "fhirbridge",
        "url": f"{CANONICAL}/CapabilityStatement/fhirbridge",
        "name": "Fhirbridge",
        "title": "A fhirbridge server",
        **head,
        "status": "active",
        "experimental": False,
        "date": statement["date"],
        "description": "What every fhirbridge server can do with the maps that ship; consent decides what is seen.",
        "kind": "requirements",
        "fhirVersion": statement["fhirVersion"],
        "format": statement["format"],
        "rest": rest,
    }


def _guide(manifest: Mapping[str, Any]) -> Tree:
    return {
        "resourceType": "ImplementationGuide",
        "id": manifest["name"],
        "url": f"{CANONICAL}/ImplementationGuide/{manifest['name']}",
        "version": manifest["version"],
        "name": "FhirbridgeProfiles",
        "title": manifest["title"],
        "status": "active",
        "experimental": False,
        "publisher": PUBLISHER,
        "description": manifest["description"],
        "packageId": manifest["name"],
        "license": manifest["license"],
        "fhirVersion": manifest["fhirVersions"],
    }


# -- examples


def iter_examples(bridge: Bridge, mappings: Path) -> Iterator[Tree]:
    """Yield what the maps make of the samples of our records, each resource once, with the claims it meets."""
    seen: set[str] = set()
    for map_ in _record_maps(bridge):
        for resource in made_of_sample(map_.name, mappings):
            name = _file_name(resource)
            if name not in seen:
                seen.add(name)
                yield claimed(resource, bridge.claims, bridge.checker)


# -- the archive


def _file_name(resource: Mapping[str, Any]) -> str:
    return f"{resource['resourceType']}-{resource['id']}.json"


def _index(resources: Iterable[Mapping[str, Any]]) -> Tree:
    kept = ("resourceType", "id", "url", "version", "kind", "type", "derivation")
    files = [
        {"filename": _file_name(each), **{name: each[name] for name in kept if isinstance(each.get(name), str)}}
        for each in resources
    ]
    return {"index-version": 1, "files": files}


def _bytes(tree: Mapping[str, Any]) -> bytes:
    return record_json.format(dict(tree))


def _archive(files: Mapping[str, bytes]) -> bytes:
    """Return a tar of the files, packed, without anything that changes from run to run."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, body in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(body), 0o644
            tar.addfile(member, io.BytesIO(body))
    return gzip.compress(plain.getvalue(), mtime=0)
